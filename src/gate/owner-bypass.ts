/** A time in which a token needs no approval: short, recorded, shown in `info`. */
import { addDuration, isoTime, parseDuration } from '../core/expiry.js';
import { APPROVAL_AT_MOST } from '../core/request.js';
import { Refusal } from '../core/refusal.js';
import type { BypassShape } from '../core/rule-shapes.js';
import { BYPASS, bypassOf } from './bypass.js';
import type { Reference } from './named.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { listLeaf } from './token-issue.js';
import { allOwned, findOwned } from './token-reader.js';

/** Lets a token do without approvals for a time, or from now on not any more (null). */
export async function bypass(core: OwnerCore, reference: Reference, time: string | null): Promise<BypassShape> {
  return core.act('approval.decide', async (work) => {
    const token = await findOwned(core, work, reference);
    const until = time === null ? null : untilOf(time, work.now);
    const extensions = until === null ? [] : [{ name: BYPASS, value: String(until) }];
    await listLeaf(core, work, { ...token.leaf, extensions });
    const said = until === null ? 'approvals are needed again' : `no approval is needed until ${isoTime(until)}`;
    work.draft.detail = `token ${token.id} “${token.name}”: ${said}`;
    return { token: { id: token.id, name: token.name }, until: until === null ? null : isoTime(until) };
  });
}

function untilOf(time: string, now: number): number {
  const until = addDuration(now, parseDuration(time));
  if (until > now && until <= now + APPROVAL_AT_MOST.bypassMs) return until;
  throw new Refusal('invalid_request', {
    message: 'A time without approvals is at most 8 hours.',
    next: 'vouchsafe inbox bypass --agent NAME --for 1h',
  });
}

/** The tokens that need no approval now. */
export async function bypasses(core: OwnerCore, ground: OwnerGround): Promise<readonly BypassShape[]> {
  return (await allOwned(core, ground)).flatMap(({ id, name, leaf }) => {
    const until = bypassOf(leaf);
    return ground.now < until ? [{ token: { id, name }, until: isoTime(until) }] : [];
  });
}
