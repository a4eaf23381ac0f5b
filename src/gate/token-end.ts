/** Ending grants and tokens, and what of their writings the owner names again. */
import { subjectsWrittenBy } from '../store/audit.js';
import { eraseExchanges } from '../store/exchanges.js';
import { deleteToken, eraseGrantKey, eraseGrantKeys, readToken, retireToken } from '../store/tokens.js';
import { Refusal } from '../core/refusal.js';
import type { TokenLeaf } from '../crypto/certificates.js';
import { includesRole } from './authors.js';
import type { OwnerCore, OwnerWork } from './owner-core.js';
import { listLeaf } from './token-issue.js';
import { allOwned, type OwnedGrant, type OwnedToken } from './token-reader.js';
import { vaultOf } from './verified-state.js';

/**
 * Takes grants off a token's leaf, under the lock; their sealed keys are erased. Listed grants whose documents are lost
 * go with them, whatever they were.
 */
export async function endGrants(
  core: OwnerCore,
  work: OwnerWork,
  of: { token: OwnedToken; grants: readonly OwnedGrant[] },
): Promise<void> {
  const { token } = of;
  const ending = [...of.grants, ...token.lost];
  if (ending.length === 0) return;
  const ended = new Set(ending.map(({ id }) => id));
  for (const grant of ending) {
    await eraseGrantKey(work.handle, grant.hash);
    work.decisions.note({ kind: 'grant', id: grant.id, revision: token.leaf.epoch, hash: null, before: grant.hash });
  }
  await listLeaf(core, work, { ...token.leaf, grants: token.leaf.grants.filter(({ id }) => !ended.has(id)) });
}

async function endEverywhere(core: OwnerCore, work: OwnerWork, isMeant: (grant: OwnedGrant) => boolean): Promise<void> {
  for (const token of await allOwned(core, work))
    await endGrants(core, work, { token, grants: token.grants.filter(isMeant) });
}

export async function endGrantsOn(core: OwnerCore, work: OwnerWork, vault: string): Promise<void> {
  await endEverywhere(core, work, ({ document }) => document.vault === vault);
}

export async function endGrantsOnItem(core: OwnerCore, work: OwnerWork, item: string): Promise<void> {
  await endEverywhere(core, work, ({ document }) => document.item === item);
}

/**
 * Before a key that could write is retired, the owner names again the newest acceptable revisions that it wrote: they
 * stay, whatever becomes of their author. Vaults in `except` are re-written whole by a rotation. Gives what was not
 * acceptable, which is left as it is.
 */
export async function adopt(
  core: OwnerCore,
  work: OwnerWork,
  of: { token: string; except: ReadonlySet<string> },
): Promise<readonly string[]> {
  const skipped: string[] = [];
  for (const { kind, subject } of await subjectsWrittenBy(work.handle, of.token)) {
    const isItem = kind === 'item';
    try {
      const current = await core.shelf.current(work, { kind: isItem ? 'item' : 'vault', id: subject });
      if (current?.accepted.author !== of.token) continue;
      const { revision, hash } = current.accepted;
      // no rotation writes a tombstone anew
      if (of.except.has(isItem ? vaultOf(subject) : subject) && !revision.isDeleted) continue;
      work.decisions.note({ kind, id: subject, revision: revision.number, hash, before: hash });
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'integrity')) throw error;
      skipped.push(subject);
    }
  }
  return skipped;
}

/** Whether a token holds anything that lets it write. */
export function mayWriteAnything(token: OwnedToken, grants: readonly OwnedGrant[] = token.grants): boolean {
  return token.lost.length > 0 || grants.some(({ document }) => includesRole(document.role, 'editor'));
}

/** Takes a token off the list, under the lock: its bundle and sealed keys are erased, its certificates stay. */
export async function endToken(work: OwnerWork, token: { id: string; grants: TokenLeaf['grants'] }): Promise<void> {
  const row = await readToken(work.handle, token.id);
  const epoch = row?.epoch ?? 0;
  for (const grant of token.grants) {
    await eraseGrantKey(work.handle, grant.hash);
    work.decisions.note({ kind: 'grant', id: grant.id, revision: epoch, hash: null, before: grant.hash });
  }
  work.decisions.removeToken(token.id, epoch);
  await eraseGrantKeys(work.handle, token.id);
  if (row === null) return;
  await deleteToken(work.handle, token.id);
  await eraseExchanges(work.handle, token.id);
  await retireToken(work.handle, {
    lookupId: row.lookupId,
    secretHash: row.secretHash,
    token: row.id,
    epoch: row.epoch,
  });
}
