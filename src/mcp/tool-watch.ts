/** Whether the tools that a client was shown are still those there are. */
import type { AgentDoor, ToolListing } from '../gate/call.js';

/**
 * Remembers the names that were listed last, and tells when a later look finds others. Before the first listing there is
 * nothing to tell.
 */
export class ToolWatch {
  readonly #door: AgentDoor;
  readonly #tell: () => Promise<void>;
  #shown: string | undefined;
  #isLooking = false;

  constructor(door: AgentDoor, tell: () => Promise<void>) {
    this.#door = door;
    this.#tell = tell;
  }

  /** The tools to list now. */
  async list(): Promise<readonly ToolListing[]> {
    const tools = await this.#door.tools();
    this.#shown = namesOf(tools);
    return tools;
  }

  /** Looks once the answer that is being made has gone, and tells of a change. */
  lookSoon(): void {
    if (this.#shown === undefined || this.#isLooking) return;
    this.#isLooking = true;
    setImmediate(() => void this.#look());
  }

  /** That nobody is left to be told is no fault. */
  async #look(): Promise<void> {
    try {
      const names = namesOf(await this.#door.tools());
      if (names === this.#shown) return;
      this.#shown = names;
      await this.#tell();
    } catch {
      // The connection has ended.
    } finally {
      this.#isLooking = false;
    }
  }
}

function namesOf(tools: readonly ToolListing[]): string {
  return tools.map((tool) => tool.name).join(' ');
}
