/** Reading the log, entry by entry, and what proves it. */
import { Refusal } from '../core/refusal.js';
import type { EntryShape, Receipt } from '../core/shapes.js';
import { integrityFailure, toHex } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord, firstLink, linkOf } from '../crypto/chain.js';
import { certificate as certificateRecord } from '../crypto/certificates.js';
import { isOwners, ownerKeyAt } from '../crypto/owner-signing.js';
import { changesOf, type EntryRow, readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { entriesOf, findEntries } from '../store/entry-search.js';
import { itemIds } from '../store/items.js';
import { insertCheckpoint } from '../store/log.js';
import { readCertificates } from '../store/tokens.js';
import { writeAnchors } from './anchors.js';
import { keptLink, readStub } from './archive-stub.js';
import { EntryReader } from './entry-reader.js';
import type { EntryDetail, LogQuery, Page, Progress, Verification } from './log-door.js';
import { LogFault } from './log-fault.js';
import { askedText } from '../core/request.js';
import { purposeOfGrant } from './token-reader.js';
import { toolOf } from '../tools/catalogue.js';
import { compile, type LogAsk, readCursor } from './log-query.js';
import { searchNewest } from './log-search.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { isSignedEntry, isWholeEntry } from './recorder.js';
import type { VerifiedState } from './verified-state.js';
import { verify } from './verify.js';

/** Entries of the log, newest first. */
export async function listEntries(core: OwnerCore, query: LogQuery, progress: Progress): Promise<Page<EntryShape>> {
  const before = readCursor(query.cursor);
  return core.read(async (ground) => {
    const ask = await compile(core, ground, query);
    const { filter } = ask;
    const last = before === null ? filter.last : Math.min(filter.last, before - 1);
    const page = { ask: { ...ask, filter: { ...filter, last } }, limit: query.limit + 1, progress };
    const rows = await newestRows(core, ground, page);
    const shown = rows.slice(0, query.limit);
    const data = await new EntryReader(core).shapes(ground, shown);
    return { data, nextCursor: rows.length > query.limit ? String(shown.at(-1)?.seq ?? '') : null };
  });
}

/** The newest entries that match, newest first. */
export async function newestRows(
  core: OwnerCore,
  ground: OwnerGround,
  of: { ask: LogAsk; limit: number; progress: Progress },
): Promise<readonly EntryRow[]> {
  const { ask, limit, progress } = of;
  if (ask.sealed.length === 0) return findEntries(ground.handle, ask.filter, { order: 'newest', limit });
  const seqs = await searchNewest(core, ground, { ask, limit, progress });
  return entriesOf(ground.handle, seqs, 'newest');
}

export async function showEntry(core: OwnerCore, seq: number, hash: string | undefined): Promise<EntryDetail> {
  return core.read(async (ground) => {
    const row = await readEntry(ground.handle, seq);
    if (row === null && hash !== undefined && seq > ground.state.last.seq)
      throw integrityFailure('the log is shorter than the receipt');
    if (row === null) throw await missing(core, ground, seq);
    if (hash !== undefined && !toHex(row.hash).startsWith(hash.toLowerCase()))
      throw integrityFailure(`entry ${String(seq)} has another hash than the receipt`);
    return detailOf(core, ground, row);
  });
}

async function missing(core: OwnerCore, { handle, state }: OwnerGround, seq: number): Promise<Refusal> {
  const stub = await readStub(handle, core.safe.id, state.value);
  const isGone = stub !== null && seq <= stub.base.seq;
  return new Refusal('not_found', {
    message: isGone ? 'That entry was archived.' : 'The log has no such entry.',
    next: isGone ? 'To read it here again: vouchsafe audit import-archive FILE' : 'vouchsafe audit list',
  });
}

async function detailOf(core: OwnerCore, ground: OwnerGround, row: EntryRow): Promise<EntryDetail> {
  const reader = new EntryReader(core);
  const neighbours = [await readEntry(ground.handle, row.seq - 1), await readEntry(ground.handle, row.seq + 1)];
  const shapes = await reader.shapes(ground, [row, ...neighbours.filter((one) => one !== null)]);
  const [entry, ...around] = shapes;
  if (entry === undefined) throw integrityFailure('an entry did not open');
  const { payload, session } = await reader.open(ground, row);
  const changes = await changesOf(ground.handle, row.seq);
  return {
    entry,
    tool: payload.tool ?? (row.actorKind === 'owner' ? null : toolOf(row.action)),
    requestId: payload.request,
    address: session.address,
    exchange: payload.exchange,
    detail: payload.detail,
    asked: payload.asked === null ? null : askedText(payload.asked),
    purpose: row.grant === null ? null : await purposeOfGrant(core, ground, row.grant),
    suppressed: row.suppressed,
    stateVersion: row.stateVersion,
    changes: changes.map(({ kind, subject, revision, hash, before }) => ({
      ...{ kind, id: subject, revision },
      ...{ hash: hash && toHex(hash), before: before && toHex(before) },
    })),
    proof: await proofOf(core, ground, row),
    neighbours: around,
  };
}

async function proofOf(core: OwnerCore, ground: OwnerGround, row: EntryRow): Promise<EntryDetail['proof']> {
  const prev = await linkBefore(core, ground, row);
  const isWhole = isWholeEntry(core.safe.id, row, { changes: await changesOf(ground.handle, row.seq), prev });
  const key = await keyOf(core, ground, row);
  const isSigned =
    row.actorKind === 'none' ? row.signature === null : key !== null && isSignedEntry(core.safe.id, row, key);
  return {
    prev: toHex(prev),
    hash: toHex(row.hash),
    signature: row.signature && toHex(row.signature),
    verified: isWhole && isSigned,
  };
}

/** What the row before says, or of an entry that outlived an archive, what its stub says. Empty where neither does. */
async function linkBefore(core: OwnerCore, { handle, state }: OwnerGround, row: EntryRow): Promise<Uint8Array> {
  if (row.seq === 1) return firstLink(core.safe.id);
  const before = await readEntry(handle, row.seq - 1);
  if (before !== null) return linkOf(before.hash, before.signature);
  const stub = await readStub(handle, core.safe.id, state.value);
  const isFirst = stub?.base.seq === row.seq - 1;
  return (isFirst ? stub.base.link : keptLink(stub, row)) ?? new Uint8Array(0);
}

async function keyOf(core: OwnerCore, ground: OwnerGround, row: EntryRow): Promise<Uint8Array | null> {
  if (row.actorKind === 'owner') return ownerKeyAt(ground.state.value, row.seq);
  for (const stored of await readCertificates(ground.handle)) {
    if (!isOwners(ground.state.value, stored.signed, stored.signature)) continue;
    const { token, epoch, signingKey } = certificateRecord.decode(core.safe.id, stored.signed);
    if (token === row.actor && epoch === row.actorEpoch) return signingKey;
  }
  return null;
}

/** Verifies the log, and then that everything which is current opens with the owner's keys. */
export async function verifyLog(
  core: OwnerCore,
  options: { full: boolean; progress: Progress },
): Promise<Verification> {
  const openAll = async (handle: Handle, state: VerifiedState): Promise<void> => {
    const ground = core.groundOn(handle, state);
    for (const { id } of state.value.vaults) await openVault(core, ground, id);
  };
  return verify(core.safe, core.keys.signing.publicKey, { ...options, open: openAll });
}

async function openVault(core: OwnerCore, ground: OwnerGround, vault: string): Promise<void> {
  try {
    await core.shelf.name(ground, vault);
    for (const id of await itemIds(ground.handle, vault)) {
      const item = await core.shelf.item(ground, id);
      if (item !== null) await core.shelf.content(ground, item);
    }
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity')
      throw new LogFault(null, `something in vault ${vault} does not open: ${error.facts.detail ?? error.message}`);
    throw error;
  }
}

/** Signs a checkpoint over the entry that the command under way leaves; the caller has verified up to here. */
export function signCheckpoint(core: OwnerCore, work: OwnerWork): { failures: () => readonly string[] } {
  let failures: readonly string[] = [];
  // named in the entry, so that verification misses a checkpoint that was taken away
  work.decisions.note({ kind: 'checkpoint', id: core.safe.id, revision: 0, hash: null, before: null });
  work.afterEntry.push(async (row) => {
    const signed = checkpointRecord.encode(core.safe.id, { seq: row.seq, hash: row.hash, at: work.now });
    const signature = core.sign(signed);
    await insertCheckpoint(work.handle, { seq: row.seq, signed, signature });
    // an anchor that names an entry which was not committed would keep the safe shut
    work.afterCommit.push(() => (failures = writeAnchors(core.safe, work.state, { signed, signature })));
  });
  return { failures: () => failures };
}

/** Refuses (`integrity`) a log that does not verify. */
export async function requireVerified(core: OwnerCore): Promise<Verification> {
  const verification = await verify(core.safe, core.keys.signing.publicKey, { full: false, progress: () => undefined });
  const { fault } = verification;
  if (fault === null) return verification;
  const where = fault.seq === null ? '' : ` at entry ${String(fault.seq)}`;
  throw new Refusal('integrity', {
    message: `The safe does not verify${where}: ${fault.message}.`,
    next: 'vouchsafe audit verify --full',
  });
}

export async function makeCheckpoint(core: OwnerCore): Promise<Receipt> {
  await requireVerified(core);
  const { result, receipt } = await core.actWithReceipt('audit.checkpoint', async (work) =>
    Promise.resolve(signCheckpoint(core, work)),
  );
  for (const failure of result.failures()) process.stderr.write(`vouchsafe: ${failure}\n`);
  return receipt;
}
