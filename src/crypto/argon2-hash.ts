/** argon2 as formats of other programs use it, with whatever parameters their files state. */
import { argon2d, argon2id, hash } from 'argon2';
import type { PasswordCost } from './password.js';

/** What a file says about its argon2; the caller has to bound the cost before anything is computed. */
export interface Argon2Parameters {
  readonly variant: 'argon2d' | 'argon2id';
  /** 0x13 of RFC 9106, or 0x10 of older files. */
  readonly version: 0x10 | 0x13;
  readonly salt: Uint8Array;
  readonly cost: PasswordCost;
  /** Of the result, in bytes. */
  readonly length: number;
}

/**
 * The raw hash (RFC 9106) of the bytes; neither a secret nor associated data. Throws what `argon2` throws where the
 * parameters are none that argon2 knows.
 */
export async function argon2Hash(password: Uint8Array, parameters: Argon2Parameters): Promise<Uint8Array> {
  const { variant, version, salt, cost, length } = parameters;
  return hash(Buffer.from(password), {
    raw: true,
    type: variant === 'argon2d' ? argon2d : argon2id,
    version,
    salt: Buffer.from(salt),
    memoryCost: cost.memoryKiB,
    timeCost: cost.passes,
    parallelism: cost.lanes,
    hashLength: length,
  });
}
