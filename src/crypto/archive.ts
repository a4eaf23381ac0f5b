/** What the owner signs where the log is cut: at the start of a proof, and over what an archive took away. */
import { boolean, bytes, integer, list, optional, record, type RecordValue, struct, text } from './record.js';

/**
 * Where the log stands after the entry `seq`: its hash, the `link` that is the next entry's `prev`, and every decision
 * that was in force then, replayed. A log, or a proof, that begins after it is verified from it as from the start.
 */
export const logBase = record('vouchsafe log-base 1', {
  seq: integer,
  hash: bytes,
  link: bytes,
  at: integer,
  stateVersion: integer,
  /** `leaf` is absent for a token that was made and has ended. */
  tokens: list(struct({ id: text, epoch: integer, key: bytes, notAfter: optional(integer), leaf: optional(bytes) })),
  grants: list(struct({ id: text, hash: bytes })),
  heads: list(struct({ id: text, hash: bytes })),
  settings: list(struct({ id: text, hash: bytes })),
  /** The newest change of each item and vault: who made it (absent: the owner) and the key that signs its revision. */
  subjects: list(
    struct({
      kind: text,
      id: text,
      revision: integer,
      hash: bytes,
      keptFrom: integer,
      author: optional(text),
      key: bytes,
    }),
  ),
});
export type LogBase = RecordValue<typeof logBase>;

/**
 * The stub of an archive: the owner's word that the entries up to `base.seq` were exported and may go. `kept` names those
 * that stay, each with the `prev` that its hash covers; `marks` are entries down to which the rest is removed, one after
 * the other; `profiles` are what signals need of the removed entries, one for each token, by hash.
 */
export const archiveStub = record('vouchsafe archive 1', {
  /** The base under which the archive's own first entry stands; 0 for the start of the log. */
  after: integer,
  base: bytes,
  at: integer,
  kept: list(struct({ seq: integer, hash: bytes, prev: bytes })),
  marks: list(struct({ seq: integer, hash: bytes })),
  sessions: list(bytes),
  profiles: list(struct({ token: text, hash: bytes })),
  counts: struct({ entries: integer, granted: integer, refused: integer, error: integer }),
});
export type ArchiveStub = RecordValue<typeof archiveStub>;

/** What signals, and the list of what a token read, need of its archived entries. Tags are as in the entries. */
export const logProfile = record('vouchsafe log-profile 1', {
  seq: integer,
  token: text,
  firstAt: integer,
  lastAt: integer,
  recent: list(
    struct({
      at: integer,
      action: text,
      outcome: text,
      code: optional(text),
      item: optional(text),
      reasonTag: optional(bytes),
      templateTag: optional(bytes),
      clientTag: optional(bytes),
    }),
  ),
  hours: list(struct({ hour: integer, count: integer })),
  items: list(struct({ id: text, isRead: boolean, lastAt: integer })),
  grants: list(text),
});
export type LogProfile = RecordValue<typeof logProfile>;

/** The end of a proof: the owner's word that the log up to `seq` verified, and that the proof ends there. */
export const proofEnd = record('vouchsafe proof-end 1', { first: integer, seq: integer, hash: bytes, at: integer });
export type ProofEnd = RecordValue<typeof proofEnd>;
