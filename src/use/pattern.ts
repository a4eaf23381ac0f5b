/** What of a secret is looked for: its text, its base64 at each alignment, its bytes in hexadecimal, its UTF-16. */
import { IS_ALPHANUMERIC, IS_BASE64, LF } from './ascii.js';

/** How the text between two elements may be interrupted. */
export type Gap = 'none' | 'lines' | 'base64' | 'hex';

/** A sequence of bytes to find, each of them plain or in an escape (see `Decoder`). */
export interface Pattern {
  readonly bytes: Uint8Array;
  /** The byte that is as good at the same place (`-` for `+`, an upper-case digit); else the same byte. */
  readonly others: Uint8Array;
  /** The byte where it stands for itself alone, else -1; -1 after the end too. */
  readonly simple: Int16Array;
  /** The code point that begins at a place, else -1. */
  readonly points: Int32Array;
  /** How many bytes that code point has in UTF-8. */
  readonly sizes: Uint8Array;
  /** Whether escapes are not looked for. */
  readonly isLiteral: boolean;
  readonly gap: Gap;
  /** Base64 characters that may stand before or after and carry some bits of the secret; 1 for each. */
  readonly lead: Uint8Array | null;
  readonly trail: Uint8Array | null;
}

/** Shorter secrets, in bytes of UTF-8, are not masked: with every `42` taken out, an output says nothing. */
export const LEAST_BYTES = 3;
/** Shorter secrets are masked as they are and in no encoding: what they encode to is in every text by chance. */
export const LEAST_ENCODED_BYTES = 4;

/** Letters and digits that a single line needs to be masked on its own. */
const LEAST_LINE = 8;
/** Different ones among them. */
const LEAST_LINE_VARIETY = 4;
/** Lines that every key of a format has. */
const BOILERPLATE =
  /^-{4,5}[^-].*-{4,5}$|^(Proc-Type|DEK-Info|Version|Comment|Charset|Hash|MessageID|Encryption|Key-Derivation|Public-Lines|Private-Lines|PuTTY-User-Key-File-\d|Argon2-[A-Za-z]+): /;

/** All patterns of the secrets. Line breaks at the ends of a secret are not part of it; equal secrets count once. */
export function patternsOf(secrets: readonly string[]): Pattern[] {
  const texts = new Set(secrets.map((secret) => secret.replace(/\r\n?/g, '\n').replace(/^\n+|\n+$/g, '')));
  const lines = new Set([...texts].flatMap(tellingLines));
  const whole = [...texts].flatMap(wholePatterns);
  return [...whole, ...[...lines].filter((line) => !texts.has(line)).map((line) => textPattern(line))];
}

function wholePatterns(text: string): Pattern[] {
  const size = Buffer.byteLength(text);
  if (size < LEAST_BYTES) return [];
  if (size < LEAST_ENCODED_BYTES) return [{ ...textPattern(text), isLiteral: true }];
  const forms = text.includes('\n') ? [text, text.replaceAll('\n', '\r\n')] : [text];
  return [textPattern(text), ...forms.flatMap(binaryPatterns)];
}

function binaryPatterns(text: string): Pattern[] {
  const bytes = Buffer.from(text);
  const wide = { ...plain(Buffer.from(text, 'utf16le')), isLiteral: true };
  return [...[0, 1, 2].map((before) => base64Pattern(bytes, before)), hexPattern(bytes), wide];
}

/** The lines of a text of several that tell enough to be masked alone, without the space around them. */
function tellingLines(text: string): string[] {
  if (!text.includes('\n')) return [];
  const lines = text.split('\n').map((line) => line.trim());
  return lines.filter((line) => {
    const telling = line.match(/[\p{L}\p{N}]/gu) ?? [];
    return telling.length >= LEAST_LINE && new Set(telling).size >= LEAST_LINE_VARIETY && !BOILERPLATE.test(line);
  });
}

function plain(bytes: Uint8Array): Pattern {
  const points = Int32Array.from(bytes);
  const sizes = new Uint8Array(bytes.length).fill(1);
  const simple = new Int16Array(bytes.length + 1).fill(-1);
  for (const [at, byte] of bytes.entries()) if (isSimple(byte)) simple[at] = byte;
  return { bytes, others: bytes, simple, points, sizes, isLiteral: false, gap: 'none', lead: null, trail: null };
}

function textPattern(text: string): Pattern {
  const bytes = Buffer.from(text);
  const points = new Int32Array(bytes.length).fill(-1);
  const sizes = new Uint8Array(bytes.length).fill(1);
  let at = 0;
  for (const character of bytes.toString()) {
    points[at] = character.codePointAt(0) ?? -1;
    sizes[at] = Buffer.byteLength(character);
    at += sizes[at] ?? 1;
  }
  return { ...plain(bytes), points, sizes, gap: bytes.includes(LF) ? 'lines' : 'none' };
}

function hexPattern(bytes: Buffer): Pattern {
  const hex = bytes.toString('hex');
  return { ...plain(Buffer.from(hex)), others: Buffer.from(hex.toUpperCase()), gap: 'hex' };
}

/**
 * The characters of base64 (RFC 4648, sections 4 and 5) that depend on these bytes alone, where they stand `before`
 * bytes after a multiple of three. The characters beside them share their bits with what stands around.
 */
function base64Pattern(bytes: Buffer, before: number): Pattern {
  const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const sixths = 8 * (before + bytes.length);
  const chars = Buffer.from(text.slice(Math.ceil((8 * before) / 6), Math.floor(sixths / 6)));
  const others = Buffer.from(chars.toString().replaceAll('+', '-').replaceAll('/', '_'));
  const [first = 0, last = 0] = [bytes[0], bytes.at(-1)];
  const spare = sixths % 6;
  return {
    ...plain(chars),
    others,
    gap: 'base64',
    lead: before === 0 ? null : base64Where((value) => sharesLow(value, first >> (2 + 2 * before), 6 - 2 * before)),
    trail: spare === 0 ? null : base64Where((value) => value >> (6 - spare) === (last & ((1 << spare) - 1))),
  };
}

const sharesLow = (value: number, bits: number, count: number): boolean => (value & ((1 << count) - 1)) === bits;

/** A flag for each character of base64 or base64url whose value passes. */
function base64Where(passes: (value: number) => boolean): Uint8Array {
  const flags = new Uint8Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    if (IS_BASE64[byte] === 1 && passes(SIXTHS[byte] ?? 0)) flags[byte] = 1;
  }
  return flags;
}

/** The value of a character of base64 or base64url (RFC 4648, tables 1 and 2). */
const SIXTHS = new Uint8Array(256);
for (const alphabet of ['+/', '-_']) {
  const characters = `ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789${alphabet}`;
  for (const [value, byte] of Buffer.from(characters).entries()) SIXTHS[byte] = value;
}

/** The least bytes that may be asked of the beginning of a pattern: up to its first line break, if that is enough. */
export function leastBytes({ bytes, gap }: Pattern): number {
  const line = gap === 'lines' ? bytes.indexOf(LF) : -1;
  return line >= LEAST_LINE ? line : bytes.length;
}

/** Whether a byte stands for itself wherever it is: no escape and no gap begins with it. */
function isSimple(byte: number): boolean {
  return IS_ALPHANUMERIC[byte] === 1 || byte >= 0x80;
}
