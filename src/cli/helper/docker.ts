/**
 * `helper docker`: a credential helper of Docker (https://github.com/docker/docker-credential-helpers, "Development",
 * and its package `credentials`). Docker starts it as a program `docker-credential-NAME` with one word. It reads stdout,
 * also for what went wrong, and tells that by the exit status 1. Some of its commands drop that and go on without a
 * credential (`pull`, `manifest inspect`), so what was refused is told on stderr too, which Docker passes on.
 */
import { EXIT_STATUS, Refusal } from '../../core/refusal.js';
import { hostOf } from '../../core/site.js';
import { escapeText } from '../../core/text.js';
import { findCredential, type Credential, type ItemDoor } from './lookup.js';
import { readRequest, type Pipe } from './pipe.js';

/** By this line Docker knows that there is none. Any other is an error to it. */
const NOT_FOUND = 'credentials not found in native keychain';

/** The tag of items that `list` names. */
export const DOCKER_TAG = 'docker';

/** Docker's own registry is on another site than the one people sign in to. */
const DOCKER_HUB = { registry: 'index.docker.io', site: 'https://hub.docker.com/' };

export interface DockerCall {
  readonly action: string;
  readonly door: ItemDoor;
  /** Of this program, for `version`. */
  readonly version: string;
}

/**
 * Serves one action; the exit status, 0 or 1. Refusals are told in one line; what is no refusal is thrown.
 */
export async function serveDocker({ action, door, version }: DockerCall, pipe: Pipe): Promise<number> {
  try {
    const text = await answer({ action, door, version }, pipe);
    pipe.write(`${text ?? NOT_FOUND}\n`);
    return text === null ? EXIT_STATUS.unavailable : 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    pipe.write(`${lineOf(error)}\n`);
    pipe.warn(`${lineOf(error)}\n`);
    return EXIT_STATUS.unavailable;
  }
}

function lineOf({ message, facts: { next, candidates = [] } }: Refusal): string {
  const names = candidates.length === 0 ? '' : ` Candidates: ${candidates.join(', ')}.`;
  return escapeText(`vouchsafe: ${message}${names} ${next ?? ''}`.trim());
}

/** Null if no item fits. */
async function answer({ action, door, version }: DockerCall, pipe: Pipe): Promise<string | null> {
  switch (action) {
    case 'get':
      return answerGet((await readRequest(pipe)).trim(), door);
    case 'list':
      return answerList(await door.tagged(DOCKER_TAG));
    case 'version':
      return `vouchsafe ${version}`;
    case 'store':
    case 'erase':
      await readRequest(pipe);
      return refuse('Vouchsafe does not take credentials from Docker, nor remove them', OWNER_CHANGES);
    default:
      return refuse('Docker asked for an action that is not known', 'Known ones: get, list, version.');
  }
}

const OWNER_CHANGES = 'Ask the owner to add or change the item; then "docker login" is not needed.';

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}

async function answerGet(server: string, door: ItemDoor): Promise<string | null> {
  if (server === '') refuse('Docker named no server', 'Name a registry.');
  const found = (await findCredential(door, { url: server })) ?? (await findAtHub(server, door));
  if (found === null) return null;
  return JSON.stringify({ ServerURL: server, Username: found.username ?? '', Secret: found.secret });
}

async function findAtHub(server: string, door: ItemDoor): Promise<Credential | null> {
  return hostOf(server) === DOCKER_HUB.registry ? findCredential(door, { url: DOCKER_HUB.site }) : null;
}

/**
 * The user name for each URL of these items. `docker build` gets the credential of every server that is listed, so only
 * items that the owner tagged for it are: a list of all would make it read the whole vault.
 */
function answerList(items: Awaited<ReturnType<ItemDoor['tagged']>>): string {
  const entries = items.flatMap(({ urls, username }) => urls.map((url) => [url, username ?? ''] as const));
  return JSON.stringify(Object.fromEntries(entries));
}
