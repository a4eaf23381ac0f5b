import { Refusal } from '../core/refusal.js';
import { concat, integrityFailure, sameBytes } from './bytes.js';
import { decrypt, encrypt, hkdf, pad, unpad } from './envelope.js';
import { agree, type KeyPair, newAgreementPair } from './key-pair.js';

/**
 * Sealed box, format 1: anyone can seal to a public key, its holder alone opens.
 *
 *     version(1) = 1 ‖ ephemeral X25519 public key(32) ‖ commitment(32) ‖ ciphertext ‖ tag(16)
 *     (key, commitment) = HKDF-SHA-256(X25519(e, recipient), salt = epk ‖ recipient, info = context, 64)
 *     AES-256-GCM, nonce of zeros, AAD = context; plaintext padded as in an envelope
 */
const VERSION = 1;
const HEADER = 65;
const ZERO_NONCE = new Uint8Array(12);

function derive(
  shared: Uint8Array,
  salt: Uint8Array,
  context: Uint8Array,
): { key: Uint8Array; commitment: Uint8Array } {
  const okm = hkdf(shared, salt, { info: context, size: 64 });
  return { key: okm.subarray(0, 32), commitment: okm.subarray(32) };
}

/** Seals `data` to the 32-byte X25519 key `recipient`, bound to `context`. */
export function sealTo(recipient: Uint8Array, context: Uint8Array, data: Uint8Array): Uint8Array {
  const ephemeral = newAgreementPair();
  const salt = concat(ephemeral.publicKey, recipient);
  const derived = derive(agree(ephemeral, recipient), salt, context);
  const sealed = encrypt({ key: derived.key, nonce: ZERO_NONCE, aad: context }, pad(data));
  return concat(Uint8Array.of(VERSION), ephemeral.publicKey, derived.commitment, sealed);
}

/** Opens what was sealed to one of several pairs, tried in their order; anything else is an integrity failure. */
export function openSealedByAny(own: readonly KeyPair[], context: Uint8Array, box: Uint8Array): Uint8Array {
  let failure: unknown = integrityFailure('nobody can open a sealed box');
  for (const pair of own) {
    try {
      return openSealed(pair, context, box);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Opens what was sealed to `own` in the same context; anything else is an integrity failure. */
export function openSealed(own: KeyPair, context: Uint8Array, box: Uint8Array): Uint8Array {
  if (box.length < HEADER + 64 + 16 || box[0] !== VERSION) throw integrityFailure('a sealed box is of no known format');
  const ephemeral = box.subarray(1, 33);
  const derived = derive(agree(own, ephemeral), concat(ephemeral, own.publicKey), context);
  if (!sameBytes(derived.commitment, box.subarray(33, HEADER))) throw integrityFailure('a sealed box has another key');
  return unpad(decrypt({ key: derived.key, nonce: ZERO_NONCE, aad: context }, box.subarray(HEADER)));
}
