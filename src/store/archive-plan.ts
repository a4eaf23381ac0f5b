/** What the log must be asked before a part of it is archived, and how that part goes and comes back. */
import { column, type Handle, type Row } from './database.js';

const seqOf = (row: Row): number => column.integer(row, 'seq');

/**
 * Entries up to `last` on which what is current rests: the two newest changes of every item and vault that there is, every
 * request with its decision, the newest change of everything else, and every freeze.
 */
export async function currentChangeSeqs(handle: Handle, last: number): Promise<readonly number[]> {
  const ranked =
    'SELECT kind, subject, seq, row_number() OVER (PARTITION BY kind, subject ORDER BY seq DESC, n DESC) AS place FROM change';
  const sql = `SELECT DISTINCT seq FROM (${ranked}) AS ranked WHERE seq <= ? AND place <= CASE WHEN kind IN ('item', 'vault', 'request') THEN 2 ELSE 1 END AND kind NOT IN ('prune', 'checkpoint')`;
  const freezes = "SELECT seq FROM entry WHERE action IN ('token.freeze', 'safe.lockdown') AND seq <= ?";
  return [...(await handle.all(sql, last)), ...(await handle.all(freezes, last))].map(seqOf);
}

/** For each grant the entry that counts its uses furthest, as far as it is not after `last`. */
export async function usedMostSeqs(handle: Handle, last: number): Promise<readonly number[]> {
  const ranked =
    'SELECT seq, row_number() OVER (PARTITION BY grant_id ORDER BY uses DESC, seq DESC) AS place FROM entry WHERE uses IS NOT NULL';
  return (await handle.all(`SELECT seq FROM (${ranked}) AS ranked WHERE place = 1 AND seq <= ?`, last)).map(seqOf);
}

/** The hashes of entries, by number. */
export async function hashesOf(
  handle: Handle,
  seqs: readonly number[],
): Promise<readonly { readonly seq: number; readonly hash: Uint8Array }[]> {
  const found: { seq: number; hash: Uint8Array }[] = [];
  for (const seq of seqs) {
    const row = await handle.get('SELECT hash FROM entry WHERE seq = ?', seq);
    if (row !== null) found.push({ seq, hash: column.blob(row, 'hash') });
  }
  return found;
}

/** How many entries of each outcome there are from `first` to `last`. */
export async function outcomesBetween(
  handle: Handle,
  first: number,
  last: number,
): Promise<ReadonlyMap<string, number>> {
  const sql = 'SELECT outcome, count(*) AS n FROM entry WHERE seq >= ? AND seq <= ? GROUP BY outcome';
  const rows = await handle.all(sql, first, last);
  return new Map(rows.map((row) => [column.text(row, 'outcome'), column.integer(row, 'n')]));
}

/** The names of the sessions of the entries up to `last`. */
export async function sessionsUpTo(handle: Handle, last: number): Promise<readonly Uint8Array[]> {
  const rows = await handle.all('SELECT DISTINCT session FROM entry WHERE seq <= ?', last);
  return rows.map((row) => column.blob(row, 'session'));
}

/** The tokens that made entries from `first` to `last`. */
export async function actorsBetween(handle: Handle, first: number, last: number): Promise<readonly string[]> {
  const sql = 'SELECT DISTINCT actor FROM entry WHERE seq >= ? AND seq <= ? AND actor IS NOT NULL';
  return (await handle.all(sql, first, last)).map((row) => column.text(row, 'actor'));
}

/** Numbers of entries, both included. */
export interface Between {
  readonly first: number;
  readonly last: number;
}

/** The items that a token's entries name; `isRead` where it was given a secret, `lastAt` when it was last named. */
export async function itemsOfActor(
  handle: Handle,
  token: string,
  { first, last }: Between,
): Promise<readonly { readonly id: string; readonly isRead: boolean; readonly lastAt: number }[]> {
  const sql =
    "SELECT item, max(CASE WHEN outcome = 'granted' AND fields_count > 0 THEN 1 ELSE 0 END) AS is_read, max(at) AS last_at FROM entry WHERE actor = ? AND seq >= ? AND seq <= ? AND item IS NOT NULL GROUP BY item";
  return (await handle.all(sql, token, first, last)).map((row) => ({
    id: column.text(row, 'item'),
    isRead: column.integer(row, 'is_read') === 1,
    lastAt: column.integer(row, 'last_at'),
  }));
}

/** The grants that a token's entries name. */
export async function grantsOfActor(
  handle: Handle,
  token: string,
  { first, last }: Between,
): Promise<readonly string[]> {
  const sql = 'SELECT DISTINCT grant_id FROM entry WHERE actor = ? AND seq >= ? AND seq <= ? AND grant_id IS NOT NULL';
  return (await handle.all(sql, token, first, last)).map((row) => column.text(row, 'grant_id'));
}

/** Takes entries away with their changes, but for those that are kept. The stub that covers them must stand. */
export async function removeEntries(handle: Handle, seqs: readonly number[]): Promise<void> {
  for (const seq of seqs) {
    await handle.run('DELETE FROM change WHERE seq = ?', seq);
    await handle.run('DELETE FROM entry WHERE seq = ?', seq);
  }
}

/** The numbers of the entries from `first` to `last` that are there. */
export async function numbersBetween(handle: Handle, { first, last }: Between): Promise<readonly number[]> {
  return (await handle.all('SELECT seq FROM entry WHERE seq >= ? AND seq <= ? ORDER BY seq', first, last)).map(seqOf);
}

/** Takes away the sessions that no entry names and the checkpoints up to `seq`. The stub that covers them must stand. */
export async function removeLoose(handle: Handle, seq: number): Promise<void> {
  await handle.run('DELETE FROM log_session WHERE hash NOT IN (SELECT session FROM entry)');
  await handle.run('DELETE FROM checkpoint WHERE seq <= ?', seq);
}
