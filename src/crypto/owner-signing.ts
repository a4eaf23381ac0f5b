/** Which key of the owner counts where: it signs until the owner changes every key, and what it signed before stays. */
import { isSignedBy } from './key-pair.js';

/** The owner's public signing keys over time, as the state lists them. */
export interface OwnerSigning {
  /** The one that signs now. */
  readonly signingKey: Uint8Array;
  /** Those before it, the oldest first, each with the last entry of the log that it could sign. */
  readonly earlier: readonly { readonly key: Uint8Array; readonly last: number }[];
}

/** The key that an entry of the owner with this number must be signed with. */
export function ownerKeyAt({ signingKey, earlier }: OwnerSigning, seq: number): Uint8Array {
  return earlier.find(({ last }) => seq <= last)?.key ?? signingKey;
}

/**
 * Which of the keys that the owner ever had signed this; undefined for none. For what an entry names by its hash: that
 * entry is signed with the key of its own time.
 */
export function signerOf(
  { signingKey, earlier }: OwnerSigning,
  { signed, signature }: { readonly signed: Uint8Array; readonly signature: Uint8Array },
): Uint8Array | undefined {
  return [signingKey, ...earlier.map(({ key }) => key)].find((key) => isSignedBy(key, signed, signature));
}

/** Whether any key that the owner ever had signed `message`; see {@link signerOf}. */
export function isOwners(owner: OwnerSigning, message: Uint8Array, signature: Uint8Array): boolean {
  return signerOf(owner, { signed: message, signature }) !== undefined;
}
