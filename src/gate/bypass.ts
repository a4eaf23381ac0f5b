/** A time in which a token needs no approval: the owner's word in the token's leaf. */
import type { TokenLeaf } from '../crypto/certificates.js';

/** The extension of a token's leaf that says until when (unix ms) it needs no approval. */
export const BYPASS = 'bypass-until';

/** Until when a token needs no approval; 0 where it always does. */
export function bypassOf(leaf: TokenLeaf): number {
  return Number(leaf.extensions.find(({ name }) => name === BYPASS)?.value ?? 0);
}
