/** `watch`: follows the log and tells of requests, and of decoys that are touched, until Ctrl-C. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { InboxRequestShape } from '../../core/inbox-shapes.js';
import type { EntryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { untilInterrupted } from '../interrupt.js';
import { printJson } from '../output.js';
import { asksText } from './inbox-text.js';

const LOOK_EVERY_MS = 1_000;

/** Adds the command to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('watch')
    .description('tell of requests, and of touched decoys, as they come: here, by notify.command and notify.webhook');
  withExamples(command, ['vouchsafe watch', "vouchsafe settings set notify.command 'notify-send Vouchsafe'"]).action(
    run(watch),
  );
}

async function watch(context: Context): Promise<void> {
  const { out } = context;
  const door = await context.owner();
  const shown = new Set<string>();
  /** The newest entry about a decoy that there was; null before the first look. */
  let newest: number | null = null;
  let failures = '';
  if (out.format === 'human') out.note('Watching for requests. Ctrl-C ends it.');
  const isInterrupted = await untilInterrupted(async ({ signal }) => {
    while (!signal.aborted) {
      const report = await door.notify({ retry: true });
      for (const request of report.requests.toReversed()) if (!shown.has(request.id)) show(context, request);
      for (const { id } of report.requests) shown.add(id);
      newest = showDecoys(context, report.decoys, newest);
      const failed = report.failures.join('; ');
      if (failed !== failures && failed !== '') out.note(escapeText(failed));
      failures = failed;
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  });
  // The shell's prompt is not to stand behind the ^C of the terminal.
  if (isInterrupted && out.status !== undefined) out.note('');
}

function show({ out }: Context, request: InboxRequestShape): void {
  if (out.format !== 'human') {
    out.data(`${printJson(request)}\n`);
    return;
  }
  const { id, at, token, reason } = request;
  const line = `${out.time(at)}  ${token.name} ${asksText(request)}: ${reason ?? ''}`;
  out.data(`${escapeText(line)}\n                  vouchsafe inbox show ${id}\n`);
}

/** Shows those that came since the last look; of those from before the first, only that there are some. */
function showDecoys(context: Context, decoys: readonly EntryShape[], newest: number | null): number {
  if (newest !== null) for (const entry of decoys.toReversed()) if (entry.seq > newest) showDecoy(context, entry);
  if (newest === null && decoys.length > 0)
    context.out.note("Decoys were touched before: vouchsafe audit list 'signal:decoy'");
  return decoys[0]?.seq ?? newest ?? 0;
}

/** A token touched what is there for nobody. */
function showDecoy({ out }: Context, entry: EntryShape): void {
  if (out.format !== 'human') {
    out.data(`${printJson({ event: 'decoy', ...entry })}\n`);
    return;
  }
  const { seq, at, actor, item, reason } = entry;
  const line = `${out.time(at)}  ${actor.name ?? actor.id ?? ''} touched the decoy ${item?.title ?? item?.id ?? ''}: ${reason ?? ''}`;
  const freeze = `vouchsafe audit show ${String(seq)}; vouchsafe pat freeze ${actor.id ?? ''}`;
  out.data(`${escapeText(line)}\n                  ${freeze}\n`);
}
