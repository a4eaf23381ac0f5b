/** Tokens, their certificates and their grants. */
import { column, type Handle, type Row } from './database.js';

export interface TokenRow {
  readonly id: string;
  readonly lookupId: string;
  readonly secretHash: Uint8Array;
  readonly epoch: number;
  readonly bundle: Uint8Array;
  readonly tagKey: Uint8Array;
  readonly leaf: Uint8Array;
}

function tokenRow(row: Row): TokenRow {
  return {
    id: column.text(row, 'id'),
    lookupId: column.text(row, 'lookup_id'),
    secretHash: column.blob(row, 'secret_hash'),
    epoch: column.integer(row, 'epoch'),
    bundle: column.blob(row, 'bundle'),
    tagKey: column.blob(row, 'tag_key'),
    leaf: column.blob(row, 'leaf'),
  };
}

export async function putToken(handle: Handle, row: TokenRow): Promise<void> {
  const sql =
    'INSERT OR REPLACE INTO token (id, lookup_id, secret_hash, epoch, bundle, tag_key, leaf) VALUES (?, ?, ?, ?, ?, ?, ?)';
  await handle.run(sql, row.id, row.lookupId, row.secretHash, row.epoch, row.bundle, row.tagKey, row.leaf);
}

export async function putLeaf(handle: Handle, id: string, leaf: Uint8Array): Promise<void> {
  await handle.run('UPDATE token SET leaf = ? WHERE id = ?', leaf, id);
}

export async function findToken(handle: Handle, lookupId: string): Promise<TokenRow | null> {
  const row = await handle.get('SELECT * FROM token WHERE lookup_id = ?', lookupId);
  return row && tokenRow(row);
}

export async function readToken(handle: Handle, id: string): Promise<TokenRow | null> {
  const row = await handle.get('SELECT * FROM token WHERE id = ?', id);
  return row && tokenRow(row);
}

export async function deleteToken(handle: Handle, id: string): Promise<void> {
  await handle.run('DELETE FROM token WHERE id = ?', id);
}

/** A token's text that no longer works; it is kept so that its holder can be told why. */
export interface RetiredTokenRow {
  readonly lookupId: string;
  readonly secretHash: Uint8Array;
  readonly token: string;
  readonly epoch: number;
}

export async function retireToken(handle: Handle, row: RetiredTokenRow): Promise<void> {
  const sql = 'INSERT OR REPLACE INTO retired_token (lookup_id, secret_hash, token, epoch) VALUES (?, ?, ?, ?)';
  await handle.run(sql, row.lookupId, row.secretHash, row.token, row.epoch);
}

export async function findRetiredToken(handle: Handle, lookupId: string): Promise<RetiredTokenRow | null> {
  const row = await handle.get('SELECT secret_hash, token, epoch FROM retired_token WHERE lookup_id = ?', lookupId);
  if (row === null) return null;
  return {
    lookupId,
    secretHash: column.blob(row, 'secret_hash'),
    token: column.text(row, 'token'),
    epoch: column.integer(row, 'epoch'),
  };
}

export interface CertificateRow {
  readonly hash: Uint8Array;
  readonly token: string;
  readonly epoch: number;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly tokenPrivate: Uint8Array;
  readonly ownerPrivate: Uint8Array;
}

function certificateRow(row: Row): CertificateRow {
  return {
    hash: column.blob(row, 'hash'),
    token: column.text(row, 'token'),
    epoch: column.integer(row, 'epoch'),
    signed: column.blob(row, 'signed'),
    signature: column.blob(row, 'signature'),
    tokenPrivate: column.blob(row, 'token_private'),
    ownerPrivate: column.blob(row, 'owner_private'),
  };
}

export async function putCertificate(handle: Handle, row: CertificateRow): Promise<void> {
  const sql =
    'INSERT INTO certificate (hash, token, epoch, signed, signature, token_private, owner_private) VALUES (?, ?, ?, ?, ?, ?, ?)';
  await handle.run(sql, row.hash, row.token, row.epoch, row.signed, row.signature, row.tokenPrivate, row.ownerPrivate);
}

export async function readCertificate(handle: Handle, hash: Uint8Array): Promise<CertificateRow | null> {
  const row = await handle.get('SELECT * FROM certificate WHERE hash = ?', hash);
  return row && certificateRow(row);
}

/** Every certificate that was ever issued, oldest first. */
export async function readCertificates(handle: Handle): Promise<readonly CertificateRow[]> {
  return (await handle.all('SELECT * FROM certificate ORDER BY rowid')).map(certificateRow);
}

/** A grant's document; `sealedKey` is null once the grant has ended. */
export interface GrantRow {
  readonly hash: Uint8Array;
  readonly id: string;
  readonly token: string;
  readonly signed: Uint8Array;
  readonly tokenPrivate: Uint8Array;
  readonly ownerPrivate: Uint8Array;
  readonly sealedKey: Uint8Array | null;
}

function grantRow(row: Row): GrantRow {
  return {
    hash: column.blob(row, 'hash'),
    id: column.text(row, 'id'),
    token: column.text(row, 'token'),
    signed: column.blob(row, 'signed'),
    tokenPrivate: column.blob(row, 'token_private'),
    ownerPrivate: column.blob(row, 'owner_private'),
    sealedKey: column.blobOrNull(row, 'sealed_key'),
  };
}

export async function putGrant(handle: Handle, row: GrantRow): Promise<void> {
  const sql =
    'INSERT INTO grant_document (hash, id, token, signed, token_private, owner_private, sealed_key) VALUES (?, ?, ?, ?, ?, ?, ?)';
  await handle.run(sql, row.hash, row.id, row.token, row.signed, row.tokenPrivate, row.ownerPrivate, row.sealedKey);
}

export async function readGrant(handle: Handle, hash: Uint8Array): Promise<GrantRow | null> {
  const row = await handle.get('SELECT * FROM grant_document WHERE hash = ?', hash);
  return row && grantRow(row);
}

/** The documents of one grant, the newest first. */
export async function readGrantsById(handle: Handle, id: string): Promise<readonly GrantRow[]> {
  return (await handle.all('SELECT * FROM grant_document WHERE id = ? ORDER BY rowid DESC', id)).map(grantRow);
}

/** Every document that was ever issued, oldest first. */
export async function readGrants(handle: Handle): Promise<readonly GrantRow[]> {
  return (await handle.all('SELECT * FROM grant_document ORDER BY rowid')).map(grantRow);
}

/** Erases the key that a document sealed; the document stays, since the log names it. */
export async function eraseGrantKey(handle: Handle, hash: Uint8Array): Promise<void> {
  await handle.run('UPDATE grant_document SET sealed_key = NULL WHERE hash = ?', hash);
}

/** Erases the keys of every document of a token. */
export async function eraseGrantKeys(handle: Handle, token: string): Promise<void> {
  await handle.run('UPDATE grant_document SET sealed_key = NULL WHERE token = ?', token);
}
