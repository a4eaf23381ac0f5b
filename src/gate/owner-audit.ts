import { parseSince, parseUntil } from '../core/expiry.js';
import { actionsOf, parseQuery, type QueryTerm } from '../core/query.js';
import { Refusal } from '../core/refusal.js';
import type { EntryShape, Receipt } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { integrityFailure, sameBytes, toHex } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord, entryHash, firstLink, linkOf } from '../crypto/chain.js';
import { changesOf, type EntryCondition, type EntryRow, findEntries, itemsInLog, readEntry } from '../store/audit.js';
import { insertCheckpoint } from '../store/log.js';
import { writeAnchors } from './anchors.js';
import type { AuditQuery, EntryDetail, Page, Progress, Verification } from './door.js';
import { EntryReader } from './entry-reader.js';
import { allVaults, notFound } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { entryOf, isSignedEntry } from './recorder.js';
import { tokenNames } from './token-reader.js';
import { LogFault } from './log-fault.js';
import type { Handle } from '../store/database.js';
import { itemIds } from '../store/items.js';
import type { VerifiedState } from './verified-state.js';
import { verify } from './verify.js';
import { readCertificates } from '../store/tokens.js';
import { certificate as certificateRecord } from '../crypto/certificates.js';
import { isSignedBy } from '../crypto/key-pair.js';

/** Entries of the log, newest first. */
export async function listEntries(core: OwnerCore, query: AuditQuery): Promise<Page<EntryShape>> {
  const terms = parseQuery(query.query);
  return core.read(async (ground) => {
    const conditions: EntryCondition[] = [];
    for (const term of terms) conditions.push(await conditionOf(core, ground, term));
    const rows = await findEntries(ground.handle, { conditions, ...boundsOf(query, ground.now) }, query.limit + 1);
    const shown = rows.slice(0, query.limit);
    const data = await new EntryReader(core).shapes(ground, shown);
    return { data, nextCursor: rows.length > query.limit ? String(shown.at(-1)?.seq ?? '') : null };
  });
}

function boundsOf(
  { cursor, since, until }: AuditQuery,
  now: number,
): { before?: number; since?: number; until?: number } {
  if (cursor !== undefined && !/^[1-9][0-9]{0,14}$/.test(cursor))
    throw new Refusal('invalid_request', {
      message: 'The cursor is not one of the log.',
      next: 'Leave --cursor out to start over.',
    });
  return {
    ...(cursor === undefined ? {} : { before: Number(cursor) }),
    ...(since === undefined ? {} : { since: parseSince(since, now) }),
    ...(until === undefined ? {} : { until: parseUntil(until, now) }),
  };
}

async function conditionOf(core: OwnerCore, ground: OwnerGround, term: QueryTerm): Promise<EntryCondition> {
  const { qualifier, not: isNot, values } = term;
  const resolved: string[] = [];
  for (const value of values) resolved.push(...(await idsOf(core, ground, { qualifier, value })));
  const column = qualifier === 'agent' || qualifier === 'token' ? 'actor' : qualifier;
  return { column, isNot, values: resolved };
}

async function idsOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { qualifier: QueryTerm['qualifier']; value: string },
): Promise<readonly string[]> {
  const { qualifier, value } = of;
  if (qualifier === 'agent' || qualifier === 'token') return tokenIds(core, ground, value);
  if (qualifier === 'vault') return vaultIds(core, ground, value);
  if (qualifier === 'item') return itemIdsByName(core, ground, value);
  return qualifier === 'action' ? actionsOf(value) : [value];
}

async function tokenIds(core: OwnerCore, ground: OwnerGround, value: string): Promise<readonly string[]> {
  const names = [...(await tokenNames(core, ground))];
  const found = names.filter(([id, name]) => id === value.toLowerCase() || foldName(name) === foldName(value));
  if (found.length === 0) throw notFound('token', value, names.flat());
  return found.map(([id]) => id);
}

async function vaultIds(core: OwnerCore, ground: OwnerGround, value: string): Promise<readonly string[]> {
  const vaults = await allVaults(core, ground);
  const found = vaults.filter(({ id, name }) => id === value || foldName(name) === foldName(value));
  if (found.length > 0) return found.map(({ id }) => id);
  if (/^[0-9a-z]{16}$/.test(value)) return [value];
  throw notFound(
    'vault',
    value,
    vaults.map(({ name }) => name),
  );
}

/** Items by id or title; titles of items that are gone are those of their last entry. */
async function itemIdsByName(core: OwnerCore, ground: OwnerGround, value: string): Promise<readonly string[]> {
  if (/^[0-9a-z]{32}$/.test(value)) return [value];
  const found: string[] = [];
  for (const { id } of ground.state.value.vaults)
    found.push(...(await core.shelf.byTitle(ground, id, value)).map((item) => item.id));
  if (found.length > 0) return found;
  const reader = new EntryReader(core);
  const titles = new Map<string, string>();
  for (const { item, seq } of await itemsInLog(ground.handle)) {
    const row = await readEntry(ground.handle, seq);
    if (row !== null) titles.set(item, (await reader.openOrUnreadable(ground, row)).payload.title ?? item);
  }
  const gone = [...titles].filter(([, title]) => foldName(title) === foldName(value));
  if (gone.length === 0) throw notFound('item', value, titles.values());
  return gone.map(([id]) => id);
}

export async function showEntry(core: OwnerCore, seq: number, hash: string | undefined): Promise<EntryDetail> {
  return core.read(async (ground) => {
    const row = await readEntry(ground.handle, seq);
    if (row === null)
      throw new Refusal('not_found', { message: 'The log has no such entry.', next: 'vouchsafe audit list' });
    if (hash !== undefined && !toHex(row.hash).startsWith(hash.toLowerCase()))
      throw integrityFailure(`entry ${String(seq)} has another hash than the receipt`);
    return detailOf(core, ground, row);
  });
}

async function detailOf(core: OwnerCore, ground: OwnerGround, row: EntryRow): Promise<EntryDetail> {
  const reader = new EntryReader(core);
  const neighbours = [await readEntry(ground.handle, row.seq - 1), await readEntry(ground.handle, row.seq + 1)];
  const shapes = await reader.shapes(ground, [row, ...neighbours.filter((one) => one !== null)]);
  const [entry, ...around] = shapes;
  if (entry === undefined) throw integrityFailure('an entry did not open');
  const { payload } = await reader.openOrUnreadable(ground, row);
  const changes = await changesOf(ground.handle, row.seq);
  return {
    entry,
    tool: payload.tool,
    requestId: payload.request,
    detail: payload.detail,
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
  const before = row.seq === 1 ? null : await readEntry(ground.handle, row.seq - 1);
  const prev = before === null ? firstLink(core.safe.id) : linkOf(before.hash, before.signature);
  const entry = entryOf(row, await changesOf(ground.handle, row.seq), prev);
  const isWhole = sameBytes(entryHash(core.safe.id, entry), row.hash);
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

async function keyOf(core: OwnerCore, ground: OwnerGround, row: EntryRow): Promise<Uint8Array | null> {
  if (row.actorKind === 'owner') return core.keys.signing.publicKey;
  for (const stored of await readCertificates(ground.handle)) {
    if (!isSignedBy(core.keys.signing.publicKey, stored.signed, stored.signature)) continue;
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
    failures = writeAnchors(core.safe, work.state, { signed, signature });
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
