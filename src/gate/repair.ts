/** Repair of an item that a junk row blocks: the owner writes what was last acceptable after whatever stands there. */
import { Refusal } from '../core/refusal.js';
import type { ItemContent } from '../core/model.js';
import { integrityFailure, sha256 } from '../crypto/bytes.js';
import { isOwners } from '../crypto/owner-signing.js';
import { factsOf, revision as revisionRecord, type Revision } from '../crypto/revision.js';
import { newestChanges } from '../store/audit.js';
import { lastItemEpoch, readRevision, readRevisions, revisionHeads } from '../store/items.js';
import type { Accepted } from './acceptance.js';
import type { ItemReference } from './named.js';
import { historyOf } from './history.js';
import { findItem } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { applyPlan, newItemKey, planItem } from './revisions.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** An item by its reference, or its id where it is blocked: then only the id finds it. */
export async function findOrBlocked(
  core: OwnerCore,
  ground: OwnerGround,
  reference: ItemReference,
): Promise<ShelvedItem | string> {
  try {
    return await findItem(core, ground, { reference, place: 'both' });
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity' && reference.item.by !== 'name')
      return reference.item.text;
    throw error;
  }
}

/** Where the history of a blocked item begins: at the newest revision that was acceptable, or that the owner signed. */
export async function lastGood(
  core: OwnerCore,
  ground: OwnerGround,
  id: string,
): Promise<{ id: string; hash: Uint8Array }> {
  const newest = await core.shelf.newestAcceptable(ground, { kind: 'item', id });
  if (newest !== null) return { id, hash: newest.accepted.hash };
  for (const row of [...(await readRevisions(ground.handle, id))].reverse())
    if (isOwners(ground.state.value, row.signed, row.signature)) return { id, hash: sha256(row.signed) };
  throw integrityFailure('no revision of the item can be trusted');
}

/** Writes the content of a trusted revision as the newest one, under a fresh key of the vault's epoch. */
export async function repairItem(
  core: OwnerCore,
  work: OwnerWork,
  of: { id: string; number: number },
): Promise<{ content: ItemContent; revision: Revision }> {
  const kept = await historyOf(core, work, await lastGood(core, work, of.id));
  const wanted = kept.find(({ shape }) => shape.revision === of.number);
  if (wanted === undefined)
    throw new Refusal('not_found', {
      message: 'There is no such revision any more.',
      next: 'vouchsafe item history ITEM',
    });
  const { content, shape } = wanted;
  const vault = vaultOf(of.id);
  const head = work.decisions.head(vault);
  const keys = await work.ring.vault(vault);
  if (head === undefined || keys === null) throw integrityFailure('a vault has no key');
  const at = { safeId: core.safe.id, vault, epoch: head.epoch };
  const epoch = (await lastItemEpoch(work.handle, of.id)) + 1;
  const plan = planItem(core.writer, {
    ...{ at, item: of.id, before: await lastOf(core, work, of), titleKeys: keys, content },
    itemKey: newItemKey(at, of.id, { vaultKey: keys.key, epoch }),
    ...{ isTrashed: shape.trashed, isCopy: false, now: work.now },
  });
  work.decisions.note(...(await applyPlan(work.handle, plan, core.keepOf(work.state))));
  return { content, revision: plan.revision };
}

/** What the repair stands after: the newest change, acceptable or not, and the highest number that is taken. */
async function lastOf(core: OwnerCore, work: OwnerWork, of: { id: string; number: number }): Promise<Accepted> {
  const [newest] = await newestChanges(work.handle, 'item', of.id);
  if (newest?.hash == null) throw integrityFailure('no entry names the item');
  const taken = (await revisionHeads(work.handle, of.id)).map(({ number }) => number);
  const number = Math.max(newest.revision, ...taken);
  const row = await readRevision(work.handle, of.id, of.number);
  if (row === null) throw integrityFailure('a revision is missing');
  return {
    subject: { kind: 'item', id: of.id },
    revision: { ...factsOf(revisionRecord.decode(core.safe.id, row.signed)), number },
    hash: newest.hash,
    changeSeq: newest.seq,
    author: null,
    stateVersion: work.state.value.version,
    isMove: false,
  };
}
