/** Writing: a revision is sealed and signed on a snapshot, without the lock, and inserted under it. */
import type { VaultName } from '../core/item-schema.js';
import type { ItemContent } from '../core/model.js';
import { overviewOf } from '../core/item-content.js';
import { integrityFailure, sameBytes, sha256 } from '../crypto/bytes.js';
import type { Change } from '../crypto/chain.js';
import { seal } from '../crypto/envelope.js';
import { contexts, keyId, newKey, titleTag, type VaultAt, type VaultKeys } from '../crypto/keys.js';
import { revision as revisionRecord, type Revision } from '../crypto/revision.js';
import { newestChanges } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import {
  deleteItem,
  deleteItemKeysBelow,
  deleteRevision,
  type ItemKeyRow,
  putItem,
  putItemKey,
  putRevision,
  revisionHeads,
  type RevisionRow,
} from '../store/items.js';
import type { Subject } from './acceptance.js';
import { printSealed, revisionAt } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** Something that was read on the snapshot is no longer so: the call starts over. */
export class Moved extends Error {}

/** Who signs a revision; `id` is null for the owner. */
export interface Writer {
  readonly id: string | null;
  readonly epoch: number | null;
  readonly sign: (bytes: Uint8Array) => Uint8Array;
}

/** An item key in use: the key, its epoch, and its wrapped form where it is new. */
export interface ItemKey {
  readonly key: Uint8Array;
  readonly epoch: number;
  readonly row: ItemKeyRow | null;
}

/** A revision ready to be inserted, if its subject's newest change is still `change.before`. */
export interface RevisionPlan {
  readonly safeId: string;
  readonly subject: Subject;
  readonly row: RevisionRow;
  readonly itemKey: ItemKeyRow | null;
  readonly change: Change;
  readonly revision: Revision;
}

/** A new item key, wrapped by the vault's. */
export function newItemKey(at: VaultAt, item: string, of: { vaultKey: Uint8Array; epoch: number }): ItemKey {
  const key = newKey();
  const context = contexts.itemKey({ ...at, item, itemEpoch: of.epoch });
  const envelope = seal(of.vaultKey, context, key);
  return { key, epoch: of.epoch, row: { item, epoch: of.epoch, vaultEpoch: at.epoch, envelope } };
}

/** What a revision needs to know of the one before it. */
export interface RevisionBefore {
  readonly hash: Uint8Array;
  readonly revision: Pick<Revision, 'number' | 'at' | 'createdAt'>;
}

/** What the next revision of an item is to say. */
export interface ItemWrite {
  readonly at: VaultAt;
  readonly item: string;
  readonly before: RevisionBefore | null;
  readonly itemKey: ItemKey;
  /** Held by whoever holds the vault whole: only they can tag the title. */
  readonly titleKeys: VaultKeys | null;
  /** Null for a deletion. */
  readonly content: ItemContent | null;
  readonly isTrashed: boolean;
  readonly isCopy: boolean;
  readonly now: number;
  /** When the item was made; `now` where it is new and this is absent. */
  readonly createdAt?: number;
}

const NOTHING = new Uint8Array(0);

export function planItem(writer: Writer, write: ItemWrite): RevisionPlan {
  if (vaultOf(write.item) !== write.at.vault) throw integrityFailure('an item is of another vault');
  const { at, item, before, itemKey, content } = write;
  const base = unsealed(writer, write);
  const sealing = revisionAt(at.safeId, base);
  const overview =
    content === null ? NOTHING : seal(itemKey.key, contexts.overview(sealing), printSealed(overviewOf(content)));
  const secret = content === null ? NOTHING : seal(itemKey.key, contexts.secret(sealing), printSealed(content));
  const revision = { ...base, overviewHash: sha256(overview), secretHash: sha256(secret) };
  return planned(writer, at.safeId, {
    subject: { kind: 'item', id: item },
    revision,
    before,
    overview,
    secret,
    itemKey: itemKey.row,
  });
}

function unsealed(writer: Writer, write: ItemWrite): Revision {
  const { at, item, before, itemKey, content, titleKeys } = write;
  return {
    vault: at.vault,
    vaultEpoch: at.epoch,
    item,
    number: (before?.revision.number ?? 0) + 1,
    before: before?.hash ?? null,
    keyEpoch: itemKey.epoch,
    keyId: keyId(itemKey.key),
    overviewHash: NOTHING,
    secretHash: NOTHING,
    isTrashed: write.isTrashed,
    isDeleted: content === null,
    isCopy: write.isCopy,
    titleTag: content === null || titleKeys === null ? null : titleTag(titleKeys.titleTagKey, content.title),
    // a copy says the same as the revision that it copies, so it also says when
    at: write.isCopy && before !== null ? before.revision.at : write.now,
    createdAt: before?.revision.createdAt ?? write.createdAt ?? write.now,
    author: writer.id,
    authorEpoch: writer.epoch,
  };
}

/** The next revision of a vault: its name and description, sealed under its name key. */
export function planVaultName(
  writer: Writer,
  write: { at: VaultAt; before: RevisionBefore | null; keys: VaultKeys; name: VaultName; isCopy: boolean; now: number },
): RevisionPlan {
  const { at, before, keys, name } = write;
  const base: Revision = {
    vault: at.vault,
    vaultEpoch: at.epoch,
    item: null,
    number: (before?.revision.number ?? 0) + 1,
    before: before?.hash ?? null,
    keyEpoch: 0,
    keyId: keyId(keys.key),
    overviewHash: NOTHING,
    secretHash: sha256(NOTHING),
    isTrashed: false,
    isDeleted: false,
    isCopy: write.isCopy,
    titleTag: null,
    at: write.isCopy && before !== null ? before.revision.at : write.now,
    createdAt: before?.revision.createdAt ?? write.now,
    author: writer.id,
    authorEpoch: writer.epoch,
  };
  const overview = seal(keys.nameKey, contexts.vaultName(revisionAt(at.safeId, base)), printSealed(name));
  const revision = { ...base, overviewHash: sha256(overview) };
  return planned(writer, at.safeId, {
    subject: { kind: 'vault', id: at.vault },
    revision,
    before,
    overview,
    secret: NOTHING,
    itemKey: null,
  });
}

function planned(
  writer: Writer,
  safeId: string,
  of: {
    subject: Subject;
    revision: Revision;
    before: RevisionBefore | null;
    overview: Uint8Array;
    secret: Uint8Array;
    itemKey: ItemKeyRow | null;
  },
): RevisionPlan {
  const { subject, revision, overview, secret, itemKey } = of;
  const signed = revisionRecord.encode(safeId, revision);
  const row = {
    subject: subject.id,
    number: revision.number,
    signed,
    signature: writer.sign(signed),
    overview,
    secret,
  };
  const change = {
    kind: subject.kind,
    id: subject.id,
    revision: revision.number,
    hash: sha256(signed),
    before: of.before?.hash ?? null,
  };
  return { safeId, subject, row, itemKey, change, revision };
}

/**
 * Inserts a plan and gives the changes to name in the entry. Throws {@link Moved} if its subject was changed since.
 * Revisions beyond `keep` are erased; copies that key rotation made do not count.
 */
export async function applyPlan(handle: Handle, plan: RevisionPlan, keep: number): Promise<readonly Change[]> {
  const [newest] = await newestChanges(handle, plan.subject.kind, plan.subject.id);
  if (!isSame(newest?.hash ?? null, plan.change.before)) throw new Moved();
  await putRevision(handle, plan.row);
  if (plan.itemKey !== null) await putItemKey(handle, plan.itemKey);
  if (plan.subject.kind === 'vault') return [plan.change];
  const id = plan.subject.id;
  if (plan.revision.isDeleted) return [plan.change, ...(await eraseItem(handle, plan))];
  await putItem(handle, { id, titleTag: plan.revision.titleTag });
  return [plan.change, ...(await prune(handle, plan, keep))];
}

/**
 * Inserts the first revisions of a new item, oldest first and each upon the one before, and gives the changes to name
 * in the entry.
 */
export async function applyNew(handle: Handle, plans: readonly RevisionPlan[]): Promise<readonly Change[]> {
  for (const { row, itemKey } of plans) {
    await putRevision(handle, row);
    if (itemKey !== null) await putItemKey(handle, itemKey);
  }
  const newest = plans.at(-1);
  if (newest !== undefined) await putItem(handle, { id: newest.subject.id, titleTag: newest.revision.titleTag });
  return plans.map(({ change }) => change);
}

async function eraseItem(handle: Handle, plan: RevisionPlan): Promise<readonly Change[]> {
  const { id } = plan.subject;
  await deleteItem(handle, id);
  await deleteItemKeysBelow(handle, id, Number.MAX_SAFE_INTEGER);
  return pruneBelow(handle, id, plan.row.number);
}

async function prune(handle: Handle, plan: RevisionPlan, keep: number): Promise<readonly Change[]> {
  if (plan.row.number <= keep) return [];
  const heads = await revisionHeads(handle, plan.subject.id);
  const originals = heads.filter((head) => !revisionRecord.decode(plan.safeId, head.signed).isCopy);
  const oldest = originals.at(-keep);
  return oldest === undefined || originals.length <= keep ? [] : pruneBelow(handle, plan.subject.id, oldest.number);
}

async function pruneBelow(handle: Handle, id: string, number: number): Promise<readonly Change[]> {
  for (const head of await revisionHeads(handle, id))
    if (head.number < number) await deleteRevision(handle, id, head.number);
  return [{ kind: 'prune', id, revision: number, hash: null, before: null }];
}

function isSame(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}
