/** A change to a file that others write too: planned, shown, and then made whole or not at all. */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { Refusal } from '../../core/refusal.js';

/** A file by its path. One of a project must not lie outside of its folder, whatever symbolic links say. */
export interface Place {
  readonly path: string;
  /** The folder of the project; null for a file of the user's, where links lead wherever the user has them lead. */
  readonly root: string | null;
}

/** What a file is to hold in place of what it holds; null is no file. */
export interface Change {
  readonly place: Place;
  /** Where the path leads. */
  readonly file: string;
  readonly before: string | null;
  readonly after: string | null;
}

const LARGEST = 64 * 2 ** 20;

/** Reads the file and works out the change. Throws `conflict` where it is no text, or lies outside of its project. */
export function planChange(place: Place, edit: (text: string | null) => string | null): Change {
  const file = resolved(place);
  const before = readText(file, place.path);
  return { place, file, before, after: edit(before) };
}

/** Whether there is something to do. */
export function isChange({ before, after }: Change): boolean {
  return before !== after;
}

function resolved({ path, root }: Place): string {
  const file = realPath(path);
  if (root === null) return file;
  const way = relative(realPath(root), file);
  if (way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)) return file;
  throw new Refusal('conflict', {
    message: `${path} is a symbolic link that leads out of the project, and was left as it is.`,
    next: 'Remove the link, or set it up for this user with --user.',
  });
}

/** Where the path leads, as far as it is there. Throws `conflict` for a link that leads nowhere. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw explain(cause, path);
    if (isLink(path)) refuse(path, 'is a symbolic link to nothing');
    return join(realPath(dirname(path)), basename(path));
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function readText(file: string, path: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (!found.isFile() || found.size > LARGEST) refuse(path, 'is not a file of text');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(file));
  } catch (cause) {
    if (cause instanceof TypeError) refuse(path, 'is not UTF-8 text');
    throw explain(cause, path);
  }
}

function refuse(path: string, fault: string): never {
  throw new Refusal('conflict', {
    message: `${path} ${fault}, and was left as it is.`,
    next: 'Move it away, then run this again.',
  });
}

/** Where a backup of the file stands. */
export function backupOf({ file }: Change): string {
  return `${file}.vouchsafe-backup`;
}

/**
 * Makes the change: a new file beside the old one takes its place and its mode, so that nobody sees half of it. With
 * `backup`, what was there before is kept beside it, for its owner alone. Does nothing where nothing changes. Throws
 * `conflict` where the file was changed since it was planned.
 */
export function makeChange(change: Change, { backup }: { readonly backup: boolean }): void {
  const { file, before, after, place } = change;
  if (!isChange(change)) return;
  try {
    if (backup && before !== null) replaceFile(backupOf(change), before, 0o600);
    if (readText(file, place.path) !== before) refuseChanged(place.path);
    if (after === null) rmSync(file);
    else replaceFile(file, after, modeOf(change));
  } catch (cause) {
    throw explain(cause, place.path);
  }
}

/** A file of a project is its team's; git keeps no other mode anyway. */
function modeOf({ file, place }: Change): number {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined) return found.mode & 0o777;
  const made = mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (place.root === null) return 0o600;
  if (made !== undefined) chmodSync(dirname(file), 0o755);
  return 0o644;
}

/** Writes the text to a new file with that mode, which then takes the place of the one with that name. */
function replaceFile(file: string, text: string, mode: number): void {
  const fresh = `${file}.${crypto.randomUUID()}`;
  try {
    const descriptor = openSync(fresh, 'wx', 0o600);
    try {
      writeAll(descriptor, Buffer.from(text, 'utf8'));
      fchmodSync(descriptor, mode);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(fresh, file);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}

function refuseChanged(path: string): never {
  throw new Refusal('conflict', {
    message: `${path} was changed by someone else meanwhile, and was left as it is.`,
    next: 'Run this again.',
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

function explain(cause: unknown, path: string): unknown {
  const code = codeOf(cause);
  if (cause instanceof Refusal || code === undefined) return cause;
  const message = `${path} cannot be read or written (${code}).`;
  return new Refusal('unavailable', { message, next: 'Check who owns it and its folder, then run this again.', cause });
}
