/**
 * Says where in a text anchors may be, all of one size, from a part of its bytes.
 *
 * Any `size` bytes in a row hold exactly one of the blocks of three bytes that end at every `size - 2`th place. So only
 * those blocks are read, and each is looked up in a table that says, bit by bit, at which places of an anchor such a
 * block is: the sampled form of the shift table of Wu and Manber ("A fast algorithm for multi-pattern searching",
 * TR-94-17, 1994), without its chain of reads that wait for each other.
 */

/** How many bytes are looked up together. */
export const BLOCK = 3;
const TABLE_BITS = 16;
/** One bit of a table entry is a place in an anchor. */
export const LONGEST_ANCHOR = 32 + BLOCK - 1;
/** Spreads blocks over the table by multiplication (Knuth, "The Art of Computer Programming", 3, section 6.4). */
const HASH = 0x9e3779b1;

export class Sieve {
  /** Signed, so that an entry is a small integer to the engine, whatever bits it has. */
  readonly #table = new Int32Array(1 << TABLE_BITS);
  /** The place of the last block in an anchor. */
  readonly #last: number;

  /** For anchors of so many bytes: from {@link BLOCK} to {@link LONGEST_ANCHOR}. */
  constructor(size: number) {
    this.#last = size - BLOCK;
  }

  /**
   * Adds the blocks of anchors that stand one after the other. Of those that follow each other most bytes are the same
   * at the same places: what is, is there already.
   */
  add(anchors: Uint8Array): void {
    const size = this.#last + BLOCK;
    for (let begin = 0; begin < anchors.length; begin += size) {
      let [first, last] = [0, size - 1];
      if (begin > 0) {
        while (first < last && anchors[begin + first] === anchors[begin + first - size]) first += 1;
        while (last > first && anchors[begin + last] === anchors[begin + last - size]) last -= 1;
      }
      this.#addBlocks(anchors, begin, { first, last });
    }
  }

  /** Adds the blocks that have one of these bytes. */
  #addBlocks(anchors: Uint8Array, begin: number, { first, last }: { first: number; last: number }): void {
    const table = this.#table;
    const end = Math.min(last, this.#last);
    for (let place = Math.max(0, first - BLOCK + 1); place <= end; place += 1) {
      const slot = slotOf(blockAt(anchors, begin + place));
      table[slot] = (table[slot] ?? 0) | (1 << place);
    }
  }

  /** The first place from there on, in steps from there, where a block of an anchor may be; -1 if there is none. */
  next(text: Uint8Array, from: number): number {
    const table = this.#table;
    const step = this.step;
    for (let at = from; at + BLOCK <= text.length; at += step) {
      const block = (text[at] ?? 0) | ((text[at + 1] ?? 0) << 8) | ((text[at + 2] ?? 0) << 16);
      const places = table[Math.imul(block, HASH) >>> (32 - TABLE_BITS)] ?? 0;
      if (places !== 0 && this.#around(text, at, places) !== 0) return at;
    }
    return -1;
  }

  /** How far one place to look at is from the next one. The first is one less than that. */
  get step(): number {
    return this.#last + 1;
  }

  /** A bit for each place of an anchor that the block there may have; those of its neighbours fit too. */
  placesAt(text: Uint8Array, at: number): number {
    return this.#around(text, at, this.#entry(text, at));
  }

  /** Whether the text has bytes for an anchor from there on, whose first and last block may be those of one. */
  mayHold(text: Uint8Array, start: number): boolean {
    if (start < 0 || start + this.#last + BLOCK > text.length || !this.mayBegin(text, start)) return false;
    return (this.#entry(text, start + this.#last) & (1 << this.#last)) !== 0;
  }

  /** Whether the block there may be the first one of an anchor. */
  mayBegin(text: Uint8Array, start: number): boolean {
    return (this.#entry(text, start) & 1) !== 0;
  }

  /** The places of an anchor that such a block may have, if the blocks before and after it fit too. */
  #around(text: Uint8Array, at: number, places: number): number {
    const before = at > 0 ? this.#entry(text, at - 1) << 1 : 0;
    const after = this.#entry(text, at + 1) >>> 1;
    return places & (before | 1) & (after | (1 << this.#last));
  }

  #entry(text: Uint8Array, at: number): number {
    return this.#table[slotOf(blockAt(text, at))] ?? 0;
  }
}

const slotOf = (block: number): number => Math.imul(block, HASH) >>> (32 - TABLE_BITS);

/** The bytes of a block as one number; what is beyond the end counts as zeros. */
export const blockAt = (text: Uint8Array, at: number): number =>
  (text[at] ?? 0) | ((text[at + 1] ?? 0) << 8) | ((text[at + 2] ?? 0) << 16);
