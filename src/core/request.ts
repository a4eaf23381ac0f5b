/** Requests for access: what an agent may ask its owner for, and how long a request stands. */
import { DAY_MS, parseExpiry } from './expiry.js';
import { type Role } from './model.js';
import { checkName } from './reason.js';
import { Refusal } from './refusal.js';

/** How long a request stands if nobody decides, in ms. */
export const REQUEST_LIVES_MS = 7 * DAY_MS;

/** How long a request that a call is approved stands, and by default an approval, in ms. */
export const USE_REQUEST_LIVES_MS = 10 * 60_000;

/** How long a request of either kind stands if nobody decides, in ms. */
export function requestLivesMs({ isUse }: { readonly isUse: boolean }): number {
  return isUse ? USE_REQUEST_LIVES_MS : REQUEST_LIVES_MS;
}

/** How long the same call is told that it was denied, in ms; then it may be asked for anew. */
export const DENIAL_STANDS_MS = 3_600_000;

/** The longest time and the most uses of an approval, and the longest time in which none is needed, in ms. */
export const APPROVAL_AT_MOST = { forMs: DAY_MS, uses: 100, bypassMs: 8 * 3_600_000 } as const;

/** How many requests of one kind of one token may stand open. */
export const OPEN_REQUESTS_AT_MOST = 5;

export type RequestState = 'pending' | 'approved' | 'denied' | 'expired';

/** What is asked for, in the words of whoever asks: whether there is such a vault or item, nobody has looked. */
export interface AccessRequest {
  readonly vault?: string | undefined;
  readonly item?: string | undefined;
  readonly role: Role;
  /** A duration, a number of days or a date. */
  readonly expiration?: string | undefined;
  readonly maxUses?: number | undefined;
}

/** The request itself if it is one that an owner can decide. Throws `invalid_request` that names the argument. */
export function checkRequest(request: AccessRequest, now: number): AccessRequest {
  const { vault, item, expiration } = request;
  if (vault === undefined && item === undefined)
    throw new Refusal('invalid_request', {
      message: 'It is not said what access is asked for.',
      next: 'Send vault or item; or request, with the id of an earlier one, to hear what became of it.',
    });
  if (expiration !== undefined) parseExpiry(expiration, { now, allowNever: false });
  return {
    ...request,
    ...(vault === undefined ? {} : { vault: checkName('vault', vault) }),
    ...(item === undefined ? {} : { item: checkName('item', item) }),
  };
}

/** The same text for the same request, for telling repeats. */
export function printRequest({ vault, item, role, expiration, maxUses }: AccessRequest): string {
  return JSON.stringify([vault ?? null, item ?? null, role, expiration ?? null, maxUses ?? null]);
}

/** `viewer on item DB password in vault Production, 7d, 3 uses`, in the words of whoever asks. */
export function askedText({ vault, item, role, expiration, maxUses }: AccessRequest): string {
  const where = vault === undefined ? '' : `vault ${vault}`;
  const place = item === undefined ? where : `item ${item}${where === '' ? '' : ` in ${where}`}`;
  const time = expiration === undefined ? '' : `, ${expiration}`;
  return `${role} on ${place}${time}${maxUses === undefined ? '' : `, ${String(maxUses)} uses`}`;
}
