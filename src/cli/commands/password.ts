/** The noun `password`: made, and rated. It needs no safe. */
import { Option, type Command } from 'commander';
import { escapeText } from '../../core/text.js';
import type { Runner } from '../context.js';
import { withExamples } from '../help.js';
import { addSecretShape, makeSecret, type SecretShape } from './secret-shape.js';

/** Adds the noun to the program. */
export function register(program: Command, run: Runner): void {
  const password = program.command('password').description('make a password, or see how good one is');
  registerGenerate(password, run);
  registerScore(password, run);
}

interface GenerateFlags extends SecretShape {
  readonly passphrase?: boolean;
}

function registerGenerate(password: Command, run: Runner): void {
  const command = password
    .command('generate')
    .description('a random password of 24 characters, or a passphrase')
    .addOption(new Option('--passphrase', 'words in place of characters'));
  withExamples(addSecretShape(command), [
    'vouchsafe password generate --length 32',
    'vouchsafe password generate --passphrase --words 7',
  ]).action(
    run(async ({ out }, { passphrase, ...shape }: GenerateFlags) => {
      const made = await makeSecret(passphrase === true ? { words: '6', ...shape } : shape);
      out.one({ password: made }, made);
    }),
  );
}

function registerScore(password: Command, run: Runner): void {
  const command = password
    .command('score')
    .description('how hard a password is to guess; read from stdin, or asked for');
  withExamples(command, ['vouchsafe password score', 'vouchsafe password score < password.txt']).action(
    run(async ({ input, out }) => {
      const next = 'Pipe the password to it, or run it at a terminal.';
      const text = input.isPiped ? ((await input.stdinLine()) ?? '') : await input.secret('Password:', next);
      const { passwordScore } = await import('../../gate/password.js');
      const { crackTime, ...score } = await passwordScore(text);
      out.one({ ...score, crack_time: crackTime }, scoreText({ ...score, crackTime }));
    }),
  );
}

interface Score {
  readonly score: number;
  readonly crackTime: string;
  readonly warning?: string;
  readonly suggestions: readonly string[];
}

const WORDS = ['falls at once', 'falls at once', 'weak', 'good', 'very good'];

function scoreText({ score, crackTime, warning, suggestions }: Score): string {
  const first = `${String(score)} of 4, ${WORDS[score] ?? ''}: guessed in ${crackTime} at 10,000 tries a second`;
  return [first, ...(warning === undefined ? [] : [warning]), ...suggestions].map(escapeText).join('\n');
}
