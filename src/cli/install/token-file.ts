/** The file with an agent's token: outside of every project, in a folder that only its user can enter. */
import { chmodSync, lstatSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal } from '../../core/refusal.js';
import type { TokenShape } from '../../core/shapes.js';
import { TOKEN_PATTERN } from '../../core/text.js';
import type { Credential } from '../../gate/call.js';
import type { Places } from '../../gate/door.js';
import { configFolder } from '../places.js';
import { reserveFile, type Reserved } from '../sink.js';
import { credentialOf, readTokenFile } from '../token-source.js';

const LONGEST_NAME = 100;

/** Where the token of an agent with that name is kept: `~/.config/vouchsafe/NAME.token`, in small letters. */
export function usualTokenFile(env: NodeJS.ProcessEnv, name: string): string {
  const word = name
    .trim()
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}._-]+|^\.+/gu, '_');
  return join(configFolder(env), 'vouchsafe', `${Array.from(word).slice(0, LONGEST_NAME).join('')}.token`);
}

export function isThere(path: string): boolean {
  return (lstatSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

/**
 * Makes sure of a place for a token before there is one: its folder (0700 if it is new or our own) and a file beside it
 * (0600), which takes its name when it is written.
 */
export function reserveTokenFile(env: NodeJS.ProcessEnv, path: string): Reserved {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (folder === join(configFolder(env), 'vouchsafe')) chmodSync(folder, 0o700);
  const fresh = `${path}.${crypto.randomUUID()}`;
  const reserved = reserveFile(fresh);
  return {
    write: (text) => {
      reserved.write(text);
      renameSync(fresh, path);
    },
    drop: () => reserved.drop(),
  };
}

/** Throws `conflict` where a file is there already: its token may be in use under another name. */
export function checkFree(path: string): void {
  if (!isThere(path)) return;
  throw new Refusal('conflict', {
    message: `The token file ${path} is there already.`,
    next: 'Give the agent another name; or remove the file, if nothing uses it any more.',
  });
}

/** Which agent's token a file has to be, and in which safe. */
export interface Holder {
  readonly places: Places;
  readonly token: TokenShape;
}

/** Throws `unauthenticated` or `conflict` unless the file holds a usable token of that agent. */
export async function checkTokenFile(path: string, holder: Holder): Promise<void> {
  if (!isThere(path)) {
    throw new Refusal('unauthenticated', {
      message: `There is no token file ${path}.`,
      next: `${RENEW} Or name the file with --token-file, or pipe the token in with --token-stdin.`,
    });
  }
  await checkToken(credentialOf(readTokenFile(path), 'The token file'), holder);
}

const RENEW = 'Add --renew to have a new token made; the old one then stops working.';

/** The token in a text that was piped in. Throws as {@link checkTokenFile}. */
export async function checkTokenText(text: string, holder: Holder): Promise<string> {
  const credential = credentialOf(text, 'What was piped in');
  await checkToken(credential, holder);
  return credential.kind === 'token' ? credential.text : '';
}

async function checkToken(credential: Credential, { places, token }: Holder): Promise<void> {
  if (credential.kind === 'absent') throw new Refusal('unauthenticated', { message: credential.problem, next: RENEW });
  const name = await nameOf(places, credential);
  if (name === token.name) return;
  throw new Refusal(name === null ? 'unauthenticated' : 'conflict', {
    message:
      name === null
        ? 'The token there is not usable: it is not whole, was renewed since, is frozen, or has ended.'
        : 'The token there is that of another agent.',
    next: RENEW,
  });
}

/** The name of a usable token, without an entry in the log; null where it is not usable. */
async function nameOf(places: Places, credential: Credential): Promise<string | null> {
  const { openAgent } = await import('../../gate/open-agent.js');
  const door = await openAgent(places, credential, { transport: 'cli' });
  try {
    return (await door.identity())?.name ?? null;
  } finally {
    await door.close();
  }
}

/** Throws `conflict` where writing a token there would lose something: another agent's token, or what is no token. */
export async function checkReplaceable(path: string, { places, token }: Holder): Promise<void> {
  if (!isThere(path)) return;
  const credential = credentialOf(readTokenFile(path), 'The token file');
  const isToken = credential.kind === 'token' && TOKEN_PATTERN.test(credential.text);
  const name = isToken ? await nameOf(places, credential) : undefined;
  if (name === null || name === token.name) return;
  throw new Refusal('conflict', {
    message: isToken ? `${path} holds the token of another agent.` : `${path} is there already, and holds no token.`,
    next: 'Name another file with --token-file.',
  });
}
