/** How often something may happen: a bucket of tokens (RFC 2697 without its second colour) for each key. */

/** So many within a time, all at once if need be. */
export interface Rate {
  readonly count: number;
  readonly windowMs: number;
}

interface Bucket {
  left: number;
  at: number;
}

/** Keys that are kept; the bucket of one that was not met for longest is full again by then, or near it. */
const KEYS_AT_MOST = 10_000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** Takes one for the key at `now` (in ms). Gives 0, or after how many seconds to ask again. */
  take(key: string, now: number): number {
    const { count, windowMs } = this.#rate;
    const bucket = this.#buckets.get(key) ?? { left: count, at: now };
    bucket.left = Math.min(count, bucket.left + ((now - bucket.at) * count) / windowMs);
    bucket.at = now;
    this.#keep(key, bucket);
    if (bucket.left < 1) return Math.max(1, Math.ceil(((1 - bucket.left) * windowMs) / count / 1_000));
    bucket.left -= 1;
    return 0;
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > KEYS_AT_MOST && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
