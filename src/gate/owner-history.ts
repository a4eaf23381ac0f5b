/** The history of an item: looking back, going back, and repairing what is blocked. */
import { Refusal } from '../core/refusal.js';
import type { ItemShape, RevisionShape } from '../core/shapes.js';
import type { ItemReference } from './named.js';
import { historyOf, type KeptRevision } from './history.js';
import type { OwnerCore, OwnerWork } from './owner-core.js';
import { describe, rewrite, shapeOf } from './owner-items.js';
import { findOrBlocked, lastGood, repairItem } from './repair.js';

export async function history(core: OwnerCore, reference: ItemReference): Promise<readonly RevisionShape[]> {
  return core.read(async (ground) => {
    const item = await findOrBlocked(core, ground, reference);
    const from =
      typeof item === 'string' ? await lastGood(core, ground, item) : { id: item.id, hash: item.accepted.hash };
    return (await historyOf(core, ground, from)).map(({ shape }) => shape);
  });
}

/** Writes the content of an earlier revision as the newest one; also repairs an item that is blocked. */
export async function revertItem(core: OwnerCore, reference: ItemReference, number: number): Promise<ItemShape> {
  return core.act('item.update', async (work) => {
    const item = await findOrBlocked(core, work, reference);
    if (typeof item === 'string') return repaired(core, work, { id: item, number });
    const kept = await historyOf(core, work, { id: item.id, hash: item.accepted.hash });
    const wanted: KeptRevision | undefined = kept.find(({ shape }) => shape.revision === number);
    if (wanted === undefined)
      throw new Refusal('not_found', {
        message: 'There is no such revision any more.',
        next: 'vouchsafe item history ITEM',
      });
    return rewrite(core, work, { item, content: wanted.content, isTrashed: item.accepted.revision.isTrashed });
  });
}

async function repaired(core: OwnerCore, work: OwnerWork, of: { id: string; number: number }): Promise<ItemShape> {
  const { content, revision } = await repairItem(core, work, of);
  await describe(core, work, { id: of.id, title: content.title });
  work.draft.detail = 'repaired: it was blocked';
  return shapeOf(core, work, { id: of.id, revision, content });
}
