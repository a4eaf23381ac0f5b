/** What the owner signed and the state or a token's leaf lists by its hash, beside certificates and grants. */
import { column, type Handle, type Row } from './database.js';

/**
 * A document. Of a decision `holder` is the token whom it is for, of a rule the vault that it is about; the private part is
 * sealed for that one, and to the owner.
 */
export interface DocumentRow {
  readonly hash: Uint8Array;
  readonly kind: 'decision' | 'rule';
  readonly holder: string;
  readonly signed: Uint8Array;
  readonly tokenPrivate: Uint8Array;
  readonly ownerPrivate: Uint8Array;
}

function documentRow(row: Row, kind: DocumentRow['kind']): DocumentRow {
  return {
    kind,
    hash: column.blob(row, 'hash'),
    holder: column.text(row, 'holder'),
    signed: column.blob(row, 'signed'),
    tokenPrivate: column.blob(row, 'token_private'),
    ownerPrivate: column.blob(row, 'owner_private'),
  };
}

/** Stores a document, in place of one of the same hash: what is sealed anew keeps its public part. */
export async function putDocument(handle: Handle, row: DocumentRow): Promise<void> {
  const sql =
    'INSERT OR REPLACE INTO document (hash, kind, holder, signed, token_private, owner_private) VALUES (?, ?, ?, ?, ?, ?)';
  await handle.run(sql, row.hash, row.kind, row.holder, row.signed, row.tokenPrivate, row.ownerPrivate);
}

export async function readDocument(
  handle: Handle,
  kind: DocumentRow['kind'],
  hash: Uint8Array,
): Promise<DocumentRow | null> {
  const row = await handle.get('SELECT * FROM document WHERE kind = ? AND hash = ?', kind, hash);
  return row && documentRow(row, kind);
}

export async function deleteDocument(handle: Handle, hash: Uint8Array): Promise<void> {
  await handle.run('DELETE FROM document WHERE hash = ?', hash);
}
