/** What a client's configuration says of our server: a command that it finds, and the file with the token. */
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { Refusal } from '../../core/refusal.js';
import { type ConnectTarget, printConnect } from '../connect-target.js';
import { placesOf } from '../places.js';
import type { Client } from './clients.js';

/** The name that it has in every configuration; some clients take no underscore there. */
export const SERVER_NAME = 'vouchsafe';

/** How to start the server. `env` is there only where it has to find a safe at another place than the usual one. */
export interface Entry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly [mark: string]: unknown;
}

/** A client, and the server that it is to be passed through to; null for a safe of this machine's. */
export interface Served {
  readonly client: Client;
  readonly connect: ConnectTarget | null;
}

/** The entry for a client. Throws `invalid_request` for a path that a client would take for a variable. */
export function entryFor({ client, connect }: Served, tokenFile: string, env: NodeJS.ProcessEnv): Entry {
  const [command, ...before] = commandFor(client, env);
  const places = connect === null ? unusualPlaces(env) : {};
  const through = connect === null ? [] : ['--connect', printConnect(connect)];
  const entry = {
    ...client.marks,
    command,
    args: [...before, 'mcp', ...through, '--token-file', tokenFile],
    ...(Object.keys(places).length === 0 ? {} : { env: places }),
  };
  if (JSON.stringify(entry).includes('$')) refuseDollar();
  return entry;
}

function refuseDollar(): never {
  throw new Refusal('invalid_request', {
    message: 'A path in this configuration has a $ in it, which clients take for the name of a variable.',
    next: 'Use a path without it, for example with --token-file or XDG_CONFIG_HOME.',
  });
}

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'bin', 'vouchsafe.js');

/**
 * `vouchsafe` where a shell finds this very program under that name and the client is started from a shell; else the
 * absolute paths of Node and of the program, which an application started from the desktop finds too. The flags of Node
 * are those of the program's first line.
 */
function commandFor({ isFromShell }: Client, env: NodeJS.ProcessEnv): readonly [string, ...string[]] {
  if (isFromShell && findInPath(SERVER_NAME, realPath(PROGRAM), env) !== undefined) return [SERVER_NAME];
  return programWords(env);
}

/** What runs this program from anywhere: the absolute path of Node, its flags, and that of the program. */
export function programWords(env: NodeJS.ProcessEnv): readonly [string, ...string[]] {
  const node = findInPath('node', realPath(process.execPath), env) ?? process.execPath;
  return [node, '--max-semi-space-size=4', '--heap-growing-percent=20', PROGRAM];
}

/** Whether the program stands in the cache of `npx`, which may be emptied. */
export function isInNpxCache(): boolean {
  return /[\\/]_npx[\\/]/.test(PROGRAM);
}

/** The program as PATH finds it, if that is the file meant. What npm adds for one command is left out. */
function findInPath(name: string, meant: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const found = folders.filter((folder) => !/node_modules[\\/]\.bin[\\/]?$/.test(folder)).map((one) => join(one, name));
  const first = found.find(isExecutable);
  return first !== undefined && realPath(first) === meant ? first : undefined;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Variables that name other places than the usual ones: what is started elsewhere has nothing of this environment. */
export function unusualPlaces(env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  const [places, usual] = [placesOf(env), placesOf({})];
  return {
    ...(places.home === usual.home ? {} : { VOUCHSAFE_HOME: places.home }),
    ...(places.state === usual.state ? {} : { VOUCHSAFE_STATE: places.state }),
  };
}
