/** The sealed part of an entry, opened many times under one session's key. */
import { createDecipheriv, createSecretKey } from 'node:crypto';
import { concat, integrityFailure } from './bytes.js';
import { unpad } from './envelope.js';
import { contexts } from './keys.js';
import { integerElement } from './record.js';

const NONCE = 12;
const TAG = 16;

/** Opens the payload of the entry `seq`; anything that was not sealed as such under the key is an integrity failure. */
export type PayloadOpener = (seq: number, sealed: Uint8Array) => Uint8Array;

/** An opener for the entries of one session: AES-256-GCM, AAD = the payload's context (`keys.ts`). */
export function payloadOpener(safeId: string, sessionHash: Uint8Array, key: Uint8Array): PayloadOpener {
  const imported = createSecretKey(key);
  const whole = contexts.payload(safeId, sessionHash, 0);
  // the number is the last element: the rest stays the same for a session
  const prefix = whole.subarray(0, whole.length - integerElement(0).length);
  return (seq, sealed) => {
    const end = sealed.length - TAG;
    if (end < NONCE) throw integrityFailure('a sealed part of the log is cut');
    const decipher = createDecipheriv('aes-256-gcm', imported, sealed.subarray(0, NONCE), { authTagLength: TAG });
    decipher.setAAD(concat(prefix, integerElement(seq)));
    decipher.setAuthTag(sealed.subarray(end));
    try {
      const opened = decipher.update(sealed.subarray(NONCE, end));
      decipher.final();
      return unpad(opened);
    } catch {
      throw integrityFailure('a sealed part of the log was changed');
    }
  };
}
