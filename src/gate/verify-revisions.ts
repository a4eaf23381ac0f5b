import { fromHex, sameBytes, sha256, toHex } from '../crypto/bytes.js';
import type { LogBase } from '../crypto/archive.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { type Revision, revision as revisionRecord } from '../crypto/revision.js';
import type { ChangeRow, EntryRow } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { allItems, readRevisions, revisionSubjects, type RevisionRow } from '../store/items.js';
import { LogFault } from './log-fault.js';

/** A revision as the first entry that named it vouches for it: by whom, and under which key it must be signed. */
export interface NamedRevision {
  readonly hash: string;
  readonly author: string | null;
  readonly key: Uint8Array;
}

/** What the log says of a subject: its newest change, and every revision that it ever named. */
export interface NamedSubject {
  hash: Uint8Array;
  revision: number;
  readonly kind: string;
  /** Revisions below were erased. */
  keptFrom: number;
  readonly named: Map<number, NamedRevision>;
}

/** The subjects as a base names them: its rows in the order of the log, the last one of a subject being what counts. */
export function subjectsOf(rows: LogBase['subjects']): Map<string, NamedSubject> {
  const subjects = new Map<string, NamedSubject>();
  for (const { kind, id, revision, hash, keptFrom, author, key } of rows) {
    const named = subjects.get(id)?.named ?? new Map<number, NamedRevision>();
    named.set(revision, { hash: toHex(hash), author, key });
    subjects.set(id, { kind, hash, revision, keptFrom, named });
  }
  return subjects;
}

/** What a base says of the subjects: the revisions that are kept, the newest last. */
export function subjectRows(subjects: ReadonlyMap<string, NamedSubject>): LogBase['subjects'] {
  return [...subjects].flatMap(([id, { kind, revision, keptFrom, named }]) => {
    const kept = [...named].filter(([number]) => number >= keptFrom && number !== revision);
    const newest = named.get(revision);
    const rows = newest === undefined ? kept : [...kept, [revision, newest] as const];
    return rows.map(([number, { hash, author, key }]) => ({
      ...{ kind, id, revision: number, hash: fromHex(hash), keptFrom, author, key },
    }));
  });
}

/** Takes in what an entry changes of items and vaults; `key` is its actor's. Throws {@link LogFault}. */
export function noteSubjects(
  subjects: Map<string, NamedSubject>,
  row: EntryRow,
  of: { changes: readonly ChangeRow[]; key: Uint8Array },
): void {
  for (const change of of.changes) {
    if (change.kind === 'prune') notePrune(row, subjects.get(change.subject), change.revision);
    if (change.kind === 'item' || change.kind === 'vault') noteChange(subjects, row, { change, key: of.key });
  }
}

function notePrune(row: EntryRow, known: NamedSubject | undefined, revision: number): void {
  if (known === undefined || revision > known.revision)
    throw new LogFault(row.seq, 'an entry erases what is still current');
  known.keptFrom = revision;
}

function noteChange(
  subjects: Map<string, NamedSubject>,
  row: EntryRow,
  of: { change: ChangeRow; key: Uint8Array },
): void {
  const { kind, subject, revision, hash, before } = of.change;
  const known = subjects.get(subject);
  if (hash === null || !isNext(known, before))
    throw new LogFault(row.seq, 'a change does not follow the one before it');
  const named = known?.named ?? new Map<number, NamedRevision>();
  const first = named.get(revision);
  if (first === undefined) named.set(revision, { hash: toHex(hash), author: row.actor, key: of.key });
  else if (first.hash !== toHex(hash)) throw new LogFault(row.seq, 'a revision was named twice');
  subjects.set(subject, { hash, revision, kind, keptFrom: known?.keptFrom ?? 0, named });
}

function isNext(known: NamedSubject | undefined, before: Uint8Array | null): boolean {
  return known === undefined ? before === null : before !== null && sameBytes(known.hash, before);
}

/**
 * Compares every stored revision with the change that named it, and every change with what is stored. Gives the number
 * of subjects checked. Throws {@link LogFault}.
 */
export async function checkRevisions(
  handle: Handle,
  safeId: string,
  subjects: ReadonlyMap<string, NamedSubject>,
): Promise<number> {
  for (const subject of await revisionSubjects(handle))
    if (!subjects.has(subject)) throw new LogFault(null, `a revision of ${subject} is named by no entry`);
  const newest = new Map<string, Revision | null>();
  for (const [id, named] of subjects) {
    const last = checkSubject(safeId, { id, named, rows: await readRevisions(handle, id) });
    if (named.kind === 'item') newest.set(id, last);
  }
  await checkIndex(handle, newest);
  return subjects.size;
}

/** Gives the newest revision that is stored, null where there is none. */
function checkSubject(
  safeId: string,
  of: { id: string; named: NamedSubject; rows: readonly RevisionRow[] },
): Revision | null {
  const { id, named, rows } = of;
  let newest: Revision | null = null;
  const stored = new Set(rows.map(({ number }) => number));
  for (const number of named.named.keys())
    if (number >= named.keptFrom && !stored.has(number))
      throw new LogFault(null, `revision ${String(number)} of ${id} is missing`);
  for (const row of rows) {
    const first = named.named.get(row.number);
    if (first?.hash !== toHex(sha256(row.signed)))
      throw new LogFault(null, `revision ${String(row.number)} of ${id} is not the one that the log names`);
    newest = checkRow(safeId, row, first);
  }
  return newest;
}

function checkRow(safeId: string, row: RevisionRow, first: NamedRevision): Revision {
  const revision = revisionRecord.decode(safeId, row.signed);
  const subject = revision.item ?? revision.vault;
  const isWhole =
    subject === row.subject &&
    revision.number === row.number &&
    sameBytes(sha256(row.overview), revision.overviewHash) &&
    sameBytes(sha256(row.secret), revision.secretHash);
  if (!isWhole) throw new LogFault(null, `revision ${String(row.number)} of ${row.subject} was changed`);
  if (revision.author !== first.author || !isSignedBy(first.key, row.signed, row.signature))
    throw new LogFault(null, `revision ${String(row.number)} of ${row.subject} is not signed by its author`);
  return revision;
}

/** The list of items must hold what the log says there is, with the tags that were signed. */
async function checkIndex(handle: Handle, newest: ReadonlyMap<string, Revision | null>): Promise<void> {
  const items = new Map((await allItems(handle)).map((item) => [item.id, item]));
  for (const [id, revision] of newest) {
    const listed = items.get(id);
    items.delete(id);
    if ((listed === undefined) !== (revision?.isDeleted ?? true))
      throw new LogFault(null, `item ${id} is listed wrongly`);
    if (listed !== undefined && !isSameTag(listed.titleTag, revision?.titleTag ?? null))
      throw new LogFault(null, `the title tag of item ${id} was changed`);
  }
  const [stray] = items.keys();
  if (stray !== undefined) throw new LogFault(null, `item ${stray} is listed, and no entry names it`);
}

function isSameTag(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}
