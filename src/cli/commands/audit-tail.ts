/** `audit tail`: the newest entries, oldest first, and with `--follow` those that come. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { Entries, LogSelection } from '../../gate/log-door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { untilInterrupted } from '../interrupt.js';
import { entryPrinter } from './audit-stream.js';
import { selectionOf, withQueryHelp } from './audit-selection.js';

interface TailFlags {
  readonly follow?: boolean;
  readonly lines?: string;
}

const DEFAULT_LINES = 10;
const MAX_LINES = 10_000;

/** Adds `tail` to the noun. */
export function registerTail(audit: Command, run: Runner): void {
  const command = audit
    .command('tail [query...]')
    .description('the newest entries, oldest first, and those that come')
    .option('-f, --follow', 'go on with every entry that is added, until Ctrl-C')
    .option(
      '-n, --lines <n>',
      `how many of those that are there, 0 to ${String(MAX_LINES)} (${String(DEFAULT_LINES)})`,
    );
  withExamples(withQueryHelp(command), [
    "vouchsafe audit tail -f '-outcome:granted'",
    'vouchsafe audit tail -f -n 0 --output ndjson | jq .reason',
  ]).action(
    run(async (context, words: readonly string[], flags: TailFlags) => {
      const last = parseLines(flags.lines);
      const selection = selectionOf(context.out, words.join(' '), {});
      await tailAudit(context, selection, { last, isFollowing: flags.follow === true });
    }),
  );
}

function parseLines(text = String(DEFAULT_LINES)): number {
  const lines = /^[0-9]{1,5}$/.test(text) ? Number(text) : Infinity;
  if (lines <= MAX_LINES) return lines;
  throw new Refusal('invalid_request', {
    message: `The number of lines is not a number from 0 to ${String(MAX_LINES)}.`,
    next: `Write -n ${String(DEFAULT_LINES)}; \`vouchsafe audit list\` pages through more.`,
  });
}

/** How far back a tail goes, and whether it goes on. */
export interface TailOptions {
  readonly last: number;
  readonly isFollowing: boolean;
}

/**
 * Prints the newest entries, oldest first. Following, it prints what is added until Ctrl-C (exit 130) or SIGTERM, or until
 * whoever reads the output has gone.
 */
export async function tailAudit(
  context: Context,
  selection: LogSelection,
  { last, isFollowing }: TailOptions,
): Promise<void> {
  const { out } = context;
  const door = await context.owner();
  const print = entryPrinter(out);
  let count = 0;
  const each = (entries: Entries): void => {
    count += entries.length;
    if (entries.length > 0) print(entries);
  };
  if (!isFollowing) {
    await door.followEntries(selection, { last, signal: AbortSignal.abort() }, each);
    if (count === 0 && out.format === 'human') out.note('No entries.');
    return;
  }
  const isInterrupted = await untilInterrupted(async (stop) => {
    out.onGone(() => stop.abort());
    await door.followEntries(selection, { last, signal: stop.signal }, each);
  });
  // The shell's prompt is not to stand behind the ^C of the terminal.
  if (isInterrupted && out.status !== undefined) out.note('');
}
