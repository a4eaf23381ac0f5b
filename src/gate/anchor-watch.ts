/** The log against its anchors, for a process that may begin while a checkpoint is signed. */
import type { Handle } from '../store/database.js';
import { checkAnchors } from './anchors.js';
import { Moved } from './revisions.js';
import type { Safe } from './safe.js';
import type { VerifiedState } from './verified-state.js';

/** How many snapshots are looked at: an anchor may be of a checkpoint that was signed since one began. */
export const LOOKS_AT_ANCHORS = 3;

export class AnchorWatch {
  /** True once the log was found to be as long as its anchors say. */
  #isAnchored = false;
  #looks = 0;

  /** Compares until that was found right once. Throws {@link Moved} where a fresh snapshot is to be looked at. */
  async check(handle: Handle, safe: Safe, state: VerifiedState): Promise<void> {
    if (this.#isAnchored) return;
    try {
      await checkAnchors(handle, safe, state);
      this.#isAnchored = true;
    } catch (error) {
      this.#looks += 1;
      throw this.#looks < LOOKS_AT_ANCHORS ? new Moved() : error;
    }
  }
}
