/**
 * Changing keys after a reader left. A vault: key, name key, title tags and all item keys anew, a new revision by the
 * owner of the vault and of each item with the same content, grants of those who remain sealed anew. A single item: its
 * key alone. The long part is prepared on a snapshot; what moved since is done again under the lock.
 */
import type { ItemContent } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import { integrityFailure } from '../crypto/bytes.js';
import { keyId, newKey, vaultKeys, type VaultKeys } from '../crypto/keys.js';
import { changedSubjects } from '../store/audit.js';
import { itemIds, lastItemEpoch } from '../store/items.js';
import type { Progress } from './log-door.js';
import { itemKeyOf } from './keyring.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { resealRules } from './owner-rules.js';
import { putNewVaultKey } from './owner-vaults.js';
import { applyPlan, type ItemKey, Moved, newItemKey, planItem, planVaultName, type RevisionPlan } from './revisions.js';
import type { ShelvedItem } from './shelf.js';
import { type GrantedKey, issueGrant, listLeaf } from './token-issue.js';
import { allOwned, type OwnedGrant, type OwnedToken } from './token-reader.js';
import { headOf, vaultOf } from './verified-state.js';
import { isRole } from './authors.js';

/** A rotation, ready to be written if the vault's head is still the one it started from. */
export interface PreparedRotation {
  readonly vault: string;
  readonly epoch: number;
  readonly keys: VaultKeys;
  readonly seq: number;
  readonly plans: Map<string, { plan: RevisionPlan; itemKey: ItemKey }>;
  readonly skipped: Set<string>;
}

export async function prepareRotation(
  core: OwnerCore,
  ground: OwnerGround,
  of: { vault: string; progress: Progress },
): Promise<PreparedRotation> {
  const { vault, progress } = of;
  const head = headOf(ground.state.value, vault);
  if (head === undefined) throw new Moved();
  const rotation: PreparedRotation = {
    vault,
    epoch: head.epoch + 1,
    keys: vaultKeys(newKey()),
    seq: ground.state.last.seq,
    plans: new Map(),
    skipped: new Set(),
  };
  const ids = await itemIds(ground.handle, vault);
  for (const [done, id] of ids.entries()) {
    await prepareItem(core, ground, { rotation, id });
    if (done % 100 === 99) progress(done + 1, ids.length);
  }
  progress(ids.length, ids.length);
  return rotation;
}

/** Plans the copy of one item; one that was not acceptable before is left as it is. */
async function prepareItem(
  core: OwnerCore,
  ground: OwnerGround,
  of: { rotation: PreparedRotation; id: string },
): Promise<void> {
  const { rotation, id } = of;
  rotation.plans.delete(id);
  const opened = await acceptable(core, ground, id);
  if (opened === 'deleted') return;
  if (opened === null) {
    rotation.skipped.add(id);
    return;
  }
  const { item, content } = opened;
  rotation.skipped.delete(id);
  const at = { safeId: core.safe.id, vault: rotation.vault, epoch: rotation.epoch };
  const epoch = (await lastItemEpoch(ground.handle, id)) + 1;
  const itemKey = newItemKey(at, id, { vaultKey: rotation.keys.key, epoch });
  const plan = planItem(core.writer, {
    ...{ at, item: id, before: item.accepted, itemKey, titleKeys: rotation.keys, content },
    ...{ isTrashed: item.accepted.revision.isTrashed, isCopy: true, now: ground.now },
  });
  rotation.plans.set(id, { plan, itemKey });
}

/** An item with its content; null where it is blocked or does not open, so that it is left as it is. */
async function acceptable(
  core: OwnerCore,
  ground: OwnerGround,
  id: string,
): Promise<{ item: ShelvedItem; content: ItemContent } | null | 'deleted'> {
  try {
    const item = await core.shelf.item(ground, id);
    return item === null ? 'deleted' : { item, content: await core.shelf.content(ground, item) };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** Writes a prepared rotation under the lock and seals the new keys to those whose grants remain. */
export async function applyRotation(core: OwnerCore, work: OwnerWork, rotation: PreparedRotation): Promise<void> {
  const { vault, epoch, keys } = rotation;
  if (work.decisions.head(vault)?.epoch !== epoch - 1) throw new Moved();
  await catchUp(core, work, rotation);
  await putNewVaultKey(core, work.handle, { vault, epoch, key: keys.key });
  const keep = core.keepOf(work.state);
  for (const { plan } of rotation.plans.values()) work.decisions.note(...(await applyPlan(work.handle, plan, keep)));
  await copyName(core, work, rotation);
  work.decisions.setHead({ id: vault, epoch, keyId: keyId(keys.key), leastEpochs: [] });
  await reissue(core, work, (document) => rotatedKey(rotation, document.item, document.vault));
  for (const id of await resealRules(core, work, rotation)) rotation.skipped.add(id);
  core.shelf.clear();
}

/** Items that changed, came or went since the rotation was prepared. */
async function catchUp(core: OwnerCore, work: OwnerWork, rotation: PreparedRotation): Promise<void> {
  const range = { first: rotation.vault, end: `${rotation.vault}~` };
  const present = new Set(await itemIds(work.handle, rotation.vault));
  for (const id of await changedSubjects(work.handle, rotation.seq, range)) {
    if (id === rotation.vault) continue;
    if (present.has(id)) await prepareItem(core, work, { rotation, id });
    else rotation.plans.delete(id);
  }
}

async function copyName(core: OwnerCore, work: OwnerWork, rotation: PreparedRotation): Promise<void> {
  const { vault, epoch, keys } = rotation;
  const current = await core.shelf.current(work, { kind: 'vault', id: vault });
  const name = await core.shelf.name(work, vault);
  if (current === null || name === null) throw integrityFailure('a vault has no name');
  const at = { safeId: core.safe.id, vault, epoch };
  const plan = planVaultName(core.writer, { at, before: current.accepted, keys, name, isCopy: true, now: work.now });
  work.decisions.note(...(await applyPlan(work.handle, plan, core.keepOf(work.state))));
}

function rotatedKey(rotation: PreparedRotation, item: string | null, vault: string): GrantedKey | null {
  if (vault !== rotation.vault) return null;
  if (item === null) return { key: rotation.keys.key, epoch: rotation.epoch, nameKey: null };
  const copied = rotation.plans.get(item);
  return copied === undefined
    ? null
    : { key: copied.itemKey.key, epoch: copied.itemKey.epoch, nameKey: rotation.keys.nameKey };
}

/** Seals changed keys to every remaining grant that held the old ones. */
async function reissue(
  core: OwnerCore,
  work: OwnerWork,
  keyFor: (document: OwnedGrant['document']) => GrantedKey | null,
): Promise<void> {
  for (const token of await allOwned(core, work)) {
    const replaced = new Map<string, Uint8Array>();
    for (const grant of token.grants) {
      const granted = keyFor(grant.document);
      if (granted !== null) replaced.set(grant.id, await reissueGrant(core, work, { token, grant, granted }));
    }
    if (replaced.size === 0) continue;
    const grants = token.leaf.grants.map(({ id, hash }) => ({ id, hash: replaced.get(id) ?? hash }));
    await listLeaf(core, work, { ...token.leaf, grants });
  }
}

/** The same grant with another key: its id, role, limits and first version stay. */
export async function reissueGrant(
  core: OwnerCore,
  work: OwnerWork,
  of: {
    token: OwnedToken;
    grant: OwnedGrant;
    granted: GrantedKey;
    to?: { id: string; epoch: number; agreementKey: Uint8Array };
  },
): Promise<Uint8Array> {
  const { token, grant, granted } = of;
  const { document } = grant;
  if (!isRole(document.role)) throw integrityFailure('a grant has a role that is none');
  const holder = of.to ?? { id: token.id, epoch: token.leaf.epoch, agreementKey: token.certificate.agreementKey };
  const facts = { ...document, id: grant.id, role: document.role, private: grant.private };
  const { hash } = await issueGrant(core, work, { token: holder, grant: facts, granted, before: grant.hash });
  return hash;
}

/** Changes the key of one item, after a grant on it alone ended. False if the item was not acceptable before. */
export async function rotateItem(core: OwnerCore, work: OwnerWork, id: string): Promise<boolean> {
  const vault = vaultOf(id);
  const head = work.decisions.head(vault);
  const keys = await work.ring.vault(vault);
  const opened = await acceptable(core, work, id);
  if (opened === 'deleted') return true;
  if (head === undefined || keys === null || opened === null) return false;
  const { item, content } = opened;
  const at = { safeId: core.safe.id, vault, epoch: head.epoch };
  const itemKey = newItemKey(at, id, { vaultKey: keys.key, epoch: (await lastItemEpoch(work.handle, id)) + 1 });
  const { isTrashed } = item.accepted.revision;
  const write = {
    at,
    item: id,
    before: item.accepted,
    itemKey,
    titleKeys: keys,
    content,
    isTrashed,
    isCopy: true,
    now: work.now,
  };
  work.decisions.note(...(await applyPlan(work.handle, planItem(core.writer, write), core.keepOf(work.state))));
  const others = head.leastEpochs.filter((least) => least.item !== id);
  work.decisions.setHead({ ...head, leastEpochs: [...others, { item: id, epoch: itemKey.epoch }] });
  const granted: GrantedKey = { key: itemKey.key, epoch: itemKey.epoch, nameKey: keys.nameKey };
  await reissue(core, work, (document) => (document.item === id ? granted : null));
  core.shelf.clear();
  return true;
}

/** The key that a grant gives now: the vault's, or the item's with the vault's name key. */
export async function grantedKeyOf(
  core: OwnerCore,
  work: OwnerWork,
  of: { vault: string; item: string | null },
): Promise<GrantedKey> {
  if (of.item !== null && vaultOf(of.item) !== of.vault) throw integrityFailure('an item is of another vault');
  const head = work.decisions.head(of.vault);
  const keys = await work.ring.vault(of.vault);
  if (head === undefined || keys === null) throw integrityFailure('a vault has no key');
  if (of.item === null) return { key: keys.key, epoch: head.epoch, nameKey: null };
  const item = await core.shelf.item(work, of.item);
  const key =
    item && (await itemKeyOf(work.handle, core.safe.id, { ring: work.ring, revision: item.accepted.revision }));
  if (item === null || key === null) throw integrityFailure('an item has no key');
  return { key, epoch: item.accepted.revision.keyEpoch, nameKey: keys.nameKey };
}
