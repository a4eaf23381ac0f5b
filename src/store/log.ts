/** What stands beside the entries of the log: its sessions and checkpoints. Rows are only ever added. */
import { column, type Handle } from './database.js';
import { type SignedRow, signedRow } from './safe.js';

export interface SessionRow {
  readonly hash: Uint8Array;
  readonly signed: Uint8Array;
}

export async function insertSession(handle: Handle, row: SessionRow): Promise<void> {
  await handle.run(
    'INSERT INTO log_session (hash, signed) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING',
    row.hash,
    row.signed,
  );
}

export async function readSession(handle: Handle, hash: Uint8Array): Promise<SessionRow | null> {
  const row = await handle.get('SELECT signed FROM log_session WHERE hash = ?', hash);
  return row && { hash, signed: column.blob(row, 'signed') };
}

export interface CheckpointRow extends SignedRow {
  readonly seq: number;
}

export async function insertCheckpoint(handle: Handle, row: CheckpointRow): Promise<void> {
  await handle.run(
    'INSERT INTO checkpoint (seq, signed, signature) VALUES (?, ?, ?)',
    row.seq,
    row.signed,
    row.signature,
  );
}

export async function hasCheckpoint(handle: Handle, seq: number): Promise<boolean> {
  return (await handle.get('SELECT 1 AS found FROM checkpoint WHERE seq = ?', seq)) !== null;
}

export async function lastCheckpoint(handle: Handle): Promise<CheckpointRow | null> {
  const row = await handle.get('SELECT seq, signed, signature FROM checkpoint ORDER BY seq DESC LIMIT 1');
  return row && { seq: column.integer(row, 'seq'), ...signedRow(row) };
}

/** Every checkpoint, oldest first. */
export async function readCheckpoints(handle: Handle): Promise<readonly CheckpointRow[]> {
  const rows = await handle.all('SELECT seq, signed, signature FROM checkpoint ORDER BY seq');
  return rows.map((row) => ({ seq: column.integer(row, 'seq'), ...signedRow(row) }));
}

/** The names of all sessions. */
export async function sessionNames(handle: Handle): Promise<readonly Uint8Array[]> {
  return (await handle.all('SELECT hash FROM log_session')).map((row) => column.blob(row, 'hash'));
}
