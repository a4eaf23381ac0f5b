import { Shelf } from './shelf.js';

/**
 * What the doors of one unlocked owner keep between them: titles, user names and sites that were verified and opened, and
 * no key, no secret value. Each door asks the log anew whether they still are current. Whoever holds it lets go of it at
 * the lock.
 */
export class OwnerMemory {
  #kept: { readonly safeId: string; readonly shelf: Shelf } | null = null;

  /** The shelf of that safe. */
  shelf(safeId: string): Shelf {
    if (this.#kept?.safeId !== safeId) this.#kept = { safeId, shelf: new Shelf(safeId) };
    return this.#kept.shelf;
  }

  /** Forgets all of it. */
  forget(): void {
    this.#kept?.shelf.clear();
    this.#kept = null;
  }
}
