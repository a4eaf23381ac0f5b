/**
 * `audit verify`: the whole chain is recomputed, signatures since the last checkpoint (or all) are checked, decisions
 * are replayed and compared with the state, and items with the changes that name them. Needs no secret key.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Refusal } from '../core/refusal.js';
import { sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord, entryHash, firstLink, linkOf, logSession } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import {
  changesBetween,
  type ChangeRow,
  countEntries,
  entriesFrom,
  type EntryRow,
  misnumberedChange,
  readEntry,
} from '../store/audit.js';
import { type CheckpointRow, countSessions, lastCheckpoint, readCheckpoints, readSession } from '../store/log.js';
import type { Handle } from '../store/database.js';
import { readCertificates, readGrants } from '../store/tokens.js';
import type { Progress, Verification } from './door.js';
import { LogFault } from './log-fault.js';
import { Documents, Replay } from './replay.js';
import { entryOf, isSignedEntry } from './recorder.js';
import { checkRevisions, type NamedSubject, noteSubjects } from './verify-revisions.js';
import type { Safe } from './safe.js';
import { readVerifiedState, type VerifiedState } from './verified-state.js';

const BATCH = 200;

export interface VerifyOptions {
  /** What only the owner can check besides: that everything opens. Throws {@link LogFault}. */
  readonly open?: (handle: Handle, state: VerifiedState) => Promise<void>;
  readonly full: boolean;
  readonly progress: Progress;
}

interface Walk {
  readonly safeId: string;
  readonly ownerKey: Uint8Array;
  readonly replay: Replay;
  readonly signaturesFrom: number;
  /** Newest change of each item and vault by now: its hash, and the lowest revision that must be kept. */
  readonly subjects: Map<string, NamedSubject>;
  readonly sessions: Set<string>;
  readonly checkpoints: Set<number>;
  prev: Uint8Array;
  stateVersion: number;
  signatures: number;
  entries: number;
  last: EntryRow | null;
}

/** Verifies on one snapshot with the owner's public key. Faults are in the result; anything else throws. */
export async function verify(safe: Safe, ownerKey: Uint8Array | null, options: VerifyOptions): Promise<Verification> {
  return safe.database.read(async (handle) => {
    const checked: { walk: Walk | null; checkpoint: number | null; items: number } = {
      walk: null,
      checkpoint: null,
      items: 0,
    };
    try {
      const state = await readVerifiedState(handle, safe, ownerKey);
      const walk = await begin(handle, safe, { state, full: options.full });
      checked.walk = walk;
      checked.checkpoint = await checkCheckpoints(handle, walk);
      await walkEntries(handle, walk, options.progress);
      checkEnd(walk, state);
      await checkRest(handle, walk);
      checked.items = await checkRevisions(handle, safe.id, walk.subjects);
      await options.open?.(handle, state);
      return result(checked, null);
    } catch (error) {
      return result(checked, faultOf(error));
    }
  });
}

function faultOf(error: unknown): NonNullable<Verification['fault']> {
  if (error instanceof LogFault) return { seq: error.seq, message: error.message };
  if (error instanceof Refusal && error.code === 'integrity') return { seq: null, message: error.message };
  if (error instanceof RangeError) return { seq: null, message: 'a row holds what no entry can' };
  throw error;
}

function result(
  checked: { walk: Walk | null; checkpoint: number | null; items: number },
  fault: Verification['fault'],
): Verification {
  const { walk, checkpoint, items } = checked;
  const last = walk?.last ?? null;
  return {
    ok: fault === null,
    entries: walk?.entries ?? 0,
    from: walk === null || walk.entries === 0 ? 0 : 1,
    to: last?.seq ?? 0,
    signatures: walk?.signatures ?? 0,
    items,
    head: last === null ? null : { seq: last.seq, hash: toHex(last.hash) },
    checkpoint,
    fault,
  };
}

async function begin(handle: Handle, safe: Safe, of: { state: VerifiedState; full: boolean }): Promise<Walk> {
  const ownerKey = of.state.value.signingKey;
  const rows = { certificates: await readCertificates(handle), grants: await readGrants(handle) };
  const checkpoint = of.full ? null : await lastCheckpoint(handle);
  return {
    safeId: safe.id,
    ownerKey,
    replay: new Replay(new Documents(safe.id, ownerKey, rows)),
    signaturesFrom: (checkpoint?.seq ?? 0) + 1,
    subjects: new Map(),
    sessions: new Set(),
    checkpoints: new Set(),
    prev: firstLink(safe.id),
    stateVersion: 0,
    signatures: 0,
    entries: 0,
    last: null,
  };
}

/** Every checkpoint must be the owner's, and the row that it names must stand. Gives the newest. */
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
  const entry = await readEntry(handle, value.seq);
  if (value.seq !== row.seq || entry === null) throw new LogFault(value.seq, 'the log is shorter than its checkpoint');
  if (!sameBytes(entry.hash, value.hash))
    throw new LogFault(value.seq, 'the log is another one than at its checkpoint');
}

async function walkEntries(handle: Handle, walk: Walk, progress: Progress): Promise<void> {
  const total = await countEntries(handle);
  for (let first = 1; ; first += BATCH) {
    const rows = await entriesFrom(handle, first, BATCH);
    const lastSeq = rows.at(-1)?.seq ?? 0;
    const changes = await changesBetween(handle, first, Math.max(lastSeq, first + BATCH - 1));
    for (const row of rows) await checkEntry(handle, walk, { row, changes: changes.get(row.seq) ?? [] });
    for (const seq of changes.keys())
      if (seq > (walk.last?.seq ?? 0)) throw new LogFault(seq, 'a change belongs to no entry');
    progress(walk.entries, total);
    if (rows.length < BATCH) break;
    await nextTurn();
  }
  if (walk.entries !== total) throw new LogFault(null, 'the log has rows out of its order');
}

async function checkEntry(
  handle: Handle,
  walk: Walk,
  of: { row: EntryRow; changes: readonly ChangeRow[] },
): Promise<void> {
  const { row, changes } = of;
  const expected = (walk.last?.seq ?? 0) + 1;
  if (row.seq !== expected) throw new LogFault(expected, 'an entry is missing');
  const hash = entryHash(walk.safeId, entryOf(row, changes, walk.prev));
  if (!sameBytes(hash, row.hash)) throw new LogFault(row.seq, 'an entry, its changes or the row before it was changed');
  await checkSession(handle, walk, row);
  checkActor(walk, row, changes);
  noteSubjects(walk.subjects, row, { changes, key: authorKey(walk, row) });
  walk.prev = linkOf(row.hash, row.signature);
  walk.entries += 1;
  walk.last = row;
}

async function checkSession(handle: Handle, walk: Walk, row: EntryRow): Promise<void> {
  const name = toHex(row.session);
  if (walk.sessions.has(name)) return;
  const session = await readSession(handle, row.session);
  if (session === null || !sameBytes(sha256(session.signed), row.session))
    throw new LogFault(row.seq, 'the session of an entry is missing or was changed');
  logSession.decode(walk.safeId, session.signed);
  walk.sessions.add(name);
}

const NEEDS_NO_KEY = new Set(['token.freeze', 'safe.lockdown']);

function checkActor(walk: Walk, row: EntryRow, changes: readonly ChangeRow[]): void {
  if (row.actorKind === 'owner') checkOwner(walk, row, changes);
  else if (row.actorKind === 'token') checkToken(walk, row, changes);
  else checkNobody(row, changes);
  const isRaised = row.stateVersion === walk.stateVersion + 1 && row.actorKind === 'owner' && row.stateHash !== null;
  if (row.stateVersion !== walk.stateVersion && !isRaised)
    throw new LogFault(row.seq, 'an entry has a state version out of order');
  if (row.stateHash !== null && !isRaised) throw new LogFault(row.seq, 'an entry carries a state that it may not');
  walk.stateVersion = row.stateVersion;
}

function checkSignature(walk: Walk, row: EntryRow, key: Uint8Array): void {
  if (row.seq < walk.signaturesFrom) return;
  walk.signatures += 1;
  if (!isSignedEntry(walk.safeId, row, key)) throw new LogFault(row.seq, 'an entry is not signed by its actor');
}

function checkOwner(walk: Walk, row: EntryRow, changes: readonly ChangeRow[]): void {
  checkSignature(walk, row, walk.ownerKey);
  if (changes.some(({ kind }) => kind === 'checkpoint') && !walk.checkpoints.has(row.seq))
    throw new LogFault(row.seq, 'a checkpoint is missing');
  const fault = walk.replay.apply(changes);
  if (fault !== null) throw new LogFault(row.seq, fault);
}

function checkToken(walk: Walk, row: EntryRow, changes: readonly ChangeRow[]): void {
  const key = walk.replay.keyOf(row);
  if (key === null) throw new LogFault(row.seq, 'an entry is signed with a key that was not valid for it');
  checkSignature(walk, row, key);
  if (!walk.replay.holdsGrant(row)) throw new LogFault(row.seq, 'an entry names a grant that its token did not hold');
  if (row.outcome !== 'granted' && changes.length > 0) throw new LogFault(row.seq, 'a refused entry names a change');
  for (const { kind, subject } of changes) {
    if (!['item', 'vault', 'prune'].includes(kind)) throw new LogFault(row.seq, 'a token made a decision of the owner');
    if (!walk.replay.mayWrite(row.actor, subject, kind))
      throw new LogFault(row.seq, 'a token changed what it could not write');
  }
}

function checkNobody(row: EntryRow, changes: readonly ChangeRow[]): void {
  const isKnown = row.actorKind === 'none' && row.actor === null && row.signature === null;
  if (!isKnown) throw new LogFault(row.seq, 'an entry has an actor that is none');
  const isFreeze = NEEDS_NO_KEY.has(row.action);
  if (row.outcome === 'granted' && !isFreeze) throw new LogFault(row.seq, 'an access was granted to nobody');
  if (changes.some(({ kind }) => kind !== 'freeze') || (changes.length > 0 && !isFreeze))
    throw new LogFault(row.seq, 'nobody changed something');
}

/** The key that must have signed a revision which this entry is the first to name. */
function authorKey(walk: Walk, row: EntryRow): Uint8Array {
  return row.actorKind === 'owner' ? walk.ownerKey : (walk.replay.keyOf(row) ?? new Uint8Array(0));
}

/** What no entry's hash covers: numbers of changes, and rows beside the log that nothing names. */
async function checkRest(handle: Handle, walk: Walk): Promise<void> {
  const seq = await misnumberedChange(handle);
  if (seq !== null) throw new LogFault(seq, 'the changes of an entry are numbered otherwise');
  if ((await countSessions(handle)) !== walk.sessions.size) throw new LogFault(null, 'a session belongs to no entry');
}

function checkEnd(walk: Walk, state: VerifiedState): void {
  const { last } = walk;
  if (last === null || last.seq !== state.last.seq)
    throw new LogFault(last?.seq ?? null, 'the log ends elsewhere than the state says');
  const difference = walk.replay.difference(walk.safeId, state.value);
  if (difference !== null) throw new LogFault(null, difference);
}
