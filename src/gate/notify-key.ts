import { toHex } from '../crypto/bytes.js';
import { deriveKey } from '../crypto/envelope.js';
import { contexts } from '../crypto/keys.js';
import type { OwnerCore } from './owner-core.js';

/** The key that messages to webhooks are signed with, in hexadecimal: HKDF of the root key, so it is nowhere in the file. */
export function notifyKey(core: OwnerCore): string {
  return toHex(deriveKey(core.keys.rootKey, new Uint8Array(32), contexts.notifyKey(core.safe.id)));
}
