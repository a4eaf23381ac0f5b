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
