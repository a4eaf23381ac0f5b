/** Which requests wait for their answer. */

/** Counts requests by id; a client may, against the rules, use one id for several. */
export class Pending {
  readonly #counts = new Map<string | number, number>();
  #size = 0;
  #waiters: (() => void)[] = [];

  get size(): number {
    return this.#size;
  }

  add(id: string | number): void {
    this.#counts.set(id, (this.#counts.get(id) ?? 0) + 1);
    this.#size += 1;
  }

  /** One request of this id has its answer, or needs none any more. Does nothing if there is no such one. */
  settle(id: string | number): void {
    const count = this.#counts.get(id);
    if (count === undefined) return;
    if (count === 1) this.#counts.delete(id);
    else this.#counts.set(id, count - 1);
    this.#size -= 1;
    if (this.#size === 0) this.#wake();
  }

  /** No answer is needed any more. */
  clear(): void {
    this.#counts.clear();
    this.#size = 0;
    this.#wake();
  }

  /** Settles when nothing waits, or after that time. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.#size === 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#waiters.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #wake(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
