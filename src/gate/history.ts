import { isoTime } from '../core/expiry.js';
import { fieldPath } from '../core/item-field.js';
import type { ItemContent } from '../core/model.js';
import type { RevisionShape } from '../core/shapes.js';
import { integrityFailure, sameBytes, sha256 } from '../crypto/bytes.js';
import { open } from '../crypto/envelope.js';
import { contexts, keyId } from '../crypto/keys.js';
import { revision as revisionRecord, type Revision } from '../crypto/revision.js';
import { readItemKey, readRevisions, type RevisionRow } from '../store/items.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { openContent } from './shelf.js';
import { tokenNames } from './token-reader.js';

/** A kept revision, opened. */
export interface KeptRevision {
  readonly shape: RevisionShape;
  readonly content: ItemContent;
}

/** The kept revisions of an item from the one of a hash back, without the copies of key rotation. Chained by their hashes. */
export async function historyOf(
  core: OwnerCore,
  ground: OwnerGround,
  from: { id: string; hash: Uint8Array },
): Promise<readonly KeptRevision[]> {
  const names = await tokenNames(core, ground);
  const kept: KeptRevision[] = [];
  let expected: Uint8Array | null = from.hash;
  for (const row of [...(await readRevisions(ground.handle, from.id))].reverse()) {
    // what is not chained to the revision that counts is not shown: verification names it
    if (expected === null || !sameBytes(sha256(row.signed), expected)) continue;
    const revision = revisionRecord.decode(core.safe.id, row.signed);
    expected = revision.before;
    if (revision.isCopy) continue;
    const content = await contentOf(core, ground, { row, revision });
    const author = revision.author === null ? 'owner' : (names.get(revision.author) ?? revision.author);
    kept.push({ content, shape: shapeOf(revision, content, author) });
  }
  return kept;
}

function shapeOf(revision: Revision, content: ItemContent, author: string): RevisionShape {
  return {
    revision: revision.number,
    at: isoTime(revision.at),
    author,
    title: content.title,
    trashed: revision.isTrashed,
    fields: content.fields.map(fieldPath),
  };
}

/** The content of a stored revision. An old one opens with the key of its own epoch, which the owner keeps. */
async function contentOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { row: RevisionRow; revision: Revision },
): Promise<ItemContent> {
  const { row, revision } = of;
  const { item } = revision;
  const wrapped = item === null ? null : await readItemKey(ground.handle, item, revision.keyEpoch);
  if (item === null || wrapped === null) throw integrityFailure('an item key is missing');
  const vaultKeys = await core.vaultKeysAt(ground.handle, revision.vault, revision.vaultEpoch);
  const at = {
    safeId: core.safe.id,
    vault: revision.vault,
    epoch: revision.vaultEpoch,
    item,
    itemEpoch: revision.keyEpoch,
  };
  const key = open(vaultKeys.key, contexts.itemKey(at), wrapped.envelope);
  if (!sameBytes(keyId(key), revision.keyId)) throw integrityFailure('an item key is another one');
  return openContent(core.safe.id, { key, revision, envelope: row.secret });
}
