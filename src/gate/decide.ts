/** The second lock: under the write lock, the policy is asked again for everything that a call is about. */
import { authorize } from '../core/policy.js';
import type { Usage } from '../core/limit-check.js';
import type { Handle } from '../store/database.js';
import type { Footprint } from './call-ground.js';
import { spend } from './consent.js';
import { type Draft, fromOf } from './entry-draft.js';
import type { GrantUses } from './grant-uses.js';
import { refuseWidening } from './moving.js';
import type { OpenedToken } from './opened-token.js';
import { forbidden, refusalOf } from './refusals.js';
import { Moved } from './revisions.js';

/** What is decided about, by what stands in the log under the lock. */
export interface Decided {
  readonly token: OpenedToken;
  readonly footprint: Footprint;
  readonly draft: Draft;
  readonly usage: ReadonlyMap<string, Usage>;
  /** How often grants were used. */
  readonly uses: GrantUses;
  readonly now: number;
}

/** Decides about every target, and names in the draft the grant that pays. Throws the refusal, or `Moved`. */
export async function decide(handle: Handle, on: Decided): Promise<void> {
  const { footprint, draft, token, usage, now } = on;
  if (footprint.targets.length === 0) throw forbidden('a tool touched nothing');
  const paying = payingGrants(on);
  if (footprint.given !== undefined) {
    const spent = await spend(handle, footprint.given, now);
    if (spent !== null) draft.changes.push(spent);
  }
  if (footprint.move !== undefined) refuseWidening(token, footprint.move, { usage, now });
  if (paying.size === 1) draft.grant = [...paying][0] ?? null;
  if (draft.secrets.length > 0 && draft.grant !== null) draft.uses = (await on.uses.of(handle, draft.grant)) + 1;
}

function payingGrants(on: Decided): ReadonlySet<string> {
  const { token, footprint, draft, usage, now } = on;
  const { scopes, grants } = token;
  const from = fromOf(draft);
  const shares = new Set<string>();
  const users = new Set<string>();
  let last: string | null = null;
  for (const { isShare, ...touched } of footprint.targets) {
    const decision = authorize({ action: draft.action, scopes, grants, usage, from, now, ...touched });
    if (!decision.allowed) throw isShare ? new Moved() : refusalOf(decision);
    const id = decision.grant?.id ?? null;
    if (touched.secrets.length > 0 && id !== null) users.add(id);
    if (!isShare) last = id;
    else if (id !== null) shares.add(id);
  }
  // each would count for itself, and an entry names one
  if (users.size > 1) throw forbidden('secrets under several grants');
  return last === null ? shares : new Set([...shares, last]);
}
