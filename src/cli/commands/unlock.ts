/** `unlock`: a session of the owner for a shell, or for one command. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { addDuration, DAY_MS, isoTime, parseDuration } from '../../core/expiry.js';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import { agentVariable, checkNoToken, checkSafe, openBy, passwordOpens } from '../access.js';
import type { Context, Runner } from '../context.js';
import type { OwnerDoor, UnlockReport } from '../../gate/door.js';
import { withExamples } from '../help.js';
import { prepareRuntime } from '../places.js';
import { TOKEN_VARIABLE } from '../token-source.js';
import { shellWord } from './naming.js';

interface UnlockFlags {
  readonly ttl: string;
  readonly shell?: string;
  readonly recoveryCode?: string;
  readonly acceptRollback?: boolean;
}

const SHELLS: Readonly<Record<string, (value: string) => string>> = {
  sh: (value) => `export VOUCHSAFE_SESSION=${shellWord(value)}`,
  fish: (value) => `set -gx VOUCHSAFE_SESSION ${shellWord(value)}`,
  pwsh: (value) => `$env:VOUCHSAFE_SESSION = '${value.replaceAll("'", "''")}'`,
  env: (value) => `VOUCHSAFE_SESSION=${value}`,
};

/** Adds the command to the program. */
export function registerUnlock(program: Command, run: Runner): void {
  const command = program
    .command('unlock')
    .argument('[command...]', 'after --: a command that alone gets the session')
    .description('begin a session: the commands that follow ask for no password')
    .option('--ttl <duration>', 'how long it lasts', '15min')
    .addOption(new Option('--shell <shell>', 'the form of what is printed').choices(Object.keys(SHELLS)).default('sh'))
    .option('--recovery-code <file>', 'open it with the recovery code in this file (- for stdin)')
    .option('--accept-rollback', 'the safe is an older one on purpose; this is recorded');
  withExamples(command, [
    'eval "$(vouchsafe unlock)"                 in bash and zsh',
    'vouchsafe unlock --shell fish | source     in fish',
    'vouchsafe unlock --ttl 5min -- ./make-tokens.sh',
    'eval "$(vouchsafe unlock --recovery-code code.txt)" && vouchsafe passwd',
  ]).action(run((context, words: readonly string[], flags: UnlockFlags) => unlock(context, words, flags)));
}

async function unlock(context: Context, words: readonly string[], flags: UnlockFlags): Promise<void> {
  const ttlMs = durationMs(flags.ttl);
  prepareRuntime(context.places);
  const door = await openDoor(context, flags);
  const report = await door.unlock(ttlMs);
  const { failures, decoys } = await door.notify({ retry: false });
  for (const failure of failures) context.out.note(escapeText(failure));
  await door.close();
  sayUnlocked(context, report);
  sayTouched(context, decoys);
  if (words.length === 0) printSession(context, report, flags.shell ?? 'sh');
  else process.exitCode = await runCommand(words, { ...context.env, VOUCHSAFE_SESSION: report.session.value });
}

/** The longest session: one that is forgotten must end by itself. */
const LONGEST_MS = 24 * 60 * 60 * 1000;

function durationMs(text: string): number {
  const now = Date.now();
  const ms = addDuration(now, parseDuration(text, 'time to stay unlocked')) - now;
  if (ms <= LONGEST_MS) return ms;
  throw new Refusal('invalid_request', {
    message: 'The time to stay unlocked is longer than a day.',
    next: 'Write minutes or hours: --ttl 15min, --ttl 8h (m means months).',
  });
}

async function openDoor(context: Context, { recoveryCode, acceptRollback }: UnlockFlags): Promise<OwnerDoor> {
  const asked = { ...context.asked(), acceptRollback: acceptRollback === true };
  if (recoveryCode === undefined) return passwordOpens(asked);
  await checkNoToken(asked);
  await checkSafe(context.places);
  return openBy(asked, { recoveryCode: await readCode(context, recoveryCode) });
}

async function readCode({ input }: Context, file: string): Promise<string> {
  const next = 'Pipe the recovery code to it, or name its file: --recovery-code FILE.';
  if (file === '-') return input.isInteractive ? input.secret('Recovery code:', next) : input.stdin(next);
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new Refusal('invalid_request', { message: 'The file with the recovery code cannot be read.', next, cause });
  }
}

function sayUnlocked({ env, out }: Context, { swept, requests }: UnlockReport): void {
  if (swept.length > 0) out.note(`Ended, since their time was over: ${swept.join(', ')}`);
  if (requests > 0) out.note(`Requests to decide: ${String(requests)} (vouchsafe inbox)`);
  const agent = agentVariable(env);
  if (agent !== undefined) out.note(`A session is not used where ${agent} shows an AI agent, as it does here.`);
}

/** Of the last week: what is older was told before. */
function sayTouched({ out }: Context, decoys: readonly { readonly at: string }[]): void {
  const recent = decoys.filter(({ at }) => Date.parse(at) > Date.now() - 7 * DAY_MS).length;
  if (recent === 0) return;
  out.note(`Decoys touched in the last 7 days: ${String(recent)} (vouchsafe audit list 'signal:decoy created:7d')`);
}

function printSession({ out }: Context, { session, checkpoint, swept, requests }: UnlockReport, shell: string): void {
  const { value, expiresAt } = session;
  const line = SHELLS[shell]?.(value) ?? value;
  const facts = {
    session: value,
    expires_at: isoTime(expiresAt),
    env: `VOUCHSAFE_SESSION=${value}`,
    swept,
    requests,
    checkpoint,
  };
  out.one(facts, line);
  if (out.format !== 'human') return;
  out.note(
    `Unlocked until ${out.time(isoTime(expiresAt))}${out.local ? '' : ' (UTC)'}. vouchsafe lock ends it at once.`,
  );
  if (out.isTerminal) out.note('To use it in this shell: eval "$(vouchsafe unlock)"');
}

const BY_SIGNAL = 128;

/** Runs a command with our stdin, stdout and stderr until it ends; signals are passed on. Its exit status. */
function runCommand(words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const [program = '', ...args] = words;
  Reflect.deleteProperty(env, TOKEN_VARIABLE);
  const child = spawn(program, args, { stdio: 'inherit', env });
  const stop = passSignals((signal) => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => reject(startFault(error)));
    child.once('close', (code, signal) =>
      resolve(code ?? BY_SIGNAL + (signal === null ? 0 : constants.signals[signal])),
    );
  }).finally(stop) as Promise<number>;
}

/** A terminal sends Ctrl-C to the command as well, which must not get it twice. */
function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
  const handlers = signals.map((signal) => {
    const handler = (): void => {
      if (!(process.stdin.isTTY && (signal === 'SIGINT' || signal === 'SIGQUIT'))) pass(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => handlers.forEach((remove) => remove());
}

function startFault(error: NodeJS.ErrnoException): Refusal {
  const message = `The command after -- could not be started (${error.code ?? 'unknown'}).`;
  return new Refusal('unavailable', { message, next: 'Check its name; a shell built-in needs `sh -c`.', cause: error });
}
