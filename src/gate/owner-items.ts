import { type ContentInput, editContent, findField, isConcealed, makeContent } from '../core/item-content.js';
import { fieldPath, resolveField } from '../core/item-field.js';
import { itemShape } from '../core/item-shape.js';
import { type Field, ITEM_TYPES, type ItemContent, type ItemType } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import type { ItemShape, ItemSummaryShape } from '../core/shapes.js';
import { integrityFailure } from '../crypto/bytes.js';
import type { RevisionFacts } from '../crypto/revision.js';
import type { ItemEdit, ItemFilter, NewItem } from './door.js';
import type { ItemReference, Reference } from './named.js';
import type { ItemRulesChange } from './use-door.js';
import { newItemId } from './ids.js';
import { itemKeyOf } from './keyring.js';
import { allVaults, findItem, findVault, type Place } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { dropRule, moveRules } from './owner-rules.js';
import { buryItem } from './owner-vaults.js';
import { applyPlan, newItemKey, planItem } from './revisions.js';
import type { ShelvedItem } from './shelf.js';
import { summaryOf } from './summary.js';
import { vaultOf } from './verified-state.js';

export function itemTypeOf(text: string): ItemType {
  const type = ITEM_TYPES.find((candidate) => candidate === text);
  if (type !== undefined) return type;
  throw new Refusal('invalid_request', {
    message: 'That is no item type.',
    next: `Use one of: ${ITEM_TYPES.join(', ')}.`,
  });
}

/** An item as it is printed. */
export async function shapeOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { id: string; revision: RevisionFacts; content: ItemContent; reveal?: (field: Field) => boolean },
): Promise<ItemShape> {
  const { id, revision, content, reveal } = of;
  const vaultId = vaultOf(id);
  const vault = (await core.shelf.name(ground, vaultId))?.name ?? vaultId;
  const { number, createdAt, at, isTrashed } = revision;
  const times = { createdAt, updatedAt: at, trashedAt: isTrashed ? at : null };
  return itemShape({ id, vaultId, vault, content, revision: number, ...times, reveal });
}

/** Names the item and its vault in the entry, as they are called now. */
export async function describe(core: OwnerCore, work: OwnerWork, item: { id: string; title: string }): Promise<void> {
  const vault = vaultOf(item.id);
  const name = await core.shelf.name(work, vault);
  Object.assign(work.draft, { vault, item: item.id, itemTitle: item.title, vaultName: name?.name ?? null });
}

export async function createItem(
  core: OwnerCore,
  vault: Reference,
  { rules, ...item }: NewItem & { readonly rules?: ItemRulesChange | undefined },
): Promise<ItemShape> {
  const [{ checkTotp }, { startRules }] = await Promise.all([import('./generated.js'), import('./rule-change.js')]);
  const content = checkTotp(makeContent({ ...item, type: itemTypeOf(item.type) } satisfies ContentInput));
  return core.act('item.create', async (work) => {
    const { id } = await findVault(core, work, vault);
    const shape = await addItem(core, work, { vault: id, content });
    if (rules !== undefined) await startRules(core, work, { item: shape.id, fields: content.fields, change: rules });
    return shape;
  });
}

/** A new item in a vault, under the lock. */
export async function addItem(
  core: OwnerCore,
  work: OwnerWork,
  of: { vault: string; content: ItemContent },
): Promise<ItemShape> {
  const { vault, content } = of;
  const keys = await work.ring.vault(vault);
  const head = work.decisions.head(vault);
  if (keys === null || head === undefined) throw integrityFailure('a vault has no key');
  const at = { safeId: core.safe.id, vault, epoch: head.epoch };
  const id = newItemId(vault);
  const itemKey = newItemKey(at, id, { vaultKey: keys.key, epoch: 1 });
  const plan = planItem(core.writer, {
    ...{ at, item: id, before: null, itemKey, titleKeys: keys, content },
    ...{ isTrashed: false, isCopy: false, now: work.now },
  });
  work.decisions.note(...(await applyPlan(work.handle, plan, core.keepOf(work.state))));
  await describe(core, work, { id, title: content.title });
  return shapeOf(core, work, { id, revision: plan.revision, content });
}

export async function listItems(core: OwnerCore, filter: ItemFilter): Promise<readonly ItemSummaryShape[]> {
  const type = filter.type === undefined ? undefined : itemTypeOf(filter.type);
  return core.read(async (ground) => {
    const vaults =
      filter.vault === undefined ? await allVaults(core, ground) : [await findVault(core, ground, filter.vault)];
    const rows: ItemSummaryShape[] = [];
    for (const { id } of vaults) await warnOfBlocked(core, ground, id);
    for (const { id, name } of vaults)
      for (const item of await core.shelf.vault(ground, id))
        if (
          item.accepted.revision.isTrashed === (filter.trashed ?? false) &&
          (type === undefined || item.overview.type === type)
        )
          rows.push(summaryOf(item, name));
    return rows.sort((a, b) => a.vault.localeCompare(b.vault, 'en') || a.title.localeCompare(b.title, 'en'));
  });
}

/** What does not verify is left out of a list, and the owner is told so. */
export async function warnOfBlocked(core: OwnerCore, ground: OwnerGround, vault: string): Promise<void> {
  await core.shelf.vault(ground, vault);
  const blocked = core.shelf.blockedIn(vault);
  if (blocked > 0)
    process.stderr.write(
      `vouchsafe: ${String(blocked)} items do not verify and are left out: vouchsafe audit verify\n`,
    );
}

function placeOf(reference: ItemReference): Place {
  return reference.trashed === true ? 'trashed' : 'kept';
}

/** The item; an entry is left only where something concealed is shown. */
export async function viewItem(
  core: OwnerCore,
  reference: ItemReference,
  reveal: readonly string[] | 'all',
): Promise<ItemShape> {
  if (reveal.length === 0) return core.read(async (ground) => viewOn(core, ground, { reference, names: [] }));
  const named = await core.read(async (ground) => {
    const { overview } = await findItem(core, ground, { reference, place: placeOf(reference) });
    return reveal === 'all' ? overview.fieldNames : reveal.map((name) => resolveField(overview.fieldNames, name));
  });
  const names = named.filter((field) => isConcealed(field.kind)).map(fieldPath);
  if (names.length === 0) return core.read(async (ground) => viewOn(core, ground, { reference, names }));
  return core.act('item.read', async (work) => {
    const shape = await viewOn(core, work, { reference, names });
    await describe(core, work, { id: shape.id, title: shape.title });
    Object.assign(work.draft, { secrets: names, fields: names });
    return shape;
  });
}

async function viewOn(
  core: OwnerCore,
  ground: OwnerGround,
  of: { reference: ItemReference; names: readonly string[] },
): Promise<ItemShape> {
  const item = await findItem(core, ground, { reference: of.reference, place: placeOf(of.reference) });
  const content = await core.shelf.content(ground, item);
  const reveal = (field: Field): boolean => of.names.includes(fieldPath(field));
  return shapeOf(core, ground, { id: item.id, revision: item.accepted.revision, content, reveal });
}

/** Everything in an item; recorded as showing all of it. */
export async function readContent(core: OwnerCore, reference: ItemReference): Promise<ItemContent> {
  return core.act('item.read', async (work) => {
    const item = await findItem(core, work, { reference, place: placeOf(reference) });
    const secrets = item.overview.fieldNames.filter((field) => isConcealed(field.kind)).map(fieldPath);
    await describe(core, work, { id: item.id, title: item.overview.title });
    Object.assign(work.draft, { secrets, fields: secrets });
    return core.shelf.content(work, item);
  });
}

export async function totp(core: OwnerCore, reference: ItemReference): Promise<{ code: string; seconds_left: number }> {
  const { totpCode } = await import('../tools/totp.js');
  return core.act('item.totp', async (work) => {
    const item = await findItem(core, work, { reference, place: placeOf(reference) });
    const [field] = item.overview.fieldNames.filter(({ kind }) => kind === 'totp');
    if (field === undefined)
      throw new Refusal('not_found', {
        message: 'This item has no one-time code.',
        next: 'vouchsafe item update ITEM --secret totp',
      });
    await describe(core, work, { id: item.id, title: item.overview.title });
    Object.assign(work.draft, { secrets: [fieldPath(field)], fields: [fieldPath(field)] });
    const seed = findField(await core.shelf.content(work, item), fieldPath(field)).value;
    const { code, secondsLeft } = totpCode(seed, work.now);
    return { code, seconds_left: secondsLeft };
  });
}

/** The next revision of an item, under the lock. */
export async function rewrite(
  core: OwnerCore,
  work: OwnerWork,
  of: { item: ShelvedItem; content: ItemContent; isTrashed: boolean },
): Promise<ItemShape> {
  const { item, content, isTrashed } = of;
  const { revision } = item.accepted;
  const key = await itemKeyOf(work.handle, core.safe.id, { ring: work.ring, revision });
  if (key === null) throw integrityFailure('an item has no key');
  const plan = planItem(core.writer, {
    at: { safeId: core.safe.id, vault: revision.vault, epoch: revision.vaultEpoch },
    item: item.id,
    before: item.accepted,
    itemKey: { key, epoch: revision.keyEpoch, row: null },
    titleKeys: await work.ring.vault(revision.vault),
    ...{ content, isTrashed, isCopy: false, now: work.now },
  });
  work.decisions.note(...(await applyPlan(work.handle, plan, core.keepOf(work.state))));
  await describe(core, work, { id: item.id, title: content.title });
  return shapeOf(core, work, { id: item.id, revision: plan.revision, content });
}

export async function updateItem(
  core: OwnerCore,
  reference: ItemReference,
  change: { edit: ItemEdit; ifRevision: number | undefined },
): Promise<ItemShape> {
  const { checkTotp } = await import('./generated.js');
  return core.act('item.update', async (work) => {
    const item = await findItem(core, work, { reference, place: placeOf(reference) });
    const { number, isTrashed } = item.accepted.revision;
    if (change.ifRevision !== undefined && change.ifRevision !== number)
      throw new Refusal('conflict', {
        message: `The item is at revision ${String(number)} now.`,
        next: 'Look at it again: vouchsafe item view ITEM',
      });
    const content = checkTotp(editContent(await core.shelf.content(work, item), change.edit));
    return rewrite(core, work, { item, content, isTrashed });
  });
}

export async function setTrashed(core: OwnerCore, reference: ItemReference, isTrashed: boolean): Promise<ItemShape> {
  return core.act(isTrashed ? 'item.trash' : 'item.restore', async (work) => {
    const item = await findItem(core, work, { reference, place: isTrashed ? 'kept' : 'trashed' });
    if (item.accepted.revision.isTrashed === isTrashed)
      throw new Refusal('conflict', {
        message: `The item is ${isTrashed ? 'in the trash already' : 'not in the trash'}.`,
      });
    return rewrite(core, work, { item, content: await core.shelf.content(work, item), isTrashed });
  });
}

/** A new item in the target and a tombstone in the source; grants on the old one end. */
export async function moveItem(core: OwnerCore, reference: ItemReference, to: Reference): Promise<ItemShape> {
  const { endGrantsOnItem } = await import('./token-end.js');
  const moved = await core.act('item.move', async (work) => {
    const target = await findVault(core, work, to);
    const item = await findItem(core, work, { reference, place: placeOf(reference) });
    if (vaultOf(item.id) === target.id)
      throw new Refusal('conflict', {
        message: 'The item is in that vault already.',
        next: 'Name another vault with --to.',
      });
    const content = await core.shelf.content(work, item);
    await endGrantsOnItem(core, work, item.id);
    await buryItem(core, work, item.id);
    const moved = await addItem(core, work, { vault: target.id, content });
    await moveRules(core, work, { from: item.id, to: moved.id });
    return moved;
  });
  await core.eraseTraces();
  return moved;
}

/** Deletes an item for good; its revisions and keys are erased, a tombstone stays. */
export async function deleteItem(core: OwnerCore, reference: ItemReference): Promise<ItemShape> {
  const { endGrantsOnItem } = await import('./token-end.js');
  const deleted = await core.act('item.delete', async (work) => {
    const item = await findItem(core, work, { reference, place: reference.trashed === true ? 'trashed' : 'both' });
    const shape = await shapeOf(core, work, {
      id: item.id,
      revision: item.accepted.revision,
      content: await core.shelf.content(work, item),
    });
    await endGrantsOnItem(core, work, item.id);
    await buryItem(core, work, item.id);
    await dropRule(work, 'policy', item.id);
    await describe(core, work, { id: item.id, title: item.overview.title });
    return shape;
  });
  await core.eraseTraces();
  return deleted;
}
