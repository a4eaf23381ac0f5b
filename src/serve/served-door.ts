/** A token's door as a server lends it: with the facts of the request that is being answered, and measured. */
import type { AgentDoor, Answer, Call, TokenIdentity, ToolListing } from '../gate/call.js';
import type { Pending } from '../mcp/pending.js';
import { exchange } from './facts.js';

/** Told of each call that came to its end. */
export type Called = (tool: string, answer: Answer, seconds: number) => void;

const CALL = 'a call';

export class ServedDoor implements AgentDoor {
  readonly #door: AgentDoor;
  readonly #running: Pending;
  readonly #called: Called;

  /** While a call runs it is one of those in `running`, also where nobody waits for its answer any more. */
  constructor(door: AgentDoor, running: Pending, called: Called) {
    this.#door = door;
    this.#running = running;
    this.#called = called;
  }

  async call(call: Call): Promise<Answer> {
    this.#running.add(CALL);
    try {
      return await this.#call(call);
    } finally {
      this.#running.settle(CALL);
    }
  }

  async #call(call: Call): Promise<Answer> {
    const facts = exchange.getStore();
    const startedAt = performance.now();
    const answer = await this.#door.call({
      ...call,
      ...(facts === undefined ? {} : { requestId: facts.requestId }),
      ...(facts?.address == null ? {} : { address: facts.address }),
    });
    this.#called(call.tool, answer, (performance.now() - startedAt) / 1_000);
    return answer;
  }

  tools(): Promise<readonly ToolListing[]> {
    return this.#door.tools();
  }

  identity(): Promise<TokenIdentity | null> {
    return this.#door.identity();
  }

  /** The service closes its doors. */
  async close(): Promise<void> {
    return Promise.resolve();
  }
}
