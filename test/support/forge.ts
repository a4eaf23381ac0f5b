/**
 * The log rewritten as someone who writes the file can: rows are changed, taken out and put in, hashes are made to fit
 * again, and whatever a stolen key can sign is signed anew.
 */
import { type Entry, entryHash, entrySignature, firstLink, linkOf } from '../../src/crypto/chain.js';
import type { Holder, Signer } from './attacker.js';
import { allOf, blob, blobOrNull, type Cells, insertRow, integer, oneOf, type Raw, text } from './raw.js';

const textOrNull = (row: Cells, name: string): string | null => (row[name] === null ? null : text(row, name));
const integerOrNull = (row: Cells, name: string): number | null => (row[name] === null ? null : integer(row, name));

/** The canonical entry of a row. */
export function entryAt(db: Raw, seq: number, prev: Uint8Array): Entry {
  const row = oneOf(db, 'SELECT * FROM entry WHERE seq = ?', seq);
  const changes = db.prepare('SELECT * FROM change WHERE seq = ? ORDER BY n').all(seq) as Cells[];
  return {
    ...{ seq, at: integer(row, 'at'), actorKind: text(row, 'actor_kind'), actor: textOrNull(row, 'actor') },
    ...{ actorEpoch: integerOrNull(row, 'actor_epoch'), session: blob(row, 'session'), action: text(row, 'action') },
    ...{ outcome: text(row, 'outcome'), code: textOrNull(row, 'code'), vault: textOrNull(row, 'vault') },
    ...{ item: textOrNull(row, 'item'), grant: textOrNull(row, 'grant_id'), uses: integerOrNull(row, 'uses') },
    ...{ stateVersion: integer(row, 'state_version'), stateHash: blobOrNull(row, 'state_hash') },
    ...{ fieldsCount: integer(row, 'fields_count'), suppressed: integer(row, 'suppressed') },
    ...{ reasonTag: blobOrNull(row, 'reason_tag'), templateTag: blobOrNull(row, 'template_tag') },
    ...{ clientTag: blobOrNull(row, 'client_tag'), payload: blob(row, 'payload'), prev },
    changes: changes.map((change) => ({
      ...{ kind: text(change, 'kind'), id: text(change, 'subject'), revision: integer(change, 'revision') },
      ...{ hash: blobOrNull(change, 'hash'), before: blobOrNull(change, 'before') },
    })),
  };
}

/** What the next entry's `prev` is. */
export function linkAfter(db: Raw, safeId: string, seq: number): Uint8Array {
  if (seq === 0) return firstLink(safeId);
  const row = oneOf(db, 'SELECT hash, signature FROM entry WHERE seq = ?', seq);
  return linkOf(blob(row, 'hash'), blobOrNull(row, 'signature'));
}

/** Makes every hash from an entry on fit the row before, and signs anew what the holders' keys can sign. */
export function rechain(db: Raw, safeId: string, of: { from: number; keys?: readonly Holder[] }): void {
  const put = db.prepare('UPDATE entry SET hash = ?, signature = ? WHERE seq = ?');
  const seqs = db.prepare('SELECT seq FROM entry WHERE seq >= ? ORDER BY seq').pluck().all(of.from) as number[];
  for (const seq of seqs) {
    const entry = entryAt(db, seq, linkAfter(db, safeId, seq - 1));
    const hash = entryHash(safeId, entry);
    const holder = of.keys?.find(({ id, epoch }) => id === entry.actor && epoch === entry.actorEpoch);
    const old = blobOrNull(oneOf(db, 'SELECT signature FROM entry WHERE seq = ?', seq), 'signature');
    put.run(hash, holder?.sign(entrySignature.encode(safeId, { hash })) ?? old, seq);
  }
}

/** Makes the hash of one entry fit the row before, and signs it with a key. */
export function rechainOne(db: Raw, safeId: string, of: { seq: number; by: Pick<Holder, 'sign'> }): void {
  const hash = entryHash(safeId, entryAt(db, of.seq, linkAfter(db, safeId, of.seq - 1)));
  setCells(db, of.seq, { hash, signature: null });
  signAs(db, safeId, of);
}

/** Signs one entry with a key, whoever it says that it is of. */
export function signAs(db: Raw, safeId: string, of: { seq: number; by: Pick<Holder, 'sign'> }): void {
  const { hash } = oneOf(db, 'SELECT hash FROM entry WHERE seq = ?', of.seq);
  if (!(hash instanceof Uint8Array)) throw new Error('no hash');
  const signature = of.by.sign(entrySignature.encode(safeId, { hash }));
  db.prepare('UPDATE entry SET signature = ? WHERE seq = ?').run(signature, of.seq);
}

/** Sets cells of one entry. */
export function setCells(db: Raw, seq: number, cells: Cells): void {
  const names = Object.keys(cells);
  const sql = `UPDATE entry SET ${names.map((name) => `"${name}" = ?`).join(', ')} WHERE seq = ?`;
  if (db.prepare(sql).run(...Object.values(cells), seq).changes !== 1) throw new Error(`no entry ${seq}`);
}

/** Takes entries away with their changes. */
export function removeBetween(db: Raw, first: number, last: number): void {
  for (const table of ['change', 'entry'])
    db.prepare(`DELETE FROM ${table} WHERE seq >= ? AND seq <= ?`).run(first, last);
}

/** Moves all entries from one on by so many numbers. */
export function shift(db: Raw, from: number, by: number): void {
  const seqs = db.prepare('SELECT seq FROM entry WHERE seq >= ? ORDER BY seq').pluck().all(from) as number[];
  for (const seq of by > 0 ? seqs.reverse() : seqs)
    for (const table of ['change', 'entry']) db.prepare(`UPDATE ${table} SET seq = ? WHERE seq = ?`).run(seq + by, seq);
}

/** Two entries change places, with their changes; their numbers stay. */
export function swap(db: Raw, a: number, b: number): void {
  for (const [from, to] of [
    [a, -1],
    [b, a],
    [-1, b],
  ] as const)
    for (const table of ['change', 'entry']) db.prepare(`UPDATE ${table} SET seq = ? WHERE seq = ?`).run(to, from);
}

/** An entry in the place of a number; what stood there and after it moves on. Its hash fits, and it is signed. */
export function insertAt(db: Raw, of: { seq: number; like: number; by: Signer; safeId: string; cells?: Cells }): void {
  const { seq, like, by, safeId, cells = {} } = of;
  const row = oneOf(db, 'SELECT * FROM entry WHERE seq = ?', like);
  shift(db, seq, 1);
  const actor = { actor_kind: by.kind, actor: by.id, actor_epoch: by.epoch };
  const { state_version: version } = oneOf(db, 'SELECT state_version FROM entry WHERE seq = ?', seq - 1);
  const bare = { state_hash: null, state_version: version ?? null, grant_id: null, uses: null };
  insertRow(db, 'entry', { ...row, ...actor, ...bare, seq, signature: null, ...cells });
  const entry = entryAt(db, seq, linkAfter(db, safeId, seq - 1));
  const hash = entryHash(safeId, entry);
  setCells(db, seq, { hash, signature: by.sign?.(entrySignature.encode(safeId, { hash })) ?? null });
}

/** Puts the rows of tables of another file in the place of one's own. */
export function takeOver(db: Raw, other: Raw, tables: readonly string[]): void {
  for (const table of tables) {
    db.exec(`DELETE FROM "${table}"`);
    for (const row of allOf(other, table)) insertRow(db, table, row);
  }
}
