import {
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from 'node:crypto';
import { integrityFailure } from './bytes.js';

/** Curves: Ed25519 signs (RFC 8032), X25519 agrees on keys (RFC 7748). Raw keys are 32 bytes. */
type Curve = 'Ed25519' | 'X25519';

/** One raw key pair; `publicKey` is the encoding of the RFC, `privateKey` its seed or scalar. */
export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly privateKey: Uint8Array;
}

export function newSigningPair(): KeyPair {
  return newPair('ed25519');
}

export function newAgreementPair(): KeyPair {
  return newPair('x25519');
}

function newPair(type: 'ed25519' | 'x25519'): KeyPair {
  const { privateKey } = type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519');
  const jwk = privateKey.export({ format: 'jwk' });
  return { publicKey: fromBase64Url(jwk.x), privateKey: fromBase64Url(jwk.d) };
}

function fromBase64Url(text: string | undefined): Uint8Array {
  if (text === undefined) throw new Error('an exported key lacks a part');
  return Buffer.from(text, 'base64url');
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

/** Imported keys, by their bytes: importing costs as much as a signature. */
const imported = new Map<string, KeyObject>();
const IMPORTED_AT_MOST = 4096;

function importPublic(crv: Curve, raw: Uint8Array): KeyObject {
  const x = toBase64Url(raw);
  const known = imported.get(crv + x);
  if (known !== undefined) return known;
  if (raw.length !== 32) throw integrityFailure('a public key has another size');
  const key = createPublicKey({ key: { kty: 'OKP', crv, x }, format: 'jwk' });
  if (imported.size >= IMPORTED_AT_MOST) imported.clear();
  imported.set(crv + x, key);
  return key;
}

function importPrivate(crv: Curve, pair: KeyPair): KeyObject {
  const jwk = { kty: 'OKP', crv, d: toBase64Url(pair.privateKey), x: toBase64Url(pair.publicKey) };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** A signer that keeps its imported key. */
export function signer(pair: KeyPair): (message: Uint8Array) => Uint8Array {
  const key = importPrivate('Ed25519', pair);
  return (message) => nodeSign(null, message, key);
}

/** SHA-256 of what was found to be well signed, the oldest first: the same entry or state is checked for many tokens. */
const verified = new Set<string>();
const VERIFIED_AT_MOST = 4096;

/**
 * True if `signature` is Ed25519 by `publicKey` over `message` (RFC 8032, 5.1.7). Never throws for bad input. The very
 * same three are not verified again.
 */
export function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  // the parts before the message have one length each: no other three give the same bytes
  const seen = createHash('sha256').update(publicKey).update(signature).update(message).digest('base64');
  if (verified.has(seen)) return true;
  if (!verifies(publicKey, message, signature)) return false;
  verified.add(seen);
  const [oldest] = verified;
  if (verified.size > VERIFIED_AT_MOST && oldest !== undefined) verified.delete(oldest);
  return true;
}

function verifies(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    return nodeVerify(null, message, importPublic('Ed25519', publicKey), signature);
  } catch {
    return false;
  }
}

/** X25519 (RFC 7748, 6.1); an all-zero result, which a low-order point gives, is refused. */
export function agree(own: KeyPair, theirs: Uint8Array): Uint8Array {
  const shared = sharedSecret(own, theirs);
  if (shared.every((byte) => byte === 0)) throw integrityFailure('a public key is of low order');
  return shared;
}

function sharedSecret(own: KeyPair, theirs: Uint8Array): Uint8Array {
  try {
    return diffieHellman({ privateKey: importPrivate('X25519', own), publicKey: importPublic('X25519', theirs) });
  } catch {
    throw integrityFailure('a public key is not usable');
  }
}
