import { crc32 } from 'node:zlib';
import { randomBytes, sameBytes, sha256, toUtf8 } from './bytes.js';
import { context } from './record.js';

/** A personal access token, or what one was exchanged for (RFC 8693): `vsp_…` and `vsx_…`. */
export type TokenKind = 'personal' | 'exchanged';

/**
 * A token as text:
 *
 *     vsp_ or vsx_ ‖ lookup id (16 base62) ‖ secret (42 base62, 250 bits) ‖ CRC-32 of all before it (6 base62) ‖ :: ‖ key half (43 base64url, 32 bytes)
 *
 * The lookup id is public and finds the row; the secret is stored as a hash; the key half is stored nowhere.
 */
export interface TokenParts {
  readonly kind: TokenKind;
  readonly lookupId: string;
  readonly secret: string;
  readonly keyHalf: Uint8Array;
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX = { personal: 'vsp_', exchanged: 'vsx_' } as const;
const FORM = /^(vsp_|vsx_)([0-9A-Za-z]{16})([0-9A-Za-z]{42})([0-9A-Za-z]{6})::([0-9A-Za-z_-]{43})$/;

/** `length` letters of base62, each equally likely (bytes of 248 and more are thrown away). */
function randomBase62(length: number): string {
  let text = '';
  while (text.length < length)
    for (const byte of randomBytes(length)) if (byte < 248 && text.length < length) text += BASE62.charAt(byte % 62);
  return text;
}

function checksum(text: string): string {
  let rest = crc32(text);
  let digits = '';
  for (let i = 0; i < 6; i += 1) {
    digits = BASE62.charAt(rest % 62) + digits;
    rest = Math.floor(rest / 62);
  }
  return digits;
}

/** Fresh parts from the system's generator. */
export function newTokenParts(kind: TokenKind = 'personal'): TokenParts {
  return { kind, lookupId: randomBase62(16), secret: randomBase62(42), keyHalf: randomBytes(32) };
}

export function printToken(parts: TokenParts): string {
  const head = `${PREFIX[parts.kind]}${parts.lookupId}${parts.secret}`;
  return `${head}${checksum(head)}::${Buffer.from(parts.keyHalf).toString('base64url')}`;
}

/** The parts of a token's text, or null for whatever is not exactly the canonical form of one. */
export function parseToken(text: string): TokenParts | null {
  const [, prefix, lookupId, secret, crc, half] = FORM.exec(text) ?? [];
  if (lookupId === undefined || secret === undefined || half === undefined) return null;
  if (checksum(`${prefix ?? ''}${lookupId}${secret}`) !== crc) return null;
  const keyHalf = Buffer.from(half, 'base64url');
  const kind = prefix === PREFIX.exchanged ? 'exchanged' : 'personal';
  return keyHalf.toString('base64url') === half ? { kind, lookupId, secret, keyHalf } : null;
}

/** What is stored of a secret: SHA-256 with a purpose; a plain hash is right for 250 random bits (NIST SP 800-63B, 5.1.2.2). */
export function hashSecret(safeId: string, secret: string): Uint8Array {
  return sha256(context('vouchsafe token-secret 1', safeId), toUtf8(secret));
}

/** Constant-time comparison of a secret with its stored hash. */
export function isSecretOf(safeId: string, secret: string, stored: Uint8Array): boolean {
  return sameBytes(hashSecret(safeId, secret), stored);
}
