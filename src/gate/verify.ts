/**
 * `audit verify`: the whole chain is recomputed, signatures since the last checkpoint (or all) are checked, decisions
 * are replayed and compared with the state, and items with the changes that name them. Needs no secret key.
 */
import { Refusal } from '../core/refusal.js';
import { toHex } from '../crypto/bytes.js';
import { type OwnerSigning, ownerKeyAt } from '../crypto/owner-signing.js';
import { type ChangeRow, countEntriesAfter, entriesFrom, misnumberedChange, strayChange } from '../store/audit.js';
import { lastCheckpoint, sessionNames } from '../store/log.js';
import type { Handle } from '../store/database.js';
import { readCertificates, readGrants } from '../store/tokens.js';
import { checkArchived } from './archive-check.js';
import { checkCheckpoints } from './checkpoint-check.js';
import { readStub, startOf } from './archive-stub.js';
import type { Calls, ChainCheck, Decided, Step, StretchJob } from './chain-check.js';
import type { Progress, Verification } from './log-door.js';
import { openCrew, stretches } from './log-crew.js';
import { checkListedRules } from './rules.js';
import { LogFault } from './log-fault.js';
import { Documents, Replay } from './replay.js';
import { checkRevisions, noteSubjects, subjectsOf } from './verify-revisions.js';
import type { Safe } from './safe.js';
import { isOwnChange } from './own-change.js';
import type { Walk } from './walk.js';
import { checkCarried, readSignedState, type VerifiedState } from './verified-state.js';

export interface VerifyOptions {
  /** What only the owner can check besides: that everything opens. Throws {@link LogFault}. */
  readonly open?: (handle: Handle, state: VerifiedState) => Promise<void>;
  readonly full: boolean;
  readonly progress: Progress;
  /** How many threads a long log may take; all that the machine has where it is absent. */
  readonly threads?: number;
}

interface Checked {
  walk: Walk | null;
  checkpoint: number | null;
  items: number;
}

/**
 * Verifies on one snapshot with the owner's public key. Faults are in the result; anything else throws. A log in which
 * there is a fault is verified with all signatures, since only they tell which entry is the first bad one.
 */
export async function verify(safe: Safe, ownerKey: Uint8Array | null, options: VerifyOptions): Promise<Verification> {
  const found = await verifyOnce(safe, ownerKey, options);
  return found.ok || options.full ? found : verifyOnce(safe, ownerKey, { ...options, full: true });
}

async function verifyOnce(safe: Safe, ownerKey: Uint8Array | null, options: VerifyOptions): Promise<Verification> {
  return safe.database.read(async (handle) => {
    const checked: Checked = { walk: null, checkpoint: null, items: 0 };
    try {
      const state = await readSignedState(handle, safe, ownerKey);
      const walk = await beginWalk(handle, safe.id, { owner: state.value, full: options.full });
      checked.walk = walk;
      checked.checkpoint = (await lastCheckpoint(handle))?.seq ?? null;
      await walkWhole(handle, safe, { walk, ...options });
      checkLength(walk, state);
      await checkArchived(handle, walk);
      await checkCarried(handle, safe, state);
      checkEnd(walk, state);
      await checkRest(handle, walk);
      await checkListedRules(handle, state);
      checked.items = await checkRevisions(handle, safe.id, walk.subjects);
      await options.open?.(handle, state);
      return result(checked, null);
    } catch (error) {
      return result(checked, faultOf(error));
    }
  });
}

/** A fault of the log in words; anything else is thrown again. */
export function faultOf(error: unknown): NonNullable<Verification['fault']> {
  if (error instanceof LogFault) return { seq: error.seq, message: error.message };
  if (error instanceof Refusal && error.code === 'integrity') return { seq: null, message: error.message };
  if (error instanceof RangeError) return { seq: null, message: 'a row holds what no entry can' };
  throw error;
}

function result({ walk, checkpoint, items }: Checked, fault: Verification['fault']): Verification {
  const end = walk?.end ?? null;
  return {
    ok: fault === null,
    entries: walk?.entries ?? 0,
    from: walk === null || walk.entries === 0 ? 0 : startOf(walk.stub) + 1,
    to: end?.seq ?? 0,
    signatures: walk?.signatures ?? 0,
    items,
    head: end === null ? null : { seq: end.seq, hash: toHex(end.hash) },
    checkpoint,
    fault,
  };
}

/** Where a walk over the log begins: at its start, or after what was archived. */
async function beginWalk(handle: Handle, safeId: string, of: { owner: OwnerSigning; full: boolean }): Promise<Walk> {
  const { owner } = of;
  const rows = { certificates: await readCertificates(handle), grants: await readGrants(handle) };
  const documents = new Documents(safeId, owner, rows);
  const stub = await readStub(handle, safeId, owner);
  const checkpoint = of.full ? null : await lastCheckpoint(handle);
  return {
    safeId,
    owner,
    stub,
    documents,
    replay: new Replay(documents, stub?.base ?? null),
    signaturesFrom: (checkpoint?.seq ?? 0) + 1,
    subjects: subjectsOf(stub?.base.subjects ?? []),
    sessions: new Set(),
    checkpoints: new Set(),
    signatures: 0,
    entries: 0,
    archive: null,
    end: null,
  };
}

/** Walks over all entries; of a bad one and a bad checkpoint the earlier is named. */
async function walkWhole(handle: Handle, safe: Safe, options: WalkOptions): Promise<void> {
  const fault = await checkCheckpoints(handle, options.walk);
  try {
    await walkEntries(handle, safe, options);
  } catch (error) {
    if (fault?.seq == null || !(error instanceof LogFault)) throw error;
    throw error.seq === null || error.seq > fault.seq ? fault : error;
  }
  if (fault !== null) throw fault;
}

/** What a walk needs to know besides the log: how far it goes, and who is told how far it is. */
interface WalkOptions extends Pick<VerifyOptions, 'progress' | 'threads'> {
  readonly walk: Walk;
  /** The last entry to look at; the newest where it is absent. */
  readonly last?: number;
}

/** Checks entry after entry, and holds each against the decisions that were in force. Throws {@link LogFault}. */
async function walkEntries(handle: Handle, safe: Safe, options: WalkOptions): Promise<void> {
  const { walk, progress } = options;
  const start = startOf(walk.stub);
  const total = await countEntriesAfter(handle, start);
  const last = options.last ?? start + total;
  const ground = { safeId: walk.safeId, owner: null };
  const size = { entries: total, ...(options.threads === undefined ? {} : { threads: options.threads }) };
  const crew = openCrew({ handle, file: safe.file, isAlone: safe.database.isAlone }, ground, size);
  try {
    const jobs = stretches(start + 1, last, crew.stretch).map((stretch) => jobOf(walk, stretch));
    await crew.each(jobs, async (check) => {
      await takeIn(handle, walk, check);
      progress(walk.entries, total);
      return true;
    });
  } finally {
    await crew.end();
  }
  if (options.last === undefined) await refuseStray(handle, walk, total);
}

/** A walk from the log's start, or from what was archived, up to an entry. Throws {@link LogFault}. */
export async function walkUpTo(handle: Handle, safe: Safe, of: { owner: OwnerSigning; last: number }): Promise<Walk> {
  const walk = await beginWalk(handle, safe.id, { owner: of.owner, full: false });
  const fault = await checkCheckpoints(handle, walk);
  if (fault !== null && (fault.seq ?? 0) <= of.last) throw fault;
  if (of.last > startOf(walk.stub)) await walkEntries(handle, safe, { walk, progress: () => undefined, last: of.last });
  return walk;
}

/** Rows that no walk from number to number meets: those after a gap, and numbers below the first. */
async function refuseStray(handle: Handle, walk: Walk, total: number): Promise<void> {
  const end = startOf(walk.stub) + total;
  const [after] = await entriesFrom(handle, end + 1, 1);
  if (after !== undefined || walk.entries !== total) throw new LogFault(null, 'the log has rows out of its order');
}

function jobOf(walk: Walk, stretch: { first: number; last: number }): StretchJob {
  const { stub, owner, signaturesFrom, documents } = walk;
  const isFirst = stretch.first === startOf(stub) + 1;
  const { link, stateVersion } = stub?.base ?? { link: null, stateVersion: 0 };
  return {
    kind: 'chain',
    ...stretch,
    start: isFirst ? { prev: link ?? walk.documents.firstLink, stateVersion } : null,
    owner: { signingKey: owner.signingKey, earlier: owner.earlier },
    keys: documents.keys,
    signaturesFrom,
  };
}

async function takeIn(handle: Handle, walk: Walk, check: ChainCheck): Promise<void> {
  await holdSteps(handle, walk, check.steps);
  for (const name of check.sessions) walk.sessions.add(name);
  walk.entries += check.entries;
  walk.signatures += check.signatures;
  walk.end = check.end ?? walk.end;
  if (check.fault !== null) throw new LogFault(check.fault.seq, check.fault.message);
}

/** Holds steps against the decisions that are in force by then; of several that are bad the first entry is named. */
async function holdSteps(handle: Handle, walk: Walk, steps: readonly Step[]): Promise<void> {
  let first: LogFault | null = null;
  for (const step of steps) {
    if (step.kind === 'calls') {
      const fault = await callsFault(handle, walk, step);
      if (fault !== null && (first?.seq ?? Infinity) > (fault.seq ?? 0)) first = fault;
      continue;
    }
    if (first !== null) throw first;
    holdDecided(walk, step);
  }
  if (first !== null) throw first;
}

function holdDecided(walk: Walk, step: Decided): void {
  if (step.row.actorKind === 'owner') checkOwner(walk, step);
  else if (step.row.actorKind === 'token') checkToken(walk, step);
  noteSubjects(walk.subjects, step.row, { changes: step.changes, key: authorKey(walk, step) });
}

/** The first of calls that may not have been made, or null. */
async function callsFault(handle: Handle, walk: Walk, calls: Calls): Promise<LogFault | null> {
  const fault = walk.replay.faultOf(calls);
  if (fault === null) return null;
  for (let first = calls.first; first <= calls.last; first += 200) {
    for (const row of await entriesFrom(handle, first, 200)) {
      const { actor, actorEpoch: epoch, grant } = row;
      const isOne = actor === calls.actor && epoch === calls.epoch && grant === calls.grant;
      const own = { actor, epoch, grant, grantedAt: row.outcome === 'granted' ? row.at : 0 };
      if (isOne && walk.replay.faultOf(own) !== null) return new LogFault(row.seq, fault);
    }
  }
  return new LogFault(calls.first, fault);
}

function checkOwner(walk: Walk, { row, changes }: Decided): void {
  if (changes.some(({ kind }) => kind === 'checkpoint') && !walk.checkpoints.has(row.seq))
    throw new LogFault(row.seq, 'a checkpoint is missing');
  const fault = walk.replay.apply(changes);
  if (fault !== null) throw new LogFault(row.seq, fault);
  for (const { kind, hash } of changes) {
    if (kind === 'archive') walk.archive = hash;
    if (kind === 'owner' && !walk.owner.earlier.some(({ last }) => last === row.seq - 1))
      throw new LogFault(row.seq, 'the owner’s keys changed elsewhere than the state says');
  }
}

function checkToken(walk: Walk, { row, changes }: Decided): void {
  const { actor, actorEpoch: epoch, grant } = row;
  const fault = walk.replay.faultOf({ actor, epoch, grant, grantedAt: row.outcome === 'granted' ? row.at : 0 });
  if (fault !== null) throw new LogFault(row.seq, fault);
  for (const change of changes) {
    if (isOwnChange(row, change)) continue;
    if (row.outcome !== 'granted') throw new LogFault(row.seq, 'a refused entry names a change');
    checkWritten(walk, row.actor, change);
  }
}

function checkWritten(walk: Walk, actor: string | null, { seq, kind, subject }: ChangeRow): void {
  if (!['item', 'vault', 'prune'].includes(kind)) throw new LogFault(seq, 'a token made a decision of the owner');
  if (!walk.replay.mayWrite(actor, subject, kind)) throw new LogFault(seq, 'a token changed what it could not write');
}

/** The key that must have signed a revision which this entry is the first to name. */
function authorKey(walk: Walk, { row }: Decided): Uint8Array {
  if (row.actorKind === 'owner') return ownerKeyAt(walk.owner, row.seq);
  return walk.replay.keyOf(row.actor, row.actorEpoch) ?? new Uint8Array(0);
}

/** What no entry's hash covers: numbers of changes, and sessions that nothing names. */
async function checkRest(handle: Handle, walk: Walk): Promise<void> {
  const stray = await strayChange(handle, walk.end?.seq ?? 0);
  if (stray !== null) throw new LogFault(stray < 1 ? null : stray, 'a change belongs to no entry');
  const seq = await misnumberedChange(handle);
  if (seq !== null) throw new LogFault(seq, 'the changes of an entry are numbered otherwise');
  for (const name of await sessionNames(handle))
    if (!walk.sessions.has(toHex(name))) throw new LogFault(null, 'a session belongs to no entry');
}

/** A log that is whole and ends before the state's own entry was cut. */
function checkLength({ end }: Walk, { value, last }: VerifiedState): void {
  if (last.stateVersion < value.version && (end?.seq ?? 0) <= value.logSeq)
    throw new LogFault((end?.seq ?? 0) + 1, 'the log was cut: the state names a later entry');
}

function checkEnd(walk: Walk, state: VerifiedState): void {
  const { end } = walk;
  if (end?.seq !== state.last.seq) throw new LogFault(end?.seq ?? null, 'the log ends elsewhere than the state says');
  const difference = walk.replay.difference(walk.safeId, state.value);
  if (difference !== null) throw new LogFault(null, difference);
}
