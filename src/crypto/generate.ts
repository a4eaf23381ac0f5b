/** Passwords, passphrases, words and recovery codes; all of node:crypto's randomness, none of it biased. */
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { Refusal } from '../core/refusal.js';
import { hasHiddenCharacter } from '../core/text.js';

/** How a password is made. */
export interface PasswordOptions {
  /** Characters, 8 to 256; 24 if absent. */
  readonly length?: number | undefined;
  /** Whether it has punctuation; yes if absent. */
  readonly symbols?: boolean | undefined;
  /** Whether it has digits; yes if absent. */
  readonly digits?: boolean | undefined;
}

/** How a passphrase is made. */
export interface PassphraseOptions {
  /** 3 to 20; 6 (77 bits) if absent. */
  readonly words?: number | undefined;
  /** Up to 5 characters between the words; `-` if absent. */
  readonly separator?: string | undefined;
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
/** No quotes, backslash, `$`, backtick or space, which shells and configuration files trip over. */
const SYMBOLS = '!#%&*+,-./:;=?@^_~';

/**
 * A random password with at least one lower-case letter, one capital and, unless they are switched off, one digit and
 * one symbol. Every password of that form is equally likely: whole candidates are drawn until one has all classes.
 * Throws `invalid_request` for a length outside of 8 to 256.
 */
export function generatePassword({ length = 24, symbols = true, digits = true }: PasswordOptions = {}): string {
  checkRange('length', length, { least: 8, most: 256 });
  const classes = [LOWER, LOWER.toUpperCase(), ...(digits ? [DIGITS] : []), ...(symbols ? [SYMBOLS] : [])];
  const alphabet = classes.join('');
  for (;;) {
    const password = Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
    if (classes.every((letters) => holdsAny(password, letters))) return password;
  }
}

function holdsAny(text: string, letters: string): boolean {
  return Array.from(letters).some((letter) => text.includes(letter));
}

function checkRange(label: string, value: number, { least, most }: { least: number; most: number }): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  const range = `${String(least)} to ${String(most)}`;
  throw new Refusal('invalid_request', {
    message: `The ${label} is not a whole number of ${range}.`,
    next: `Give a number of ${range}.`,
  });
}

/**
 * A passphrase of words drawn from the EFF's list of 7,776 (12.9 bits a word). Throws `invalid_request` for less than 3
 * or more than 20 words, or a separator that is too long or cannot be seen.
 */
export async function generatePassphrase({ words = 6, separator = '-' }: PassphraseOptions = {}): Promise<string> {
  checkRange('number of words', words, { least: 3, most: 20 });
  if (separator.length > 5 || hasHiddenCharacter(separator)) {
    throw new Refusal('invalid_request', {
      message: 'The separator is too long or has an invisible character.',
      next: 'Use "-" or a space.',
    });
  }
  return draw(await allWords(), words).join(separator);
}

/** Words of 3 to 8 lower-case letters, drawn from 6,220 (12.6 bits a word): joined by `-`, four of them are an id. */
export async function randomWords(count: number): Promise<readonly string[]> {
  const list = (await allWords()).filter((word) => /^[a-z]{3,8}$/.test(word));
  return draw(list, count);
}

function draw(list: readonly string[], count: number): readonly string[] {
  return Array.from({ length: count }, () => list[randomInt(list.length)] ?? '');
}

/** Loaded when it is first needed: the package brings password lists along, about 30 ms. */
async function allWords(): Promise<readonly string[]> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return dictionary['diceware-common'];
}

const CODE_BYTES = 20;
const CHECK_BITS = 20;
const WORD_BITS = 12;
const CODE_WORDS = (8 * CODE_BYTES + CHECK_BITS) / WORD_BITS;

/** A way into a safe without its password. */
export interface RecoveryCode {
  /** 15 words with `-` between them. */
  readonly code: string;
  /** The 160 bits that the words say. */
  readonly bytes: Uint8Array;
}

/** A new recovery code: 160 random bits. */
export async function recoveryCode(): Promise<RecoveryCode> {
  const bytes = new Uint8Array(randomBytes(CODE_BYTES));
  return { code: await printRecoveryCode(bytes), bytes };
}

/**
 * The words for 160 bits: these bits, then the first 20 bits of SHA-256(`vouchsafe recovery code check 1` ‖ bits), in 15
 * words of 12 bits each, the highest bit first. So the last word is all check, and of a million codes that are mistyped
 * one is not noticed.
 */
export async function printRecoveryCode(bytes: Uint8Array): Promise<string> {
  const list = await recoveryWords();
  let number = withCheck(bytes);
  const words: string[] = [];
  for (let i = 0; i < CODE_WORDS; i += 1) {
    words.unshift(list[Number(BigInt.asUintN(WORD_BITS, number))] ?? '');
    number >>= BigInt(WORD_BITS);
  }
  return words.join('-');
}

/**
 * The 160 bits of a recovery code, typed in any case with spaces, dashes, commas or line breaks between the words.
 * Throws `invalid_request` that says which word (by its number) is not in the list, how many words there are, or that
 * the check fails; never a word itself.
 */
export async function parseRecoveryCode(text: string): Promise<Uint8Array> {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[\s,\p{Pd}]+/u)
    .filter((word) => word !== '');
  const places = new Map((await recoveryWords()).map((word, index) => [word, index]));
  const unknown = words.findIndex((word) => !places.has(word));
  if (unknown >= 0) refuseCode(`Word ${String(unknown + 1)} of the recovery code is not in the list`);
  if (words.length !== CODE_WORDS)
    refuseCode(`The recovery code has ${String(words.length)} words in place of ${String(CODE_WORDS)}`);
  const number = words.reduce((sum, word) => (sum << BigInt(WORD_BITS)) | BigInt(places.get(word) ?? 0), 0n);
  const bytes = new Uint8Array(
    Buffer.from((number >> BigInt(CHECK_BITS)).toString(16).padStart(2 * CODE_BYTES, '0'), 'hex'),
  );
  if (withCheck(bytes) !== number) refuseCode('A word of the recovery code is wrong or stands in another place');
  return bytes;
}

function refuseCode(fault: string): never {
  throw new Refusal('invalid_request', {
    message: `${fault}.`,
    next: 'Compare it with what was printed when the safe was made.',
  });
}

function withCheck(bytes: Uint8Array): bigint {
  const check = createHash('sha256').update('vouchsafe recovery code check 1').update(bytes).digest();
  const whole = Buffer.concat([bytes, check.subarray(0, 3)]);
  return BigInt(`0x${whole.toString('hex')}`) >> BigInt(24 - CHECK_BITS);
}

/**
 * The 4,096 words of recovery codes: the shortest of the EFF's list, of equally long ones the first in code unit order;
 * sorted. It must never change, or codes on paper no longer open: a test pins its SHA-256.
 */
export async function recoveryWords(): Promise<readonly string[]> {
  const byLength = [...(await allWords())].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  return byLength.slice(0, 2 ** WORD_BITS).sort();
}
