/** A call held against the limits of a grant, and what is left under them. */
import type { Limits, Quota } from './limits.js';
import { isInNetworks } from './network.js';
import { isOpenAt, opensAfter } from './opening-hours.js';
import { foldName } from './text.js';

/** What has happened under a grant: times in unix ms. */
export interface Usage {
  /** Uses of all time. */
  readonly uses: number;
  /** Times of granted calls, oldest first; those that a limit can still be about. */
  readonly calls: readonly number[];
  /** The items that granted calls named, each with the last time. */
  readonly items: ReadonlyMap<string, number>;
}

/** Nothing has happened. */
export const NO_USAGE: Usage = { uses: 0, calls: [], items: new Map() };

/**
 * What becomes of a secret: `shown` is handed over as it is; `masked` goes to a program of the caller's choice, whose output
 * is masked; `hidden` goes only where the owner said beforehand, in a recipe or an item's policy.
 */
export type Exposure = 'shown' | 'masked' | 'hidden';

/** The owner's word on a single use: demanded by a rule about the item or recipe or not, and given or not. */
export interface Consent {
  readonly isDemanded: boolean;
  readonly isGiven: boolean;
}

/** Where no rule of the owner's demands it. */
export const NO_CONSENT: Consent = { isDemanded: false, isGiven: false };

/** From where a call comes; `anywhere` where it is only thought of, and no limit of that kind is to stop it. */
export type CallFrom = 'anywhere' | { readonly address: string | null; readonly client: string };

/** A call as limits see it. `secrets` are the paths of the secret fields and codes that it is to give or use. */
export interface LimitedCall {
  readonly item: string | null;
  readonly secrets: readonly string[];
  readonly exposure: Exposure;
  readonly consent: Consent;
  readonly from: CallFrom;
  readonly now: number;
}

/** What stops a call, and from when on it does not (unix ms); null: not of itself. */
export interface Stopped {
  readonly by: 'reveal' | 'field' | 'uses' | 'rate' | 'items' | 'hours' | 'approval' | 'cidr' | 'client';
  readonly opensAt: number | null;
}

/** The limit that a call meets, or null if it meets none. Those that no waiting mends come first, the owner's word last. */
export function limitMet(limits: Limits, usage: Usage, call: LimitedCall): Stopped | null {
  const { secrets } = call;
  const origin = originMet(limits, call.from);
  if (origin !== null) return origin;
  const isUse = secrets.length > 0;
  if (isUse && limits.reveal === 'never' && call.exposure !== 'hidden') return { by: 'reveal', opensAt: null };
  if (isUse && limits.fields !== null && !secrets.every((name) => isNamed(limits.fields, name)))
    return { by: 'field', opensAt: null };
  if (isUse && limits.maxUses !== null && usage.uses >= limits.maxUses) return { by: 'uses', opensAt: null };
  return waitMet(limits, usage, call) ?? approvalMet(limits, call);
}

function originMet({ cidr, clients }: Limits, from: CallFrom): Stopped | null {
  if (from === 'anywhere') return null;
  if (cidr !== null && !isInNetworks(cidr, from.address ?? '')) return { by: 'cidr', opensAt: null };
  return clients !== null && !isNamed(clients, from.client) ? { by: 'client', opensAt: null } : null;
}

function approvalMet({ reveal }: Limits, { secrets, exposure, consent }: LimitedCall): Stopped | null {
  const isDemanded = consent.isDemanded || (secrets.length > 0 && reveal === 'approve' && exposure !== 'hidden');
  return isDemanded && !consent.isGiven ? { by: 'approval', opensAt: null } : null;
}

/** A limit that opens by itself, and the time at which no other one stops the call either. */
function waitMet(limits: Limits, usage: Usage, call: LimitedCall): Stopped | null {
  const first = firstWait(limits, usage, call);
  let next = first;
  let opensAt = call.now;
  for (let look = 0; next?.opensAt != null && look < LOOKS_AT_MOST; look += 1) {
    opensAt = next.opensAt;
    next = firstWait(limits, usage, { ...call, now: opensAt });
  }
  return first && { by: first.by, opensAt };
}

/** Rates and items open once; hours at most once more after each. */
const LOOKS_AT_MOST = 8;

function firstWait(limits: Limits, usage: Usage, call: LimitedCall): Stopped | null {
  const { now } = call;
  if (limits.hours !== null && !isOpenAt(limits.hours, now))
    return { by: 'hours', opensAt: opensAfter(limits.hours, now) };
  return rateMet(limits, usage, now) ?? itemsMet(limits, usage, call);
}

function isNamed(fields: Limits['fields'], path: string): boolean {
  return fields?.some((field) => foldName(field) === foldName(path)) === true;
}

function rateMet({ rate }: Limits, { calls }: Usage, now: number): Stopped | null {
  if (rate === null) return null;
  const opensAt = opensAtOf(calls, rate);
  return opensAt !== null && opensAt > now ? { by: 'rate', opensAt } : null;
}

/** An item that was named within the time may be named again. */
function itemsMet({ distinctItems }: Limits, { items }: Usage, { item, now }: LimitedCall): Stopped | null {
  if (distinctItems === null || item === null) return null;
  if ((items.get(item) ?? -Infinity) + distinctItems.windowMs > now) return null;
  const opensAt = opensAtOf(
    [...items.values()].sort((a, b) => a - b),
    distinctItems,
  );
  return opensAt !== null && opensAt > now ? { by: 'items', opensAt } : null;
}

/** When fewer than `count` of the times, oldest first, lie within the window; null: there were never so many. */
function opensAtOf(times: readonly number[], { count, windowMs }: Quota): number | null {
  const at = times.at(-count);
  return at === undefined ? null : at + windowMs;
}

/** What is left under limits, for `whoami` and `list-access`: of each that counts. */
export interface LeftShape {
  readonly uses?: number;
  readonly calls?: number;
  readonly items?: number;
}

/** What is left at `now`. */
export function leftOf(
  { maxUses, rate, distinctItems }: Limits,
  { uses, calls, items }: Usage,
  now: number,
): LeftShape {
  const left = ({ count, windowMs }: Quota, times: readonly number[]): number =>
    Math.max(0, count - times.filter((at) => at + windowMs > now).length);
  return {
    ...(maxUses === null ? {} : { uses: Math.max(0, maxUses - uses) }),
    ...(rate === null ? {} : { calls: left(rate, calls) }),
    ...(distinctItems === null ? {} : { items: left(distinctItems, [...items.values()]) }),
  };
}
