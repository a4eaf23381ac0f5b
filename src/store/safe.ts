/** The safe's own rows: its identity, the ways in, the owner's keys and the state. */
import { Refusal } from '../core/refusal.js';
import { column, type Handle, type Row } from './database.js';

export interface SafeRow {
  readonly id: string;
  readonly createdAt: number;
}

export interface RootKeyRow {
  readonly kind: string;
  readonly parameters: Uint8Array;
  readonly envelope: Uint8Array;
}

export interface SignedRow {
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
}

function missing(what: string): Refusal {
  return new Refusal('integrity', {
    message: `Integrity failure: the safe has no ${what}.`,
    next: 'vouchsafe restore FILE',
  });
}

export async function insertSafe(handle: Handle, row: SafeRow): Promise<void> {
  await handle.run('INSERT INTO safe (id, format, created_at) VALUES (?, 1, ?)', row.id, row.createdAt);
}

export async function readSafe(handle: Handle): Promise<SafeRow> {
  const rows = await handle.all('SELECT id, created_at FROM safe');
  const [row] = rows;
  if (row === undefined || rows.length > 1) throw missing('identity');
  return { id: column.text(row, 'id'), createdAt: column.integer(row, 'created_at') };
}

export async function putRootKey(handle: Handle, row: RootKeyRow): Promise<void> {
  const sql = 'INSERT OR REPLACE INTO root_key (kind, parameters, envelope) VALUES (?, ?, ?)';
  await handle.run(sql, row.kind, row.parameters, row.envelope);
}

export async function readRootKey(handle: Handle, kind: string): Promise<RootKeyRow | null> {
  const row = await handle.get('SELECT parameters, envelope FROM root_key WHERE kind = ?', kind);
  return row && { kind, parameters: column.blob(row, 'parameters'), envelope: column.blob(row, 'envelope') };
}

/** Every way in goes. */
export async function deleteRootKeys(handle: Handle): Promise<void> {
  await handle.run('DELETE FROM root_key');
}

export async function replaceOwnerKeys(handle: Handle, envelope: Uint8Array): Promise<void> {
  await handle.run('UPDATE owner_keys SET envelope = ? WHERE id = 1', envelope);
}

export async function insertOwnerKeys(handle: Handle, envelope: Uint8Array): Promise<void> {
  await handle.run('INSERT INTO owner_keys (id, envelope) VALUES (1, ?)', envelope);
}

export async function readOwnerKeys(handle: Handle): Promise<Uint8Array> {
  const row = await handle.get('SELECT envelope FROM owner_keys WHERE id = 1');
  if (row === null) throw missing('owner keys');
  return column.blob(row, 'envelope');
}

export async function putState(handle: Handle, row: SignedRow): Promise<void> {
  await handle.run('INSERT OR REPLACE INTO state (id, signed, signature) VALUES (1, ?, ?)', row.signed, row.signature);
}

export async function readState(handle: Handle): Promise<SignedRow> {
  const row = await handle.get('SELECT signed, signature FROM state WHERE id = 1');
  if (row === null) throw missing('state');
  return signedRow(row);
}

export function signedRow(row: Row): SignedRow {
  return { signed: column.blob(row, 'signed'), signature: column.blob(row, 'signature') };
}
