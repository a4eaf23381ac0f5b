/** Decisions about requests: signed by being listed in a token's leaf, told to the token and the owner alone. */
import { REQUEST_LIVES_MS } from '../core/request.js';
import { randomBytes, sameBytes, sha256 } from '../crypto/bytes.js';
import { type Decision, decision as decisionRecord, decisionPrivate, usePrivate } from '../crypto/decision.js';
import { contexts } from '../crypto/keys.js';
import { sealTo } from '../crypto/sealed-box.js';
import type { Handle } from '../store/database.js';
import { deleteDocument, type DocumentRow, putDocument, readDocument } from '../store/documents.js';
import { changesOf } from '../store/audit.js';
import type { RequestRow } from '../store/requests.js';
import { isOfUse, OF_USE } from './consent.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { listLeaf } from './token-issue.js';
import type { OwnedToken } from './token-reader.js';

/** What the owner decided. `because` may be empty. Times in unix ms. */
export interface Verdict {
  readonly state: 'approved' | 'denied';
  readonly at: number;
  readonly because: string;
  /** Of a request for access: what came of it. */
  readonly grant: string | null;
  /** Of an approved use: how often, and until when. */
  readonly use: { readonly uses: number; readonly until: number } | null;
}

/** A decision that is to be made. */
interface Deciding {
  readonly request: RequestRow;
  readonly token: OwnedToken;
  readonly verdict: Verdict['state'];
}

/** Decides a request for access under the lock: the decision is named in the entry and listed in the token's leaf. */
export async function decide(
  core: OwnerCore,
  work: OwnerWork,
  of: Deciding & { because: string; grant: string | null },
): Promise<void> {
  const { because, grant } = of;
  const secret = decisionPrivate.encode(core.safe.id, { random: randomBytes(32), because, grant });
  await list(core, work, { ...of, secret, extensions: [] });
}

/** The same of a request for a use; `use` is the hash of what may be done. */
export async function decideUse(
  core: OwnerCore,
  work: OwnerWork,
  of: Deciding & { because: string; use: Uint8Array; uses: number; until: number },
): Promise<void> {
  const { because, use, uses, until } = of;
  const secret = usePrivate.encode(core.safe.id, { random: randomBytes(32), because, use, uses, until });
  await list(core, work, { ...of, secret, extensions: [OF_USE] });
}

async function list(
  core: OwnerCore,
  work: OwnerWork,
  of: Deciding & { secret: Uint8Array; extensions: Decision['extensions'] },
): Promise<void> {
  const { request, token, verdict, secret, extensions } = of;
  const value = {
    request: request.id,
    token: token.id,
    verdict,
    at: work.now,
    privateHash: sha256(secret),
    extensions,
  };
  const signed = decisionRecord.encode(core.safe.id, value);
  const hash = sha256(signed);
  const context = contextOf(core.safe.id, value);
  await putDocument(work.handle, {
    ...{ hash, kind: 'decision', holder: token.id, signed },
    tokenPrivate: sealTo(token.certificate.agreementKey, context, secret),
    ownerPrivate: sealTo(core.keys.agreement.publicKey, context, secret),
  });
  work.decisions.note({ kind: 'request', id: request.id, revision: 2, hash, before: null });
  const approvals = [...(await keptDecisions(core, work, token)), hash];
  await listLeaf(core, work, { ...token.leaf, approvals });
}

function contextOf(safeId: string, { request, extensions }: Pick<Decision, 'request' | 'extensions'>): Uint8Array {
  return isOfUse(extensions) ? contexts.usePrivate(safeId, request) : contexts.decisionPrivate(safeId, request);
}

/** Decisions that are still worth telling; those of requests that would have ended long ago are erased. */
async function keptDecisions(core: OwnerCore, work: OwnerWork, token: OwnedToken): Promise<readonly Uint8Array[]> {
  const kept: Uint8Array[] = [];
  for (const hash of token.leaf.approvals) {
    const document = await readDecision(core, work.handle, hash);
    if (document !== null && document.said.at + 2 * REQUEST_LIVES_MS > work.now) kept.push(hash);
    else await deleteDocument(work.handle, hash);
  }
  return kept;
}

async function readDecision(
  core: OwnerCore,
  handle: Handle,
  hash: Uint8Array,
): Promise<{ row: DocumentRow; said: Decision } | null> {
  const row = await readDocument(handle, 'decision', hash);
  if (row === null || !sameBytes(sha256(row.signed), hash)) return null;
  return { row, said: decisionRecord.decode(core.safe.id, row.signed) };
}

/** What was decided about a request, by the entry of the decision; null where its document is gone. */
export async function readVerdict(
  core: OwnerCore,
  { handle }: OwnerGround,
  request: RequestRow,
): Promise<Verdict | null> {
  const changes = request.decidedSeq === null ? [] : await changesOf(handle, request.decidedSeq);
  const change = changes.find(({ kind, subject }) => kind === 'request' && subject === request.id);
  const document = change?.hash == null ? null : await readDecision(core, handle, change.hash);
  if (document === null) return null;
  const { row, said } = document;
  const opened = core.openSealed(contextOf(core.safe.id, said), row.ownerPrivate);
  if (!sameBytes(sha256(opened), said.privateHash)) return null;
  const state = said.verdict === 'approved' ? 'approved' : 'denied';
  if (!isOfUse(said.extensions)) {
    const { because, grant } = decisionPrivate.decode(core.safe.id, opened);
    return { state, at: said.at, because, grant, use: null };
  }
  const { because, uses, until } = usePrivate.decode(core.safe.id, opened);
  return { state, at: said.at, because, grant: null, use: state === 'denied' ? null : { uses, until } };
}

/** Seals a token's decisions to its new keys, when it is renewed. */
export async function resealDecisions(
  core: OwnerCore,
  work: OwnerWork,
  of: { approvals: readonly Uint8Array[]; agreementKey: Uint8Array },
): Promise<readonly Uint8Array[]> {
  const sealed: Uint8Array[] = [];
  for (const hash of of.approvals) {
    const document = await readDecision(core, work.handle, hash);
    if (document === null) continue;
    const context = contextOf(core.safe.id, document.said);
    const secret = core.openSealed(context, document.row.ownerPrivate);
    await putDocument(work.handle, { ...document.row, tokenPrivate: sealTo(of.agreementKey, context, secret) });
    sealed.push(hash);
  }
  return sealed;
}
