/** The bytes of the log: what each entry, session and checkpoint hashes and signs. */
import { concat, sha256 } from './bytes.js';
import { bytes, integer, list, optional, record, type RecordValue, struct, text } from './record.js';

/** One change that an entry names: `hash` is what now counts for (kind, id), `before` what counted until then. */
const change = struct({
  kind: text,
  id: text,
  revision: integer,
  hash: optional(bytes),
  before: optional(bytes),
});

/** An entry of the log without its signature; `hash` is SHA-256 of these bytes. */
export const entry = record('vouchsafe entry 1', {
  seq: integer,
  at: integer,
  actorKind: text,
  actor: optional(text),
  actorEpoch: optional(integer),
  session: bytes,
  action: text,
  outcome: text,
  code: optional(text),
  vault: optional(text),
  item: optional(text),
  grant: optional(text),
  uses: optional(integer),
  stateVersion: integer,
  stateHash: optional(bytes),
  fieldsCount: integer,
  suppressed: integer,
  reasonTag: optional(bytes),
  templateTag: optional(bytes),
  clientTag: optional(bytes),
  payload: bytes,
  prev: bytes,
  changes: list(change),
});
export type Entry = RecordValue<typeof entry>;
export type Change = Entry['changes'][number];

export function entryHash(safeId: string, value: Entry): Uint8Array {
  return sha256(entry.encode(safeId, value));
}

/** What the next entry's `prev` is: SHA-256(hash ‖ signature); an unsigned row's signature counts as empty. */
export function linkOf(hash: Uint8Array, signature: Uint8Array | null): Uint8Array {
  return sha256(concat(hash, signature ?? new Uint8Array(0)));
}

/** `prev` of the first entry. */
export function firstLink(safeId: string): Uint8Array {
  return sha256(record('vouchsafe log 1', {}).encode(safeId, {}));
}

/** What an entry's actor signs: the entry's hash, under a purpose of its own. */
export const entrySignature = record('vouchsafe entry-signature 1', { hash: bytes });

/** A log session: what does not change between entries of one process, token and client. */
export const logSession = record('vouchsafe log-session 1', { id: text, at: integer, key: bytes, facts: bytes });
export type LogSession = RecordValue<typeof logSession>;

/** An owner-signed statement that the log up to `seq` had the hash `hash` and verified. */
export const checkpoint = record('vouchsafe checkpoint 1', { seq: integer, hash: bytes, at: integer });
export type Checkpoint = RecordValue<typeof checkpoint>;
