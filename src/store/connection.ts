/** Connections to the file of a safe: opened with the settings that the promise needs, and checked for what they are. */
import SqliteFile from 'better-sqlite3';
import { Refusal } from '../core/refusal.js';
import { APPLICATION_ID } from './schema.js';

export type Connection = SqliteFile.Database;

const LEAST_SQLITE = [3, 51, 3];
export const BUSY_FOR_MS = 15_000;
const CACHE_KIB = 2_048;

/** Set on every connection and read back; a difference aborts. */
const PRAGMAS: readonly (readonly [string, string | number, string | number])[] = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2],
  ['wal_autocheckpoint', 0, 0],
  ['secure_delete', 'ON', 1],
  ['foreign_keys', 'ON', 1],
  // without it, REPLACE deletes rows past the triggers that guard the log
  ['recursive_triggers', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['mmap_size', 0, 0],
  // in KiB: the driver's own 16 MiB would be kept by each connection once the log is that long
  ['cache_size', -CACHE_KIB, -CACHE_KIB],
  ['temp_store', 'MEMORY', 2],
  ...(process.platform === 'darwin'
    ? ([
        ['fullfsync', 1, 1],
        ['checkpoint_fullfsync', 1, 1],
      ] as const)
    : []),
];

/** A connection with every setting made and read back. */
export function connect(path: string, { isNew = false }: { isNew?: boolean } = {}): Connection {
  const connection = tryOpen(path);
  try {
    if (!isNew) refuseOtherProgram(connection);
    retryBusy(() => checkSqliteVersion(connection));
    for (const [name, value, expected] of PRAGMAS) {
      retryBusy(() => connection.pragma(`${name} = ${String(value)}`));
      if (retryBusy(() => connection.pragma(name, { simple: true })) !== expected) throw notSet(name);
    }
    return connection;
  } catch (error) {
    connection.close();
    throw asRefusal(error);
  }
}

function tryOpen(path: string): Connection {
  try {
    return new SqliteFile(path, { timeout: 0, fileMustExist: true });
  } catch (error) {
    throw asRefusal(error);
  }
}

function notSet(name: string): Refusal {
  return new Refusal('unavailable', {
    message: `SQLite did not take the setting ${name}, which the promise of a durable record needs.`,
    next: 'Move VOUCHSAFE_HOME to a local file system.',
  });
}

/** Refuses a SQLite whose write-ahead log can be torn by a reset (before 3.51.3). */
export function checkSqliteVersion(connection: Connection): void {
  const version = String(connection.prepare('SELECT sqlite_version()').pluck().get());
  const parts = version.split('.').map(Number);
  const difference = LEAST_SQLITE.map((least, i) => (parts[i] ?? 0) - least).find((d) => d !== 0) ?? 0;
  if (difference < 0)
    throw new Refusal('unavailable', {
      message: `SQLite ${version} is too old; ${LEAST_SQLITE.join('.')} or newer is needed.`,
      next: 'npm ci',
    });
}

/**
 * Refuses a database of another program before any setting is made, so that it stays as it is. Asked through SQLite: a
 * file that this process opened and closed by itself would drop the locks of its other connections.
 */
export function refuseOtherProgram(connection: Connection): void {
  if (retryBusy(() => connection.pragma('application_id', { simple: true })) === APPLICATION_ID) return;
  throw new Refusal('integrity', {
    message: 'The file is a database, but not a safe.',
    next: 'Set VOUCHSAFE_HOME to the folder of your safe, or restore a backup: vouchsafe restore FILE',
  });
}

/** Refuses a safe of another format than `format`: one of a newer program, or one that its owner has not brought here. */
export function checkIdentity(connection: Connection, format: number): void {
  const version = connection.pragma('user_version', { simple: true });
  if (version === format) return;
  if (Number(version) < format)
    throw new Refusal('unavailable', {
      message: `The safe is of an older format (${String(version)}; this Vouchsafe writes ${String(format)}).`,
      next: 'Its owner brings it here with the next command that takes the master password: vouchsafe unlock',
    });
  throw new Refusal('unavailable', {
    message: `The safe was written by a newer Vouchsafe (format ${String(version)}; this one knows ${String(format)}).`,
    next: 'Install the newer version: npm install -g vouchsafe',
  });
}

const OWN_SCHEMA = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name';
const expected = new Map<readonly string[], string>();

/** The schema that statements give, as SQLite itself writes it down. */
function writtenDown(statements: readonly string[]): string {
  const known = expected.get(statements);
  if (known !== undefined) return known;
  const memory = new SqliteFile(':memory:');
  for (const statement of statements) memory.exec(statement);
  const text = JSON.stringify(memory.prepare(OWN_SCHEMA).all());
  memory.close();
  expected.set(statements, text);
  return text;
}

/** Refuses tables, triggers or views that are not exactly those that the statements make. */
export function checkSchema(connection: Connection, statements: readonly string[]): void {
  if (JSON.stringify(connection.prepare(OWN_SCHEMA).all()) !== writtenDown(statements)) throw schemaChanged();
}

export function schemaChanged(): Refusal {
  return new Refusal('integrity', {
    message: 'Integrity failure: the tables of the safe were changed from outside.',
    next: 'vouchsafe restore FILE',
  });
}

/** Waits 0.1–1 ms on this thread: SQLite's own back-off starves a writer among many. */
export function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.1 + Math.random() * 0.9);
}

export function isBusy(error: unknown): boolean {
  return error instanceof SqliteFile.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

/** Tries again while another process holds what is needed, for 15 s in all. */
export function retryBusy<T>(attempt: () => T): T {
  const giveUpAt = performance.now() + BUSY_FOR_MS;
  for (;;) {
    try {
      return attempt();
    } catch (error) {
      if (!isBusy(error) || performance.now() > giveUpAt) throw error;
      pause();
    }
  }
}

const FAULTS: readonly (readonly [RegExp, string, string])[] = [
  [/^SQLITE_BUSY/, 'The safe is busy.', 'Try again.'],
  [
    /^SQLITE_(FULL|IOERR_SHMSIZE)/,
    'The disk is full: nothing was written and nothing was given.',
    'Free some space and try again.',
  ],
  [
    /^SQLITE_READONLY/,
    'The safe cannot be written.',
    'Check the owner and mode of VOUCHSAFE_HOME (0700) and its files (0600).',
  ],
  [
    /^SQLITE_(CANTOPEN|IOERR|PERM)/,
    'The safe cannot be opened.',
    'Check the owner and mode of VOUCHSAFE_HOME (0700) and its files (0600), and that its disk can be written.',
  ],
];

/** Words for what SQLite says; whatever is left is a damaged file. Other errors pass through. */
export function asRefusal(error: unknown): unknown {
  if (!(error instanceof SqliteFile.SqliteError)) return error;
  const { code } = error;
  const fault = FAULTS.find(([pattern]) => pattern.test(code));
  if (fault !== undefined) {
    const facts = { message: fault[1], next: fault[2], detail: code, cause: error, retryable: isBusy(error) };
    return new Refusal('unavailable', facts);
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT'))
    return new Refusal('integrity', {
      message: code === 'SQLITE_NOTADB' ? 'The file is not a safe.' : 'The file of the safe is damaged.',
      next: 'vouchsafe restore FILE',
      detail: code,
      cause: error,
    });
  return error;
}
