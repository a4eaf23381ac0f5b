/** The inbox: what agents ask for, read from their own signed entries, and what the owner decides, signed in the state. */
import { isoTime } from '../core/expiry.js';
import { parseLimits } from '../core/limits.js';
import { type AccessRequest, requestLivesMs, type RequestState } from '../core/request.js';
import { checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { AccessRequestShape, InboxCardShape, InboxRequestShape, UseRequestShape } from '../core/inbox-shapes.js';
import type { GrantShape } from '../core/shapes.js';
import type { Handle } from '../store/database.js';
import { allRequests, findRequest, type RequestRow } from '../store/requests.js';
import { decide, decideUse, readVerdict, type Verdict } from './decision.js';
import type { Approval } from './door.js';
import { EntryReader, type OpenedEntry } from './entry-reader.js';
import { shapeOfGrant } from './grant-shape.js';
import { accessCard, askedShape, placeOf, termsOf } from './inbox-access.js';
import { approvalTerms, readUse, type ReadUse, useCard, usesShape } from './inbox-use.js';
import { notFound } from './naming.js';
import { addGrant, grantOn } from './owner-grants.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { isOwnersEntry, readSignedEntry } from './signed-entry.js';
import { findOwned, type OwnedToken, tokenNames } from './token-reader.js';

/** A request that its token signed, with what stands sealed in it. */
type ReadRequest = ReadAccess | ReadUseRequest;

interface ReadAccess {
  readonly row: RequestRow;
  readonly token: string;
  readonly asked: AccessRequest;
  readonly shape: AccessRequestShape;
}

interface ReadUseRequest {
  readonly row: RequestRow;
  readonly token: string;
  readonly use: ReadUse;
  readonly shape: UseRequestShape;
}

/** How many requests wait for a decision. */
export async function countOpenRequests({ handle, now }: { handle: Handle; now: number }): Promise<number> {
  return (await allRequests(handle)).filter((row) => isOpen(row, now)).length;
}

function isOpen(row: RequestRow, now: number): boolean {
  return row.decidedSeq === null && now < row.at + requestLivesMs(row);
}

/** Requests, newest first. One that no token of this safe signed is none. */
export async function listRequests(
  core: OwnerCore,
  { all }: { readonly all: boolean },
): Promise<readonly InboxRequestShape[]> {
  return core.read(async (ground) => {
    const read = [];
    for (const said of (await allRequests(ground.handle)).toReversed()) {
      const row = await decidedByOwner(ground, said);
      if (all || isOpen(row, ground.now)) read.push(await readRequest(core, ground, row));
    }
    return read.flatMap((request) => (request === null ? [] : [request.shape]));
  });
}

/** The request without a decision that somebody else made. */
async function decidedByOwner(ground: OwnerGround, row: RequestRow): Promise<RequestRow> {
  if (row.decidedSeq === null || (await isOwnersEntry(ground, row.decidedSeq))) return row;
  return { ...row, decidedSeq: null };
}

async function readRequest(core: OwnerCore, ground: OwnerGround, row: RequestRow): Promise<ReadRequest | null> {
  const { token, id } = row;
  const entry = await readSignedEntry(ground, row.seq);
  if (token === null || entry?.row.actor !== token || !isRequestEntry(entry.row)) return null;
  if (!entry.changes.some(({ kind, subject }) => kind === 'request' && subject === id)) return null;
  const opened = await new EntryReader(core).open(ground, entry.row);
  const verdict = row.decidedSeq === null ? null : await readVerdict(core, ground, row);
  const said = { row, token, verdict, opened, name: (await tokenNames(core, ground)).get(token) ?? token };
  const shape = anyShape(ground, said);
  if (!row.isUse) {
    const { asked } = opened.payload;
    if (asked === null) return null;
    const grant = verdict?.grant == null ? {} : { grant_id: verdict.grant };
    return { row, token, asked, shape: { ...shape, kind: 'access', asked: askedShape(asked), ...grant } };
  }
  const use = await readUse(core, ground, opened);
  if (use === null) return null;
  const uses = await usesShape(ground, id, verdict);
  return { row, token, use, shape: { ...shape, kind: 'use', use: use.shape, ...uses } };
}

/** Granted, it asks for access; refused for that reason, it asks that it is approved. */
function isRequestEntry({ action, outcome, code }: { action: string; outcome: string; code: string | null }): boolean {
  return code === 'approval_required' || (action === 'access.request' && outcome === 'granted');
}

function anyShape(
  ground: OwnerGround,
  of: { row: RequestRow; token: string; name: string; verdict: Verdict | null; opened: OpenedEntry },
): Omit<AccessRequestShape, 'kind' | 'asked'> {
  const { row, token, name, verdict, opened } = of;
  return {
    ...{ id: row.id, state: stateOf(row, verdict, ground.now), seq: row.seq },
    at: isoTime(row.at),
    expires_at: isoTime(row.at + requestLivesMs(row)),
    token: { id: token, name },
    reason: opened.payload.reason,
    client: opened.session.client,
    transport: opened.session.transport,
    ...verdictShape(verdict),
  };
}

function stateOf(row: RequestRow, verdict: Verdict | null, now: number): RequestState {
  if (verdict !== null) return verdict.state;
  return isOpen(row, now) ? 'pending' : 'expired';
}

function verdictShape(
  verdict: Pick<Verdict, 'at' | 'because'> | null,
): Pick<InboxRequestShape, 'decided_at' | 'because'> {
  if (verdict === null) return {};
  const { at, because } = verdict;
  return { decided_at: isoTime(at), ...(because === '' ? {} : { because }) };
}

/** A request with what helps to decide about it. */
export async function showRequest(core: OwnerCore, id: string): Promise<InboxCardShape> {
  return core.read(async (ground) => {
    const request = await requireRequest(core, ground, id);
    if (!('asked' in request)) return { ...request.shape, ...(await useCard(core, ground, request.token)) };
    const token = await ownedOrNull(core, ground, request.token);
    return { ...request.shape, ...(await accessCard(core, ground, { asked: request.asked, token })) };
  });
}

async function requireRequest(core: OwnerCore, ground: OwnerGround, id: string): Promise<ReadRequest> {
  const row = await findRequest(ground.handle, id.trim().toLowerCase());
  const request = row && (await readRequest(core, ground, await decidedByOwner(ground, row)));
  if (request !== null) return request;
  const ids = (await allRequests(ground.handle)).map((known) => known.id);
  throw new Refusal('not_found', { ...notFound('request', id, ids).facts, next: 'vouchsafe inbox list' });
}

async function ownedOrNull(core: OwnerCore, ground: OwnerGround, id: string): Promise<OwnedToken | null> {
  try {
    return await findOwned(core, ground, { by: 'id', text: id });
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return null;
    throw error;
  }
}

/** A request that can still be decided, and its token. */
async function requirePending(
  core: OwnerCore,
  work: OwnerWork,
  id: string,
): Promise<{ request: ReadRequest; token: OwnedToken }> {
  const request = await requireRequest(core, work, id);
  const { state } = request.shape;
  if (state !== 'pending')
    throw new Refusal('conflict', {
      message: `The request is ${state}.`,
      next: request.row.isUse
        ? 'The agent can send its call again, which makes a new request.'
        : 'To give access all the same: vouchsafe grant TOKEN VAULT[/ITEM]',
    });
  const token = await ownedOrNull(core, work, request.token);
  if (token !== null) return { request, token };
  throw new Refusal('not_found', { message: 'The token of the request has ended.', next: 'vouchsafe inbox list' });
}

/** Grants what was asked for, or what the owner gives in its place; or approves the use that was asked for. */
export async function approveRequest(
  core: OwnerCore,
  id: string,
  approval: Approval,
): Promise<{ request: InboxRequestShape; grant?: GrantShape }> {
  const because = wordsOf(approval.because);
  return core.act('approval.decide', async (work) => {
    const pending = await requirePending(core, work, id);
    if ('asked' in pending.request)
      return approveAccess(core, work, { ...pending, request: pending.request, approval, because });
    return { request: await approveUse(core, work, { ...pending, request: pending.request, approval, because }) };
  });
}

interface Approving<R> {
  readonly request: R;
  readonly token: OwnedToken;
  readonly approval: Approval;
  readonly because: string;
}

async function approveAccess(
  core: OwnerCore,
  work: OwnerWork,
  { request, token, approval, because }: Approving<ReadAccess>,
): Promise<{ request: AccessRequestShape; grant: GrantShape }> {
  if (approval.for !== undefined || approval.uses !== undefined)
    throw new Refusal('invalid_request', {
      message: 'This request is for access: --for and --uses are of uses.',
      next: 'Give --expiration and --max-uses in their place.',
    });
  const limits = parseLimits(approval.limits ?? {});
  const { asked } = request;
  const { vault, item } = await placeOf(core, work, { asked, approval });
  const terms = { ...termsOf(work, asked, { approval, limits }), vault: vault.id, item: item?.id ?? null };
  const after = await addGrant(core, work, { token, grant: terms });
  const grant = grantOn(after, terms);
  await decide(core, work, { request: request.row, token: after, verdict: 'approved', because, grant: grant.id });
  const place = { vault: vault.id, vaultName: vault.name, item: terms.item };
  Object.assign(work.draft, { ...place, itemTitle: item?.overview.title ?? null });
  noteDecision(work, request, `approved, ${terms.role}`);
  const shape = await shapeOfGrant(core, work, { token: after, grant });
  return {
    request: { ...decided(work, request.shape, { state: 'approved', because }), grant_id: grant.id },
    grant: shape,
  };
}

async function approveUse(
  core: OwnerCore,
  work: OwnerWork,
  { request, token, approval, because }: Approving<ReadUseRequest>,
): Promise<UseRequestShape> {
  const { uses, until } = approvalTerms(approval, work.now);
  const { hash, shape } = request.use;
  await decideUse(core, work, { request: request.row, token, verdict: 'approved', because, use: hash, uses, until });
  noteUse(work, shape);
  noteDecision(work, request, `approved, ${String(uses)} × until ${isoTime(until)}`);
  const granted = { uses, used: 0, until: isoTime(until) };
  return { ...decided(work, request.shape, { state: 'approved', because }), ...granted };
}

/** The entry of the decision names what it is about. */
function noteUse(work: OwnerWork, { vault, item }: UseRequestShape['use']): void {
  const place = { vault: vault?.id ?? null, vaultName: vault?.name ?? null };
  Object.assign(work.draft, { ...place, item: item?.id ?? null, itemTitle: item?.title ?? null });
}

function wordsOf(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : checkName('words for the agent', text);
}

/** Refuses a request; the agent is told why, in the owner's words. */
export async function denyRequest(core: OwnerCore, id: string, words: string): Promise<InboxRequestShape> {
  const because = checkName('words for the agent', words);
  return core.act('approval.decide', async (work) => {
    const { request, token } = await requirePending(core, work, id);
    const denial = { request: request.row, token, verdict: 'denied', because } as const;
    if ('asked' in request) await decide(core, work, { ...denial, grant: null });
    else {
      await decideUse(core, work, { ...denial, use: request.use.hash, uses: 0, until: work.now });
      noteUse(work, request.use.shape);
    }
    noteDecision(work, request, 'denied');
    return decided(work, request.shape, { state: 'denied', because });
  });
}

function noteDecision(work: OwnerWork, { row, shape }: ReadRequest, verdict: string): void {
  const seconds = Math.round((work.now - row.at) / 1000);
  work.draft.detail = `request ${row.id} of token ${shape.token.id} “${shape.token.name}”: ${verdict}, after ${String(seconds)} s`;
}

function decided<S extends InboxRequestShape>(
  work: OwnerWork,
  shape: S,
  verdict: { state: Verdict['state']; because: string },
): S {
  return { ...shape, state: verdict.state, ...verdictShape({ at: work.now, because: verdict.because }) };
}
