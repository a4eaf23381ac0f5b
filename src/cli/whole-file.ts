/** Files that are read whole, byte for byte, and made unreadable afterwards. */
import { closeSync, constants, fstatSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { Refusal } from '../core/refusal.js';
import { escapeText } from '../core/text.js';

/** The most that is read of a file or from stdin: more than a memory of 1 GiB can take apart. */
const MOST_BYTES = 256 << 20;

/** Bytes of a file. Throws `not_found`, `unavailable`, or `invalid_request` for what is no file or over 256 MiB. */
export function readWhole(path: string): Uint8Array {
  const descriptor = open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile()) throw refusal(path, 'is no file', 'Name a file, or pipe it: `… | vouchsafe import -`.');
    if (facts.size > MOST_BYTES) throw refusal(path, 'is larger than 256 MiB', SMALLER);
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const SMALLER = 'Export it without attachments.';

/** Bytes of stdin to its end. Throws `invalid_request` for a terminal, and for more than 256 MiB. */
export async function readStdin(stdin: NodeJS.ReadStream = process.stdin): Promise<Uint8Array> {
  if (stdin.isTTY) {
    const next = 'Pipe a file to it, or name one in place of -.';
    throw new Refusal('invalid_request', { message: 'Nothing was piped to this command.', next });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream(stdin)) {
    size += chunk.length;
    if (size > MOST_BYTES)
      throw new Refusal('invalid_request', { message: 'What was piped is larger than 256 MiB.', next: SMALLER });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function* stream(stdin: NodeJS.ReadStream): AsyncGenerator<Buffer> {
  for await (const chunk of stdin) yield Buffer.from(chunk as Uint8Array);
}

const PIECE = 65_536;

/**
 * Writes noise over the bytes of the file, has that put on disk, and deletes the file. What a file system keeps
 * elsewhere (journals, snapshots, backups, the spare cells of a flash disk) it does not reach. Throws `unavailable` where
 * the file is a symbolic link, has a second name, or cannot be written; it is then still there.
 */
export function shredFile(path: string): void {
  const descriptor = open(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const facts = fstatSync(descriptor);
    if (!facts.isFile() || facts.nlink !== 1) throw refusal(path, 'is no file, or has a second name', DELETE);
    for (let at = 0; at < facts.size; at += PIECE) {
      const noise = crypto.getRandomValues(new Uint8Array(Math.min(PIECE, facts.size - at)));
      writeSync(descriptor, noise, 0, noise.length, at);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  rmSync(path);
}

const DELETE = 'What was in it has been taken in. Delete it yourself, under all of its names.';

function open(path: string, flags: number): number {
  try {
    return openSync(path, flags);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    if (code === 'ENOENT')
      throw new Refusal('not_found', {
        message: `There is no file ${escapeText(path)}.`,
        next: 'Check the path; a name without a folder is looked for in the current one.',
      });
    throw new Refusal('unavailable', {
      message: `The file ${escapeText(path)} cannot be opened (${code}).`,
      next: 'Check who may read and write it: ls -l',
      cause,
    });
  }
}

function refusal(path: string, fault: string, next: string): Refusal {
  return new Refusal('invalid_request', { message: `${escapeText(path)} ${fault}.`, next });
}
