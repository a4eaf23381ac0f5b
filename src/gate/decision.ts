/** Decisions about requests: signed by being listed in a token's leaf, told to the token and the owner alone. */
import { REQUEST_LIVES_MS } from '../core/request.js';
import { randomBytes, sameBytes, sha256 } from '../crypto/bytes.js';
import { decision as decisionRecord, decisionPrivate } from '../crypto/decision.js';
import { contexts } from '../crypto/keys.js';
import { openSealed, sealTo } from '../crypto/sealed-box.js';
import type { Handle } from '../store/database.js';
import { deleteDocument, putDocument, readDocument } from '../store/documents.js';
import { changesOf } from '../store/audit.js';
import type { RequestRow } from '../store/requests.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { listLeaf } from './token-issue.js';
import type { OwnedToken } from './token-reader.js';

/** What the owner decided. `grant` is what came of it, `because` may be empty. */
export interface Verdict {
  readonly state: 'approved' | 'denied';
  readonly at: number;
  readonly because: string;
  readonly grant: string | null;
}

/** Decides a request under the lock: the decision is named in the entry and listed in the token's leaf. */
export async function decide(
  core: OwnerCore,
  work: OwnerWork,
  of: {
    request: RequestRow;
    token: OwnedToken;
    verdict: Verdict['state'];
    because: string;
    grant: string | null;
  },
): Promise<void> {
  const { request, token, verdict, because, grant } = of;
  const safeId = core.safe.id;
  const secret = decisionPrivate.encode(safeId, { random: randomBytes(32), because, grant });
  const signed = decisionRecord.encode(safeId, {
    ...{ request: request.id, token: token.id, verdict, at: work.now },
    privateHash: sha256(secret),
    extensions: [],
  });
  const hash = sha256(signed);
  const context = contexts.decisionPrivate(safeId, request.id);
  await putDocument(work.handle, {
    ...{ hash, kind: 'decision', holder: token.id, signed },
    tokenPrivate: sealTo(token.certificate.agreementKey, context, secret),
    ownerPrivate: sealTo(core.keys.agreement.publicKey, context, secret),
  });
  work.decisions.note({ kind: 'request', id: request.id, revision: 2, hash, before: null });
  const approvals = [...(await keptDecisions(core, work, token)), hash];
  await listLeaf(core, work, { ...token.leaf, approvals });
}

/** Decisions that are still worth telling; those of requests that would have ended long ago are erased. */
async function keptDecisions(core: OwnerCore, work: OwnerWork, token: OwnedToken): Promise<readonly Uint8Array[]> {
  const kept: Uint8Array[] = [];
  for (const hash of token.leaf.approvals) {
    const said = await readSigned(core, work.handle, hash);
    if (said !== null && said.at + 2 * REQUEST_LIVES_MS > work.now) kept.push(hash);
    else await deleteDocument(work.handle, hash);
  }
  return kept;
}

async function readSigned(core: OwnerCore, handle: Handle, hash: Uint8Array) {
  const row = await readDocument(handle, 'decision', hash);
  return row === null || !sameBytes(sha256(row.signed), hash) ? null : decisionRecord.decode(core.safe.id, row.signed);
}

/** What was decided about a request, by the entry of the decision; null where its document is gone. */
export async function readVerdict(
  core: OwnerCore,
  { handle }: OwnerGround,
  request: RequestRow,
): Promise<Verdict | null> {
  const changes = request.decidedSeq === null ? [] : await changesOf(handle, request.decidedSeq);
  const change = changes.find(({ kind, subject }) => kind === 'request' && subject === request.id);
  const row = change?.hash == null ? null : await readDocument(handle, 'decision', change.hash);
  if (row === null || !sameBytes(sha256(row.signed), row.hash)) return null;
  const { verdict, at, privateHash } = decisionRecord.decode(core.safe.id, row.signed);
  const opened = openSealed(core.keys.agreement, contexts.decisionPrivate(core.safe.id, request.id), row.ownerPrivate);
  if (!sameBytes(sha256(opened), privateHash)) return null;
  const { because, grant } = decisionPrivate.decode(core.safe.id, opened);
  return { state: verdict === 'approved' ? 'approved' : 'denied', at, because, grant };
}

/** Seals a token's decisions to its new keys, when it is renewed. */
export async function resealDecisions(
  core: OwnerCore,
  work: OwnerWork,
  of: { approvals: readonly Uint8Array[]; agreementKey: Uint8Array },
): Promise<readonly Uint8Array[]> {
  const sealed: Uint8Array[] = [];
  for (const hash of of.approvals) {
    const row = await readDocument(work.handle, 'decision', hash);
    const said = await readSigned(core, work.handle, hash);
    if (row === null || said === null) continue;
    const context = contexts.decisionPrivate(core.safe.id, said.request);
    const secret = openSealed(core.keys.agreement, context, row.ownerPrivate);
    await putDocument(work.handle, { ...row, tokenPrivate: sealTo(of.agreementKey, context, secret) });
    sealed.push(hash);
  }
  return sealed;
}
