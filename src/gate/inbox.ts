/** The inbox: what agents ask for, read from their own signed entries, and what the owner decides, signed in the state. */
import { isoTime } from '../core/expiry.js';
import { type Limits, parseLimits } from '../core/limits.js';
import { type AccessRequest, REQUEST_LIVES_MS, type RequestState } from '../core/request.js';
import { checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { GrantShape, InboxCardShape, InboxRequestShape } from '../core/shapes.js';
import type { Handle } from '../store/database.js';
import { allRequests, findRequest, type RequestRow } from '../store/requests.js';
import { decide, readVerdict, type Verdict } from './decision.js';
import type { Approval, Reference } from './door.js';
import { EntryReader } from './entry-reader.js';
import { shapeOfGrant, shapesOfGrants } from './grant-shape.js';
import { findItem, findVault, type NamedVault, notFound } from './naming.js';
import { addGrant, grantOn, type GrantTerms, purposeOf, roleOf } from './owner-grants.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { isOwnersEntry, readSignedEntry } from './signed-entry.js';
import type { ShelvedItem } from './shelf.js';
import { expiryOf } from './settings.js';
import { findOwned, type OwnedToken, tokenNames } from './token-reader.js';
import { vaultOf } from './verified-state.js';

/** A request that its token signed, with what stands sealed in it. */
interface ReadRequest {
  readonly row: RequestRow;
  readonly token: string;
  readonly asked: AccessRequest;
  readonly shape: InboxRequestShape;
}

/** How many requests wait for a decision. */
export async function countOpenRequests({ handle, now }: { handle: Handle; now: number }): Promise<number> {
  return (await allRequests(handle)).filter((row) => isOpen(row, now)).length;
}

function isOpen({ decidedSeq, at }: RequestRow, now: number): boolean {
  return decidedSeq === null && now < at + REQUEST_LIVES_MS;
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
  const { token, id, at } = row;
  const entry = await readSignedEntry(ground, row.seq);
  const isIts = entry?.row.action === 'access.request' && entry.row.outcome === 'granted' && entry.row.actor === token;
  if (!isIts || token === null || !entry.changes.some(({ kind, subject }) => kind === 'request' && subject === id))
    return null;
  const { payload, session } = await new EntryReader(core).open(ground, entry.row);
  const { asked } = payload;
  if (asked === null) return null;
  const verdict = row.decidedSeq === null ? null : await readVerdict(core, ground, row);
  const name = (await tokenNames(core, ground)).get(token) ?? token;
  const shape: InboxRequestShape = {
    ...{ id, kind: 'access', state: stateOf(row, verdict, ground.now), seq: row.seq },
    at: isoTime(at),
    expires_at: isoTime(at + REQUEST_LIVES_MS),
    token: { id: token, name },
    reason: payload.reason,
    asked: askedShape(asked),
    client: session.client,
    transport: session.transport,
    ...verdictShape(verdict),
  };
  return { row, token, asked, shape };
}

function stateOf(row: RequestRow, verdict: Verdict | null, now: number): RequestState {
  if (verdict !== null) return verdict.state;
  return isOpen(row, now) ? 'pending' : 'expired';
}

function askedShape({ vault, item, role, expiration, maxUses }: AccessRequest): InboxRequestShape['asked'] {
  return {
    ...(vault === undefined ? {} : { vault }),
    ...(item === undefined ? {} : { item }),
    role,
    ...(expiration === undefined ? {} : { expiration }),
    ...(maxUses === undefined ? {} : { max_uses: maxUses }),
  };
}

function verdictShape(verdict: Verdict | null): Pick<InboxRequestShape, 'decided_at' | 'because' | 'grant_id'> {
  if (verdict === null) return {};
  const { at, because, grant } = verdict;
  return {
    decided_at: isoTime(at),
    ...(because === '' ? {} : { because }),
    ...(grant === null ? {} : { grant_id: grant }),
  };
}

/** A request with what its words mean now. */
export async function showRequest(core: OwnerCore, id: string): Promise<InboxCardShape> {
  return core.read(async (ground) => {
    const request = await requireRequest(core, ground, id);
    const { vault, item } = await meaningOf(core, ground, { request, approval: {} });
    const token = await ownedOrNull(core, ground, request.token);
    const replaced =
      vault === null || token === null
        ? undefined
        : token.grants.find(({ document }) => document.vault === vault.id && document.item === (item?.id ?? null));
    return {
      ...request.shape,
      means: {
        vault: vault === null ? null : { id: vault.id, name: vault.name },
        item: item === null ? null : { id: item.id, title: item.overview.title },
      },
      ...(replaced === undefined || token === null
        ? {}
        : { replaces: await shapeOfGrant(core, ground, { token, grant: replaced }) }),
      access: token === null ? [] : await shapesOfGrants(core, ground, token),
    };
  });
}

async function requireRequest(core: OwnerCore, ground: OwnerGround, id: string): Promise<ReadRequest> {
  const row = await findRequest(ground.handle, id.trim().toLowerCase());
  const request = row && (await readRequest(core, ground, await decidedByOwner(ground, row)));
  if (request !== null) return request;
  const ids = (await allRequests(ground.handle)).map((known) => known.id);
  throw new Refusal('not_found', { ...notFound('request', id, ids).facts, next: 'vouchsafe inbox list' });
}

/** What a request's words mean, or what the owner says in their place; null for what is not found. */
async function meaningOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { request: ReadRequest; approval: Approval },
): Promise<{ vault: NamedVault | null; item: ShelvedItem | null }> {
  try {
    return await placeOf(core, ground, of);
  } catch (error) {
    if (error instanceof Refusal) return { vault: null, item: null };
    throw error;
  }
}

async function placeOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { request: ReadRequest; approval: Approval },
): Promise<{ vault: NamedVault; item: ShelvedItem | null }> {
  const { asked } = of.request;
  const said = (text: string | undefined): Reference | undefined =>
    text === undefined ? undefined : { by: 'any', text };
  const vaultReference = of.approval.vault ?? said(asked.vault);
  const itemReference = of.approval.item ?? said(asked.item);
  const vault = vaultReference === undefined ? null : await findVault(core, ground, vaultReference);
  if (itemReference === undefined) {
    if (vault !== null) return { vault, item: null };
    throw new Refusal('invalid_request', { message: 'It is not said where.', next: 'Add --vault or --item.' });
  }
  const where = vault === null ? {} : { vault: { by: 'id' as const, text: vault.id } };
  const item = await findItem(core, ground, { reference: { ...where, item: itemReference }, place: 'kept' });
  return { vault: vault ?? (await findVault(core, ground, { by: 'id', text: vaultOf(item.id) })), item };
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
      next: 'To give access all the same: vouchsafe grant TOKEN VAULT[/ITEM]',
    });
  const token = await ownedOrNull(core, work, request.token);
  if (token !== null) return { request, token };
  throw new Refusal('not_found', { message: 'The token of the request has ended.', next: 'vouchsafe inbox list' });
}

/** Grants what was asked for, or what the owner gives in its place, and tells the token so. */
export async function approveRequest(
  core: OwnerCore,
  id: string,
  approval: Approval,
): Promise<{ request: InboxRequestShape; grant: GrantShape }> {
  const limits = parseLimits(approval.limits ?? {});
  const because = wordsOf(approval.because);
  return core.act('approval.decide', async (work) => {
    const { request, token } = await requirePending(core, work, id);
    const { vault, item } = await placeOf(core, work, { request, approval });
    const terms = { ...termsOf(work, request, { approval, limits }), vault: vault.id, item: item?.id ?? null };
    const after = await addGrant(core, work, { token, grant: terms });
    const grant = grantOn(after, terms);
    await decide(core, work, { request: request.row, token: after, verdict: 'approved', because, grant: grant.id });
    const place = { vault: vault.id, vaultName: vault.name, item: terms.item };
    Object.assign(work.draft, { ...place, itemTitle: item?.overview.title ?? null });
    noteDecision(work, request, `approved, ${terms.role}`);
    const shape = await shapeOfGrant(core, work, { token: after, grant });
    return { request: decidedShape(work, request, { state: 'approved', because, grant: grant.id }), grant: shape };
  });
}

function termsOf(
  work: OwnerWork,
  { asked }: ReadRequest,
  of: { approval: Approval; limits: Limits },
): Omit<GrantTerms, 'vault' | 'item'> {
  const { approval, limits } = of;
  const expiration = approval.expiration ?? asked.expiration;
  return {
    role: roleOf(approval.role ?? asked.role),
    notAfter: expiration === undefined ? null : expiryOf(work, expiration),
    limits: { ...limits, maxUses: limits.maxUses ?? asked.maxUses ?? null },
    purpose: purposeOf(approval.purpose),
  };
}

function wordsOf(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : checkName('words for the agent', text);
}

/** Refuses a request; the agent is told why, in the owner's words. */
export async function denyRequest(core: OwnerCore, id: string, words: string): Promise<InboxRequestShape> {
  const because = checkName('words for the agent', words);
  return core.act('approval.decide', async (work) => {
    const { request, token } = await requirePending(core, work, id);
    await decide(core, work, { request: request.row, token, verdict: 'denied', because, grant: null });
    noteDecision(work, request, 'denied');
    return decidedShape(work, request, { state: 'denied', because, grant: null });
  });
}

function noteDecision(work: OwnerWork, { row, shape }: ReadRequest, verdict: string): void {
  const seconds = Math.round((work.now - row.at) / 1000);
  work.draft.detail = `request ${row.id} of token ${shape.token.id} “${shape.token.name}”: ${verdict}, after ${String(seconds)} s`;
}

function decidedShape(work: OwnerWork, { shape }: ReadRequest, verdict: Omit<Verdict, 'at'>): InboxRequestShape {
  return { ...shape, state: verdict.state, ...verdictShape({ ...verdict, at: work.now }) };
}
