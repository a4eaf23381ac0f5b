/** A token's door as a server lends it: with the facts of the request that is being answered, and measured. */
import type { AgentDoor, Answer, Call, TokenIdentity, ToolListing } from '../gate/call.js';
import { exchange } from './facts.js';

/** Told of each call that came to its end. */
export type Called = (tool: string, answer: Answer, seconds: number) => void;

export class ServedDoor implements AgentDoor {
  readonly #door: AgentDoor;
  readonly #called: Called;

  constructor(door: AgentDoor, called: Called) {
    this.#door = door;
    this.#called = called;
  }

  async call(call: Call): Promise<Answer> {
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
