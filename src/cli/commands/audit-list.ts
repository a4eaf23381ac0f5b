/** `audit list`, `log` and `agent monitor`: entries of the log, newest first. */
import type { Command } from 'commander';
import type { EntryShape } from '../../core/shapes.js';
import type { LogQuery } from '../../gate/log-door.js';
import type { Context, Runner } from '../context.js';
import { csv } from '../export/csv.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { entryTable } from './audit-text.js';
import { addSpan, selectionOf, withQueryHelp, type SpanFlags } from './audit-selection.js';
import { addPaging, pageOf, type PagingFlags } from './option-alias.js';

/** The flags of a list of entries. */
export interface AuditFlags extends PagingFlags, SpanFlags {}

/** Adds `--since`, `--until`, `--cursor` and `--limit`. */
export function addAuditFlags(command: Command): Command {
  return addPaging(addSpan(command));
}

/** Makes a command the list: `audit list` or `log`. */
export function registerList(command: Command, run: Runner): void {
  addAuditFlags(command).description('entries, newest first');
  withExamples(withQueryHelp(command), [
    "vouchsafe audit list 'agent:deploy-bot outcome:refused' --since 24h",
    "vouchsafe audit list 'created:2026-11-01..2026-11-07' --local",
    "vouchsafe audit list 'action:item.read -vault:Personal' --output csv -o reads.csv",
  ]).action(
    run(async (context, words: readonly string[], flags: AuditFlags) => {
      await listAudit(context, words.join(' '), flags);
    }),
  );
}

/**
 * Prints the entries that the query finds, in every format. Throws the query's `QueryError`, or `invalid_request`, before
 * anyone is asked for a password.
 */
export async function listAudit(context: Context, query: string, flags: AuditFlags): Promise<void> {
  const asked: LogQuery = { ...selectionOf(context.out, query, flags), ...pageOf(flags) };
  const door = await context.owner();
  const { data, nextCursor } = await withProgress(context.out, 'Searching', async (progress) =>
    door.listEntries(asked, progress),
  );
  printEntries(context, data, nextCursor);
}

function printEntries({ out }: Context, entries: readonly EntryShape[], nextCursor: string | null): void {
  // as `audit export` writes them: what agents wrote is escaped and no formula, whoever reads the file
  if (out.format === 'csv' && entries.length > 0) out.data(csv.head + entries.map((entry) => csv.line(entry)).join(''));
  const rows = out.format === 'csv' ? [] : entries;
  out.list(rows, nextCursor, entries.length === 0 ? '' : entryTable(entries, out));
  if (entries.length === 0 && out.format === 'human') out.note('No entries.');
}
