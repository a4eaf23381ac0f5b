/**
 * The part of verification that needs no decision of the owner: numbers, hashes, links, sessions, state versions and
 * signatures of a stretch of entries. Stretches can be checked side by side, since each begins with the link that the
 * row before it gives; what it says of that row is checked by the stretch before.
 */
import { sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { entryHash, linkOf, logSession } from '../crypto/chain.js';
import { type OwnerSigning, ownerKeyAt } from '../crypto/owner-signing.js';
import { changesBetween, type ChangeRow, entriesFrom, type EntryRow } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { readSession } from '../store/log.js';
import { LogFault } from './log-fault.js';
import { entryOf, isSignedEntry } from './recorder.js';

/** Where a stretch begins: what the row before it, or the base of the log, says. */
export interface StretchStart {
  readonly prev: Uint8Array;
  readonly stateVersion: number;
}

/** The key with which a token's entries of one epoch are signed, by an owner's certificate. */
export interface CertifiedKey {
  readonly token: string;
  readonly epoch: number;
  readonly key: Uint8Array;
}

/** The stretch from `first` to `last`. Plain data. */
export interface StretchJob {
  readonly kind: 'chain';
  readonly first: number;
  readonly last: number;
  /** Null: the row before `first` says it. */
  readonly start: StretchStart | null;
  readonly owner: OwnerSigning;
  readonly keys: readonly CertifiedKey[];
  /** Signatures are checked from this entry on. */
  readonly signaturesFrom: number;
}

/** Entries of a stretch that changed nothing and are alike in what the owner's decisions must allow. */
export interface Calls {
  readonly kind: 'calls';
  readonly actor: string;
  readonly epoch: number;
  readonly grant: string | null;
  /** The number of the first of them, and of the last. */
  readonly first: number;
  last: number;
  /** The latest time at which one of them was granted; 0 if none was. */
  grantedAt: number;
}

/** An entry with changes, or one of the owner's or nobody's. */
export interface Decided {
  readonly kind: 'decided';
  readonly row: EntryRow;
  readonly changes: readonly ChangeRow[];
}

/** What the owner's decisions are to be held against, in the order of the log. */
export type Step = Calls | Decided;

export interface ChainCheck {
  readonly steps: readonly Step[];
  readonly entries: number;
  readonly signatures: number;
  /** Names of the sessions, in hexadecimal. */
  readonly sessions: readonly string[];
  /** The newest entry that was found right. */
  readonly end: { readonly seq: number; readonly hash: Uint8Array; readonly at: number } | null;
  readonly fault: { readonly seq: number | null; readonly message: string } | null;
}

interface Walk {
  readonly safeId: string;
  readonly job: StretchJob;
  readonly keys: ReadonlyMap<string, Uint8Array>;
  readonly steps: Step[];
  /** Calls since the last entry with changes, by who and under which grant. */
  readonly open: Map<string, Calls>;
  readonly sessions: Set<string>;
  prev: Uint8Array;
  stateVersion: number;
  entries: number;
  signatures: number;
  end: ChainCheck['end'];
}

/** Checks a stretch. Faults are in the result, with all that was right before; anything else throws. */
export async function checkStretch(handle: Handle, safeId: string, job: StretchJob): Promise<ChainCheck> {
  const walk = await begin(handle, safeId, job);
  try {
    await walkStretch(handle, walk);
    return result(walk, null);
  } catch (error) {
    if (error instanceof LogFault) return result(walk, { seq: error.seq, message: error.message });
    throw error;
  }
}

function result(walk: Walk, fault: ChainCheck['fault']): ChainCheck {
  const { steps, entries, signatures, sessions, end } = walk;
  return { steps, entries, signatures, sessions: [...sessions], end, fault };
}

const nameOf = (token: string | null, epoch: number | null): string => `${token ?? ''} ${String(epoch)}`;

async function begin(handle: Handle, safeId: string, job: StretchJob): Promise<Walk> {
  const start = job.start ?? (await startAfter(handle, job.first - 1));
  const keys = new Map(job.keys.map(({ token, epoch, key }) => [nameOf(token, epoch), key]));
  const nothing = { steps: [], open: new Map(), sessions: new Set<string>(), entries: 0, signatures: 0, end: null };
  return { safeId, job, keys, ...nothing, ...start };
}

/** A row that is missing is a fault of the stretch before; what follows then does not matter. */
async function startAfter(handle: Handle, seq: number): Promise<StretchStart> {
  const [row] = await entriesFrom(handle, seq, 1);
  if (row?.seq !== seq) return { prev: new Uint8Array(0), stateVersion: 0 };
  return { prev: linkOf(row.hash, row.signature), stateVersion: row.stateVersion };
}

async function walkStretch(handle: Handle, walk: Walk): Promise<void> {
  const { first, last } = walk.job;
  const count = last - first + 1;
  const rows = (await entriesFrom(handle, first, count)).filter(({ seq }) => seq <= last);
  const changes = await changesBetween(handle, first, last);
  for (const [i, row] of rows.entries()) {
    const expected = first + i;
    if (row.seq !== expected) throw new LogFault(expected, 'an entry is missing');
    await checkEntry(handle, walk, { row, changes: changes.get(row.seq) ?? [] });
  }
  const end = first + rows.length - 1;
  for (const seq of changes.keys()) if (seq > end) throw new LogFault(seq, 'a change belongs to no entry');
  if (end < last) throw new LogFault(end + 1, 'an entry is missing');
}

interface Entry {
  readonly row: EntryRow;
  readonly changes: readonly ChangeRow[];
}

async function checkEntry(handle: Handle, walk: Walk, { row, changes }: Entry): Promise<void> {
  if (!sameBytes(hashOf(walk, { row, changes }), row.hash))
    throw new LogFault(row.seq, 'an entry, its changes or the row before it was changed');
  await checkSession(handle, walk, row);
  checkActor(walk, { row, changes });
  checkVersion(walk, row);
  note(walk, { row, changes });
  walk.prev = linkOf(row.hash, row.signature);
  walk.stateVersion = row.stateVersion;
  walk.entries += 1;
  walk.end = { seq: row.seq, hash: row.hash, at: row.at };
}

/** A number that no entry can hold is as good as any other change. */
function hashOf(walk: Walk, { row, changes }: Entry): Uint8Array {
  try {
    return entryHash(walk.safeId, entryOf(row, changes, walk.prev));
  } catch (error) {
    if (error instanceof RangeError) throw new LogFault(row.seq, 'an entry holds what no entry can');
    throw error;
  }
}

async function checkSession(handle: Handle, walk: Walk, row: EntryRow): Promise<void> {
  const name = toHex(row.session);
  if (walk.sessions.has(name)) return;
  const session = await readSession(handle, row.session);
  if (session === null || !sameBytes(sha256(session.signed), row.session))
    throw new LogFault(row.seq, 'the session of an entry is missing or was changed');
  try {
    logSession.decode(walk.safeId, session.signed);
  } catch {
    throw new LogFault(row.seq, 'the session of an entry is of another safe or form');
  }
  walk.sessions.add(name);
}

function checkActor(walk: Walk, entry: Entry): void {
  const { row } = entry;
  if (row.actorKind === 'owner') checkSignature(walk, row, ownerKeyAt(walk.job.owner, row.seq));
  else if (row.actorKind === 'token') checkToken(walk, row);
  else checkNobody(entry);
}

function checkSignature(walk: Walk, row: EntryRow, key: Uint8Array): void {
  if (row.seq < walk.job.signaturesFrom) return;
  walk.signatures += 1;
  if (!isSignedEntry(walk.safeId, row, key)) throw new LogFault(row.seq, 'an entry is not signed by its actor');
}

function checkToken(walk: Walk, row: EntryRow): void {
  const key = walk.keys.get(nameOf(row.actor, row.actorEpoch));
  if (key === undefined) throw new LogFault(row.seq, 'an entry is signed with a key that was not valid for it');
  checkSignature(walk, row, key);
}

const NEEDS_NO_KEY = new Set(['token.freeze', 'safe.lockdown']);

function checkNobody({ row, changes }: Entry): void {
  const isKnown = row.actorKind === 'none' && row.actor === null && row.actorEpoch === null && row.signature === null;
  if (!isKnown) throw new LogFault(row.seq, 'an entry has an actor that is none');
  const isFreeze = NEEDS_NO_KEY.has(row.action);
  if (row.outcome === 'granted' && !isFreeze) throw new LogFault(row.seq, 'an access was granted to nobody');
  if (changes.some(({ kind }) => kind !== 'freeze') || (changes.length > 0 && !isFreeze))
    throw new LogFault(row.seq, 'nobody changed something');
}

function checkVersion(walk: Walk, row: EntryRow): void {
  const isRaised = row.stateVersion === walk.stateVersion + 1 && row.actorKind === 'owner' && row.stateHash !== null;
  if (row.stateVersion !== walk.stateVersion && !isRaised)
    throw new LogFault(row.seq, 'an entry has a state version out of order');
  if (row.stateHash !== null && !isRaised) throw new LogFault(row.seq, 'an entry carries a state that it may not');
}

/** Calls without changes are put together until the next entry that decides something. */
function note(walk: Walk, { row, changes }: Entry): void {
  if (row.actorKind !== 'token' || changes.length > 0) {
    if (changes.length === 0) return;
    walk.open.clear();
    walk.steps.push({ kind: 'decided', row, changes });
    return;
  }
  const name = `${nameOf(row.actor, row.actorEpoch)} ${row.grant ?? ''}`;
  const grantedAt = row.outcome === 'granted' ? row.at : 0;
  const known = walk.open.get(name);
  if (known === undefined) {
    const who = { actor: row.actor ?? '', epoch: row.actorEpoch ?? 0, grant: row.grant };
    const calls: Calls = { kind: 'calls', ...who, first: row.seq, last: row.seq, grantedAt };
    walk.open.set(name, calls);
    walk.steps.push(calls);
    return;
  }
  known.last = row.seq;
  known.grantedAt = Math.max(known.grantedAt, grantedAt);
}
