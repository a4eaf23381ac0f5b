/** The stubs of archives, and the profiles of tokens beside them. */
import { column, type Handle, type Row } from './database.js';
import { type SignedRow, signedRow } from './safe.js';

export interface ArchiveRow extends SignedRow {
  /** The last entry that the archive took. */
  readonly seq: number;
}

function archiveRow(row: Row): ArchiveRow {
  return { seq: column.integer(row, 'seq'), ...signedRow(row) };
}

/** The newest stub, or null. */
export async function lastArchive(handle: Handle): Promise<ArchiveRow | null> {
  const row = await handle.get('SELECT seq, signed, signature FROM archive ORDER BY seq DESC LIMIT 1');
  return row && archiveRow(row);
}

/** The newest stub of less than `seq`, or null. */
export async function archiveBefore(handle: Handle, seq: number): Promise<ArchiveRow | null> {
  const sql = 'SELECT seq, signed, signature FROM archive WHERE seq < ? ORDER BY seq DESC LIMIT 1';
  const row = await handle.get(sql, seq);
  return row && archiveRow(row);
}

/** The number up to which entries were archived; 0 if none were. */
export async function archivedSeq(handle: Handle): Promise<number> {
  const row = await handle.get('SELECT coalesce(max(seq), 0) AS seq FROM archive');
  return row === null ? 0 : column.integer(row, 'seq');
}

export async function insertArchive(handle: Handle, row: ArchiveRow): Promise<void> {
  await handle.run('INSERT INTO archive (seq, signed, signature) VALUES (?, ?, ?)', row.seq, row.signed, row.signature);
}

/** Takes the newest stub and its profiles away again, once what it covers is back. */
export async function deleteArchive(handle: Handle, seq: number): Promise<void> {
  await handle.run('DELETE FROM archive_profile WHERE seq = ?', seq);
  await handle.run('DELETE FROM archive WHERE seq = ?', seq);
}

export interface ProfileRow extends SignedRow {
  readonly seq: number;
  readonly token: string;
}

export async function insertProfile(handle: Handle, row: ProfileRow): Promise<void> {
  const sql = 'INSERT INTO archive_profile (seq, token, signed, signature) VALUES (?, ?, ?, ?)';
  await handle.run(sql, row.seq, row.token, row.signed, row.signature);
}

/** The profile of a token beside the newest stub, or null. */
export async function readProfile(handle: Handle, token: string): Promise<ProfileRow | null> {
  const sql =
    'SELECT seq, token, signed, signature FROM archive_profile WHERE token = ? AND seq = (SELECT max(seq) FROM archive)';
  const row = await handle.get(sql, token);
  return row && { seq: column.integer(row, 'seq'), token: column.text(row, 'token'), ...signedRow(row) };
}

/** Every profile beside a stub. */
export async function readProfiles(handle: Handle, seq: number): Promise<readonly ProfileRow[]> {
  const rows = await handle.all('SELECT seq, token, signed, signature FROM archive_profile WHERE seq = ?', seq);
  return rows.map((row) => ({
    seq: column.integer(row, 'seq'),
    token: column.text(row, 'token'),
    ...signedRow(row),
  }));
}

/** Every stub, oldest first. */
export async function readArchives(handle: Handle): Promise<readonly ArchiveRow[]> {
  return (await handle.all('SELECT seq, signed, signature FROM archive ORDER BY seq')).map(archiveRow);
}

/** The profiles beside all stubs. */
export async function allProfiles(handle: Handle): Promise<readonly ProfileRow[]> {
  const rows = await handle.all('SELECT seq, token, signed, signature FROM archive_profile ORDER BY seq, token');
  return rows.map((row) => ({
    seq: column.integer(row, 'seq'),
    token: column.text(row, 'token'),
    ...signedRow(row),
  }));
}
