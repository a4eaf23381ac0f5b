/** What was granted to a token, as limits count it: in clear columns, by index. */
import { column, type Handle } from './database.js';

/** A granted call. `grant` is null where no single one paid for it. */
export interface GrantedCall {
  readonly seq: number;
  readonly at: number;
  readonly action: string;
  readonly grant: string | null;
  readonly item: string | null;
  /** How many secret fields and codes were given or used. */
  readonly secrets: number;
}

/** The granted calls of a token after an entry, oldest first. */
export async function grantedCallsAfter(handle: Handle, token: string, seq: number): Promise<readonly GrantedCall[]> {
  const sql =
    "SELECT seq, at, action, grant_id, item, fields_count FROM entry WHERE actor = ? AND seq > ? AND outcome = 'granted' ORDER BY seq";
  return (await handle.all(sql, token, seq)).map((row) => ({
    seq: column.integer(row, 'seq'),
    at: column.integer(row, 'at'),
    action: column.text(row, 'action'),
    grant: column.textOrNull(row, 'grant_id'),
    item: column.textOrNull(row, 'item'),
    secrets: column.integer(row, 'fields_count'),
  }));
}
