/**
 * Finds all patterns in a text in one pass that reads a part of it.
 *
 * Every occurrence begins with one of the anchors, all of `size` bytes. Any `size` bytes in a row hold exactly one of
 * the blocks of three bytes that end at every `size - 2`th place. So only those blocks are read, and each is looked up
 * in a table that says, bit by bit, at which places of an anchor such a block is: the sampled form of the shift table
 * of Wu and Manber ("A fast algorithm for multi-pattern searching", TR-94-17, 1994), without its chain of reads that
 * wait for each other.
 */
import { anchorsOf } from './anchors.js';
import { leastBytes, patternsOf, type Pattern } from './pattern.js';
import { leadStart, openLead } from './lead.js';
import { Walk, type Stretch } from './walk.js';

const BLOCK = 3;
const TABLE_BITS = 16;
/** One bit of a table entry is a place in an anchor. */
const LONGEST_ANCHOR = 32 + BLOCK - 1;
/** More anchors, of one pattern and of all, cost more to make and to tell apart than a longer step saves. */
const MOST_OF_ONE = 320;
const MOST_OF_ALL = 3000;
/** From here on down there may be any number in all, and at the least size of one. */
const SMALL_ANCHOR = 8;

/** The part of a text from `start` up to, without, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Search {
  /** In the order of their starts; they may overlap. */
  readonly spans: Span[];
  /** From here on the text may belong to an occurrence that is not there whole; its length if there is none. */
  readonly openFrom: number;
}

export class Finder {
  readonly #patterns: Pattern[];
  readonly #size: number;
  readonly #table = new Uint32Array(1 << TABLE_BITS);
  /** By the first block of an anchor. */
  readonly #buckets = new Map<number, Pattern[]>();
  /** By the first byte of an anchor. */
  readonly #starters: Pattern[][] = Array.from({ length: 256 }, () => []);
  readonly #leads = new Uint8Array(256);

  constructor(secrets: readonly string[]) {
    this.#patterns = patternsOf(secrets);
    const { size, anchors } = chooseAnchors(this.#patterns);
    this.#size = size;
    for (const [i, pattern] of this.#patterns.entries()) {
      for (const anchor of anchors[i] ?? []) this.#index(anchor, pattern);
      for (const [byte, flag] of (pattern.lead ?? []).entries()) if (flag === 1) this.#leads[byte] = 1;
    }
  }

  /** Whether there is anything to look for. */
  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  #index(anchor: string, pattern: Pattern): void {
    const bytes = Buffer.from(anchor, 'latin1');
    for (let at = 0; at + BLOCK <= bytes.length; at += 1) {
      const slot = slotOf(blockAt(bytes, at));
      this.#table[slot] = (this.#table[slot] ?? 0) | (1 << at);
    }
    add(this.#buckets, blockAt(bytes, 0), pattern);
    const starters = this.#starters[bytes[0] ?? 0];
    if (starters?.includes(pattern) === false) starters.push(pattern);
  }

  /** All occurrences in a text. Where it `isLast`, none is open at its end. */
  search(stretch: Stretch, isLast: boolean): Search {
    const [pattern] = this.#patterns;
    if (pattern === undefined) return { spans: [], openFrom: stretch.text.length };
    const round: Round = {
      stretch,
      walk: new Walk(stretch, pattern),
      isLast,
      spans: [],
      openFrom: stretch.text.length,
    };
    this.#scan(round);
    if (!isLast) this.#scanEnd(round);
    round.spans.sort((a, b) => a.start - b.start);
    return round;
  }

  #scan(round: Round): void {
    const { text } = round.stretch;
    const table = this.#table;
    const step = this.#size - BLOCK + 1;
    for (let at = step - 1; at + BLOCK <= text.length; at += step) {
      const block = (text[at] ?? 0) | ((text[at + 1] ?? 0) << 8) | ((text[at + 2] ?? 0) << 16);
      const places = table[Math.imul(block, HASH) >>> (32 - TABLE_BITS)] ?? 0;
      if (places !== 0) this.#examine(round, at, places);
    }
  }

  /**
   * Compares with each anchor that has a block like the one there at one of the places, if the blocks before and after
   * it fit too.
   */
  #examine(round: Round, at: number, places: number): void {
    const { text } = round.stretch;
    const last = this.#size - BLOCK;
    const before = at > 0 ? this.#placesAt(text, at - 1) << 1 : 0;
    const after = this.#placesAt(text, at + 1) >>> 1;
    for (let rest = places & (before | 1) & (after | (1 << last)); rest !== 0; rest &= rest - 1) {
      const start = at - (31 - Math.clz32(rest & -rest));
      if (start < 0 || start + this.#size > text.length) continue;
      if ((this.#placesAt(text, start) & 1) === 0 || (this.#placesAt(text, start + last) & (1 << last)) === 0) continue;
      for (const pattern of this.#buckets.get(blockAt(text, start)) ?? []) compare(round, pattern, start);
    }
  }

  #placesAt(text: Uint8Array, at: number): number {
    return this.#table[slotOf(blockAt(text, at))] ?? 0;
  }

  /** The places too near to the end for a whole anchor. */
  #scanEnd(round: Round): void {
    const { text } = round.stretch;
    for (let start = Math.max(0, text.length - this.#size + 1); start < text.length; start += 1) {
      for (const pattern of this.#starters[text[start] ?? 0] ?? []) compare(round, pattern, start);
    }
    round.openFrom = Math.min(round.openFrom, openLead(round.stretch, round.walk, this.#leads));
  }
}

interface Round {
  readonly stretch: Stretch;
  readonly walk: Walk;
  readonly isLast: boolean;
  readonly spans: Span[];
  openFrom: number;
}

function compare(round: Round, pattern: Pattern, place: number): void {
  const end = round.walk.from(pattern, place);
  const isWaiting = !round.isLast && round.walk.isOpen;
  if (end === -1 && !isWaiting) return;
  const start = leadStart(round.stretch, round.walk, { pattern, place });
  if (start === -1) return;
  if (end !== -1) round.spans.push({ start, end });
  if (isWaiting) round.openFrom = Math.min(round.openFrom, start);
}

const HASH = 0x9e3779b1;
const slotOf = (block: number): number => Math.imul(block, HASH) >>> (32 - TABLE_BITS);
const blockAt = (text: Uint8Array, at: number): number =>
  (text[at] ?? 0) | ((text[at + 1] ?? 0) << 8) | ((text[at + 2] ?? 0) << 16);

function add(map: Map<number, Pattern[]>, key: number, pattern: Pattern): void {
  const known = map.get(key);
  if (!known) map.set(key, [pattern]);
  else if (!known.includes(pattern)) known.push(pattern);
}

/** Anchors of the greatest size that every pattern has few of. */
function chooseAnchors(patterns: readonly Pattern[]): { size: number; anchors: Set<string>[] } {
  let size = Math.min(LONGEST_ANCHOR, ...patterns.map(leastBytes));
  for (;;) {
    const anchors = attempt(patterns, size);
    if (anchors) return { size, anchors };
    size = Math.max(BLOCK, size - Math.ceil(size / 5));
  }
}

function attempt(patterns: readonly Pattern[], size: number): Set<string>[] | null {
  let left = size <= SMALL_ANCHOR ? Infinity : MOST_OF_ALL;
  const anchors: Set<string>[] = [];
  for (const pattern of patterns) {
    const most = size <= BLOCK + 1 ? Infinity : Math.min(MOST_OF_ONE, left);
    const own = anchorsOf(pattern, { size, most });
    if (!own) return null;
    left -= own.size;
    anchors.push(own);
  }
  return anchors;
}
