/** The stub of an archive, verified: what the owner said of the entries that are no longer here. */
import { integrityFailure, sameBytes } from '../crypto/bytes.js';
import { archiveStub, type ArchiveStub, logBase, type LogBase } from '../crypto/archive.js';
import { type OwnerSigning, signerOf } from '../crypto/owner-signing.js';
import { type ArchiveRow, lastArchive } from '../store/archive.js';
import type { Handle } from '../store/database.js';

export interface Stub {
  readonly value: ArchiveStub;
  readonly base: LogBase;
  /** The owner's key at that time, which signed it. */
  readonly signer: Uint8Array;
}

/** The newest stub; null where nothing was archived. One that is not the owner's is an integrity failure. */
export async function readStub(handle: Handle, safeId: string, owner: OwnerSigning): Promise<Stub | null> {
  const row = await lastArchive(handle);
  return row === null ? null : openStub(row, safeId, owner);
}

/** A stub of this safe, by its signature. */
export function openStub(row: ArchiveRow, safeId: string, owner: OwnerSigning): Stub {
  const signer = signerOf(owner, row);
  if (signer === undefined) throw integrityFailure('the stub of an archive is not the owner’s');
  const value = archiveStub.decode(safeId, row.signed);
  const base = logBase.decode(safeId, value.base);
  if (base.seq !== row.seq) throw integrityFailure('the stub of an archive has another number');
  return { value, base, signer };
}

/** The last entry that is not here any more; 0 where nothing was archived. */
export function startOf(stub: Stub | null): number {
  return stub?.base.seq ?? 0;
}

/**
 * Whether an entry that is not here was archived by the owner: then a log that lacks it did not go back. A stub that
 * is no longer the newest proves as much.
 */
export async function isArchived(
  handle: Handle,
  of: { safeId: string; owner: OwnerSigning; seq: number },
): Promise<boolean> {
  const row = await lastArchive(handle);
  if (row === null || row.seq < of.seq) return false;
  return openStub(row, of.safeId, of.owner).base.seq >= of.seq;
}

/** What an archived entry's hash covers besides its row: the `prev` that the stub keeps of it, or null. */
export function keptLink(stub: Stub | null, row: { seq: number; hash: Uint8Array }): Uint8Array | null {
  const kept = stub?.value.kept.find(({ seq }) => seq === row.seq);
  return kept !== undefined && sameBytes(kept.hash, row.hash) ? kept.prev : null;
}
