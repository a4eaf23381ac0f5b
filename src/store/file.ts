import { closeSync, lstatSync, mkdirSync, openSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from '../core/refusal.js';

/** What others may not do: anything with a file, and change what is in the folder. */
const FORBIDDEN = { file: 0o077, folder: 0o022 };

function lstatOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

/** Makes an empty file that its owner alone may read, before SQLite opens it. Refuses an existing one. */
export function makePrivateFile(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    throw new Refusal(codeOf(error) === 'EEXIST' ? 'conflict' : 'unavailable', {
      message: `${path} cannot be made (${codeOf(error)}).`,
      next: 'Check the owner, mode and free space of that folder.',
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'error';
}

/** Refuses a database file, journal or folder that is a symbolic link, that is open to others, or that is another user's. */
export function refuseUnsafeFile(path: string): void {
  refuseUnsafe(dirname(path), 'folder');
  if (lstatOrNull(path) === null)
    throw new Refusal('not_found', { message: 'There is no safe here yet.', next: 'vouchsafe init' });
  for (const suffix of ['', '-wal', '-shm']) refuseUnsafe(path + suffix, 'file');
}

function refuseUnsafe(path: string, kind: 'file' | 'folder'): void {
  const found = lstatOrNull(path);
  if (found === null) return;
  if (found.isSymbolicLink()) throw unsafe(path, 'is a symbolic link', `Replace it with the ${kind} itself.`);
  if (kind === 'file' && !found.isFile())
    throw unsafe(path, 'is not a file', 'Set VOUCHSAFE_HOME to the folder of your safe.');
  if ((found.mode & FORBIDDEN[kind]) !== 0)
    throw unsafe(path, 'is open to other users', `chmod ${kind === 'file' ? '600' : '700'} '${path}'`);
  const user = process.getuid?.();
  if (user !== undefined && user !== 0 && found.uid !== user)
    throw unsafe(path, 'belongs to another user', 'Run this as the user whose safe it is.');
}

function unsafe(path: string, fault: string, next: string): Refusal {
  return new Refusal('unavailable', { message: `${path} ${fault}, so it is not opened.`, next });
}
