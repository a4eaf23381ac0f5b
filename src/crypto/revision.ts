import { boolean, bytes, integer, optional, record, type RecordValue, text } from './record.js';

/**
 * What a writer signs of an item (or, with `item` absent, of a vault's name). Its hash is SHA-256 of these bytes.
 * `author` is a token's id with `authorEpoch`, or absent for the owner. `isCopy`: the owner re-wrote it under new keys.
 */
export const revision = record('vouchsafe revision 1', {
  vault: text,
  vaultEpoch: integer,
  item: optional(text),
  number: integer,
  before: optional(bytes),
  keyEpoch: integer,
  keyId: bytes,
  overviewHash: bytes,
  secretHash: bytes,
  isTrashed: boolean,
  isDeleted: boolean,
  isCopy: boolean,
  titleTag: optional(bytes),
  at: integer,
  createdAt: integer,
  author: optional(text),
  authorEpoch: optional(integer),
});
export type Revision = RecordValue<typeof revision>;

/** What is kept of a revision once it was accepted: everything but the hashes that were checked. */
export type RevisionFacts = Omit<Revision, 'overviewHash' | 'secretHash' | 'titleTag' | 'before'>;

/** The facts of a revision, its bytes copied: a kept view would hold on to the whole row. */
export function factsOf(revision: Revision): RevisionFacts {
  const { vault, vaultEpoch, item, number, keyEpoch, isTrashed, isDeleted, isCopy } = revision;
  const { at, createdAt, author, authorEpoch } = revision;
  const keyId = new Uint8Array(revision.keyId);
  return {
    vault,
    vaultEpoch,
    item,
    number,
    keyEpoch,
    keyId,
    isTrashed,
    isDeleted,
    isCopy,
    at,
    createdAt,
    author,
    authorEpoch,
  };
}
