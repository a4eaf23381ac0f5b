/** Small files that only their owner may read: sessions, anchors. */
import {
  closeSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Refusal } from '../core/refusal.js';
import { randomId } from '../crypto/bytes.js';

const OTHERS = 0o077;

/** The bytes of a private file; null if there is none. One that others may read, or a link, is refused. */
export function readPrivateFile(path: string): string | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  const file = openSync(path, 'r');
  try {
    const { mode } = fstatSync(file);
    if (found.isSymbolicLink() || !found.isFile() || (mode & OTHERS) !== 0)
      throw new Refusal('unavailable', {
        message: `${path} is open to others or a link, so it is not read.`,
        next: `chmod 600 '${path}'`,
      });
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Writes a 0600 file in a 0700 folder, whole or not at all, in place of an older one. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${randomId()}`;
  const file = openSync(fresh, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}

const BUFFERED = 65_536;

/** A new file of the user's alone, written piece by piece. */
export interface NewFile {
  write(text: string): void;
  /** Has all of it, and its name in the folder, on disk before returning. */
  finish(): void;
  /** Takes it away again. */
  drop(): void;
}

/** Makes a 0600 file where none is; `conflict` where there is one already. */
export function newPrivateFile(path: string): NewFile {
  const file = openNew(path);
  let waiting = '';
  let isOpen = true;
  const flush = (): void => {
    const bytes = Buffer.from(waiting, 'utf8');
    waiting = '';
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
    } catch (cause) {
      throw new Refusal('unavailable', {
        message: `The file ${path} cannot be written.`,
        next: 'Free some space, or name another file with --to.',
        cause,
      });
    }
  };
  const close = (): void => {
    if (isOpen) closeSync(file);
    isOpen = false;
  };
  return {
    write(text) {
      waiting += text;
      if (waiting.length >= BUFFERED) flush();
    },
    finish() {
      flush();
      fsyncSync(file);
      close();
      syncFolder(dirname(path));
    },
    drop() {
      close();
      rmSync(path, { force: true });
    },
  };
}

function openNew(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (cause) {
    const isThere = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new Refusal(isThere ? 'conflict' : 'unavailable', {
      message: isThere ? `The file ${path} is there already.` : `The file ${path} cannot be made.`,
      next: 'Name another file with --to.',
      cause,
    });
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
