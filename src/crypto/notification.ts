/** How messages to the owner's webhook are signed. */
import { createHmac } from 'node:crypto';
import { toHex } from './bytes.js';
import { deriveKey } from './envelope.js';
import { contexts } from './keys.js';

const NO_SALT = new Uint8Array(32);

/** The key that messages are signed with, in hexadecimal: HKDF-SHA-256 of the root key, so it is nowhere in the file. */
export function notifyKey(rootKey: Uint8Array, safeId: string): string {
  return toHex(deriveKey(rootKey, NO_SALT, contexts.notifyKey(safeId)));
}

/**
 * `t=SECONDS,v1=HEX`: HMAC-SHA-256 (RFC 2104) over `SECONDS.BODY`, so that a receiver can tell ours from others' and new
 * from old. `seconds` is unix time.
 */
export function notifySignature(key: string, body: string, seconds: number): string {
  const mac = createHmac('sha256', Buffer.from(key, 'hex'))
    .update(`${String(seconds)}.${body}`)
    .digest('hex');
  return `t=${String(seconds)},v1=${mac}`;
}
