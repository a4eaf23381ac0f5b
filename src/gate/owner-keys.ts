/** The opened root of a safe, and the owner's private keys as the root key wraps them. */
import { open, seal } from '../crypto/envelope.js';
import type { KeyPair } from '../crypto/key-pair.js';
import { contexts } from '../crypto/keys.js';
import { bytes, list, purposeOf, record, struct } from '../crypto/record.js';

export interface OwnerKeys {
  readonly rootKey: Uint8Array;
  readonly agreement: KeyPair;
  readonly signing: KeyPair;
  /** Before the keys were changed: what was sealed to the owner then is opened with these. The newest first. */
  readonly earlierAgreements: readonly KeyPair[];
}

/** The pairs that may open what is sealed to the owner, the likeliest first. */
export function agreementsOf({ agreement, earlierAgreements }: OwnerKeys): readonly KeyPair[] {
  return [agreement, ...earlierAgreements];
}

const pairs = {
  agreementPublic: bytes,
  agreementPrivate: bytes,
  signingPublic: bytes,
  signingPrivate: bytes,
};
/** Format 1: the keys that the safe was made with. */
export const ownerKeysRecord = record('vouchsafe owner-keys 1', pairs);
/** Format 2: once they were changed. */
export const changedOwnerKeysRecord = record('vouchsafe owner-keys 2', {
  ...pairs,
  earlierAgreements: list(struct({ publicKey: bytes, privateKey: bytes })),
});

/** Wraps the private keys under the root key. Format 2 once they were changed. */
export function wrapOwnerKeys(safeId: string, keys: OwnerKeys): Uint8Array {
  const { rootKey, agreement, signing, earlierAgreements } = keys;
  const value = {
    agreementPublic: agreement.publicKey,
    agreementPrivate: agreement.privateKey,
    signingPublic: signing.publicKey,
    signingPrivate: signing.privateKey,
  };
  const encoded =
    earlierAgreements.length === 0
      ? ownerKeysRecord.encode(safeId, value)
      : changedOwnerKeysRecord.encode(safeId, { ...value, earlierAgreements });
  return seal(rootKey, contexts.ownerKeys(safeId), encoded);
}

/** Opens them. Anything else than such an envelope is an integrity failure. */
export function unwrapOwnerKeys(safeId: string, rootKey: Uint8Array, envelope: Uint8Array): OwnerKeys {
  const encoded = open(rootKey, contexts.ownerKeys(safeId), envelope);
  const keys =
    purposeOf(encoded) === changedOwnerKeysRecord.purpose
      ? changedOwnerKeysRecord.decode(safeId, encoded)
      : { ...ownerKeysRecord.decode(safeId, encoded), earlierAgreements: [] };
  return {
    rootKey: Buffer.from(rootKey),
    agreement: { publicKey: keys.agreementPublic, privateKey: keys.agreementPrivate },
    signing: { publicKey: keys.signingPublic, privateKey: keys.signingPrivate },
    earlierAgreements: keys.earlierAgreements,
  };
}
