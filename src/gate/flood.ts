/** Above a number of refusals in a minute they are counted, and the next entry states how many. */
const WINDOW_MS = 60_000;
const AT_MOST = { token: 600, none: 60 };

export class FloodGuard {
  #times: number[] = [];
  #suppressed = 0;

  /** Whether a refusal at `now` is recorded; one that is not is counted. */
  admits(now: number, actor: 'token' | 'none'): boolean {
    this.#times = this.#times.filter((time) => now - time < WINDOW_MS);
    if (this.#times.length >= AT_MOST[actor]) {
      this.#suppressed += 1;
      return false;
    }
    this.#times.push(now);
    return true;
  }

  /** How many refusals no entry has stated yet. */
  get suppressed(): number {
    return this.#suppressed;
  }

  /** An entry that stated `count` is on disk. */
  stated(count: number): void {
    this.#suppressed -= count;
  }
}
