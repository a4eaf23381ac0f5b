import { integrityFailure } from './bytes.js';
import { bytes, integer, list, purposeOf, record, type RecordValue, struct, text } from './record.js';

const named = list(struct({ name: text, value: text }));

const fields = {
  version: integer,
  logSeq: integer,
  logHash: bytes,
  at: integer,
  agreementKey: bytes,
  signingKey: bytes,
  vaults: list(
    struct({
      id: text,
      epoch: integer,
      keyId: bytes,
      leastEpochs: list(struct({ item: text, epoch: integer })),
    }),
  ),
  tokens: list(struct({ id: text, leaf: bytes })),
  policies: list(struct({ item: text, name: text, value: text })),
  recipes: list(struct({ id: text, hash: bytes })),
  settings: named,
};

/**
 * The one owner-signed record of all the owner has decided. What it does not list does not exist.
 * `logSeq` and `logHash` are those of the entry before the one that carries this state's version and hash.
 * `leastEpochs` names items whose key was changed alone: revisions under an older key of theirs do not count.
 * This is format 1: as long as the owner has the keys that the safe was made with.
 */
export const state = record('vouchsafe state 1', fields);

/**
 * Format 2: once the owner's keys were changed. `earlier` lists the signing keys before, the oldest first, each with the
 * last entry that it could sign.
 */
export const rekeyedState = record('vouchsafe state 2', {
  ...fields,
  earlier: list(struct({ key: bytes, last: integer })),
});

export type State = RecordValue<typeof rekeyedState>;

/** The bytes of a state, in the format that its keys call for. */
export function encodeState(safeId: string, value: State): Uint8Array {
  return (value.earlier.length === 0 ? state : rekeyedState).encode(safeId, value);
}

/** A state of either format; anything else is an integrity failure. */
export function decodeState(safeId: string, encoded: Uint8Array): State {
  if (purposeOf(encoded) !== rekeyedState.purpose) return { ...state.decode(safeId, encoded), earlier: [] };
  const value = rekeyedState.decode(safeId, encoded);
  if (value.earlier.length === 0) throw integrityFailure('a state lists no earlier key, and says that there is one');
  return value;
}

export type VaultHead = State['vaults'][number];

/** The bytes by whose hash the log names the owner's keys, once they were changed. */
export const ownerPublic = record('vouchsafe owner-public 1', {
  agreementKey: bytes,
  signingKey: bytes,
  earlier: list(struct({ key: bytes, last: integer })),
});

/** The bytes by whose hash the log names a vault's head. */
export const vaultHead = record('vouchsafe vault-head 1', {
  id: text,
  epoch: integer,
  keyId: bytes,
  leastEpochs: list(struct({ item: text, epoch: integer })),
});
