/** Short-lived tokens that personal access tokens were exchanged for. */
import { column, type Handle } from './database.js';

export interface ExchangeRow {
  readonly lookupId: string;
  readonly secretHash: Uint8Array;
  readonly token: string;
  readonly epoch: number;
  readonly notAfter: number;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  /** Null once it was ended; the rest stays for a while, so that its holder can be told so. */
  readonly bundle: Uint8Array | null;
}

export async function putExchange(handle: Handle, row: ExchangeRow): Promise<void> {
  const sql =
    'INSERT INTO exchange (lookup_id, secret_hash, token, epoch, not_after, signed, signature, bundle) VALUES (?, ?, ?, ?, ?, ?, ?, ?)';
  const { lookupId, secretHash, token, epoch, notAfter, signed, signature, bundle } = row;
  await handle.run(sql, lookupId, secretHash, token, epoch, notAfter, signed, signature, bundle);
}

export async function findExchange(handle: Handle, lookupId: string): Promise<ExchangeRow | null> {
  const row = await handle.get('SELECT * FROM exchange WHERE lookup_id = ?', lookupId);
  if (row === null) return null;
  return {
    lookupId,
    secretHash: column.blob(row, 'secret_hash'),
    token: column.text(row, 'token'),
    epoch: column.integer(row, 'epoch'),
    notAfter: column.integer(row, 'not_after'),
    signed: column.blob(row, 'signed'),
    signature: column.blob(row, 'signature'),
    bundle: column.blobOrNull(row, 'bundle'),
  };
}

/** Erases the wrapped bundle of one. */
export async function eraseExchange(handle: Handle, lookupId: string): Promise<void> {
  await handle.run('UPDATE exchange SET bundle = NULL WHERE lookup_id = ?', lookupId);
}

/** Erases the wrapped bundles of a token. */
export async function eraseExchanges(handle: Handle, token: string): Promise<void> {
  await handle.run('UPDATE exchange SET bundle = NULL WHERE token = ?', token);
}

/** Takes away what ended before a time (unix ms). */
export async function sweepExchanges(handle: Handle, before: number): Promise<void> {
  await handle.run('DELETE FROM exchange WHERE not_after < ?', before);
}
