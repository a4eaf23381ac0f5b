/** A door that knows which of its calls are still on their way. */
import type { AgentDoor, Answer, Call, TokenIdentity, ToolListing } from '../gate/call.js';
import { Pending } from './pending.js';

/**
 * The door, closed only when its calls have come to an end: a client may give a request up, but the entry of the call is
 * written all the same.
 */
export class CountedDoor implements AgentDoor {
  readonly #door: AgentDoor;
  readonly #longestMs: number;
  readonly #running = new Pending();
  #last = 0;

  /** `longestMs` is how long `close` waits at most. */
  constructor(door: AgentDoor, longestMs: number) {
    this.#door = door;
    this.#longestMs = longestMs;
  }

  async call(call: Call): Promise<Answer> {
    this.#last += 1;
    const id = this.#last;
    this.#running.add(id);
    try {
      return await this.#door.call(call);
    } finally {
      this.#running.settle(id);
    }
  }

  tools(): Promise<readonly ToolListing[]> {
    return this.#door.tools();
  }

  identity(): Promise<TokenIdentity | null> {
    return this.#door.identity();
  }

  async close(): Promise<void> {
    await this.#running.drained(this.#longestMs);
    await this.#door.close();
  }
}
