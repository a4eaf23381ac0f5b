/** Above a number of refusals in a minute they are counted, and the next entry states how many. */
const WINDOW_MS = 60_000;

/** Refusals in a minute that are recorded, of a token and of whoever has none. */
export const FLOOD = { token: 600, none: 60 } as const;

export class FloodGuard {
  readonly #most: number;
  #times: number[] = [];
  #unstated = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Whether a refusal at `now` is recorded; one that is not is counted. */
  admits(now: number): boolean {
    this.#times = this.#times.filter((time) => now - time < WINDOW_MS);
    if (this.#times.length >= this.#most) {
      this.#unstated += 1;
      return false;
    }
    this.#times.push(now);
    return true;
  }

  /** A refusal that is not to be recorded by itself. */
  count(): void {
    this.#unstated += 1;
  }

  /** How many refusals no entry has stated yet; the one that is about to be made does. */
  take(): number {
    const taken = this.#unstated;
    this.#unstated = 0;
    return taken;
  }

  /** The entry that stated `count` was not written. */
  giveBack(count: number): void {
    this.#unstated += count;
  }
}
