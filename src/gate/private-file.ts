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
