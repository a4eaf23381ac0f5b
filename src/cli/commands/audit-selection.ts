/** Which entries of the log a command is about: the query, `--since` and `--until`, and how that is explained. */
import type { Command } from 'commander';
import { parseSince, parseUntil } from '../../core/expiry.js';
import { parseQuery, QUALIFIERS } from '../../core/query.js';
import type { LogSelection } from '../../gate/log-door.js';
import { localZone } from '../locale.js';
import type { Output } from '../output.js';
import { wrap } from '../width.js';

/** What {@link addSpan} reads. */
export interface SpanFlags {
  readonly since?: string;
  readonly until?: string;
}

/** Adds `--since` and `--until`. */
export function addSpan(command: Command): Command {
  return command
    .option('--since <when>', 'from then on: 24h, 7d, a date, today or yesterday')
    .option('--until <when>', 'up to then; a date is covered to its end');
}

const HELP_WIDTH = 76;

const QUERY_HELP = [
  '',
  'Query (in single quotes, for the shell): terms must all hold, - before one means',
  'not, and of values with a comma between them one must hold. The terms are',
  ...wrap(QUALIFIERS.map((qualifier) => `${qualifier}:`).join(' '), HELP_WIDTH).map((line) => `  ${line}`),
  'and words without any of these, which are looked for in reasons and names:',
  '  agent:deploy-bot,ci -outcome:granted    item:"DB password" "staging outage"',
  '  action:item.*  signal:burst,off-hours   -transport:stdio client:claude*',
  '  created:today  created:7d..1d  created:2026-11-01..2026-11-07  seq:100..200',
  '  created:>=2026-11-01T08:00  seq:>1000',
].join('\n');

/** Explains the language of queries in the command's help. */
export function withQueryHelp(command: Command): Command {
  return command.addHelpText('after', QUERY_HELP);
}

/**
 * The entries that are meant; with `--local` their days are counted in the local time zone. Throws `QueryError` or
 * `invalid_request`, before anyone is asked for a password.
 */
export function selectionOf({ local }: Pick<Output, 'local'>, query: string, flags: SpanFlags): LogSelection {
  const { since, until } = flags;
  parseQuery(query);
  if (since !== undefined) parseSince(since, Date.now());
  if (until !== undefined) parseUntil(until, Date.now());
  return {
    query,
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(local ? { timeZone: localZone() } : {}),
  };
}
