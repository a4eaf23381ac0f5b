/** Where text goes: a stream, or a file of the user's alone. */
import { closeSync, constants, fchmodSync, fstatSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { Refusal } from '../core/refusal.js';

export interface Sink {
  write(text: string): void;
}

/** A stream. That its reader has gone (`| head`) is no error: what follows is dropped. */
export function streamSink(stream: NodeJS.WriteStream): Sink {
  stream.removeListener('error', ignoreClosedPipe).on('error', ignoreClosedPipe);
  return {
    write: (text) => {
      if (stream.writable) stream.write(text);
    },
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** A file that is made 0600, or emptied and made 0600, when the first text arrives. A symbolic link is refused. */
export function fileSink(path: string): Sink {
  let descriptor: number | undefined;
  return {
    write: (text) => {
      descriptor ??= openPrivate(path, constants.O_TRUNC);
      writeAll(descriptor, Buffer.from(text, 'utf8'));
    },
  };
}

/** Writes a whole file of the user's alone (0600), in place of what it held. Throws as {@link fileSink} does. */
export function writePrivate(path: string, text: string): void {
  const descriptor = openPrivate(path, constants.O_TRUNC);
  try {
    writeAll(descriptor, Buffer.from(text, 'utf8'));
  } finally {
    closeSync(descriptor);
  }
}

/** A new file that is there, empty and 0600, before there is anything to write: what must not fail later. */
export interface Reserved {
  write(text: string): void;
  /** Takes the file away again. */
  drop(): void;
}

/** Reserves a file. Throws `conflict` where there is one already. */
export function reserveFile(path: string): Reserved {
  const descriptor = openPrivate(path, constants.O_EXCL);
  return {
    write: (text) => {
      writeAll(descriptor, Buffer.from(text, 'utf8'));
      fsyncSync(descriptor);
      closeSync(descriptor);
    },
    drop: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}

function openPrivate(path: string, how: number): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | how;
  try {
    const descriptor = openSync(path, flags, 0o600);
    if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (error) {
    throw explain(error, path);
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already',
  ELOOP: 'is a symbolic link, which is not followed',
  ENOENT: 'cannot be made: there is no such folder',
  EACCES: 'cannot be written: it is not allowed',
  EISDIR: 'is a folder',
  ENOSPC: 'cannot be written: the disk is full',
  EROFS: 'cannot be written: the disk is read-only',
};

function explain(cause: unknown, path: string): Refusal {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new Refusal(code === 'EEXIST' ? 'conflict' : 'unavailable', {
    message: `The file ${path} ${FAULTS[code] ?? `cannot be written (${code})`}.`,
    next: 'Name another file; it is made readable by you alone.',
    cause,
  });
}
