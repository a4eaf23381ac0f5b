/** One at a time through what is slow on purpose, and ever longer waits for who tries and fails. */
import { Refusal } from '../core/refusal.js';
import { isoTime } from '../core/expiry.js';

/** How many may wait for the one that is at it. */
const WAITING_AT_MOST = 3;
const FREE_TRIES = 2;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export class Turnstile {
  readonly #clock: () => number;
  #last: Promise<unknown> = Promise.resolve();
  #inside = 0;
  #failures = 0;
  #closedUntil = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Does the work when it is its turn. Throws `limit_reached` where too many wait, or one failed too often just now. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    this.#checkOpen();
    if (this.#inside > WAITING_AT_MOST) throw wait('Others are being let in right now.', this.#clock() + FIRST_WAIT_MS);
    this.#inside += 1;
    const turn = this.#last.then(async () => {
      this.#checkOpen();
      return work();
    });
    this.#last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      this.#inside -= 1;
    }
  }

  #checkOpen(): void {
    const left = this.#closedUntil - this.#clock();
    if (left > 0) throw wait('Too many wrong passwords.', this.#closedUntil, Math.ceil(left / 1_000));
  }

  /** Somebody failed: from the third time on, all wait, twice as long each time. */
  failed(): void {
    this.#failures += 1;
    const over = this.#failures - FREE_TRIES;
    if (over > 0) this.#closedUntil = this.#clock() + Math.min(FIRST_WAIT_MS * 2 ** (over - 1), LONGEST_WAIT_MS);
  }

  succeeded(): void {
    this.#failures = 0;
    this.#closedUntil = 0;
  }
}

function wait(message: string, retryAt: number, seconds = 1): Refusal {
  const next = `Wait ${seconds === 1 ? 'a second' : `${String(seconds)} seconds`}, then try again.`;
  return new Refusal('limit_reached', { message, next, retryAt, detail: isoTime(retryAt) });
}
