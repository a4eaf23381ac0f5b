/** Which entries the answers named: each number once, over a million of them in little memory. */

export class Receipts {
  #seen = new Uint8Array(1 << 16);
  #count = 0;
  #doubled = 0;

  /** How many different entries were named. */
  get count(): number {
    return this.#count;
  }

  /** How many answers named one that another answer had named. */
  get doubled(): number {
    return this.#doubled;
  }

  add(seq: number): void {
    if (seq >= this.#seen.length) this.#grow(seq);
    if (this.#seen[seq] === 1) this.#doubled += 1;
    else this.#count += 1;
    this.#seen[seq] = 1;
  }

  #grow(seq: number): void {
    const grown = new Uint8Array(2 * Math.max(seq, this.#seen.length));
    grown.set(this.#seen);
    this.#seen = grown;
  }

  /** The numbers after `from` up to `to` that no answer named. */
  missing(from: number, to: number): number[] {
    const missing: number[] = [];
    for (let seq = from + 1; seq <= to; seq += 1) if (this.#seen[seq] !== 1) missing.push(seq);
    return missing;
  }
}
