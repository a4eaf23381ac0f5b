/**
 * Reads one character of a text in every way in which programs write it: as itself, percent-encoded (RFC 3986, section
 * 2.1), in an escape of JSON (RFC 8259, section 7), of C, Python and the shell (POSIX.1-2024, 2.2), or as a character
 * reference of HTML. Escapes may be escaped again: a run of backslashes is one, and `%25` before two digits is `%`.
 */
import {
  AMPERSAND,
  BACKSLASH,
  BRACE_CLOSE,
  BRACE_OPEN,
  CR,
  DOUBLE_QUOTE,
  HEX_VALUE,
  IS_ALPHANUMERIC,
  LF,
  PERCENT,
  QUOTE,
  SEMICOLON,
} from './ascii.js';

/** More backslashes are not one escape: that is JSON within JSON, four times. */
export const MOST_BACKSLASHES = 15;
const MOST_PERCENT_LEVELS = 3;
const LETTER_ESCAPES = new Map(
  Object.entries({ a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27, E: 27 }).map(([letter, value]) => [
    letter.charCodeAt(0),
    value,
  ]),
);
const ENTITIES = new Map([
  ['amp', 0x26],
  ['lt', 0x3c],
  ['gt', 0x3e],
  ['quot', 0x22],
  ['apos', 0x27],
  ['nbsp', 0x20],
]);
const LONGEST_ENTITY = 8;
const X = 0x78;
const LOWER_U = 0x75;
const UPPER_U = 0x55;
const HASH = 0x23;

/** A way to read the text at a place. */
export interface Reading {
  /** The byte, or the code point. */
  readonly value: number;
  readonly isPoint: boolean;
  /** Where the text goes on. */
  readonly end: number;
}

export class Decoder {
  text: Uint8Array = new Uint8Array();
  /** Whether a reading was given up because the text ended within it. */
  ranOut = false;

  /** The byte there; -1 after the end, which is noted. */
  byteAt(at: number): number {
    const byte = this.text[at];
    if (byte === undefined) this.ranOut = true;
    return byte ?? -1;
  }

  /** Every way to read what is there, but for the byte itself. */
  escapesAt(at: number): Reading[] {
    const byte = this.byteAt(at);
    if (byte === PERCENT) return this.#percent(at + 1);
    if (byte === BACKSLASH) return this.#backslash(at + this.backslashes(at));
    if (byte === AMPERSAND) return this.#entity(at + 1);
    if (byte === QUOTE) return this.#shellQuote(at + 1);
    return [];
  }

  /** How many backslashes stand there. */
  backslashes(at: number): number {
    let count = 0;
    while (count < MOST_BACKSLASHES && this.byteAt(at + count) === BACKSLASH) count += 1;
    return count;
  }

  #percent(first: number): Reading[] {
    const readings: Reading[] = [];
    let at = first;
    for (let level = 0; level <= MOST_PERCENT_LEVELS; level += 1) {
      const value = this.#digits(at, 2);
      if (value === -1) break;
      readings.push({ value, isPoint: false, end: at + 2 });
      if (value !== PERCENT) break;
      at += 2;
    }
    return readings;
  }

  /** A number of exactly so many hexadecimal digits, else -1. */
  #digits(at: number, count: number): number {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      const digit = HEX_VALUE[this.byteAt(at + i)] ?? -1;
      if (digit === -1) return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  /** What follows a run of backslashes. */
  #backslash(at: number): Reading[] {
    const byte = this.byteAt(at);
    if (byte === X) return this.#number(at + 1, 2, false);
    if (byte === LOWER_U) return this.#unicode(at + 1);
    if (byte === UPPER_U) return this.#number(at + 1, 8, true);
    const letter = LETTER_ESCAPES.get(byte);
    if (letter !== undefined) return [{ value: letter, isPoint: false, end: at + 1 }];
    if (byte >= 0x30 && byte <= 0x37) return this.#octal(at);
    if (byte === -1 || byte === LF || byte === CR || IS_ALPHANUMERIC[byte] === 1) return [];
    return [{ value: byte, isPoint: false, end: at + 1 }];
  }

  #number(at: number, digits: number, isPoint: boolean): Reading[] {
    const value = this.#digits(at, digits);
    return value === -1 ? [] : [{ value, isPoint, end: at + digits }];
  }

  /** `uXXXX`, the two of a surrogate pair, or `u{X…}`. */
  #unicode(at: number): Reading[] {
    if (this.byteAt(at) === BRACE_OPEN) return this.#braced(at + 1);
    const value = this.#digits(at, 4);
    if (value === -1) return [];
    if (value < 0xd800 || value > 0xdbff) return [{ value, isPoint: true, end: at + 4 }];
    const next = at + 4 + this.backslashes(at + 4);
    const low = this.byteAt(next) === LOWER_U ? this.#digits(next + 1, 4) : -1;
    if (low === -1) return [];
    return [{ value: 0x10000 + ((value & 0x3ff) << 10) + (low & 0x3ff), isPoint: true, end: next + 5 }];
  }

  #braced(at: number): Reading[] {
    let [value, end] = [0, at];
    for (; end < at + 6 && HEX_VALUE[this.byteAt(end)] !== -1; end += 1)
      value = value * 16 + (HEX_VALUE[this.byteAt(end)] ?? 0);
    return end > at && this.byteAt(end) === BRACE_CLOSE ? [{ value, isPoint: true, end: end + 1 }] : [];
  }

  /** One to three octal digits, or four with a zero first. */
  #octal(at: number): Reading[] {
    const readings: Reading[] = [];
    const most = this.byteAt(at) === 0x30 ? 4 : 3;
    let value = 0;
    for (let end = at; end < at + most; end += 1) {
      const digit = this.byteAt(end) - 0x30;
      if (digit < 0 || digit > 7) break;
      value = value * 8 + digit;
      if (value < 256) readings.push({ value, isPoint: false, end: end + 1 });
    }
    return readings;
  }

  #entity(at: number): Reading[] {
    let end = at;
    while (end < at + LONGEST_ENTITY && this.#isEntityByte(this.byteAt(end))) end += 1;
    if (this.byteAt(end) !== SEMICOLON) return [];
    const name = Buffer.from(this.text.subarray(at, end)).toString('latin1');
    const value = name.startsWith('#') ? numberOf(name.slice(1)) : (ENTITIES.get(name) ?? -1);
    return value >= 0 ? [{ value, isPoint: true, end: end + 1 }] : [];
  }

  #isEntityByte(byte: number): boolean {
    return byte === HASH || (byte !== -1 && IS_ALPHANUMERIC[byte] === 1);
  }

  /** A quote within single quotes of the shell: `'\''` or `'"'"'`. Here after the first of them. */
  #shellQuote(at: number): Reading[] {
    const next = at + this.backslashes(at);
    const byte = this.byteAt(next);
    const end =
      byte === QUOTE && next > at ? this.#ended(next + 1) : byte === DOUBLE_QUOTE ? this.#quoted(next + 1) : -1;
    return end === -1 ? [] : [{ value: QUOTE, isPoint: false, end }];
  }

  #quoted(at: number): number {
    if (this.byteAt(at) !== QUOTE) return -1;
    const next = at + 1 + this.backslashes(at + 1);
    return this.byteAt(next) === DOUBLE_QUOTE ? this.#ended(next + 1) : -1;
  }

  #ended(at: number): number {
    return this.byteAt(at) === QUOTE ? at + 1 : -1;
  }
}

function numberOf(text: string): number {
  if (/^x[0-9a-f]+$/i.test(text)) return Number(`0${text}`);
  return /^\d+$/.test(text) ? Number(text) : -1;
}
