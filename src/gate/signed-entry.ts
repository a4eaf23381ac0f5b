import { certificate as certificateRecord } from '../crypto/certificates.js';
import { firstLink, linkOf } from '../crypto/chain.js';
import { isOwners, ownerKeyAt } from '../crypto/owner-signing.js';
import { changesOf, type ChangeRow, type EntryRow, readEntry } from '../store/audit.js';
import { readCertificates } from '../store/tokens.js';
import type { Standpoint } from './shelf.js';
import { isSignedEntry, isWholeEntry } from './recorder.js';

/**
 * An entry of a token with its changes, whose hash covers both and the entry before, and which that token's key of the
 * time signed; null for any other.
 */
export async function readSignedEntry(
  { handle, state }: Pick<Standpoint, 'handle' | 'state'>,
  seq: number,
): Promise<{ row: EntryRow; changes: readonly ChangeRow[] } | null> {
  const { safeId } = state;
  const entry = await readWholeEntry({ handle, state }, seq);
  if (entry === null) return null;
  const { row, changes } = entry;
  for (const stored of await readCertificates(handle)) {
    const isIts = stored.token === row.actor && stored.epoch === row.actorEpoch;
    if (!isIts || !isOwners(state.value, stored.signed, stored.signature)) continue;
    const { token, epoch, signingKey } = certificateRecord.decode(safeId, stored.signed);
    if (token === row.actor && epoch === row.actorEpoch && isSignedEntry(safeId, row, signingKey))
      return { row, changes };
  }
  return null;
}

/** Whether an entry is the owner's: whole, and signed with the key of the state. */
export async function isOwnersEntry(at: Pick<Standpoint, 'handle' | 'state'>, seq: number): Promise<boolean> {
  const { safeId, value } = at.state;
  const entry = await readWholeEntry(at, seq);
  return entry?.row.actorKind === 'owner' && isSignedEntry(safeId, entry.row, ownerKeyAt(value, seq));
}

/** An entry whose hash covers it, its changes and the entry before; null for any other. */
async function readWholeEntry(
  { handle, state: { safeId } }: Pick<Standpoint, 'handle' | 'state'>,
  seq: number,
): Promise<{ row: EntryRow; changes: readonly ChangeRow[] } | null> {
  const row = await readEntry(handle, seq);
  const before = seq === 1 ? null : await readEntry(handle, seq - 1);
  if (row === null || (before === null && seq !== 1)) return null;
  const changes = await changesOf(handle, seq);
  const prev = before === null ? firstLink(safeId) : linkOf(before.hash, before.signature);
  return isWholeEntry(safeId, row, { changes, prev }) ? { row, changes } : null;
}
