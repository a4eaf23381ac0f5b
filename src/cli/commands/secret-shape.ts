/** The form of a secret that is made: `--length`, `--words`, `--no-symbols`. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';

export interface SecretShape {
  readonly length?: string;
  /** A passphrase of so many words, in place of a password. */
  readonly words?: string;
  readonly symbols?: boolean;
}

/** Adds the three options. */
export function addSecretShape(command: Command): Command {
  return command
    .addOption(new Option('--length <n>', 'characters of a password, 8 to 256 (24)'))
    .addOption(new Option('--words <n>', 'words of a passphrase, 3 to 20 (6)').conflicts('length'))
    .option('--no-symbols', 'letters and digits only');
}

/** A new secret of that form. Throws `invalid_request` for numbers that are none or out of range. */
export async function makeSecret({ length, words, symbols = true }: SecretShape): Promise<string> {
  const { generatePassphrase, generatePassword } = await import('../../gate/password.js');
  if (words !== undefined) return generatePassphrase({ words: wholeNumber('words', words) });
  return generatePassword({ symbols, ...(length === undefined ? {} : { length: wholeNumber('length', length) }) });
}

/** A secret for a token's tool to make: the token's own process never has it. */
export interface Generate {
  readonly field: string;
  readonly length?: number;
  readonly words?: number;
  readonly symbols?: false;
}

/**
 * The argument `generate` of a tool, for the fields that are to be filled; empty for none. Throws `invalid_request` for
 * several, since a call makes one secret, and for numbers that are none.
 */
export function generateArgument(shape: SecretShape, fields: readonly string[]): { readonly generate?: Generate } {
  const [field, ...more] = fields;
  if (field === undefined) return {};
  if (more.length > 0) {
    throw new Refusal('invalid_request', {
      message: 'A token has one secret made at a time.',
      next: 'Use --generate once here, then `vouchsafe item update ITEM --generate=NAME` for each further one.',
    });
  }
  const { length, words, symbols } = shape;
  return {
    generate: {
      field,
      ...(length === undefined ? {} : { length: wholeNumber('length', length) }),
      ...(words === undefined ? {} : { words: wholeNumber('words', words) }),
      ...(symbols === false ? { symbols } : {}),
    },
  };
}

/** The number that an option gives. Throws `invalid_request` with the option's name. */
export function wholeNumber(option: string, text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new Refusal('invalid_request', {
    message: `--${option} is not a whole number.`,
    next: `Give a number: --${option} 6.`,
  });
}
