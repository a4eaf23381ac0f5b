/**
 * `audit verify`: the whole chain is recomputed, signatures since the last checkpoint (or all) are checked, decisions
 * are replayed and compared with the state, and items with the changes that name them. Needs no secret key.
 */
import { Refusal } from '../core/refusal.js';
import { sameBytes, toHex } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import {
  type ChangeRow,
  countEntriesAfter,
  entriesFrom,
  misnumberedChange,
  readEntry,
  strayChange,
} from '../store/audit.js';
import { type CheckpointRow, lastCheckpoint, readCheckpoints, sessionNames } from '../store/log.js';
import type { Handle } from '../store/database.js';
import { readCertificates, readGrants } from '../store/tokens.js';
import { checkArchived } from './archive-check.js';
import { readStub, startOf } from './archive-stub.js';
import type { Calls, ChainCheck, Decided, Step, StretchJob } from './chain-check.js';
import type { Progress, Verification } from './log-door.js';
import { openCrew, stretches } from './log-crew.js';
import { LogFault } from './log-fault.js';
import { Documents, Replay } from './replay.js';
import { checkRevisions, noteSubjects, subjectsOf } from './verify-revisions.js';
import type { Safe } from './safe.js';
import type { Walk } from './walk.js';
import { readVerifiedState, type VerifiedState } from './verified-state.js';

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

/** Verifies on one snapshot with the owner's public key. Faults are in the result; anything else throws. */
export async function verify(safe: Safe, ownerKey: Uint8Array | null, options: VerifyOptions): Promise<Verification> {
  return safe.database.read(async (handle) => {
    const checked: Checked = { walk: null, checkpoint: null, items: 0 };
    try {
      const state = await readVerifiedState(handle, safe, ownerKey);
      const walk = await beginWalk(handle, safe.id, { ownerKey: state.value.signingKey, full: options.full });
      checked.walk = walk;
      checked.checkpoint = await checkCheckpoints(handle, walk);
      await walkEntries(handle, safe, { walk, ...options });
      checkEnd(walk, state);
      await checkArchived(handle, walk);
      await checkRest(handle, walk);
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
async function beginWalk(handle: Handle, safeId: string, of: { ownerKey: Uint8Array; full: boolean }): Promise<Walk> {
  const { ownerKey } = of;
  const rows = { certificates: await readCertificates(handle), grants: await readGrants(handle) };
  const documents = new Documents(safeId, ownerKey, rows);
  const stub = await readStub(handle, safeId, ownerKey);
  const checkpoint = of.full ? null : await lastCheckpoint(handle);
  return {
    safeId,
    ownerKey,
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

/** Every checkpoint must be the owner's, and the row that it names must stand. Gives the newest. Comes before a walk. */
async function checkCheckpoints(handle: Handle, walk: Walk): Promise<number | null> {
  const rows = await readCheckpoints(handle);
  for (const row of rows) {
    await checkCheckpoint(handle, walk, row);
    walk.checkpoints.add(row.seq);
  }
  return rows.at(-1)?.seq ?? null;
}

async function checkCheckpoint(handle: Handle, walk: Walk, row: CheckpointRow): Promise<void> {
  if (!isSignedBy(walk.ownerKey, row.signed, row.signature))
    throw new LogFault(row.seq, 'a checkpoint is not the owner’s');
  const value = checkpointRecord.decode(walk.safeId, row.signed);
  if (value.seq === row.seq && row.seq <= startOf(walk.stub)) return;
  const entry = await readEntry(handle, value.seq);
  if (value.seq !== row.seq || entry === null) throw new LogFault(value.seq, 'the log is shorter than its checkpoint');
  if (!sameBytes(entry.hash, value.hash))
    throw new LogFault(value.seq, 'the log is another one than at its checkpoint');
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
  const crew = openCrew({ handle, file: safe.file }, ground, size);
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
export async function walkUpTo(handle: Handle, safe: Safe, of: { ownerKey: Uint8Array; last: number }): Promise<Walk> {
  const walk = await beginWalk(handle, safe.id, { ownerKey: of.ownerKey, full: false });
  await checkCheckpoints(handle, walk);
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
  const { stub, ownerKey, signaturesFrom, documents } = walk;
  const isFirst = stretch.first === startOf(stub) + 1;
  const { link, stateVersion } = stub?.base ?? { link: null, stateVersion: 0 };
  return {
    kind: 'chain',
    ...stretch,
    start: isFirst ? { prev: link ?? walk.documents.firstLink, stateVersion } : null,
    ownerKey,
    keys: documents.keys,
    signaturesFrom,
  };
}

async function takeIn(handle: Handle, walk: Walk, check: ChainCheck): Promise<void> {
  for (const step of check.steps) await hold(handle, walk, step);
  for (const name of check.sessions) walk.sessions.add(name);
  walk.entries += check.entries;
  walk.signatures += check.signatures;
  walk.end = check.end ?? walk.end;
  if (check.fault !== null) throw new LogFault(check.fault.seq, check.fault.message);
}

/** Holds a step against the decisions that are in force by now. */
async function hold(handle: Handle, walk: Walk, step: Step): Promise<void> {
  if (step.kind === 'calls') return holdCalls(handle, walk, step);
  if (step.row.actorKind === 'owner') checkOwner(walk, step);
  else if (step.row.actorKind === 'token') checkToken(walk, step);
  noteSubjects(walk.subjects, step.row, { changes: step.changes, key: authorKey(walk, step) });
}

/** Of calls that may not have been made, the first is named. */
async function holdCalls(handle: Handle, walk: Walk, calls: Calls): Promise<void> {
  const fault = walk.replay.faultOf(calls);
  if (fault === null) return;
  for (let first = calls.first; first <= calls.last; first += 200) {
    for (const row of await entriesFrom(handle, first, 200)) {
      const { actor, actorEpoch: epoch, grant } = row;
      const isOne = actor === calls.actor && epoch === calls.epoch && grant === calls.grant;
      const own = { actor, epoch, grant, grantedAt: row.outcome === 'granted' ? row.at : 0 };
      if (isOne && walk.replay.faultOf(own) !== null) throw new LogFault(row.seq, fault);
    }
  }
  throw new LogFault(calls.first, fault);
}

function checkOwner(walk: Walk, { row, changes }: Decided): void {
  if (changes.some(({ kind }) => kind === 'checkpoint') && !walk.checkpoints.has(row.seq))
    throw new LogFault(row.seq, 'a checkpoint is missing');
  const fault = walk.replay.apply(changes);
  if (fault !== null) throw new LogFault(row.seq, fault);
  for (const change of changes) if (change.kind === 'archive') walk.archive = change.hash;
}

function checkToken(walk: Walk, { row, changes }: Decided): void {
  const { actor, actorEpoch: epoch, grant } = row;
  const fault = walk.replay.faultOf({ actor, epoch, grant, grantedAt: row.outcome === 'granted' ? row.at : 0 });
  if (fault !== null) throw new LogFault(row.seq, fault);
  if (row.outcome !== 'granted') throw new LogFault(row.seq, 'a refused entry names a change');
  for (const change of changes) checkWritten(walk, row.actor, change);
}

function checkWritten(walk: Walk, actor: string | null, { seq, kind, subject }: ChangeRow): void {
  if (!['item', 'vault', 'prune'].includes(kind)) throw new LogFault(seq, 'a token made a decision of the owner');
  if (!walk.replay.mayWrite(actor, subject, kind)) throw new LogFault(seq, 'a token changed what it could not write');
}

/** The key that must have signed a revision which this entry is the first to name. */
function authorKey(walk: Walk, { row }: Decided): Uint8Array {
  if (row.actorKind === 'owner') return walk.ownerKey;
  return walk.replay.keyOf(row.actor, row.actorEpoch) ?? new Uint8Array(0);
}

/** What no entry's hash covers: numbers of changes, and sessions that nothing names. */
async function checkRest(handle: Handle, walk: Walk): Promise<void> {
  const stray = await strayChange(handle, walk.end?.seq ?? 0);
  if (stray !== null) throw new LogFault(stray, 'a change belongs to no entry');
  const seq = await misnumberedChange(handle);
  if (seq !== null) throw new LogFault(seq, 'the changes of an entry are numbered otherwise');
  for (const name of await sessionNames(handle))
    if (!walk.sessions.has(toHex(name))) throw new LogFault(null, 'a session belongs to no entry');
}

function checkEnd(walk: Walk, state: VerifiedState): void {
  const { end } = walk;
  if (end?.seq !== state.last.seq) throw new LogFault(end?.seq ?? null, 'the log ends elsewhere than the state says');
  const difference = walk.replay.difference(walk.safeId, state.value);
  if (difference !== null) throw new LogFault(null, difference);
}
