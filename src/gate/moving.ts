import type { Usage } from '../core/limit-check.js';
import { isAtLeast } from '../core/policy.js';
import { isAsTight } from '../core/tightness.js';
import { Refusal } from '../core/refusal.js';
import type { Move } from './call-ground.js';
import { isLive, type OpenedToken } from './opened-token.js';

/**
 * Refuses a move after which the token could do more with the item: its grant on the target has to be at least as tight
 * as one that lets it change the item now.
 */
export function refuseWidening(
  token: OpenedToken,
  { from, to }: Move,
  { usage, now }: { usage: ReadonlyMap<string, Usage>; now: number },
): void {
  const live = token.grants.filter((grant) => isLive(grant, now) && isAtLeast(grant.role, 'editor'));
  const at = live.filter(({ vault, item }) => vault === to.vault && item === null);
  const here = live.filter(({ vault, item }) => vault === from.vault && (item === null || item === from.item));
  const beside = { usage, tokenEnd: token.certificate.notAfter };
  if (here.some((outer) => at.every((inner) => isAsTight(inner, outer, beside)))) return;
  throw new Refusal('forbidden', {
    message: 'There your token may do more with the item than here, so it may not move it there.',
    next: 'Tell the user: the owner can move it.',
    detail: 'a move that widens',
  });
}
