/** `run`: a command with secrets in its environment, and its output without them. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isVariableName, readEnvFile } from '../../core/env-file.js';
import { findReferences, replaceReferences } from '../../core/reference.js';
import { Refusal } from '../../core/refusal.js';
import { childEnvironment } from '../../use/child.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { type Lent, lend } from '../lending.js';
import { decode } from '../prompt.js';
import { collect } from './option-alias.js';

interface RunFlags {
  readonly envFile?: readonly string[];
  readonly env?: readonly string[];
  /** False with `--no-mask`. */
  readonly mask: boolean;
}

/** Adds `run` to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('run')
    .argument('<command...>', 'the command, after --')
    .description('run a command with secrets in its environment; what it prints is masked')
    .option('--env-file <file>', 'variables from a file of NAME=VALUE lines; repeatable', collect)
    .option('--env <name=value>', 'a variable in which references may stand; repeatable', collect)
    .option('--no-mask', 'hand the terminal over to the command, with what it prints as it is')
    .passThroughOptions();
  withExamples(command, [
    'vouchsafe run --env DB_PASSWORD=vouchsafe://Production/Database/password -- ./migrate.sh',
    'vouchsafe run --env-file .env --reason "Deploy v2.3 to staging" -- npm run deploy',
    'vouchsafe run --env "PGURL=postgres://app:{{ vouchsafe://CI/DB/password }}@db" -- psql',
  ]).action(
    run(async (context, ...[words, flags]: [string[], RunFlags]) => {
      process.exitCode = await runWith(context, words, flags);
    }),
  );
}

async function runWith(context: Context, words: readonly string[], flags: RunFlags): Promise<number> {
  const variables = variablesOf(context, flags);
  const references = [...variables].flatMap(([name, text]) => referencesOf(name, text));
  if (references.length === 0) return start(words, { env: Object.fromEntries(variables), lent: null });
  const kind = flags.mask ? 'run' : 'run --no-mask';
  const lent = await lend(context, references, {
    exposure: flags.mask ? 'masked' : 'shown',
    purpose: [kind, ...words.map(quoted)].join(' '),
  });
  const filled = [...variables].map(([name, text]) => [name, replaceReferences(text, (one) => lent.valueOf(one))]);
  return recorded(
    lent,
    start(words, { env: Object.fromEntries(filled) as Record<string, string>, lent: flags.mask ? lent : null }),
  );
}

/** A word so that two command lines never read alike: what is approved is this one. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : JSON.stringify(word);
}

/** Runs to the end, and records how it ended. */
async function recorded(lent: Lent, status: Promise<number>): Promise<number> {
  try {
    const ended = await status;
    await lent.end(`exit ${String(ended)}`);
    return ended;
  } catch (error) {
    await lent.end('it could not be started');
    throw error;
  }
}

async function start(
  argv: readonly string[],
  { env, lent }: { env: Readonly<Record<string, string>>; lent: Lent | null },
): Promise<number> {
  const { runChild } = await import('../../use/child.js');
  const { Mask } = await import('../../use/mask.js');
  const mask = lent === null ? null : new Mask(lent.secrets);
  return runChild({ argv, env, mask }, { stdout: process.stdout, stderr: process.stderr });
}

/** Flags beat files, the later file the earlier, and files what the environment has. */
function variablesOf(context: Context, { env = [], envFile = [] }: RunFlags): ReadonlyMap<string, string> {
  const files = envFile.flatMap((path) => [...readFile(path)]);
  const given = env.map(parseVariable);
  const extra = Object.fromEntries([...files, ...given].filter(([name]) => !name.startsWith('VOUCHSAFE_')));
  return new Map(Object.entries(childEnvironment(context.env, extra)));
}

function readFile(path: string): ReadonlyMap<string, string> {
  const bytes = readFileSync(path);
  try {
    return readEnvFile(decode(bytes));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, { ...error.facts, message: `${path}: ${error.message}` });
  }
}

function parseVariable(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at));
  if (isVariableName(name) && !name.startsWith('VOUCHSAFE_')) return [name, text.slice(at + 1)];
  throw new Refusal('invalid_request', {
    message: '--env takes NAME=VALUE, where NAME does not begin with VOUCHSAFE_.',
    next: 'For example --env DB_PASSWORD=vouchsafe://Production/Database/password',
  });
}

function referencesOf(name: string, text: string) {
  try {
    return findReferences(text).map(({ reference }) => reference);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new Refusal(error.code, { ...error.facts, message: `In the variable ${name}: ${error.message}` });
  }
}
