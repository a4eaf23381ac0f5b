import { bytes, integer, list, record, type RecordValue, struct, text } from './record.js';

const named = list(struct({ name: text, value: text }));

/**
 * The one owner-signed record of all the owner has decided. What it does not list does not exist.
 * `logSeq` and `logHash` are those of the entry before the one that carries this state's version and hash.
 * `leastEpochs` names items whose key was changed alone: revisions under an older key of theirs do not count.
 */
export const state = record('vouchsafe state 1', {
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
});
export type State = RecordValue<typeof state>;
export type VaultHead = State['vaults'][number];

/** The bytes by whose hash the log names a vault's head. */
export const vaultHead = record('vouchsafe vault-head 1', {
  id: text,
  epoch: integer,
  keyId: bytes,
  leastEpochs: list(struct({ item: text, epoch: integer })),
});
