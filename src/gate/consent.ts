/**
 * The owner's word on a single use: signed by being listed in the token's leaf, for exactly this token, tool, item, fields,
 * reason and purpose. Where there is none yet, the call becomes a request for it.
 */
import { isoTime } from '../core/expiry.js';
import { DENIAL_STANDS_MS, OPEN_REQUESTS_AT_MOST, USE_REQUEST_LIVES_MS } from '../core/request.js';
import { Refusal } from '../core/refusal.js';
import { sameBytes, sha256, toHex } from '../crypto/bytes.js';
import type { Change } from '../crypto/chain.js';
import { decision as decisionRecord, type Use, usePrivate, useRecord } from '../crypto/decision.js';
import { randomWords } from '../crypto/generate.js';
import { contexts, logTag } from '../crypto/keys.js';
import { openSealed } from '../crypto/sealed-box.js';
import type { Handle } from '../store/database.js';
import { readDocument } from '../store/documents.js';
import { findRequest, lastRequestLike, openRequestsOf, type RequestRow, spentOf } from '../store/requests.js';
import { bypassOf } from './bypass.js';
import type { CallGround, Given } from './call-ground.js';
import type { Asking } from './entry-draft.js';
import { Moved } from './revisions.js';
import { settingOf, type VerifiedState } from './verified-state.js';

/** The extension that marks a decision about a use: its private part is a `usePrivate`. */
export const OF_USE = { name: 'of', value: 'use' } as const;

/** The hash by which a use is approved. */
export function useHash(safeId: string, use: Use): Uint8Array {
  return sha256(useRecord.encode(safeId, use));
}

/**
 * What lets this use pass. Where nothing does, throws: `forbidden` in the owner's words if it was denied, else
 * `approval_required`, with the request that the refusal's entry is to carry in `draft.asking`.
 */
export async function consentFor(ground: CallGround, use: Omit<Use, 'token' | 'reason'>): Promise<Given> {
  const { token, now, draft, safeId } = ground;
  const until = bypassOf(token.leaf);
  if (now < until) return { by: 'bypass', until };
  const whole: Use = { ...use, token: token.id, reason: draft.reason ?? '' };
  const hash = useHash(safeId, whole);
  const said = await verdictsOn(ground, ({ use: decided }) => sameBytes(decided, hash));
  for (const { request, approved, uses, until: end } of said)
    if (approved && now < end && (await spentOf(ground.at.handle, request)) < uses)
      return { by: 'approval', request, uses, until: end };
  const denial = said.find(({ approved, at }) => !approved && now < at + DENIAL_STANDS_MS);
  if (denial !== undefined) throw denied(denial);
  throw await askFor(ground, whole, hash);
}

/** What the owner decided about the use of a request. Times in unix ms. */
export interface UseVerdict {
  readonly request: string;
  readonly approved: boolean;
  readonly at: number;
  readonly because: string;
  /** The hash of what may be done. */
  readonly use: Uint8Array;
  readonly uses: number;
  readonly until: number;
}

/** What the owner decided about uses, newest first; anything that the leaf does not list counts for nothing. */
export async function verdictsOn(
  { at, token, safeId }: CallGround,
  isMeant: (verdict: UseVerdict) => boolean,
): Promise<readonly UseVerdict[]> {
  const found: UseVerdict[] = [];
  for (const hash of token.leaf.approvals) {
    const row = await readDocument(at.handle, 'decision', hash);
    if (row?.tokenPrivate == null || !sameBytes(sha256(row.signed), hash)) continue;
    const said = decisionRecord.decode(safeId, row.signed);
    if (said.token !== token.id || !isOfUse(said.extensions)) continue;
    const opened = openSealed(token.agreement, contexts.usePrivate(safeId, said.request), row.tokenPrivate);
    if (!sameBytes(sha256(opened), said.privateHash)) continue;
    const { because, use, uses, until } = usePrivate.decode(safeId, opened);
    found.push({
      request: said.request,
      approved: said.verdict === 'approved',
      at: said.at,
      because,
      use,
      uses,
      until,
    });
  }
  return found.filter(isMeant).reverse();
}

/** Whether a decision is one about a use, of a kind that this version knows. */
export function isOfUse(extensions: readonly { readonly name: string; readonly value: string }[]): boolean {
  return extensions.length === 1 && extensions[0]?.name === OF_USE.name && extensions[0].value === OF_USE.value;
}

function denied({ request, because }: UseVerdict): Refusal {
  return new Refusal('forbidden', {
    message: because === '' ? 'The owner said no to this.' : `The owner said no to this: ${because}`,
    next: 'Do not ask for it again in other words. Tell the user what the owner said.',
    detail: `request ${request} was denied`,
    request: { id: request, state: 'denied' },
  });
}

/** Puts the use before the owner: identical open requests are one. */
async function askFor(ground: CallGround, use: Use, hash: Uint8Array): Promise<Refusal> {
  const { token, at, draft, now } = ground;
  if (token.actor.kind !== 'token') throw new Error('a use without a token');
  const tag = logTag(token.actor.tagKey, 'request', toHex(hash));
  const before = await lastRequestLike(at.handle, token.id, tag);
  const isOpen = before?.isUse === true && before.decidedSeq === null && now < before.at + USE_REQUEST_LIVES_MS;
  const id = isOpen ? before.id : (await randomWords(4)).join('-');
  draft.asking = { id, tag, use };
  const hasExpired = before !== null && !isOpen && before.decidedSeq === null;
  return waiting({ id, at: isOpen ? before.at : now }, { expired: hasExpired ? before.id : null, state: at.state });
}

/** What an agent is told that has to wait for the owner. */
export function waiting(
  { id, at }: { id: string; at: number },
  { expired, state }: { expired: string | null; state: VerifiedState },
): Refusal {
  const console = settingOf(state.value, 'console.url') ?? '';
  const url = console === '' ? {} : { url: `${console.replace(/\/$/, '')}/inbox/${id}` };
  const earlier = expired === null ? '' : ` An earlier request (${expired}) expired before anyone decided.`;
  return new Refusal('approval_required', {
    message: `The owner has to approve this first.${earlier}`,
    next: 'Tell the user that it waits in the owner’s inbox (vouchsafe inbox). Once approved, send the same call again, word for word.',
    detail: `request ${id}`,
    request: { id, state: 'pending', expires_at: isoTime(at + USE_REQUEST_LIVES_MS), ...url },
    retryable: true,
  });
}

/**
 * Under the lock: the change that makes a refusal's entry the request, or null where it stands already; a refusal where too
 * many stand open.
 */
export async function askingChange(
  handle: Handle,
  { id, tag }: Asking,
  of: { token: string; now: number },
): Promise<{ change: Change | null; as: { id: string; at: number } } | Refusal> {
  const open = (await openRequestsOf(handle, of.token, of.now - USE_REQUEST_LIVES_MS)).filter(({ isUse }) => isUse);
  const same = open.find((row) => row.tag !== null && sameBytes(row.tag, tag));
  if (same !== undefined) return { change: null, as: same };
  const [oldest] = open;
  if (oldest !== undefined && open.length >= OPEN_REQUESTS_AT_MOST) return tooMany(oldest);
  if ((await findRequest(handle, id)) !== null) throw new Error('an id of a request was drawn twice');
  return { change: { kind: 'request', id, revision: 1, hash: tag, before: null }, as: { id, at: of.now } };
}

function tooMany(oldest: RequestRow): Refusal {
  return new Refusal('limit_reached', {
    message: `The owner has ${String(OPEN_REQUESTS_AT_MOST)} requests of yours to decide; no more may stand open.`,
    next: 'Wait until the owner has decided, and tell the user.',
    retryAt: oldest.at + USE_REQUEST_LIVES_MS,
  });
}

/** Under the lock: one use of what was given. Throws `Moved` where it is over or spent meanwhile. */
export async function spend(handle: Handle, given: Given, now: number): Promise<Change | null> {
  if (now >= given.until) throw new Moved();
  if (given.by === 'bypass') return null;
  const spent = await spentOf(handle, given.request);
  if (spent >= given.uses) throw new Moved();
  return { kind: 'approval', id: given.request, revision: spent + 1, hash: null, before: null };
}
