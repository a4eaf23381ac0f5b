/** The agent's side of the inbox: a request is its entry, and only its own token hears what became of it. */
import { isoTime } from '../core/expiry.js';
import {
  type AccessRequest,
  checkRequest,
  OPEN_REQUESTS_AT_MOST,
  printRequest,
  REQUEST_LIVES_MS,
  requestLivesMs,
  type RequestState,
} from '../core/request.js';
import { Refusal } from '../core/refusal.js';
import type { RequestShape } from '../core/shapes.js';
import { sameBytes, sha256 } from '../crypto/bytes.js';
import { decision as decisionRecord, decisionPrivate } from '../crypto/decision.js';
import type { Change } from '../crypto/chain.js';
import { randomWords } from '../crypto/generate.js';
import { contexts, logTag } from '../crypto/keys.js';
import { openSealed } from '../crypto/sealed-box.js';
import type { Handle } from '../store/database.js';
import { readDocument } from '../store/documents.js';
import { findRequest, openRequestsOf, type RequestRow } from '../store/requests.js';
import type { CallGround, Footprint, NewRequest } from './call-ground.js';
import { verdictsOn } from './consent.js';
import { Moved } from './revisions.js';

/** Plans a request. One that is the same as an open one of the token is that one: the owner is asked once. */
export async function askForAccess(
  ground: CallGround,
  footprint: Footprint,
  request: AccessRequest,
): Promise<RequestShape> {
  const { token, at, draft, now } = ground;
  if (token.actor.kind !== 'token') throw new Error('a request without a token');
  const checked = checkRequest(request, now);
  draft.asked = checked;
  const tag = logTag(token.actor.tagKey, 'request', printRequest(checked));
  const open = await openAccessOf(at.handle, token.id, now);
  const same = open.find((row) => row.tag !== null && sameBytes(row.tag, tag));
  if (same !== undefined) return shapeOf(same, 'pending');
  refuseMore(open);
  const id = (await randomWords(4)).join('-');
  footprint.request = { id, tag };
  return { id, state: 'pending', expires_at: isoTime(now + REQUEST_LIVES_MS) };
}

async function openAccessOf(handle: Handle, token: string, now: number): Promise<readonly RequestRow[]> {
  return (await openRequestsOf(handle, token, now - REQUEST_LIVES_MS)).filter(({ isUse }) => !isUse);
}

function refuseMore(open: readonly RequestRow[]): void {
  const [oldest] = open;
  if (oldest === undefined || open.length < OPEN_REQUESTS_AT_MOST) return;
  throw new Refusal('limit_reached', {
    message: `The owner has ${String(OPEN_REQUESTS_AT_MOST)} requests of yours to decide; no more may stand open.`,
    next: 'Wait until the owner has decided, and tell the user.',
    retryAt: oldest.at + REQUEST_LIVES_MS,
  });
}

/** Under the lock: the change that makes the entry a request. */
export async function requestChange(
  handle: Handle,
  { id, tag }: NewRequest,
  of: { token: string; now: number },
): Promise<Change> {
  const open = await openAccessOf(handle, of.token, of.now);
  const isTaken = (await findRequest(handle, id)) !== null;
  if (isTaken || open.some((row) => row.tag !== null && sameBytes(row.tag, tag))) throw new Moved();
  refuseMore(open);
  return { kind: 'request', id, revision: 1, hash: tag, before: null };
}

/** What became of a request of this token; of another's, and of none, the same is said. */
export async function requestState(ground: CallGround, id: string): Promise<RequestShape> {
  const { at, token, now } = ground;
  const row = await findRequest(at.handle, id.trim().toLowerCase());
  if (row?.token !== token.id)
    throw new Refusal('not_found', {
      message: 'Your token has made no such request.',
      next: 'Send the id that request_access gave, or ask anew.',
    });
  const decided = row.isUse ? await useDecisionOf(ground, row.id) : await decisionOf(ground, row.id);
  if (decided !== null) return { ...shapeOf(row, decided.state), ...decided.more };
  return shapeOf(row, now < row.at + requestLivesMs(row) ? 'pending' : 'expired');
}

function shapeOf(row: RequestRow, state: RequestState): RequestShape {
  return { id: row.id, state, expires_at: isoTime(row.at + requestLivesMs(row)) };
}

/** What became of a request that a use is approved. */
async function useDecisionOf(ground: CallGround, id: string): Promise<Decided | null> {
  const [said] = await verdictsOn(ground, ({ request }) => request === id);
  if (said === undefined) return null;
  const because = said.because === '' ? {} : { because: said.because };
  return { state: said.approved ? 'approved' : 'denied', more: { decided_at: isoTime(said.at), ...because } };
}

type Decided = { state: 'approved' | 'denied'; more: Pick<RequestShape, 'decided_at' | 'because' | 'grant_id'> };

/** What the owner's state lists about a request; anything that stands beside it counts for nothing. */
async function decisionOf({ at, token, safeId }: CallGround, request: string): Promise<Decided | null> {
  for (const hash of token.leaf.approvals) {
    const row = await readDocument(at.handle, 'decision', hash);
    if (row?.tokenPrivate == null || !sameBytes(sha256(row.signed), hash)) continue;
    const said = decisionRecord.decode(safeId, row.signed);
    if (said.request !== request || said.token !== token.id || said.extensions.length > 0) continue;
    const opened = openSealed(token.agreement, contexts.decisionPrivate(safeId, request), row.tokenPrivate);
    if (!sameBytes(sha256(opened), said.privateHash)) continue;
    const { because, grant } = decisionPrivate.decode(safeId, opened);
    const words = because === '' ? {} : { because };
    return {
      state: said.verdict === 'approved' ? 'approved' : 'denied',
      more: { decided_at: isoTime(said.at), ...words, ...(grant === null ? {} : { grant_id: grant }) },
    };
  }
  return null;
}
