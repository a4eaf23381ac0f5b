/** Where text goes: a stream, or a file of the user's alone. */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { EXIT_STATUS, Refusal } from '../core/refusal.js';

export interface Sink {
  write(text: string): void;
  /** Finds out that it cannot be written before there is something to write: a token is shown once. Throws as `write`. */
  prepare(): void;
  /** Leaves nothing behind if nothing was written. */
  abandon(): void;
  /** Calls back when the reader has gone, which is found out by writing; a file has none. */
  onGone(callback: () => void): void;
}

/**
 * A stream. That its reader has gone (`| head`) is no error: what follows is dropped. Anything else, such as a full
 * disk, makes the command fail, with a line on stderr.
 */
export function streamSink(stream: NodeJS.WriteStream): Sink {
  stream.removeListener('error', onFault).on('error', onFault);
  return {
    write: (text) => {
      if (stream.writable) stream.write(text);
    },
    prepare: () => undefined,
    abandon: () => undefined,
    onGone: (callback) => {
      stream.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'EPIPE') callback();
      });
    },
  };
}

function onFault(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exitCode = EXIT_STATUS.unavailable;
  process.stderr.write(`The output could not be written (${error.code ?? 'unknown'}).\n`);
}

/** A file that is made 0600, or emptied and made 0600 when the first text arrives. A symbolic link is refused. */
export function fileSink(path: string): Sink {
  return new FileSink(path);
}

class FileSink implements Sink {
  readonly #path: string;
  #descriptor: number | undefined;
  #isNew = false;
  #isWritten = false;

  constructor(path: string) {
    this.#path = path;
  }

  prepare(): void {
    if (this.#descriptor !== undefined) return;
    this.#descriptor = openNew(this.#path);
    this.#isNew = this.#descriptor !== undefined;
    this.#descriptor ??= openFile(this.#path, 0);
  }

  write(text: string): void {
    this.prepare();
    if (this.#descriptor === undefined) return;
    if (!this.#isWritten) makePrivate(this.#descriptor, this.#path);
    this.#isWritten = true;
    writeAll(this.#descriptor, text, this.#path);
  }

  abandon(): void {
    if (this.#isNew && !this.#isWritten) rmSync(this.#path, { force: true });
  }

  onGone(): void {
    // a file is read by nobody
  }
}

/** Empties a file and takes it from all others before anything is written to it; a device stays as it is. */
function makePrivate(descriptor: number, path: string): void {
  try {
    if (!fstatSync(descriptor).isFile()) return;
    fchmodSync(descriptor, 0o600);
    ftruncateSync(descriptor);
  } catch (error) {
    throw explain(error, path);
  }
}

/** Writes a whole file of the user's alone (0600), in place of what it held. Throws as {@link fileSink} does. */
export function writePrivate(path: string, text: string): void {
  const descriptor = openPrivate(path, constants.O_TRUNC);
  try {
    writeAll(descriptor, text, path);
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
      writeAll(descriptor, text, path);
      fsyncSync(descriptor);
      closeSync(descriptor);
    },
    drop: () => {
      closeSync(descriptor);
      rmSync(path, { force: true });
    },
  };
}

function writeAll(descriptor: number, text: string, path: string): void {
  const bytes = Buffer.from(text, 'utf8');
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done);
  } catch (error) {
    throw explain(error, path);
  }
}

function openPrivate(path: string, how: number): number {
  const descriptor = openFile(path, how);
  if (fstatSync(descriptor).isFile()) fchmodSync(descriptor, 0o600);
  return descriptor;
}

/** Undefined where there is something of that name already. */
function openNew(path: string): number | undefined {
  try {
    return openFile(path, constants.O_EXCL);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'conflict') return undefined;
    throw error;
  }
}

function openFile(path: string, how: number): number {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | how, 0o600);
  } catch (error) {
    throw explain(error, path);
  }
}

const NEXT = 'Name another file; it is made readable by you alone.';

const FAULTS: Readonly<Record<string, string>> = {
  EEXIST: 'is there already',
  ELOOP: 'is a symbolic link, which is not followed',
  ENOENT: 'cannot be made: there is no such folder',
  EACCES: 'cannot be written: it is not allowed',
  EISDIR: 'is a folder',
  ENOTDIR: 'cannot be made: it would lie in something that is no folder',
  ENOSPC: 'cannot be written: the disk is full',
  EROFS: 'cannot be written: the disk is read-only',
};

/** The refusal for a file that the system does not let us write; `conflict` if there is one already. */
export function explain(cause: unknown, path: string, next = NEXT): Refusal {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  return new Refusal(code === 'EEXIST' ? 'conflict' : 'unavailable', {
    message: `The file ${path} ${FAULTS[code] ?? `cannot be written (${code})`}.`,
    next,
    cause,
  });
}
