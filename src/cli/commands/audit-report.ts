/** `audit report`: what is worth the owner's time in the log of the last days. */
import type { Command } from 'commander';
import { parseSince } from '../../core/expiry.js';
import type { Runner } from '../context.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { reportText } from './audit-report-text.js';

interface ReportFlags {
  readonly since?: string;
}

/** Adds `report` to the noun. */
export function registerReport(audit: Command, run: Runner): void {
  const command = audit
    .command('report')
    .description('what is unusual, what is not used, and what to do about it')
    .option('--since <when>', 'from then on: 24h, 7d, a date, today or yesterday (30d)');
  withExamples(command, ['vouchsafe audit report', 'vouchsafe audit report --since 7d --json']).action(
    run(async (context, { since = '30d' }: ReportFlags) => {
      parseSince(since, Date.now());
      const door = await context.owner();
      const report = await withProgress(context.out, 'Reading the log', async (progress) =>
        door.report(since, progress),
      );
      context.out.one(report, reportText(report, context.out));
    }),
  );
}
