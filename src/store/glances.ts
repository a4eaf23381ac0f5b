/** Those who look through the connection that writes: they share a snapshot, and it waits for them. */
export class Glances {
  #count = 0;
  #isClosed = false;
  #wake: (() => void) | null = null;

  /** True while something is written, or is to be once those who look have ended. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  get count(): number {
    return this.#count;
  }

  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#wake?.();
  }

  /** Lets nobody in any more, and settles when everybody has left. */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#count > 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }

  open(): void {
    this.#isClosed = false;
  }
}
