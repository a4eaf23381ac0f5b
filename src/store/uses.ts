/** What tokens did with secrets, as the owner looks it up. */
import { entryRow, type EntryRow } from './audit.js';
import { column, type Handle } from './database.js';

/** How many calls of a token were granted and refused. */
export async function callsOf(handle: Handle, token: string): Promise<{ granted: number; refused: number }> {
  const sql =
    "SELECT count(*) AS n, count(CASE WHEN outcome = 'granted' THEN 1 END) AS granted FROM entry WHERE actor = ?";
  const row = await handle.get(sql, token);
  const [all, granted] = row === null ? [0, 0] : [column.integer(row, 'n'), column.integer(row, 'granted')];
  return { granted, refused: all - granted };
}

/** The newest entries in which a token was given or used a secret, newest first. */
export async function lastUsesBy(handle: Handle, token: string, most: number): Promise<readonly EntryRow[]> {
  const sql =
    "SELECT * FROM entry WHERE actor = ? AND outcome = 'granted' AND fields_count > 0 ORDER BY seq DESC LIMIT ?";
  return (await handle.all(sql, token, most)).map(entryRow);
}

/** The entries in which a token was given or used secrets of an item, oldest first. */
export async function usesOfSecretsBy(handle: Handle, token: string): Promise<readonly EntryRow[]> {
  const sql =
    "SELECT * FROM entry WHERE actor = ? AND outcome = 'granted' AND fields_count > 0 AND item IS NOT NULL ORDER BY seq";
  return (await handle.all(sql, token)).map(entryRow);
}

/** The newest entries of tokens about items, newest first; but for ends of uses, which follow an entry anyway. */
export async function entriesAbout(
  handle: Handle,
  items: readonly string[],
  most: number,
): Promise<readonly EntryRow[]> {
  const places = items.map(() => '?').join(', ');
  const sql = `SELECT * FROM entry WHERE item IN (${places}) AND actor_kind = 'token' AND action <> 'item.use.end' ORDER BY seq DESC LIMIT ?`;
  return (await handle.all(sql, ...items, most)).map(entryRow);
}
