/** What an archive kept of a token's entries, as the owner reads it. */
import { integrityFailure } from '../crypto/bytes.js';
import { logProfile } from '../crypto/archive.js';
import { isOwners } from '../crypto/owner-signing.js';
import { readProfile } from '../store/archive.js';
import type { Standpoint } from './shelf.js';

type Ground = Pick<Standpoint, 'handle' | 'state'>;

export interface TokenProfile {
  readonly lastAt: number;
  /** Grants that entries named. */
  readonly grants: readonly string[];
  /** Items whose secrets it was given, and when last. */
  readonly reads: readonly (readonly [item: string, at: number])[];
}

/** Null where nothing of the token was archived. */
export async function readProfileOf({ handle, state }: Ground, token: string): Promise<TokenProfile | null> {
  const row = await readProfile(handle, token);
  if (row === null) return null;
  if (!isOwners(state.value, row.signed, row.signature))
    throw integrityFailure('what an archive kept of a token was changed');
  const { lastAt, grants, items } = logProfile.decode(state.safeId, row.signed);
  return { lastAt, grants, reads: items.flatMap((item) => (item.isRead ? [[item.id, item.lastAt] as const] : [])) };
}
