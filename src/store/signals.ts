/** What signals need of a token's earlier entries, in clear columns, by index. */
import type { EntryFact } from '../core/signals.js';
import { column, type Handle, type Row } from './database.js';

/** A fact with the number of its entry. */
export interface SeqFact extends EntryFact {
  readonly seq: number;
}

function seqFact(row: Row): SeqFact {
  const tag = (name: string): string | null => {
    const value = column.blobOrNull(row, name);
    return value === null ? null : Buffer.from(value).toString('hex');
  };
  return {
    seq: column.integer(row, 'seq'),
    at: column.integer(row, 'at'),
    action: column.text(row, 'action'),
    outcome: column.text(row, 'outcome'),
    code: column.textOrNull(row, 'code'),
    item: column.textOrNull(row, 'item'),
    reasonTag: tag('reason_tag'),
    templateTag: tag('template_tag'),
    clientTag: tag('client_tag'),
  };
}

/** A token's newest entries with a number above `after`, newest first, `limit` at most. */
export async function factsAfter(
  handle: Handle,
  token: string,
  of: { after: number; limit: number },
): Promise<readonly SeqFact[]> {
  return factsBetween(handle, token, { first: of.after + 1, last: Number.MAX_SAFE_INTEGER, limit: of.limit });
}

/** A token's newest entries from `first` to `last`, newest first, `limit` at most. */
export async function factsBetween(
  handle: Handle,
  token: string,
  of: { first: number; last: number; limit: number },
): Promise<readonly SeqFact[]> {
  const sql =
    'SELECT seq, at, action, outcome, code, item, reason_tag, template_tag, client_tag FROM entry WHERE actor = ? AND seq >= ? AND seq <= ? ORDER BY seq DESC LIMIT ?';
  return (await handle.all(sql, token, of.first, of.last, of.limit)).map(seqFact);
}

/** When the first entry of a token that is still here was made, or null. */
export async function firstEntryAt(handle: Handle, token: string): Promise<number | null> {
  const row = await handle.get('SELECT at FROM entry WHERE actor = ? ORDER BY seq LIMIT 1', token);
  return row && column.integer(row, 'at');
}

/** How many entries a token made in each stretch of `lengthMs` since `since`, by `at / lengthMs`. */
export async function countsByTime(
  handle: Handle,
  token: string,
  of: { since: number; firstSeq: number; lastSeq?: number; lengthMs: number },
): Promise<ReadonlyMap<number, number>> {
  const sql =
    'SELECT at / CAST(? AS INTEGER) AS stretch, count(*) AS n FROM entry WHERE actor = ? AND seq >= ? AND seq <= ? AND at >= ? GROUP BY stretch';
  const last = of.lastSeq ?? Number.MAX_SAFE_INTEGER;
  const rows = await handle.all(sql, of.lengthMs, token, of.firstSeq, last, of.since);
  return new Map(rows.map((row) => [column.integer(row, 'stretch'), column.integer(row, 'n')]));
}

/**
 * Whether an entry of the token above `after` names the item, looked for among those of the item in the index alone; and
 * the number of the last entry of all.
 */
export async function hasNamed(
  handle: Handle,
  of: { token: string; item: string; after: number },
): Promise<{ readonly isFound: boolean; readonly last: number }> {
  const sql =
    'SELECT coalesce(max(seq), 0) AS last, EXISTS (SELECT 1 FROM entry WHERE item = ? AND seq > ? AND +actor = ?) AS found FROM entry';
  const row = await handle.get(sql, of.item, of.after, of.token);
  return {
    isFound: row !== null && column.integer(row, 'found') === 1,
    last: row === null ? 0 : column.integer(row, 'last'),
  };
}

/** The lowest and the highest number of the entries made between two times, both included; null if there are none. */
export async function seqsBetween(
  handle: Handle,
  from: number,
  to: number,
): Promise<{ readonly first: number; readonly last: number } | null> {
  const sql = 'SELECT min(+seq) AS first, max(+seq) AS last FROM entry WHERE at >= ? AND at <= ?';
  const row = await handle.get(sql, from, to);
  const first = row && column.integerOrNull(row, 'first');
  const last = row && column.integerOrNull(row, 'last');
  return first === null || last === null ? null : { first, last };
}
