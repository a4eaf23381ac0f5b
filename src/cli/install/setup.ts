/** Setting up a client: which files it takes, what changes in them, and making those changes. */
import { join, relative, resolve, sep } from 'node:path';
import { Refusal } from '../../core/refusal.js';
import { readConnect } from '../connect-target.js';
import { withBlock, withoutBlock } from '../instruction-block.js';
import { backupOf, isChange, makeChange, planChange, type Change, type Place } from './change.js';
import { clientOf, CLIENTS, foldersOf, type Client, type Scope } from './clients.js';
import { entryIn, withEntry, withoutEntry } from './document.js';
import { entryFor, type Served } from './entry.js';

/** What the command line says about where. */
export interface WhereFlags {
  readonly project?: boolean;
  readonly user?: boolean;
  /** A file, or false with `--no-instructions`; the client's own where it has one, if neither is said. */
  readonly instructions?: string | boolean;
  /** The server to pass through to. */
  readonly connect?: string;
}

/** Where the program runs. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly folder: string;
}

/** The files of one client for one scope. */
export interface Target extends Served {
  readonly scope: Scope;
  readonly config: Place;
  /** Null where none is written. */
  readonly instructions: Place | null;
  /** Whether people have to give the instructions to the agent themselves. */
  readonly mustPaste: boolean;
}

/**
 * The files to change. Without a scope it is that of the project, where the client has such a thing. Throws
 * `invalid_request` for an unknown client, for `--project` with one that has no configuration of a project, or for a
 * server that no token may be sent to.
 */
export function targetOf(name: string, flags: WhereFlags, { env, folder }: Surroundings): Target {
  const client = clientOf(name);
  const scope = scopeOf(client, flags);
  const root = scope === 'project' ? folder : null;
  const spot = scope === 'project' && client.project !== null ? client.project : client.user(foldersOf(env));
  const named = flags.instructions;
  const own = spot.instructions === null || named === false ? null : { path: resolve(folder, spot.instructions), root };
  const instructions = typeof named === 'string' ? { path: resolve(folder, named), root: null } : own;
  return {
    client,
    connect: flags.connect === undefined ? null : readConnect(flags.connect),
    scope,
    config: { path: resolve(folder, spot.file), root },
    instructions,
    mustPaste: instructions === null && named !== false,
  };
}

function scopeOf(client: Client, { project, user }: WhereFlags): Scope {
  if (client.project !== null) return user === true ? 'user' : 'project';
  if (project !== true) return 'user';
  const able = CLIENTS.flatMap((one) => (one.project === null ? [] : [one.name]));
  throw new Refusal('invalid_request', {
    message: `${client.title} has no configuration of a project.`,
    next: `Leave out --project: it is set up for all that you do there. With a project: ${able.join(', ')}.`,
  });
}

/** What is to change for an agent whose token is in that file. */
export interface Setup {
  readonly config: Change;
  /** The token file that the entry there named until now, if it is another one. */
  readonly replaces: string | null;
}

/** Reads the configuration and works out the change. Throws `conflict` where it cannot be read. */
export function planSetup(target: Target, tokenFile: string, env: NodeJS.ProcessEnv): Setup {
  const { client, config: place } = target;
  const entry = entryFor(target, tokenFile, env);
  let named: string | undefined;
  const config = planChange(place, (text) => {
    const source = { path: place.path, text };
    named = tokenFileIn(entryIn(client, source));
    return withEntry(client, source, entry);
  });
  return { config, replaces: named === undefined || named === tokenFile ? null : named };
}

/** The token file that an entry names. */
function tokenFileIn(entry: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const args: unknown = entry?.['args'];
  const words: readonly unknown[] = Array.isArray(args) ? args : [];
  const found = words[words.indexOf('--token-file') + 1];
  return words.includes('--token-file') && typeof found === 'string' ? found : undefined;
}

/** The instructions in their file. Throws `conflict` where a block in it does not end. */
export function planInstructions(place: Place, block: string): Change {
  return planChange(place, (text) => withBlock(text, block));
}

/** What is to change to take it out again. */
export interface Removal {
  readonly config: Change;
  readonly instructions: Change | null;
  /** Other clients of the project that read the same instructions, which therefore stay. */
  readonly sharers: readonly string[];
}

/**
 * Taking it out again: the entry, and the block of instructions. Throws `conflict` where the entry is of another token
 * file: it is not the one that is meant.
 */
export function planRemoval(target: Target, tokenFile: string): Removal {
  const { client, config: place, instructions } = target;
  const config = planChange(place, (text) => {
    const source = { path: place.path, text };
    const named = tokenFileIn(entryIn(client, source));
    if (named !== undefined && named !== tokenFile) refuseOther(place.path, named);
    return withoutEntry(client, source);
  });
  const sharers = sharersOf(target);
  const isKept = instructions === null || sharers.length > 0;
  return { config, instructions: isKept ? null : planChange(instructions, textWithoutBlock), sharers };
}

/** Several clients read `AGENTS.md`. One whose configuration cannot be read counts: it is not known to be without it. */
function sharersOf({ client, config: { root }, instructions }: Target): readonly string[] {
  if (root === null || instructions === null) return [];
  const others = CLIENTS.filter((other) => other.name !== client.name);
  return others.filter((other) => isSharer(other, root, instructions.path)).map(({ title }) => title);
}

function isSharer(other: Client, root: string, path: string): boolean {
  const { project } = other;
  if (project === null || resolve(root, project.instructions ?? '.') !== path) return false;
  const place = { path: resolve(root, project.file), root };
  try {
    const { before } = planChange(place, (text) => text);
    return entryIn(other, { path: place.path, text: before }) !== undefined;
  } catch (error) {
    if (error instanceof Refusal) return true;
    throw error;
  }
}

function refuseOther(path: string, named: string): never {
  throw new Refusal('conflict', {
    message: `The entry in ${path} is of another token file, ${named}.`,
    next: 'Name its agent, or that file with --token-file.',
  });
}

function textWithoutBlock(text: string | null): string | null {
  if (text === null) return null;
  const rest = withoutBlock(text);
  return rest.trim() === '' && rest !== text ? null : rest;
}

/** Makes the changes, the configuration first; the path of its backup, if one was made. */
export function makeChanges(config: Change, instructions: Change | null): string | null {
  const isBackedUp = isChange(config) && config.before !== null;
  makeChange(config, { backup: true });
  if (instructions !== null) makeChange(instructions, { backup: false });
  return isBackedUp ? backupOf(config) : null;
}

/** Whether a token file lies in the project, where it may be committed with the rest. */
export function isInProject({ scope }: Target, tokenFile: string, folder: string): boolean {
  const way = relative(folder, tokenFile);
  return scope === 'project' && way !== '..' && !way.startsWith(`..${sep}`) && join(folder, way) === tokenFile;
}
