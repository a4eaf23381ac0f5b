/** Where a token comes from: a file named by a flag, the environment, or what `login` kept. Never an argument. */
import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Credential } from '../gate/call.js';
import type { Places } from '../gate/door.js';
import { Refusal } from '../core/refusal.js';
import { prepareRuntime } from './places.js';
import { writePrivate } from './sink.js';

export const TOKEN_VARIABLE = 'VOUCHSAFE_PERSONAL_ACCESS_TOKEN';

/** A token, or why there is none, and where it was looked for. */
export interface TokenSource {
  readonly credential: Credential;
  /** For people: `the environment`, `--token-file`, `vouchsafe login`. */
  readonly source: string;
  /** What takes this token out of the way of an owner's command. */
  readonly remedy: string;
}

/** The token that a flag or the environment gives; undefined if neither names one. */
export function givenToken(env: NodeJS.ProcessEnv, tokenFile: string | undefined): TokenSource | undefined {
  if (tokenFile !== undefined) {
    const credential = credentialOf(readTokenFile(tokenFile), 'The token file');
    return { credential, source: '--token-file', remedy: 'leave out --token-file' };
  }
  const text = env[TOKEN_VARIABLE];
  if (text === undefined) return undefined;
  const remedy = `run it with \`env -u ${TOKEN_VARIABLE} vouchsafe …\``;
  return { credential: credentialOf(text, TOKEN_VARIABLE), source: 'the environment', remedy };
}

/** The credential in a text; one that is empty, or a variable's name that some client did not replace, is none. */
export function credentialOf(text: string, holder: string): Credential {
  const token = text.trim().replace(/^(?:export )?VOUCHSAFE_PERSONAL_ACCESS_TOKEN=/, '');
  if (token === '')
    return { kind: 'absent', problem: `${holder} is ${holder === TOKEN_VARIABLE ? 'set, but ' : ''}empty.` };
  if (/^\$\{[^}]*\}$/.test(token) || /^\$[A-Z_]+$/.test(token)) {
    return { kind: 'absent', problem: `${holder} holds the name of a variable in place of its value.` };
  }
  return { kind: 'token', text: token };
}

/** The token that `login` kept; undefined if there is none. */
export function keptToken(places: Places): TokenSource | undefined {
  const path = keptPath(places);
  try {
    const credential = credentialOf(readPrivate(path), 'The token kept by `vouchsafe login`');
    return { credential, source: 'vouchsafe login', remedy: 'run `vouchsafe logout`' };
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw explain(error, path);
  }
}

/** Keeps a token for this user until `logout` or the next start of the machine. */
export function keepToken(places: Places, token: string): void {
  prepareRuntime(places);
  writePrivate(keptPath(places), `${token}\n`);
}

/** Forgets the token that `login` kept; false if there was none. */
export function dropToken(places: Places): boolean {
  const isThere = keptToken(places) !== undefined;
  rmSync(keptPath(places), { force: true });
  return isThere;
}

function keptPath({ runtime }: Places): string {
  return join(runtime, 'token');
}

/** The text of a file that only its owner can read; a symbolic link is refused. Throws `unauthenticated`. */
export function readTokenFile(path: string): string {
  try {
    return readPrivate(path);
  } catch (error) {
    throw explain(error, path);
  }
}

const LARGEST = 4096;

function readPrivate(path: string): string {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { mode, size, uid } = fstatSync(descriptor);
    if ((mode & 0o170000) !== 0o100000 || size > LARGEST) refuse('is not a file with a token', `Check ${path}.`);
    if (uid !== 0 && uid !== process.getuid?.()) refuse('belongs to another user', `Check ${path}.`);
    if ((mode & 0o077) !== 0) refuse('can be read by others', `Run \`chmod 600 ${path}\`, then try again.`);
    return readFileSync(descriptor, 'utf8');
  } finally {
    closeSync(descriptor);
  }
}

function refuse(fault: string, next: string): never {
  throw new Refusal('unauthenticated', { message: `The token file ${fault}.`, next });
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof Refusal || !(error instanceof Error) || !('code' in error)) return error;
  const message =
    error.code === 'ELOOP'
      ? 'The token file is a symbolic link.'
      : `The token file cannot be read (${String(error.code)}).`;
  return new Refusal('unauthenticated', { message, next: `Check ${path}, or leave out --token-file.` });
}
