/** Whether one grant allows no more than another: a move must not carry an item to where more may be done with it. */
import { NO_USAGE, type Usage } from './limit-check.js';
import type { Limits, Quota } from './limits.js';
import { isWithin } from './opening-hours.js';
import { isNetworkWithin } from './network.js';
import { isAtLeast, type PolicyGrant } from './policy.js';
import { foldName } from './text.js';

/** What is compared besides the grants: what was used of each, and when the token ends (unix ms). */
export interface Beside {
  readonly usage: ReadonlyMap<string, Usage>;
  readonly tokenEnd: number | null;
}

/** Whether everything that `inner` allows on an item is allowed by `outer` too: role, end and every limit. */
export function isAsTight(inner: PolicyGrant, outer: PolicyGrant, { usage, tokenEnd }: Beside): boolean {
  const left = ({ id, limits }: PolicyGrant): number => (limits.maxUses ?? Infinity) - (usage.get(id) ?? NO_USAGE).uses;
  return (
    isAtLeast(outer.role, inner.role) &&
    endOf(inner, tokenEnd) <= endOf(outer, tokenEnd) &&
    (outer.limits.maxUses === null || left(inner) <= left(outer)) &&
    isQuotaWithin(inner.limits.rate, outer.limits.rate) &&
    isQuotaWithin(inner.limits.distinctItems, outer.limits.distinctItems) &&
    areHoursWithin(inner, outer) &&
    areFieldsWithin(inner, outer) &&
    isOriginWithin(inner, outer) &&
    REVEALS.indexOf(inner.limits.reveal) >= REVEALS.indexOf(outer.limits.reveal)
  );
}

/** The widest first. */
const REVEALS: readonly Limits['reveal'][] = ['allow', 'approve', 'never'];

function endOf({ notAfter }: PolicyGrant, tokenEnd: number | null): number {
  return Math.min(notAfter ?? Infinity, tokenEnd ?? Infinity);
}

/** No more within no less time. */
function isQuotaWithin(inner: Quota | null, outer: Quota | null): boolean {
  if (outer === null) return true;
  return inner !== null && inner.count <= outer.count && inner.windowMs >= outer.windowMs;
}

function areHoursWithin({ limits: inner }: PolicyGrant, { limits: outer }: PolicyGrant): boolean {
  if (outer.hours === null) return true;
  return inner.hours !== null && isWithin(inner.hours, outer.hours);
}

function isOriginWithin({ limits: inner }: PolicyGrant, { limits: outer }: PolicyGrant): boolean {
  const isCidrWithin =
    outer.cidr === null || inner.cidr?.every((network) => isNetworkWithin(network, outer.cidr ?? [])) === true;
  const clients = outer.clients === null ? null : new Set(outer.clients.map(foldName));
  return isCidrWithin && (clients === null || inner.clients?.every((name) => clients.has(foldName(name))) === true);
}

function areFieldsWithin({ limits: inner }: PolicyGrant, { limits: outer }: PolicyGrant): boolean {
  if (outer.fields === null) return true;
  const named = new Set(outer.fields.map(foldName));
  return inner.fields?.every((field) => named.has(foldName(field))) === true;
}
