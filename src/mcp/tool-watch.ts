/** Whether the tools that a client was shown are still those there are. */
import type { AgentDoor, Answer, ToolListing } from '../gate/call.js';

/**
 * Remembers the names that were listed last, and tells when a later look finds others. Before the first listing there is
 * nothing to tell. It looks only where something can have changed: what the owner decides has an entry in the log, so
 * the receipts of this client's calls have a gap then; and what ends by itself ends in a refusal.
 */
export class ToolWatch {
  readonly #door: AgentDoor;
  readonly #tell: () => Promise<void>;
  #shown: string | undefined;
  #lastSeq = 0;
  #isStale = false;
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

  /** Looks, if it is worth it, once the answer has gone. */
  after({ ok, receipt }: Answer): void {
    if (receipt === null) return;
    const hasGap = receipt.seq > this.#lastSeq + 1;
    this.#lastSeq = Math.max(this.#lastSeq, receipt.seq);
    if ((ok && !hasGap) || this.#shown === undefined) return;
    this.#isStale = true;
    if (!this.#isLooking) setImmediate(() => void this.#look());
    this.#isLooking = true;
  }

  /** That nobody is left to be told is no fault. */
  async #look(): Promise<void> {
    try {
      while (this.#isStale) await this.#compare();
    } catch {
      // The connection has ended.
    } finally {
      this.#isLooking = false;
    }
  }

  async #compare(): Promise<void> {
    this.#isStale = false;
    const names = namesOf(await this.#door.tools());
    if (names === this.#shown) return;
    this.#shown = names;
    await this.#tell();
  }
}

function namesOf(tools: readonly ToolListing[]): string {
  return tools.map((tool) => tool.name).join(' ');
}
