/** Bytes of ASCII by name, and what classes they are of. */
export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const DOUBLE_QUOTE = 0x22;
export const PERCENT = 0x25;
export const AMPERSAND = 0x26;
export const QUOTE = 0x27;
export const PLUS = 0x2b;
export const SEMICOLON = 0x3b;
export const BACKSLASH = 0x5c;
export const BRACE_OPEN = 0x7b;
export const BRACE_CLOSE = 0x7d;

const flags = (text: string): Uint8Array => {
  const table = new Uint8Array(256);
  for (const byte of Buffer.from(text, 'latin1')) table[byte] = 1;
  return table;
};

const LETTERS_AND_DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** 1 for a byte that no encoder of single characters touches: letters and digits. */
export const IS_ALPHANUMERIC = flags(LETTERS_AND_DIGITS);
/** 1 for a byte of base64 or base64url. */
export const IS_BASE64 = flags(`${LETTERS_AND_DIGITS}+/-_`);
/** 1 for a byte of a dump in hexadecimal, with what stands between its bytes. */
export const IS_HEX_DUMP = flags('0123456789abcdefABCDEF :,-');

/** The value of a hexadecimal digit, else -1. */
export const HEX_VALUE = new Int8Array(256).fill(-1);
for (const [value, digit] of Buffer.from('0123456789abcdef').entries()) {
  HEX_VALUE[digit] = value;
  HEX_VALUE[String.fromCharCode(digit).toUpperCase().charCodeAt(0)] = value;
}
