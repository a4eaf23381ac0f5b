import { isoTime } from '../core/expiry.js';
import { checkDescription, checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { VaultShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { integrityFailure, randomId } from '../crypto/bytes.js';
import { seal } from '../crypto/envelope.js';
import { contexts, keyId, newKey, vaultKeys, type VaultKeys } from '../crypto/keys.js';
import { deleteVaultKeys, itemIds, putVaultKey } from '../store/items.js';
import type { Handle } from '../store/database.js';
import type { Reference } from './named.js';
import { allVaults, findVault } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { dropRulesOf } from './owner-rules.js';
import { applyPlan, planItem, planVaultName } from './revisions.js';

/** Makes and stores a vault key of one epoch, wrapped for the owner. */
export async function putNewVaultKey(
  core: OwnerCore,
  handle: Handle,
  of: { vault: string; epoch: number; key: Uint8Array },
): Promise<void> {
  const { vault, epoch, key } = of;
  const context = contexts.ownerVaultKey({ safeId: core.safe.id, vault, epoch });
  await putVaultKey(handle, { vault, epoch, envelope: seal(core.keys.rootKey, context, key) });
}

export async function shapeOfVault(core: OwnerCore, ground: OwnerGround, id: string): Promise<VaultShape> {
  const named = await core.shelf.name(ground, id);
  const current = await core.shelf.current(ground, { kind: 'vault', id });
  if (named === null || current === null) throw integrityFailure('a vault has no name');
  const items = await core.shelf.vault(ground, id);
  return {
    id,
    ...named,
    items: items.filter(({ accepted }) => !accepted.revision.isTrashed).length,
    created_at: isoTime(current.accepted.revision.createdAt),
    updated_at: isoTime(current.accepted.revision.at),
  };
}

export async function listVaults(core: OwnerCore): Promise<readonly VaultShape[]> {
  return core.read(async (ground) => {
    const shapes: VaultShape[] = [];
    for (const vault of await allVaults(core, ground)) {
      const shape = await shapeOrNull(core, ground, vault.id);
      if (shape === null) process.stderr.write(`vouchsafe: vault ${vault.id} does not open: vouchsafe audit verify\n`);
      else shapes.push(shape);
    }
    return shapes;
  });
}

/** A vault that does not open is left out of a list; it closes no other. */
async function shapeOrNull(core: OwnerCore, ground: OwnerGround, id: string): Promise<VaultShape | null> {
  try {
    return await shapeOfVault(core, ground, id);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

async function refuseTakenName(
  core: OwnerCore,
  work: OwnerWork,
  of: { name: string; except: string | null },
): Promise<void> {
  const taken = (await allVaults(core, work)).find(
    ({ id, name }) => id !== of.except && foldName(name) === foldName(of.name),
  );
  if (taken === undefined) return;
  throw new Refusal('conflict', {
    message: 'There is a vault of that name already.',
    next: 'Choose another name: vouchsafe vault list',
  });
}

export async function createVault(
  core: OwnerCore,
  wanted: { name: string; description?: string },
): Promise<VaultShape> {
  const name = checkName('name', wanted.name);
  const description = checkDescription('description', wanted.description ?? '');
  return core.act('vault.create', async (work) => {
    await refuseTakenName(core, work, { name, except: null });
    return addVault(core, work, { id: randomId(), name, description });
  });
}

/** Adds a vault under the lock: its key, its head and its first name. */
export async function addVault(
  core: OwnerCore,
  work: OwnerWork,
  vault: { id: string; name: string; description: string; key?: Uint8Array },
): Promise<VaultShape> {
  const { id, name, description, key = newKey() } = vault;
  await putNewVaultKey(core, work.handle, { vault: id, epoch: 1, key });
  work.decisions.setHead({ id, epoch: 1, keyId: keyId(key), leastEpochs: [] });
  await writeName(core, work, { id, epoch: 1, keys: vaultKeys(key), name, description, isNew: true });
  Object.assign(work.draft, { vault: id, vaultName: name });
  return { id, name, description, items: 0, created_at: isoTime(work.now), updated_at: isoTime(work.now) };
}

async function writeName(
  core: OwnerCore,
  work: OwnerWork,
  of: { id: string; epoch: number; keys: VaultKeys; name: string; description: string; isNew: boolean },
): Promise<void> {
  const { id, epoch, keys, name, description } = of;
  const before = of.isNew ? null : ((await core.shelf.current(work, { kind: 'vault', id }))?.accepted ?? null);
  const at = { safeId: core.safe.id, vault: id, epoch };
  const plan = planVaultName(core.writer, {
    at,
    before,
    keys,
    name: { name, description },
    isCopy: false,
    now: work.now,
  });
  work.decisions.note(...(await applyPlan(work.handle, plan, core.keepOf(work.state))));
}

export async function updateVault(
  core: OwnerCore,
  reference: Reference,
  edit: { name?: string; description?: string },
): Promise<VaultShape> {
  const name = edit.name === undefined ? undefined : checkName('name', edit.name);
  const description = edit.description === undefined ? undefined : checkDescription('description', edit.description);
  if (name === undefined && description === undefined)
    throw new Refusal('invalid_request', { message: 'Nothing to change.', next: 'Give --name or --description.' });
  const id = await core.act('vault.update', async (work) => {
    const vault = await findVault(core, work, reference);
    if (name !== undefined) await refuseTakenName(core, work, { name, except: vault.id });
    const keys = await work.ring.vault(vault.id);
    const epoch = work.decisions.head(vault.id)?.epoch;
    if (keys === null || epoch === undefined) throw integrityFailure('a vault has no key');
    const next = { name: name ?? vault.name, description: description ?? vault.description };
    await writeName(core, work, { id: vault.id, epoch, keys, ...next, isNew: false });
    Object.assign(work.draft, { vault: vault.id, vaultName: next.name });
    return vault.id;
  });
  core.shelf.clear();
  return core.read(async (ground) => shapeOfVault(core, ground, id));
}

/** Deletes a vault for good: tombstones for its items, an end to every grant on it, and its keys erased. */
export async function deleteVault(core: OwnerCore, reference: Reference, confirm: string): Promise<VaultShape> {
  const { endGrantsOn } = await import('./token-end.js');
  const shape = await core.act('vault.delete', async (work) => {
    const vault = await findVault(core, work, reference);
    if (foldName(confirm) !== foldName(vault.name))
      throw new Refusal('invalid_request', {
        message: 'The confirmation is not the name of the vault.',
        next: 'Give --confirm with its name.',
      });
    const deleted = await shapeOfVault(core, work, vault.id);
    await endGrantsOn(core, work, vault.id);
    for (const id of await itemIds(work.handle, vault.id)) await buryItem(core, work, id);
    await dropRulesOf(core, work, vault.id);
    await deleteVaultKeys(work.handle, vault.id);
    work.decisions.removeHead(vault.id);
    Object.assign(work.draft, { vault: vault.id, vaultName: vault.name });
    return deleted;
  });
  core.shelf.clear();
  await core.eraseTraces();
  return shape;
}

/** A tombstone in place of an item, under the lock. An item that is blocked loses its rows with the vault's keys. */
export async function buryItem(core: OwnerCore, work: OwnerWork, id: string): Promise<void> {
  const current = await currentOrBlocked(core, work, id);
  if (current === null || current.revision.isDeleted) return;
  const { revision } = current;
  const plan = planItem(core.writer, {
    at: { safeId: core.safe.id, vault: revision.vault, epoch: revision.vaultEpoch },
    item: id,
    before: current,
    itemKey: { key: newKey(), epoch: revision.keyEpoch, row: null },
    titleKeys: null,
    content: null,
    isTrashed: false,
    isCopy: false,
    now: work.now,
  });
  work.decisions.note(...(await applyPlan(work.handle, plan, core.keepOf(work.state))));
}

async function currentOrBlocked(core: OwnerCore, work: OwnerWork, id: string) {
  try {
    return (await core.shelf.current(work, { kind: 'item', id }))?.accepted ?? null;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}
