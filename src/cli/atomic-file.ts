/** Files with secrets in them that are there as a whole, with their mode, or not at all. */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Refusal } from '../core/refusal.js';
import { explain } from './sink.js';

/** The mode of a file with secrets unless another is asked for. */
export const PRIVATE_MODE = 0o600;

/**
 * The mode that `--file-mode` says, in octal. Others may be let read it, since a service often runs as another user, but
 * never write: who writes it decides what its readers believe. Throws `invalid_request` for that, for a mode
 * under which its owner could not read it, and for anything but permission bits.
 */
export function parseFileMode(text: string): number {
  if (!/^0?[0-7]{3}$/.test(text)) refuseMode('is not an octal mode of three digits');
  const mode = Number.parseInt(text, 8);
  if ((mode & 0o022) !== 0) refuseMode('lets others write the file');
  if ((mode & 0o400) === 0) refuseMode('does not let you read the file');
  return mode;
}

function refuseMode(fault: string): never {
  throw new Refusal('invalid_request', {
    message: `--file-mode ${fault}.`,
    next: 'Give a mode such as 0600, 0640 or 0400.',
  });
}

const NEXT = 'Nothing was written. Name another file, in a folder that you may write to.';

/**
 * Writes the whole file, in place of what it held: to a new file in the same folder, which only its user can read until
 * it is complete, gets the mode and is on disk, and then takes the name. Whoever reads the name sees the old file or the
 * new one. If it fails, the old one is as it was and nothing else is left. A target that is a symbolic link, a folder or
 * a device is refused (`unavailable`), as is what the system does not allow.
 */
export function writeAtomic(path: string, content: string | Uint8Array, mode = PRIVATE_MODE): void {
  checkTarget(path);
  const folder = dirname(path);
  const fresh = join(folder, `.vouchsafe-${crypto.randomUUID()}`);
  try {
    using(folder, 'r', (held) => {
      using(fresh, 'wx', (file) => {
        writeFileSync(file, content);
        fchmodSync(file, mode);
        fsyncSync(file);
      });
      renameSync(fresh, path);
      // So that the new name is still there after a power cut.
      fsyncSync(held);
    });
  } catch (error) {
    rmSync(fresh, { force: true });
    throw explain(error, path, NEXT);
  }
}

function using(path: string, flags: 'r' | 'wx', work: (descriptor: number) => void): void {
  const descriptor = openSync(path, flags, PRIVATE_MODE);
  try {
    work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Throws as {@link writeAtomic} does if the target can't be written, before there is anything to write. */
export function checkTarget(path: string): void {
  const fault = faultOf(path);
  if (fault !== undefined) throw new Refusal('unavailable', { message: `The file ${path} ${fault}.`, next: NEXT });
}

function faultOf(path: string): string | undefined {
  const found = look(path);
  if (found === undefined || found.isFile()) return undefined;
  if (found.isSymbolicLink()) return 'is a symbolic link, which is not followed';
  return found.isDirectory() ? 'is a folder' : 'is a device, a pipe or a socket';
}

function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw explain(error, path, NEXT);
  }
}
