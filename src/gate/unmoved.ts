/** Under the lock: whether what a call stands on is still so. */
import { sameBytes } from '../crypto/bytes.js';
import { hasChangeAfter } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { Moved } from './revisions.js';
import type { Safe } from './safe.js';
import { readVerifiedState, type VerifiedState } from './verified-state.js';

/** What was read before the lock, and under which stamp. */
export interface StoodOn {
  readonly state: VerifiedState;
  readonly stamp: string | null;
  /** Ranges of subjects of which nothing may have changed since. */
  readonly touched: readonly { readonly first: string; readonly end: string }[];
}

/** The state as it is now. Throws {@link Moved} where it, or anything that was touched, is not as it was. */
export async function readUnmoved(handle: Handle, safe: Safe, of: StoodOn): Promise<VerifiedState> {
  const { state, stamp, touched } = of;
  const again = await readVerifiedState(handle, safe, state.value.signingKey);
  if (stamp !== null && stamp === handle.stamp) return again;
  if (!sameBytes(again.hash, state.hash)) throw new Moved();
  for (const range of touched) if (await hasChangeAfter(handle, state.last.seq, range)) throw new Moved();
  return again;
}
