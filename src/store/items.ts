/** Vault keys, items, their keys and their revisions. */
import { column, type Handle, type Row } from './database.js';

export async function putVaultKey(
  handle: Handle,
  row: { vault: string; epoch: number; envelope: Uint8Array },
): Promise<void> {
  const sql = 'INSERT INTO vault_key (vault, epoch, envelope) VALUES (?, ?, ?)';
  await handle.run(sql, row.vault, row.epoch, row.envelope);
}

export async function readVaultKey(handle: Handle, vault: string, epoch: number): Promise<Uint8Array | null> {
  const row = await handle.get('SELECT envelope FROM vault_key WHERE vault = ? AND epoch = ?', vault, epoch);
  return row && column.blob(row, 'envelope');
}

/** Every vault's key of every epoch. */
export async function allVaultKeys(
  handle: Handle,
): Promise<readonly { vault: string; epoch: number; envelope: Uint8Array }[]> {
  const rows = await handle.all('SELECT vault, epoch, envelope FROM vault_key ORDER BY vault, epoch');
  return rows.map((row) => ({
    vault: column.text(row, 'vault'),
    epoch: column.integer(row, 'epoch'),
    envelope: column.blob(row, 'envelope'),
  }));
}

/** Another wrapping of the same key. */
export async function rewrapVaultKey(
  handle: Handle,
  row: { vault: string; epoch: number; envelope: Uint8Array },
): Promise<void> {
  const sql = 'UPDATE vault_key SET envelope = ? WHERE vault = ? AND epoch = ?';
  await handle.run(sql, row.envelope, row.vault, row.epoch);
}

export async function deleteVaultKeys(handle: Handle, vault: string): Promise<void> {
  await handle.run('DELETE FROM vault_key WHERE vault = ?', vault);
}

/** An item's index row: finds it by its title. Its vault is what its id says. */
export interface ItemRow {
  readonly id: string;
  readonly titleTag: Uint8Array | null;
}

export async function putItem(handle: Handle, row: ItemRow): Promise<void> {
  await handle.run('INSERT OR REPLACE INTO item (id, title_tag) VALUES (?, ?)', row.id, row.titleTag);
}

export async function deleteItem(handle: Handle, id: string): Promise<void> {
  await handle.run('DELETE FROM item WHERE id = ?', id);
}

/** The items that the log names of a vault, also deleted ones, with the entries of their newest changes, in that order. */
export async function itemHeads(
  handle: Handle,
  vault: string,
): Promise<readonly { readonly id: string; readonly seq: number }[]> {
  const sql =
    "SELECT subject, max(seq) AS newest FROM change WHERE kind = 'item' AND subject >= ? AND subject < ? GROUP BY subject ORDER BY newest";
  const rows = await handle.all(sql, vault, `${vault}~`);
  return rows.map((row) => ({ id: column.text(row, 'subject'), seq: column.integer(row, 'newest') }));
}

/** The same by their ids alone: who reads them in this order reads the log in its order. */
export async function itemIds(handle: Handle, vault: string): Promise<readonly string[]> {
  return (await itemHeads(handle, vault)).map(({ id }) => id);
}

/** Items of a vault whose title may be the one with this tag: tagged so, or untagged. */
export async function itemIdsByTitle(handle: Handle, vault: string, titleTag: Uint8Array): Promise<readonly string[]> {
  const range = 'id >= ? AND id < ?';
  const sql = `SELECT id FROM item WHERE title_tag = ? AND ${range} UNION ALL SELECT id FROM item WHERE title_tag IS NULL AND ${range}`;
  const end = `${vault}~`;
  return (await handle.all(sql, titleTag, vault, end, vault, end)).map((row) => column.text(row, 'id'));
}

export interface ItemKeyRow {
  readonly item: string;
  readonly epoch: number;
  readonly vaultEpoch: number;
  readonly envelope: Uint8Array;
}

export async function putItemKey(handle: Handle, row: ItemKeyRow): Promise<void> {
  const sql = 'INSERT INTO item_key (item, epoch, vault_epoch, envelope) VALUES (?, ?, ?, ?)';
  await handle.run(sql, row.item, row.epoch, row.vaultEpoch, row.envelope);
}

export async function readItemKey(handle: Handle, item: string, epoch: number): Promise<ItemKeyRow | null> {
  const row = await handle.get('SELECT vault_epoch, envelope FROM item_key WHERE item = ? AND epoch = ?', item, epoch);
  return row && { item, epoch, vaultEpoch: column.integer(row, 'vault_epoch'), envelope: column.blob(row, 'envelope') };
}

/** The highest epoch of an item's key, 0 if it has none. */
export async function lastItemEpoch(handle: Handle, item: string): Promise<number> {
  const row = await handle.get('SELECT max(epoch) AS epoch FROM item_key WHERE item = ?', item);
  return row === null ? 0 : (column.integerOrNull(row, 'epoch') ?? 0);
}

/** A revision as stored; `subject` is the id of an item or of a vault. */
export interface RevisionRow {
  readonly subject: string;
  readonly number: number;
  readonly signed: Uint8Array;
  readonly signature: Uint8Array;
  readonly overview: Uint8Array;
  readonly secret: Uint8Array;
}

export async function putRevision(handle: Handle, row: RevisionRow): Promise<void> {
  const sql = 'INSERT INTO revision (subject, number, signed, signature, overview, secret) VALUES (?, ?, ?, ?, ?, ?)';
  await handle.run(sql, row.subject, row.number, row.signed, row.signature, row.overview, row.secret);
}

function revisionRow(row: Row): RevisionRow {
  return {
    subject: column.text(row, 'subject'),
    number: column.integer(row, 'number'),
    signed: column.blob(row, 'signed'),
    signature: column.blob(row, 'signature'),
    overview: column.blob(row, 'overview'),
    secret: column.blob(row, 'secret'),
  };
}

export async function readRevision(handle: Handle, subject: string, number: number): Promise<RevisionRow | null> {
  const row = await handle.get('SELECT * FROM revision WHERE subject = ? AND number = ?', subject, number);
  return row && revisionRow(row);
}

/** All stored revisions of a subject, oldest first. */
export async function readRevisions(handle: Handle, subject: string): Promise<readonly RevisionRow[]> {
  return (await handle.all('SELECT * FROM revision WHERE subject = ? ORDER BY number', subject)).map(revisionRow);
}

/** Number and signed bytes of all stored revisions of a subject, oldest first; its envelopes are not read. */
export async function revisionHeads(
  handle: Handle,
  subject: string,
): Promise<readonly { number: number; signed: Uint8Array }[]> {
  const rows = await handle.all('SELECT number, signed FROM revision WHERE subject = ? ORDER BY number', subject);
  return rows.map((row) => ({ number: column.integer(row, 'number'), signed: column.blob(row, 'signed') }));
}

export async function deleteRevision(handle: Handle, subject: string, number: number): Promise<void> {
  await handle.run('DELETE FROM revision WHERE subject = ? AND number = ?', subject, number);
}

/** Erases the keys of an item below `epoch`. */
export async function deleteItemKeysBelow(handle: Handle, item: string, epoch: number): Promise<void> {
  await handle.run('DELETE FROM item_key WHERE item = ? AND epoch < ?', item, epoch);
}

/** Every item's index row, for verification. */
export async function allItems(handle: Handle): Promise<readonly ItemRow[]> {
  return (await handle.all('SELECT id, title_tag FROM item ORDER BY id')).map((row) => ({
    id: column.text(row, 'id'),
    titleTag: column.blobOrNull(row, 'title_tag'),
  }));
}

/** Every subject that has a stored revision, for verification. */
export async function revisionSubjects(handle: Handle): Promise<readonly string[]> {
  return (await handle.all('SELECT DISTINCT subject FROM revision')).map((row) => column.text(row, 'subject'));
}
