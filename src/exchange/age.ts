/**
 * Files under a passphrase or for recipients, as age has them (https://age-encryption.org/v1, "The age file encryption
 * format", with its ASCII armor): what `age`, `rage` and others write and read. The cryptography is all of
 * `age-encryption`, by the author of age.
 */
import type * as Age from 'age-encryption';
import { Refusal } from '../core/refusal.js';
import type { Unlocking } from './parsed.js';

/** Who can open a file that is written: whoever knows the passphrase, or whoever holds the identity of a recipient. */
export type Lock = { readonly passphrase: string } | { readonly recipients: readonly string[] };

/** How a file is written. */
export interface SealOptions {
  /** Whether it is text in lines of 64 characters. */
  readonly isArmored?: boolean;
  /** log2 of the scrypt work factor; 18 if absent, as `age` has it. For a passphrase alone. */
  readonly workFactor?: number;
}

const INTRO = 'age-encryption.org/v1\n';
const ARMOR = '-----BEGIN AGE ENCRYPTED FILE-----';

/** 2^20 needs 1 GiB and some seconds: the most that `age-encryption` takes, and four times what anything writes. */
const MAX_WORK_FACTOR = 20;

/** A header as large as this could name 500 recipients of the largest kind. */
const MAX_HEADER_BYTES = 1 << 20;
const MAX_STANZAS = 1000;

const NEXT_DAMAGED = 'Copy the file again from where it was made; nothing of it was read.';

/** Whether the bytes begin as an age file does, armored or not. Never throws. */
export function isAge(bytes: Uint8Array): boolean {
  const head = latin1(bytes.subarray(0, 256));
  return head.startsWith(INTRO) || isArmored(head);
}

/**
 * What the file holds, whole and authentic. A passphrase is asked for where one is needed; otherwise the key file has to
 * be an identity file (`AGE-SECRET-KEY-1…` on a line), which may be under a passphrase itself. Throws `locked` where
 * they do not open it, and `invalid_request` for a file that is damaged, cut off, or made to cost too much.
 */
export async function openAge(bytes: Uint8Array, unlocking: Unlocking): Promise<Uint8Array> {
  const age = await load();
  const file = isArmored(latin1(bytes.subarray(0, 256))) ? dearmor(age, bytes) : bytes;
  const decrypter = new age.Decrypter();
  if (needsPassphrase(file)) decrypter.addPassphrase(await unlocking.password('Passphrase of the age file:'));
  else for (const identity of await identitiesOf(unlocking)) addIdentity(decrypter, identity);
  return decrypt(decrypter, file);
}

/**
 * The bytes as an age file. Recipients are `age1…` in all of its native forms. Throws `invalid_request` for none, for an
 * empty passphrase, or for a recipient that is not one, by its number.
 */
export async function sealAge(content: Uint8Array, lock: Lock, options: SealOptions = {}): Promise<Uint8Array> {
  const age = await load();
  const encrypter = new age.Encrypter();
  if ('passphrase' in lock) {
    if (lock.passphrase === '') refuse('The passphrase is empty.', 'Give one, or name recipients.');
    if (options.workFactor !== undefined) encrypter.setScryptWorkFactor(options.workFactor);
    encrypter.setPassphrase(lock.passphrase);
  } else {
    if (lock.recipients.length === 0) refuse('There is no recipient.', 'Name one: age1…');
    for (const [index, recipient] of lock.recipients.entries()) addRecipient(encrypter, recipient, index);
  }
  const file = await encrypter.encrypt(content);
  return options.isArmored === true ? new TextEncoder().encode(age.armor.encode(file)) : file;
}

/**
 * The recipients in a file of `--recipients-file`, as `age -R` takes them: one a line, after blank lines and lines that
 * begin with `#` are passed over. Throws `invalid_request` where there is none.
 */
export function readRecipients(text: string): readonly string[] {
  const recipients = linesOf(text);
  if (recipients.length === 0) refuse('The recipients file names no recipient.', 'Write one a line: age1…');
  return recipients;
}

/** It brings post-quantum curves along: loaded when it is needed. */
async function load(): Promise<typeof Age> {
  return import('age-encryption');
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function isArmored(head: string): boolean {
  return head.trimStart().startsWith(ARMOR);
}

function dearmor(age: typeof Age, bytes: Uint8Array): Uint8Array {
  try {
    return age.armor.decode(latin1(bytes));
  } catch {
    return refuse('The armor of the age file is damaged or cut off.', NEXT_DAMAGED);
  }
}

/** Whether the file is under a passphrase. Throws where the header is none, or would cost too much to try. */
function needsPassphrase(file: Uint8Array): boolean {
  const stanzas = stanzasOf(file);
  const scrypt = stanzas.find(([type]) => type === 'scrypt');
  const factor = scrypt?.[2] ?? '';
  if (/^[0-9]+$/.test(factor) && Number(factor) > MAX_WORK_FACTOR) {
    refuse(
      `The age file asks for a work factor of 2^${factor.slice(0, 6)}; no more than 2^${String(MAX_WORK_FACTOR)} is taken.`,
      'Open it with age itself, if you trust it, and import what it gives.',
    );
  }
  return scrypt !== undefined;
}

/** The arguments of each stanza of the header. */
function stanzasOf(file: Uint8Array): readonly (readonly string[])[] {
  const text = latin1(file.subarray(0, MAX_HEADER_BYTES));
  const end = text.indexOf('\n---');
  if (!text.startsWith(INTRO) || end < 0) refuse('The header of the age file is damaged or cut off.', NEXT_DAMAGED);
  const stanzas = text
    .slice(0, end)
    .split('\n')
    .filter((line) => line.startsWith('-> '))
    .map((line) => line.slice(3).split(' '));
  if (stanzas.length > MAX_STANZAS) {
    refuse(`The age file is for more than ${String(MAX_STANZAS)} recipients.`, 'Open it with age itself.');
  }
  return stanzas;
}

/** The identities of the key file, opened first if it is an age file under a passphrase. */
async function identitiesOf(unlocking: Unlocking): Promise<readonly string[]> {
  const { keyFile } = unlocking;
  if (keyFile === undefined) {
    throw new Refusal('locked', {
      message: 'The age file is for recipients: it takes an identity to open it, and no passphrase.',
      next: 'Name the identity file with --key-file; age-keygen made it.',
    });
  }
  const opened = isAge(keyFile)
    ? await openAge(keyFile, { password: async () => unlocking.password('Passphrase of the identity file:') })
    : keyFile;
  const identities = linesOf(new TextDecoder().decode(opened));
  if (identities.length > 0) return identities;
  return refuse('The identity file holds no identity.', 'It has a line that begins with AGE-SECRET-KEY-1.');
}

function addIdentity(decrypter: Age.Decrypter, identity: string): void {
  try {
    decrypter.addIdentity(identity);
  } catch {
    refuse(
      'A line of the identity file is no identity of age.',
      'It takes lines that begin with AGE-SECRET-KEY-1; keys of SSH and of plugins are not read.',
    );
  }
}

function addRecipient(encrypter: Age.Encrypter, recipient: string, index: number): void {
  try {
    encrypter.addRecipient(recipient);
  } catch {
    const next = recipient.startsWith('ssh-')
      ? 'Keys of SSH are not taken: make a key with age-keygen.'
      : 'Check it for a slip: it begins with age1, and age-keygen -y prints it.';
    refuse(`Recipient ${String(index + 1)} is not one of age.`, next);
  }
}

async function decrypt(decrypter: Age.Decrypter, file: Uint8Array): Promise<Uint8Array> {
  try {
    return await decrypter.decrypt(file);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no identity matched')) {
      throw new Refusal('locked', {
        message: 'The age file does not open with that passphrase or identity.',
        next: 'Check which one it was made for, and try again.',
      });
    }
    return refuse('The age file is damaged or cut off.', NEXT_DAMAGED);
  }
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}
