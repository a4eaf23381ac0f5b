import { randomId } from '../crypto/bytes.js';

/** A fresh id for an item of a vault: the vault's id and the item's own. */
export function newItemId(vault: string): string {
  return vault + randomId();
}
