/** Whether a token is frozen: by the owner, in its leaf, or without any key, by an entry after the owner's last lift. */
import { integrityFailure } from '../crypto/bytes.js';
import type { TokenLeaf } from '../crypto/certificates.js';
import { linkOf } from '../crypto/chain.js';
import { changesOf, freezesAfter, lastFreezes, readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { isWholeEntry } from './recorder.js';

/** The safe, and for each token and lift up to where a process has found freezes to be none of the token's. */
export interface FreezeGround {
  readonly safeId: string;
  readonly checked?: Map<string, number>;
}

/**
 * Freezing needs no key, so nothing vouches for such an entry but the log itself: it is looked for by its change and by
 * its action, and one that was changed since is an integrity failure. Lifting a freeze takes more than one cell.
 */
export async function isFrozen(handle: Handle, { safeId, checked }: FreezeGround, leaf: TokenLeaf): Promise<boolean> {
  if (leaf.frozenSeq !== null) return true;
  const { named, acted } = await lastFreezes(handle, leaf.token);
  if (named > leaf.liftedSeq) return true;
  const lift = `${leaf.token} ${String(leaf.liftedSeq)}`;
  // one that was another's once does not become this token's
  const from = Math.max(leaf.liftedSeq, checked?.get(lift) ?? 0);
  if (acted <= from) return false;
  for (const seq of await freezesAfter(handle, from)) await refuseChanged(handle, safeId, seq);
  checked?.set(lift, acted);
  return false;
}

async function refuseChanged(handle: Handle, safeId: string, seq: number): Promise<void> {
  const row = await readEntry(handle, seq);
  const before = await readEntry(handle, seq - 1);
  if (row === null || before === null) throw integrityFailure('an entry is missing');
  const of = { changes: await changesOf(handle, seq), prev: linkOf(before.hash, before.signature) };
  if (!isWholeEntry(safeId, row, of)) throw integrityFailure('the entry of a freeze was changed');
}
