/** Where text goes: a stream, or a file of the user's alone. */
import { closeSync, constants, fchmodSync, openSync, writeSync } from 'node:fs';
import { Refusal } from '../core/refusal.js';

export interface Sink {
  write(text: string): void;
}

/** A stream. That its reader has gone (`| head`) is no error: what follows is dropped. */
export function streamSink(stream: NodeJS.WriteStream): Sink {
  stream.removeListener('error', ignoreClosedPipe).on('error', ignoreClosedPipe);
  return { write: (text) => void (stream.writable && stream.write(text)) };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

/** A file that is made 0600, or emptied and made 0600, when the first text arrives. A symbolic link is refused. */
export function fileSink(path: string): Sink {
  let descriptor: number | undefined;
  return {
    write: (text) => {
      descriptor ??= openPrivate(path);
      writeAll(descriptor, Buffer.from(text, 'utf8'));
    },
  };
}

/** Writes a whole file of the user's alone (0600). Throws `unavailable` or, for a symbolic link, `forbidden`. */
export function writePrivate(path: string, text: string): void {
  const descriptor = openPrivate(path);
  try {
    writeAll(descriptor, Buffer.from(text, 'utf8'));
  } finally {
    closeSync(descriptor);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
}

function openPrivate(path: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW;
  try {
    const descriptor = openSync(path, flags, 0o600);
    fchmodSync(descriptor, 0o600);
    return descriptor;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new Refusal('unavailable', {
      message: code === 'ELOOP' ? 'The file to write is a symbolic link.' : `The file could not be written (${code}).`,
      next: 'Name a file in a folder of yours: it is made readable by you alone.',
      cause,
    });
  }
}
