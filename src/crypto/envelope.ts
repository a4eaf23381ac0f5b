import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto';
import { integrityFailure, randomBytes, sameBytes } from './bytes.js';

/**
 * Envelope, format 1 (all sizes in bytes):
 *
 *     version(1) = 1 ‖ algorithm(1) = 1 ‖ salt(32) ‖ commitment(32) ‖ ciphertext ‖ tag(16)
 *     (key, commitment) = HKDF-SHA-256(K, salt, info = context, 64)          RFC 5869
 *     AES-256-GCM under that one-time key, nonce of zeros, AAD = context     NIST SP 800-38D
 *     plaintext = u32 length ‖ data ‖ zeros up to a multiple of 64
 *
 * The salt makes every key single-use, so the constant nonce never repeats under one key; the commitment makes it
 * infeasible to find two keys that open one envelope.
 */
const VERSION = 1;
const ALGORITHM = 1;
const HEADER = 66;
const TAG = 16;
const BLOCK = 64;
const ZERO_NONCE = new Uint8Array(12);

function derive(key: Uint8Array, salt: Uint8Array, context: Uint8Array): { key: Uint8Array; commitment: Uint8Array } {
  const okm = hkdf(key, salt, { info: context, size: 64 });
  return { key: okm.subarray(0, 32), commitment: okm.subarray(32) };
}

/** Pads to a multiple of 64 with the length in front, so a ciphertext shows a size class only. */
export function pad(data: Uint8Array): Uint8Array {
  const padded = Buffer.alloc(Math.ceil((4 + data.length) / BLOCK) * BLOCK);
  padded.writeUInt32BE(data.length);
  padded.set(data, 4);
  return padded;
}

/** Undoes {@link pad}; any other length or a padding that is not zeros is an integrity failure. */
export function unpad(padded: Uint8Array): Uint8Array {
  const buffer = Buffer.from(padded.buffer, padded.byteOffset, padded.byteLength);
  const end = buffer.length < 4 ? Number.NaN : 4 + buffer.readUInt32BE();
  const isWhole = buffer.length % BLOCK === 0 && Math.ceil(end / BLOCK) * BLOCK === buffer.length;
  if (!isWhole || buffer.subarray(end).some((byte) => byte !== 0)) throw integrityFailure('a padding is wrong');
  return buffer.subarray(4, end);
}

/** Seals `data` under the 32-byte `key`, bound to `context`. Different bytes at every call. */
export function seal(key: Uint8Array, context: Uint8Array, data: Uint8Array): Uint8Array {
  const salt = randomBytes(32);
  const derived = derive(key, salt, context);
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(derived.key), ZERO_NONCE, { authTagLength: TAG });
  cipher.setAAD(context);
  const sealed = cipher.update(pad(data));
  const head = Uint8Array.of(VERSION, ALGORITHM);
  return Buffer.concat([head, salt, derived.commitment, sealed, cipher.final(), cipher.getAuthTag()]);
}

/** The data of an envelope made with the same key and context; anything else is an integrity failure. */
export function open(key: Uint8Array, context: Uint8Array, envelope: Uint8Array): Uint8Array {
  if (envelope.length < HEADER + BLOCK + TAG || envelope[0] !== VERSION || envelope[1] !== ALGORITHM)
    throw integrityFailure('an envelope is of no known format');
  const derived = derive(key, envelope.subarray(2, 34), context);
  if (!sameBytes(derived.commitment, envelope.subarray(34, HEADER)))
    throw integrityFailure('an envelope has another key');
  return unpad(decrypt({ key: derived.key, nonce: ZERO_NONCE, aad: context }, envelope.subarray(HEADER)));
}

/** What AES-256-GCM works with. The caller answers for a nonce that is fresh under its key. */
export interface GcmWith {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
}

/** AES-256-GCM with the 16-byte tag at the end of `sealed`; a wrong tag is an integrity failure. */
export function decrypt({ key, nonce, aad }: GcmWith, sealed: Uint8Array): Uint8Array {
  if (sealed.length < TAG) throw integrityFailure('a ciphertext is cut');
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce, { authTagLength: TAG });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, sealed.length - TAG)), decipher.final()]);
  } catch {
    throw integrityFailure('a ciphertext was changed');
  }
}

/** AES-256-GCM, the 16-byte tag appended. */
export function encrypt({ key, nonce, aad }: GcmWith, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), nonce, { authTagLength: TAG });
  cipher.setAAD(aad);
  return Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]);
}

/** HKDF-SHA-256 (RFC 5869), 32 bytes. */
export function deriveKey(key: Uint8Array, salt: Uint8Array, info: Uint8Array): Uint8Array {
  return hkdf(key, salt, { info, size: 32 });
}

/** HKDF-SHA-256 (RFC 5869). Keys go in as key objects everywhere here: node takes raw ones five times as slowly. */
export function hkdf(
  key: Uint8Array,
  salt: Uint8Array,
  { info, size }: { info: Uint8Array; size: number },
): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', createSecretKey(key), salt, info, size));
}
