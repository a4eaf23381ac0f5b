/** `audit stats`: how often, by whom, what, when. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { nearest } from '../../core/text.js';
import { STATS_KEYS, type LogStats, type StatsKey } from '../../gate/log-door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { addSpan, selectionOf, withQueryHelp, type SpanFlags } from './audit-selection.js';
import { statsText } from './audit-stats-text.js';

interface StatsFlags extends SpanFlags {
  readonly by?: string;
}

/** Adds `stats` to the noun. */
export function registerStats(audit: Command, run: Runner): void {
  const command = audit
    .command('stats [query...]')
    .description('counts and charts: how often, by whom, of what, when')
    .option('--by <what>', `what is counted: ${STATS_KEYS.join(', ')} (agent)`);
  withExamples(withQueryHelp(addSpan(command)), [
    'vouchsafe audit stats --since 30d',
    "vouchsafe audit stats --by item 'agent:deploy-bot -outcome:granted'",
    'vouchsafe audit stats --by day --output csv -o days.csv',
  ]).action(
    run(async (context, words: readonly string[], flags: StatsFlags) => {
      const by = parseKey(flags.by);
      const selection = selectionOf(context.out, words.join(' '), flags);
      const door = await context.owner();
      const stats = await withProgress(context.out, 'Counting', async (progress) =>
        door.stats(selection, by, progress),
      );
      printStats(context, stats);
    }),
  );
}

function parseKey(text = 'agent'): StatsKey {
  const word = text.trim().toLowerCase();
  const key = STATS_KEYS.find((known) => known === word);
  if (key !== undefined) return key;
  const near = nearest(word, STATS_KEYS);
  const all = `Use --by with one of ${STATS_KEYS.join(', ')}.`;
  throw new Refusal('invalid_request', {
    message: 'The log cannot be counted by that.',
    next: near === undefined ? all : `Did you mean ${near}? ${all}`,
  });
}

/** The whole as JSON; its groups as lines and rows. */
function printStats({ out }: Context, stats: LogStats): void {
  if (out.format === 'ndjson' || out.format === 'csv') out.list(stats.groups, null, '');
  else out.one(stats, statsText(stats, out));
}
