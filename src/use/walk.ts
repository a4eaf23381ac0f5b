/** Whether a pattern stands at a place of a text, and where it ends. */
import { AMPERSAND, BACKSLASH, CR, IS_BASE64, IS_HEX_DUMP, LF, PERCENT, PLUS, QUOTE, SPACE, TAB } from './ascii.js';
import { Decoder, type Reading } from './decoder.js';
import type { Pattern } from './pattern.js';

/** What may stand before each line of a secret of several lines, in bytes: an indentation, a mark, a time. */
const MOST_PREFIX = 64;
/** What may stand before the lines of wrapped base64 or hexadecimal, in blanks. */
const MOST_INDENT = 40;
/** A line break within base64 or hexadecimal is one of a wrapped text if so many such characters stand before it. */
const LEAST_WRAPPED = 30;
/** How much of what stood before a text is needed to tell. */
export const CONTEXT_BYTES = LEAST_WRAPPED;

const SEPARATORS = new Set(Buffer.from(':,-'));
const BEGINS_ESCAPE = new Uint8Array(256);
for (const byte of [PERCENT, BACKSLASH, AMPERSAND, QUOTE]) BEGINS_ESCAPE[byte] = 1;
const BEGINS_BREAK = new Uint8Array(256);
for (const byte of [LF, CR, PERCENT, BACKSLASH, AMPERSAND]) BEGINS_BREAK[byte] = 1;

/** A text, and the bytes that stood before it. */
export interface Stretch {
  readonly text: Uint8Array;
  readonly before: Uint8Array;
}

/** No text: what a walk reads that is to keep none alive. */
export const NOTHING: Stretch = { text: new Uint8Array(), before: new Uint8Array() };

/**
 * Compares patterns with a text. Every way to read the text is followed, but each pair of a place in the pattern and
 * one in the text once: the time is bounded by their number, whatever the text is.
 */
export class Walk {
  readonly #decoder = new Decoder();
  #text: Uint8Array = NOTHING.text;
  #before: Uint8Array = NOTHING.before;
  readonly #ways: number[] = [];
  readonly #seen = new Set<number>();
  #pattern: Pattern;
  #end = -1;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
  }

  /** What is compared with from now on. One walk reads text after text: to make one for each chunk is not free. */
  read({ text, before }: Stretch): void {
    this.#text = text;
    this.#before = before;
    this.#decoder.text = text;
  }

  /** Where the longest occurrence of the pattern ends that begins there, or -1. */
  from(pattern: Pattern, start: number): number {
    this.#pattern = pattern;
    this.#decoder.ranOut = false;
    this.#end = -1;
    if (this.#seen.size > 0) this.#seen.clear();
    this.#go(0, start);
    for (let at = this.#ways.pop(); at !== undefined; at = this.#ways.pop()) this.#go(this.#ways.pop() ?? 0, at);
    return this.#end;
  }

  /** Whether more text could make an occurrence, or a longer one, of what was last looked for. */
  get isOpen(): boolean {
    return this.#decoder.ranOut;
  }

  /** Whether the line so far ends in so many characters that a break after it is one of a wrapped text. */
  isWrappedAt(at: number, isPart: Uint8Array = IS_BASE64): boolean {
    for (let i = at - 1; i >= at - LEAST_WRAPPED; i -= 1) {
      const byte = i >= 0 ? this.#text[i] : this.#before[this.#before.length + i];
      if (byte === undefined || isPart[byte] !== 1) return false;
    }
    return true;
  }

  /** Goes on from a place in the pattern and one in the text, as far as there is one way. */
  #go(fromPlace: number, from: number): void {
    const { simple, bytes } = this.#pattern;
    const text = this.#text;
    let place = fromPlace;
    const shift = from - fromPlace;
    while (simple[place] === text[place + shift]) place += 1;
    const at = place + shift;
    if (place === bytes.length) this.#finish(at);
    else this.#step(place, at);
  }

  #push(place: number, at: number): void {
    const key = at * 0x1000000 + place;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#ways.push(place, at);
  }

  #step(place: number, at: number): void {
    const byte = this.#decoder.byteAt(at);
    if (byte === -1) return;
    const { bytes, isLiteral, gap } = this.#pattern;
    if (this.#isByte(place, byte)) this.#push(place + 1, at + 1);
    if (isLiteral) return;
    if (byte === PLUS && bytes[place] === SPACE) this.#push(place + 1, at + 1);
    if (BEGINS_ESCAPE[byte] === 1) this.#escapes(place, at);
    if (gap === 'lines' && bytes[place] === LF) this.#nextLine(place, at);
    if (gap === 'base64' && place > 0) this.#wrapped(place, at, IS_BASE64);
    if (gap === 'hex' && place > 0 && place % 2 === 0) this.#nextByte(place, at);
  }

  #isByte(place: number, byte: number): boolean {
    return byte === this.#pattern.bytes[place] || byte === this.#pattern.others[place];
  }

  #escapes(place: number, at: number): void {
    const { points, sizes, bytes } = this.#pattern;
    for (const { value, isPoint, end } of this.#decoder.escapesAt(at)) {
      if (isPoint && value === points[place]) this.#push(place + (sizes[place] ?? 1), end);
      else if ((!isPoint || value < 0x80) && this.#isByte(place, value)) this.#push(place + 1, end);
    }
    if (this.#text[at] === BACKSLASH && bytes[place] === BACKSLASH) this.#backslashes(place, at);
  }

  /** Backslashes in the pattern are a run in the text that is at least as long; its rest may escape what follows. */
  #backslashes(place: number, at: number): void {
    let next = place;
    while (this.#pattern.bytes[next] === BACKSLASH) next += 1;
    const run = this.#decoder.backslashes(at);
    for (let used = next - place; used <= run; used += 1) this.#push(next, at + used);
  }

  /** A line break of a secret of several lines, which may be a blank, and what may stand before its next line. */
  #nextLine(place: number, at: number): void {
    if (this.#text[at] === SPACE) this.#push(place + 1, at + 1);
    for (const begin of this.#lineBreaks(at)) {
      this.#push(place + 1, begin);
      this.#prefixed(place + 1, begin);
    }
  }

  #prefixed(place: number, begin: number): void {
    for (let at = begin; at <= begin + MOST_PREFIX; at += 1) {
      const byte = this.#decoder.byteAt(at);
      if (this.#isByte(place, byte)) this.#push(place, at);
      if (byte === -1 || byte === LF || byte === CR) return;
    }
  }

  /** Where the text goes on after a line break there, plain or escaped. */
  #lineBreaks(at: number): number[] {
    return this.#readings(at).flatMap(({ value, end }) => {
      if (value === LF) return [end];
      if (value !== CR) return [];
      const second = this.#readings(end).find((reading) => reading.value === LF);
      return [second?.end ?? end];
    });
  }

  #readings(at: number): Reading[] {
    const byte = this.#decoder.byteAt(at);
    if (BEGINS_BREAK[byte] !== 1) return [];
    if (byte === LF || byte === CR) return [{ value: byte, isPoint: false, end: at + 1 }];
    return this.#decoder.escapesAt(at);
  }

  #wrapped(place: number, at: number, isPart: Uint8Array): void {
    for (const end of this.#afterWrap(at, isPart)) this.#push(place, end);
  }

  #afterWrap(at: number, isPart: Uint8Array): number[] {
    if (BEGINS_BREAK[this.#text[at] ?? 0] !== 1) return [];
    return this.isWrappedAt(at, isPart) ? this.#lineBreaks(at).map((end) => this.#afterBlanks(end)) : [];
  }

  #afterBlanks(begin: number): number {
    let at = begin;
    while (at < begin + MOST_INDENT && this.#isBlank(at)) at += 1;
    return at;
  }

  #isBlank(at: number): boolean {
    const byte = this.#decoder.byteAt(at);
    return byte === SPACE || byte === TAB;
  }

  /** What separates two bytes in hexadecimal: `:`, `-`, `,`, a blank or two, `0x`, and the end of a wrapped line. */
  #nextByte(place: number, at: number): void {
    const separated = SEPARATORS.has(this.#text[at] ?? 0) ? at + 1 : at;
    let next = separated;
    while (next < separated + 2 && this.#isBlank(next)) next += 1;
    if (next > at) this.#push(place, next);
    if (next > at && this.#decoder.byteAt(next) === 0x30 && this.#decoder.byteAt(next + 1) === 0x78) {
      this.#push(place, next + 2);
    }
    this.#wrapped(place, next, IS_HEX_DUMP);
  }

  #finish(at: number): void {
    const { trail } = this.#pattern;
    const next = this.#text[at];
    if (trail !== null && next !== undefined && IS_BASE64[next] === 1 && trail[next] !== 1) return;
    this.#end = Math.max(this.#end, at, ...(trail ? this.#trails(trail, at) : []));
  }

  /** Where the character ends that carries the last bits of the secret. */
  #trails(trail: Uint8Array, at: number): number[] {
    return [at, ...this.#afterWrap(at, IS_BASE64)].flatMap((place) => {
      const byte = this.#decoder.byteAt(place);
      const readings = BEGINS_ESCAPE[byte] === 1 ? this.#decoder.escapesAt(place) : [];
      const ends = readings.flatMap(({ value, end }) => (trail[value] === 1 ? [end] : []));
      return trail[byte] === 1 ? [place + 1, ...ends] : ends;
    });
  }
}
