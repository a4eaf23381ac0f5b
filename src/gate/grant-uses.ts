import { usesOf } from '../store/audit.js';
import type { Handle } from '../store/database.js';

/** How often grants were used, as the log counts it: looked up once as long as only this process adds to the log. */
export class GrantUses {
  #stamp: string | null = null;
  readonly #counts = new Map<string, number>();

  /** The uses of a grant, by the handle's view of the log. */
  async of(handle: Handle, grant: string): Promise<number> {
    const known = this.#isOf(handle) ? this.#counts.get(grant) : undefined;
    if (known !== undefined) return known;
    const uses = await usesOf(handle, grant);
    this.note(handle, grant, uses);
    return uses;
  }

  /** What an entry says that the handle's transaction has added; it is forgotten if that is taken back. */
  note(handle: Handle, grant: string, uses: number): void {
    if (!this.#isOf(handle)) this.#counts.clear();
    this.#stamp = handle.stamp;
    if (this.#stamp !== null) this.#counts.set(grant, uses);
  }

  #isOf({ stamp }: Handle): boolean {
    return stamp !== null && stamp === this.#stamp;
  }
}
