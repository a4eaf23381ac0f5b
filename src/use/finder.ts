/**
 * Finds all patterns in a text in one pass that reads a part of it: every occurrence begins with one of the anchors,
 * and the sieve says where those may be.
 */
import { aboutAnchors, anchorsOf } from './anchors.js';
import { leastBytes, patternsOf, type Pattern } from './pattern.js';
import { leadStart, openLead } from './lead.js';
import { BLOCK, blockAt, LONGEST_ANCHOR, Sieve } from './sieve.js';
import { NOTHING, Walk, type Stretch } from './walk.js';

/** More anchors, of one pattern and of all, cost more to make and to tell apart than a longer step saves. */
const MOST_OF_ONE = 320;
const MOST_OF_ALL = 9000;
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
  readonly #sieve: Sieve;
  /** By the first block of an anchor. */
  readonly #buckets = new Map<number, Pattern[]>();
  /** By the first byte of an anchor. */
  readonly #starters: Pattern[][] = Array.from({ length: 256 }, () => []);
  readonly #leads = new Uint8Array(256);
  readonly #walk: Walk | null;

  constructor(secrets: readonly string[]) {
    this.#patterns = patternsOf(secrets);
    const [pattern] = this.#patterns;
    this.#walk = pattern === undefined ? null : new Walk(pattern);
    const { size, anchors } = chooseAnchors(this.#patterns);
    this.#size = size;
    this.#sieve = new Sieve(size);
    for (const [i, pattern] of this.#patterns.entries()) {
      this.#index(anchors[i] ?? new Set(), pattern);
      for (const [byte, flag] of (pattern.lead ?? []).entries()) if (flag === 1) this.#leads[byte] = 1;
    }
  }

  /** Whether there is anything to look for. */
  get isEmpty(): boolean {
    return this.#patterns.length === 0;
  }

  #index(anchors: ReadonlySet<string>, pattern: Pattern): void {
    const bytes = Buffer.from([...anchors].join(''), 'latin1');
    this.#sieve.add(bytes);
    for (let at = 0; at < bytes.length; at += this.#size) this.#addBeginning(bytes, at, pattern);
  }

  #addBeginning(bytes: Uint8Array, at: number, pattern: Pattern): void {
    const block = blockAt(bytes, at);
    if (at > 0 && block === blockAt(bytes, at - this.#size)) return;
    const known = this.#buckets.get(block);
    if (!known) this.#buckets.set(block, [pattern]);
    else if (!known.includes(pattern)) known.push(pattern);
    const starters = this.#starters[bytes[at] ?? 0];
    if (starters?.includes(pattern) === false) starters.push(pattern);
  }

  /** All occurrences in a text. Where it `isLast`, none is open at its end. */
  search(stretch: Stretch, isLast: boolean): Search {
    const walk = this.#walk;
    const openFrom = stretch.text.length;
    if (walk === null) return { spans: [], openFrom };
    walk.read(stretch);
    const round: Round = { stretch, walk, isLast, spans: [], openFrom };
    this.#scan(round);
    if (!isLast) this.#scanEnd(round);
    walk.read(NOTHING);
    if (round.spans.length > 1) round.spans.sort((a, b) => a.start - b.start);
    return round;
  }

  #scan(round: Round): void {
    const { text } = round.stretch;
    const sieve = this.#sieve;
    const { step } = sieve;
    for (let at = sieve.next(text, step - 1); at !== -1; at = sieve.next(text, at + step)) {
      for (let rest = sieve.placesAt(text, at); rest !== 0; rest &= rest - 1) {
        const start = at - (31 - Math.clz32(rest & -rest));
        if (sieve.mayHold(text, start)) this.#compareAll(round, start);
      }
    }
  }

  #compareAll(round: Round, start: number): void {
    for (const pattern of this.#buckets.get(blockAt(round.stretch.text, start)) ?? []) compare(round, pattern, start);
  }

  /** The places too near to the end for a whole anchor. */
  #scanEnd(round: Round): void {
    const { text } = round.stretch;
    const whole = Math.max(0, text.length - BLOCK + 1);
    for (let start = Math.max(0, text.length - this.#size + 1); start < whole; start += 1) {
      if (this.#sieve.mayBegin(text, start)) this.#compareAll(round, start);
    }
    for (let start = whole; start < text.length; start += 1) {
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
  if (patterns.reduce((sum, pattern) => sum + aboutAnchors(pattern, size), 0) > left) return null;
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
