/** How long to wait before a stream that ended is opened again. */
import { setTimeout as wait } from 'node:timers/promises';

const [SHORTEST_MS, LONGEST_MS] = [250, 30_000];

/** A stream that was open for so long was in order: the next wait is a short one again. */
const STEADY_MS = 60_000;

/** Waits that become longer, unless what is waited for held for a while. */
export class Backoff {
  #delayMs = SHORTEST_MS;
  #since = performance.now();

  /** Rejects where the signal comes first. */
  async pause(signal: AbortSignal): Promise<void> {
    if (performance.now() - this.#since > STEADY_MS) this.#delayMs = SHORTEST_MS;
    await wait(this.#delayMs, undefined, { signal, ref: false });
    this.#delayMs = Math.min(2 * this.#delayMs, LONGEST_MS);
    this.#since = performance.now();
  }
}
