/** The log: entries, the changes they name, sessions and checkpoints. Rows are only ever added. */
import { column, type Handle, type Row, type Value } from './database.js';

export interface EntryRow {
  readonly seq: number;
  readonly at: number;
  readonly actorKind: string;
  readonly actor: string | null;
  readonly actorEpoch: number | null;
  readonly session: Uint8Array;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly vault: string | null;
  readonly item: string | null;
  readonly grant: string | null;
  readonly uses: number | null;
  readonly stateVersion: number;
  readonly stateHash: Uint8Array | null;
  readonly fieldsCount: number;
  readonly suppressed: number;
  readonly reasonTag: Uint8Array | null;
  readonly templateTag: Uint8Array | null;
  readonly clientTag: Uint8Array | null;
  readonly payload: Uint8Array;
  readonly hash: Uint8Array;
  readonly signature: Uint8Array | null;
}

const ENTRY_COLUMNS =
  'seq, at, actor_kind, actor, actor_epoch, session, action, outcome, code, vault, item, grant_id, uses, state_version, state_hash, fields_count, suppressed, reason_tag, template_tag, client_tag, payload, hash, signature';

/** An entry of a row of the table. */
export function entryRow(row: Row): EntryRow {
  return {
    seq: column.integer(row, 'seq'),
    at: column.integer(row, 'at'),
    actorKind: column.text(row, 'actor_kind'),
    actor: column.textOrNull(row, 'actor'),
    actorEpoch: column.integerOrNull(row, 'actor_epoch'),
    session: column.blob(row, 'session'),
    action: column.text(row, 'action'),
    outcome: column.text(row, 'outcome'),
    code: column.textOrNull(row, 'code'),
    vault: column.textOrNull(row, 'vault'),
    item: column.textOrNull(row, 'item'),
    grant: column.textOrNull(row, 'grant_id'),
    uses: column.integerOrNull(row, 'uses'),
    stateVersion: column.integer(row, 'state_version'),
    stateHash: column.blobOrNull(row, 'state_hash'),
    fieldsCount: column.integer(row, 'fields_count'),
    suppressed: column.integer(row, 'suppressed'),
    reasonTag: column.blobOrNull(row, 'reason_tag'),
    templateTag: column.blobOrNull(row, 'template_tag'),
    clientTag: column.blobOrNull(row, 'client_tag'),
    payload: column.blob(row, 'payload'),
    hash: column.blob(row, 'hash'),
    signature: column.blobOrNull(row, 'signature'),
  };
}

export async function insertEntry(handle: Handle, row: EntryRow): Promise<void> {
  const values: readonly Value[] = [
    ...[row.seq, row.at, row.actorKind, row.actor, row.actorEpoch, row.session, row.action, row.outcome, row.code],
    ...[row.vault, row.item, row.grant, row.uses, row.stateVersion, row.stateHash, row.fieldsCount, row.suppressed],
    ...[row.reasonTag, row.templateTag, row.clientTag, row.payload, row.hash, row.signature],
  ];
  await handle.run(`INSERT INTO entry (${ENTRY_COLUMNS}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
}

export async function lastEntry(handle: Handle): Promise<EntryRow | null> {
  const row = await handle.get(`SELECT ${ENTRY_COLUMNS} FROM entry ORDER BY seq DESC LIMIT 1`);
  return row && entryRow(row);
}

export async function readEntry(handle: Handle, seq: number): Promise<EntryRow | null> {
  const row = await handle.get(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE seq = ?`, seq);
  return row && entryRow(row);
}

/** Up to `limit` entries from `first` on, oldest first. */
export async function entriesFrom(handle: Handle, first: number, limit: number): Promise<readonly EntryRow[]> {
  return (await handle.all(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE seq >= ? ORDER BY seq LIMIT ?`, first, limit)).map(
    entryRow,
  );
}

/** The entries of which a condition holds; `where` is SQL of this layer, never of a caller's words. */
export async function entryRows(handle: Handle, where: string, values: readonly Value[]): Promise<readonly EntryRow[]> {
  return (await handle.all(`SELECT ${ENTRY_COLUMNS} FROM entry WHERE ${where}`, ...values)).map(entryRow);
}

export interface ChangeRow {
  readonly seq: number;
  readonly kind: string;
  readonly subject: string;
  readonly revision: number;
  readonly hash: Uint8Array | null;
  readonly before: Uint8Array | null;
}

function changeRow(row: Row): ChangeRow {
  return {
    seq: column.integer(row, 'seq'),
    kind: column.text(row, 'kind'),
    subject: column.text(row, 'subject'),
    revision: column.integer(row, 'revision'),
    hash: column.blobOrNull(row, 'hash'),
    before: column.blobOrNull(row, 'before'),
  };
}

export async function insertChange(handle: Handle, n: number, row: ChangeRow): Promise<void> {
  const sql = 'INSERT INTO change (seq, n, kind, subject, revision, hash, before) VALUES (?, ?, ?, ?, ?, ?, ?)';
  await handle.run(sql, row.seq, n, row.kind, row.subject, row.revision, row.hash, row.before);
}

/** The changes that an entry names, in their order. */
export async function changesOf(handle: Handle, seq: number): Promise<readonly ChangeRow[]> {
  return (await handle.all('SELECT * FROM change WHERE seq = ? ORDER BY n', seq)).map(changeRow);
}

/** Whether an entry names any change. */
export async function namesChange(handle: Handle, seq: number): Promise<boolean> {
  return (await handle.get('SELECT 1 AS found FROM change WHERE seq = ? LIMIT 1', seq)) !== null;
}

/** The two newest changes of a subject, newest first. */
export async function newestChanges(handle: Handle, kind: string, subject: string): Promise<readonly ChangeRow[]> {
  const sql = 'SELECT * FROM change WHERE kind = ? AND subject = ? ORDER BY seq DESC, n DESC LIMIT 2';
  return (await handle.all(sql, kind, subject)).map(changeRow);
}

/** Every change of a subject, newest first. */
export async function allChanges(handle: Handle, kind: string, subject: string): Promise<readonly ChangeRow[]> {
  const sql = 'SELECT * FROM change WHERE kind = ? AND subject = ? ORDER BY seq DESC, n DESC';
  return (await handle.all(sql, kind, subject)).map(changeRow);
}

/** The newest entry that names a freeze of a token or of all, and the newest that freezes by its action; 0 if none. */
export async function lastFreezes(handle: Handle, token: string): Promise<{ named: number; acted: number }> {
  const named = "SELECT max(seq) FROM change WHERE kind = 'freeze' AND subject IN (?, 'safe')";
  const acted = "SELECT max(seq) FROM entry WHERE action IN ('token.freeze', 'safe.lockdown')";
  const row = await handle.get(`SELECT (${named}) AS named, (${acted}) AS acted`, token);
  if (row === null) return { named: 0, acted: 0 };
  return { named: column.integerOrNull(row, 'named') ?? 0, acted: column.integerOrNull(row, 'acted') ?? 0 };
}

/** The hash of an entry, or null if there is none. */
export async function readEntryHash(handle: Handle, seq: number): Promise<Uint8Array | null> {
  const row = await handle.get('SELECT hash FROM entry WHERE seq = ?', seq);
  return row && column.blob(row, 'hash');
}

/** True if any change after `seq` names a subject from `first` up to, but not including, `end`. */
export async function hasChangeAfter(
  handle: Handle,
  seq: number,
  range: { first: string; end: string },
): Promise<boolean> {
  const sql = 'SELECT 1 AS found FROM change WHERE seq > ? AND subject >= ? AND subject < ? LIMIT 1';
  return (await handle.get(sql, seq, range.first, range.end)) !== null;
}

/** The running count of a grant's uses: it only grows, so the highest is the newest. */
export async function usesOf(handle: Handle, grant: string): Promise<number> {
  const row = await handle.get('SELECT max(uses) AS uses FROM entry WHERE grant_id = ?', grant);
  return row === null ? 0 : (column.integerOrNull(row, 'uses') ?? 0);
}

/** When a token last made a call, after the entry `seq`; null if it made none. */
export async function lastUseOf(handle: Handle, token: string, seq: number): Promise<number | null> {
  const row = await handle.get(
    'SELECT at FROM entry WHERE actor = ? AND seq > ? ORDER BY seq DESC LIMIT 1',
    token,
    seq,
  );
  return row && column.integer(row, 'at');
}

/** The items whose secrets a token was given, each with the newest such entry. */
export async function lastReadsBy(
  handle: Handle,
  token: string,
): Promise<readonly { readonly item: string; readonly seq: number }[]> {
  const sql =
    "SELECT item, max(seq) AS seq FROM entry WHERE actor = ? AND outcome = 'granted' AND fields_count > 0 AND item IS NOT NULL GROUP BY item ORDER BY item";
  return (await handle.all(sql, token)).map((row) => ({
    item: column.text(row, 'item'),
    seq: column.integer(row, 'seq'),
  }));
}

/** Whether any entry names the grant. */
export async function hasGrantEntry(handle: Handle, grant: string): Promise<boolean> {
  return (await handle.get('SELECT 1 AS found FROM entry WHERE grant_id = ? LIMIT 1', grant)) !== null;
}

/** How many entries stand after a number. */
export async function countEntriesAfter(handle: Handle, seq: number): Promise<number> {
  const row = await handle.get('SELECT count(*) AS n FROM entry WHERE seq > ?', seq);
  return row === null ? 0 : column.integer(row, 'n');
}

/** The numbers of the entries up to `seq`, in order. */
export async function numbersUpTo(handle: Handle, seq: number): Promise<readonly number[]> {
  const rows = await handle.all('SELECT seq FROM entry WHERE seq <= ? ORDER BY seq', seq);
  return rows.map((row) => column.integer(row, 'seq'));
}

/** The first change before the entry 1 or after the entry `last`, or null. */
export async function strayChange(handle: Handle, last: number): Promise<number | null> {
  const row = await handle.get('SELECT seq FROM change WHERE seq < 1 OR seq > ? ORDER BY seq LIMIT 1', last);
  return row && column.integer(row, 'seq');
}

/** The first change up to `seq` whose entry is not there, or null. */
export async function orphanedChange(handle: Handle, seq: number): Promise<number | null> {
  const sql = 'SELECT seq FROM change WHERE seq <= ? AND seq NOT IN (SELECT seq FROM entry) ORDER BY seq LIMIT 1';
  const row = await handle.get(sql, seq);
  return row && column.integer(row, 'seq');
}

/** The subjects from `first` up to, but not including, `end` that entries after `seq` changed. */
export async function changedSubjects(
  handle: Handle,
  seq: number,
  range: { first: string; end: string },
): Promise<readonly string[]> {
  const sql = 'SELECT DISTINCT subject FROM change WHERE seq > ? AND subject >= ? AND subject < ?';
  return (await handle.all(sql, seq, range.first, range.end)).map((row) => column.text(row, 'subject'));
}

/** The items and vaults of which an actor's entries name a change. */
export async function subjectsWrittenBy(
  handle: Handle,
  actor: string,
): Promise<readonly { kind: string; subject: string }[]> {
  const sql =
    "SELECT DISTINCT c.kind, c.subject FROM entry e JOIN change c ON c.seq = e.seq WHERE e.actor = ? AND c.kind IN ('item', 'vault') ORDER BY c.kind, c.subject";
  return (await handle.all(sql, actor)).map((row) => ({
    kind: column.text(row, 'kind'),
    subject: column.text(row, 'subject'),
  }));
}

/** The changes that the entries from `first` to `last` name, by entry. Also finds those of entries that are not there. */
export async function changesBetween(
  handle: Handle,
  first: number,
  last: number,
): Promise<ReadonlyMap<number, readonly ChangeRow[]>> {
  const found = new Map<number, ChangeRow[]>();
  for (const row of await handle.all('SELECT * FROM change WHERE seq >= ? AND seq <= ? ORDER BY seq, n', first, last)) {
    const change = changeRow(row);
    const known = found.get(change.seq);
    if (known === undefined) found.set(change.seq, [change]);
    else known.push(change);
  }
  return found;
}

/** The items that entries name, each with its newest entry. */
export async function itemsInLog(handle: Handle): Promise<readonly { item: string; seq: number }[]> {
  const rows = await handle.all('SELECT item, max(seq) AS seq FROM entry WHERE item IS NOT NULL GROUP BY item');
  return rows.map((row) => ({ item: column.text(row, 'item'), seq: column.integer(row, 'seq') }));
}

/** The newest entry that names an item, or null. */
export async function lastNaming(handle: Handle, item: string): Promise<number | null> {
  const row = await handle.get('SELECT max(seq) AS seq FROM entry WHERE item = ?', item);
  return row && column.integerOrNull(row, 'seq');
}

/** The entries after `seq` that freeze something, by their action. */
export async function freezesAfter(handle: Handle, seq: number): Promise<readonly number[]> {
  const sql = "SELECT seq FROM entry WHERE action IN ('token.freeze', 'safe.lockdown') AND seq > ? ORDER BY seq";
  return (await handle.all(sql, seq)).map((row) => column.integer(row, 'seq'));
}

/** The first entry whose changes are not numbered 0, 1, 2…, or null. */
export async function misnumberedChange(handle: Handle): Promise<number | null> {
  const numbered = 'SELECT seq, n, row_number() OVER (PARTITION BY seq ORDER BY n) - 1 AS expected FROM change';
  const row = await handle.get(`SELECT seq FROM (${numbered}) AS numbered WHERE n <> expected ORDER BY seq LIMIT 1`);
  return row && column.integer(row, 'seq');
}

/** The newest entry after `seq` that freezes a subject, or null. */
export async function freezesOn(handle: Handle, subject: string, seq: number): Promise<number | null> {
  const sql = "SELECT max(seq) AS seq FROM change WHERE kind = 'freeze' AND subject = ? AND seq > ?";
  const row = await handle.get(sql, subject, seq);
  return row && column.integerOrNull(row, 'seq');
}
