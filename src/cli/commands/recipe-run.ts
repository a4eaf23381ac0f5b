/** `recipe run`: as the owner, or through the gate as a token; ends as the program did. */
import { constants } from 'node:os';
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import { callTool } from '../agent-call.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { terminalText } from './item-text.js';

/** Adds the verb to the noun. */
export function registerRun(recipe: Command, run: Runner): void {
  const command = recipe
    .command('run <name> [values...]')
    .usage('[options] <name> [HOLE=VALUE...]')
    .description('run a recipe; prints what it printed, without secrets, and ends with its exit status');
  withExamples(command, [
    'vouchsafe recipe run deploy env=staging',
    'vouchsafe recipe run deploy env=staging --reason "Deploy the fix of OPS-42"   as a token',
  ]).action(
    run(async (context, ...[name, words]: [string, readonly string[]]) => {
      const result = await runIt(context, name, Object.fromEntries(words.map(valueOf)));
      print(context, result);
      process.exitCode = statusOf(result);
    }),
  );
}

/** What a run answers with: of a command the first part, of a request the second. */
interface Result {
  readonly exit_status?: number | null;
  readonly signal?: NodeJS.Signals;
  readonly stdout?: string;
  readonly stderr?: string;
  readonly truncated?: true;
  readonly timed_out?: true;
  readonly status?: number;
  readonly status_text?: string;
  readonly body?: string;
  readonly body_note?: string;
  readonly receipt?: unknown;
}

function valueOf(word: string): readonly [string, string] {
  const cut = word.indexOf('=');
  if (cut > 0) return [word.slice(0, cut), word.slice(cut + 1)];
  throw new Refusal('invalid_request', {
    message: 'After the name of a recipe stand its holes: a name, = and a value.',
    next: 'For example: vouchsafe recipe run deploy env=staging',
  });
}

async function runIt(context: Context, recipe: string, values: Readonly<Record<string, string>>): Promise<Result> {
  const acting = await context.acting();
  if (acting.kind === 'owner') return acting.door.runRecipe(recipe, values);
  return callTool(context, acting, { tool: 'run_recipe', arguments: { recipe, values } });
}

function print({ out }: Context, result: Result): void {
  if (out.format !== 'human') {
    out.one(result, '');
    return;
  }
  // what a server says is no program's own output
  const body = out.isTerminal ? terminalText(result.body ?? '') : (result.body ?? '');
  out.data(result.stdout ?? body);
  for (const text of [result.stderr ?? '', ...notesOf(result)]) if (text !== '') out.note(text.replace(/\n$/, ''));
}

function notesOf({ truncated, timed_out: isLate, status, status_text: words = '', body_note: note }: Result): string[] {
  return [
    ...(status === undefined ? [] : [escapeText(`Status: ${String(status)} ${words}`.trimEnd())]),
    ...(note === undefined ? [] : [note]),
    ...(truncated === true && isLate !== true ? ['There was more than is shown: the rest was cut off.'] : []),
    ...(isLate === true ? ['It took longer than its time limit, and was ended.'] : []),
  ];
}

/** As timeout(1) of the GNU coreutils. */
const TOOK_TOO_LONG = 124;
const BY_SIGNAL = 128;
const FIRST_ERROR = 400;

/** The program's own, or what a shell would say of a signal; of a request 1 where the server reports an error. */
function statusOf({ exit_status: status, signal, timed_out: isLate, status: answered }: Result): number {
  if (answered !== undefined) return answered < FIRST_ERROR ? 0 : 1;
  if (isLate === true) return TOOK_TOO_LONG;
  return signal === undefined ? (status ?? 1) : BY_SIGNAL + constants.signals[signal];
}
