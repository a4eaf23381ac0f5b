/** What a file of `export` is locked with: recipients, a passphrase, or, where the owner says so twice, nothing. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import type { Lock } from '../../exchange/age.js';
import type { Context } from '../context.js';
import { cancelled, decode } from '../prompt.js';
import { collect } from './option-alias.js';
import { checkReadable } from './safe-file.js';

/** What {@link addLockFlags} reads. */
export interface LockFlags {
  readonly recipient?: readonly string[];
  readonly recipientsFile?: readonly string[];
  readonly generate?: boolean;
  readonly plain?: boolean;
  readonly force?: boolean;
}

/** Adds the options, named as `age` names them. */
export function addLockFlags(command: Command): Command {
  return command
    .addOption(
      new Option('-r, --recipient <key>', 'encrypt for this key of age (age1…) in place of a passphrase').argParser(
        collect,
      ),
    )
    .addOption(
      new Option('-R, --recipients-file <file>', 'encrypt for the keys in this file, one a line').argParser(collect),
    )
    .option('--generate', 'make the passphrase, and show it once')
    .option('--plain', 'do not encrypt: whoever gets the file has every secret in it')
    .option('--force', 'with --plain do not ask; with --to replace a file that is there');
}

/** How the file is locked. `isMade` says that the passphrase is new and has to be shown. */
export type ChosenLock = { readonly lock: Lock | null; readonly isMade: boolean };

/** What does not go together, before anyone is asked for anything. Throws `invalid_request`. */
export function checkLockFlags(flags: LockFlags): void {
  const given = [
    ...(flags.recipient === undefined && flags.recipientsFile === undefined ? [] : ['recipients']),
    ...(flags.generate === true ? ['--generate'] : []),
    ...(flags.plain === true ? ['--plain'] : []),
  ];
  if (given.length > 1) refuse(`${given.join(' and ')} do not go together.`, 'Leave one of them out.');
}

/** The lock that the flags name, or a passphrase that is asked for twice or read from the next line of stdin. */
export async function chooseLock(context: Context, flags: LockFlags): Promise<ChosenLock> {
  checkLockFlags(flags);
  if (flags.plain === true) {
    await confirmPlain(context, flags.force === true);
    return { lock: null, isMade: false };
  }
  const recipients = await recipientsOf(flags);
  if (recipients.length > 0) return { lock: { recipients }, isMade: false };
  const passphrase = flags.generate === true ? '' : await passphraseOf(context);
  if (passphrase !== '') return { lock: { passphrase }, isMade: false };
  const { generatePassphrase } = await import('../../gate/password.js');
  return { lock: { passphrase: await generatePassphrase({ words: WORDS }) }, isMade: true };
}

/** 103 bits, of which nobody has to type more than one at a time. */
const WORDS = 8;

async function recipientsOf({ recipient = [], recipientsFile = [] }: LockFlags): Promise<readonly string[]> {
  const { readRecipients, sealAge } = await import('../../exchange/age.js');
  const files = recipientsFile.map((file) => {
    const path = resolve(file);
    checkReadable(path);
    return readRecipients(decode(readFileSync(path)));
  });
  const recipients = [...recipient, ...files.flat()];
  // a slip in one of them is found before anything is recorded
  if (recipients.length > 0) await sealAge(new Uint8Array(0), { recipients });
  return recipients;
}

const PLAIN = 'plain';
const NEXT_PLAIN = 'Leave out --plain, or add --force to do it without being asked.';

/** A word is typed, since a yes is given too easily. Without a terminal, or with an output for programs, throws. */
async function confirmPlain({ out, input }: Context, force: boolean): Promise<void> {
  if (force) return;
  if (out.format !== 'human') refuse(`With --output ${out.format} nobody is asked about --plain.`, NEXT_PLAIN);
  const question = `Every secret goes out readable for whoever gets the file. Type ${PLAIN} to go on:`;
  const typed = await input.line(question, NEXT_PLAIN);
  if (typed.trim() !== PLAIN) throw cancelled();
}

const TRIES = 3;
const NEXT_PASSPHRASE =
  'Run it at a terminal, pipe the passphrase to it, or name --recipient or --generate (a new one, shown once).';

/** Empty where one is to be made, which only a person can ask for like that. */
async function passphraseOf({ input, out }: Context): Promise<string> {
  if (!input.isInteractive) {
    const line = (await input.stdinLine()) ?? '';
    if (line === '') refuse('The passphrase of the file is missing.', NEXT_PASSPHRASE);
    return checked(line);
  }
  for (let tries = 1; ; tries += 1) {
    const typed = await input.secret('Passphrase of the file (Enter: make one):', NEXT_PASSPHRASE);
    if (typed === '') return '';
    const fault = await faultOf(typed);
    const isSame = fault === undefined && (await input.secret('Once more:', NEXT_PASSPHRASE)) === typed;
    if (isSame) return typed;
    if (tries === TRIES) refuse(fault ?? 'The two passphrases were not the same.', NEXT_PASSPHRASE);
    out.note(fault ?? 'These were not the same. Try again.');
  }
}

async function checked(passphrase: string): Promise<string> {
  const fault = await faultOf(passphrase);
  if (fault !== undefined) refuse(fault, 'Take a better one, or have one made: --generate');
  return passphrase;
}

const LEAST_SCORE = 3;

/** A file can be tried out for years: what is easy to guess is no lock. */
async function faultOf(passphrase: string): Promise<string | undefined> {
  const { passwordScore } = await import('../../gate/password.js');
  const rated = await passwordScore(passphrase);
  if (rated.score >= LEAST_SCORE) return undefined;
  const why = rated.warning ?? rated.suggestions[0];
  return `The passphrase is easy to guess.${why === undefined ? '' : ` ${escapeText(why)}`}`;
}

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}
