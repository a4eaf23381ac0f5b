/** `audit list`, `log` and `agent monitor`: entries of the log, newest first. */
import type { Command } from 'commander';
import { parseSince, parseUntil } from '../../core/expiry.js';
import { parseQuery } from '../../core/query.js';
import type { EntryShape } from '../../core/shapes.js';
import type { AuditQuery } from '../../gate/door.js';
import type { Context } from '../context.js';
import { entryTable } from './audit-text.js';
import { addPaging, pageOf, type PagingFlags } from './option-alias.js';

/** The flags of a list of entries. */
export interface AuditFlags extends PagingFlags {
  readonly since?: string;
  readonly until?: string;
}

/** Adds `--since`, `--until`, `--cursor` and `--limit`. */
export function addAuditFlags(command: Command): Command {
  return addPaging(
    command
      .option('--since <when>', 'from then on: 24h, 7d, a date, today or yesterday')
      .option('--until <when>', 'up to then; a date is covered to its end'),
  );
}

/**
 * Prints the entries that the query finds, in every format. Throws the query's `QueryError`, or `invalid_request`, before
 * anyone is asked for a password.
 */
export async function listAudit(context: Context, query: string, flags: AuditFlags): Promise<void> {
  const { since, until } = flags;
  parseQuery(query);
  if (since !== undefined) parseSince(since, Date.now());
  if (until !== undefined) parseUntil(until, Date.now());
  const asked: AuditQuery = {
    query,
    ...pageOf(flags),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  };
  const door = await context.owner();
  const { data, nextCursor } = await door.listEntries(asked);
  printEntries(context, data, nextCursor);
}

function printEntries({ out }: Context, entries: readonly EntryShape[], nextCursor: string | null): void {
  const rows = out.format === 'csv' ? entries.map(wholeRow) : entries;
  out.list(rows, nextCursor, entries.length === 0 ? '' : entryTable(entries, out));
  if (entries.length === 0 && out.format === 'human') out.note('No entries.');
}

/** The entry with every column that there can be, so that each list has the same ones in the same order. */
function wholeRow(entry: EntryShape): object {
  const { seq, at, actor, action, outcome, code = null, vault, item, ...rest } = entry;
  const place = { vault: vault ?? { id: null, name: null }, item: item ?? { id: null, title: null } };
  const { hash, grant_id = null, ...facts } = rest;
  return { seq, at, actor, action, outcome, code, ...place, ...facts, grant_id, hash };
}
