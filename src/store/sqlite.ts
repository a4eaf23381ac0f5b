import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import SqliteFile from 'better-sqlite3';
import { Refusal } from '../core/refusal.js';
import type { Database, Handle, Row, Value } from './database.js';
import { makePrivateFile, refuseUnsafeFile } from './file.js';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.js';

type Connection = SqliteFile.Database;

const LEAST_SQLITE = [3, 51, 3];
const BUSY_FOR_MS = 15_000;
const READERS_KEPT = 4;

/** Set on every connection and read back; a difference aborts. */
const PRAGMAS: readonly (readonly [string, string | number, string | number])[] = [
  ['journal_mode', 'WAL', 'wal'],
  ['synchronous', 'FULL', 2],
  ['secure_delete', 'ON', 1],
  ['foreign_keys', 'ON', 1],
  ['trusted_schema', 'OFF', 0],
  ['cell_size_check', 'ON', 1],
  ['mmap_size', 0, 0],
  ['temp_store', 'MEMORY', 2],
  ...(process.platform === 'darwin'
    ? ([
        ['fullfsync', 1, 1],
        ['checkpoint_fullfsync', 1, 1],
      ] as const)
    : []),
];

/** Makes a new, empty database of this program's schema at `path`, which must not exist. */
export function createDatabase(path: string): Database {
  makePrivateFile(path);
  const connection = connect(path);
  connection.pragma(`application_id = ${String(APPLICATION_ID)}`);
  connection.transaction(() => {
    for (const statement of SCHEMA) connection.exec(statement);
    connection.pragma(`user_version = ${String(SCHEMA_VERSION)}`);
  })();
  connection.close();
  return openDatabase(path);
}

/** Opens a safe's file after checking that it is one, whole, private and of this program's schema. */
export function openDatabase(path: string, { anyFolder = false }: { anyFolder?: boolean } = {}): Database {
  if (!anyFolder) refuseUnsafeFile(path);
  const writer = connect(path);
  try {
    checkIdentity(writer);
    checkSchema(writer);
    return new SqliteDatabase(path, writer);
  } catch (error) {
    writer.close();
    throw asRefusal(error);
  }
}

function connect(path: string): Connection {
  const connection = tryOpen(path);
  try {
    checkSqliteVersion(connection);
    for (const [name, value, expected] of PRAGMAS) {
      retryBusy(() => connection.pragma(`${name} = ${String(value)}`));
      if (connection.pragma(name, { simple: true }) !== expected) throw notSet(name);
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

function checkSqliteVersion(connection: Connection): void {
  const version = String(connection.prepare('SELECT sqlite_version()').pluck().get());
  const parts = version.split('.').map(Number);
  const difference = LEAST_SQLITE.map((least, i) => (parts[i] ?? 0) - least).find((d) => d !== 0) ?? 0;
  if (difference < 0)
    throw new Refusal('unavailable', {
      message: `SQLite ${version} is too old; ${LEAST_SQLITE.join('.')} or newer is needed.`,
      next: 'npm ci',
    });
}

function checkIdentity(connection: Connection): void {
  const version = connection.pragma('user_version', { simple: true });
  if (connection.pragma('application_id', { simple: true }) !== APPLICATION_ID)
    throw new Refusal('integrity', {
      message: 'The file is a database, but not a safe.',
      next: 'Set VOUCHSAFE_HOME to the folder of your safe, or restore a backup: vouchsafe restore FILE',
    });
  if (version === SCHEMA_VERSION) return;
  throw new Refusal('unavailable', {
    message: `The safe was written by a newer Vouchsafe (format ${String(version)}; this one knows ${String(SCHEMA_VERSION)}).`,
    next: 'Install the newer version: npm install -g vouchsafe',
  });
}

const OWN_SCHEMA = 'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name';
let expectedSchema: string | undefined;

/** The schema of a fresh database, as SQLite itself writes it down. */
function programSchema(): string {
  if (expectedSchema !== undefined) return expectedSchema;
  const memory = new SqliteFile(':memory:');
  for (const statement of SCHEMA) memory.exec(statement);
  expectedSchema = JSON.stringify(memory.prepare(OWN_SCHEMA).all());
  memory.close();
  return expectedSchema;
}

function checkSchema(connection: Connection): void {
  if (JSON.stringify(connection.prepare(OWN_SCHEMA).all()) !== programSchema()) throw schemaChanged();
}

function schemaChanged(): Refusal {
  return new Refusal('integrity', {
    message: 'Integrity failure: the tables of the safe were changed from outside.',
    next: 'vouchsafe restore FILE',
  });
}

/** Waits 0.1–1 ms on this thread: SQLite's own back-off starves a writer among many. */
function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.1 + Math.random() * 0.9);
}

function isBusy(error: unknown): boolean {
  return error instanceof SqliteFile.SqliteError && error.code.startsWith('SQLITE_BUSY');
}

function retryBusy<T>(attempt: () => T): T {
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
  [/^SQLITE_FULL/, 'The disk is full: nothing was written and nothing was given.', 'Free some space and try again.'],
  [/^SQLITE_READONLY/, 'The safe cannot be written.', 'Check the owner and mode of VOUCHSAFE_HOME (0700) and its files (0600).'],
  [/^SQLITE_(CANTOPEN|IOERR|PERM)/, 'The safe cannot be opened.', 'Check the owner and mode of VOUCHSAFE_HOME (0700) and its files (0600).'],
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

class StatementHandle implements Handle {
  readonly #connection: Connection;
  readonly #statements: Map<string, SqliteFile.Statement>;
  #isAlive = true;

  constructor(connection: Connection, statements: Map<string, SqliteFile.Statement>) {
    this.#connection = connection;
    this.#statements = statements;
  }

  end(): void {
    this.#isAlive = false;
  }

  #statement(sql: string): SqliteFile.Statement {
    if (!this.#isAlive) throw new Error('a database handle was used after its transaction');
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const made = this.#connection.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }

  async all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]> {
    return Promise.resolve(this.#statement(sql).all(...values) as Row[]);
  }

  async get(sql: string, ...values: readonly Value[]): Promise<Row | null> {
    return Promise.resolve((this.#statement(sql).get(...values) as Row | undefined) ?? null);
  }

  async run(sql: string, ...values: readonly Value[]): Promise<number> {
    return Promise.resolve(this.#statement(sql).run(...values).changes);
  }
}

/** A connection with its prepared statements. */
interface Lane {
  readonly connection: Connection;
  readonly statements: Map<string, SqliteFile.Statement>;
}

class SqliteDatabase implements Database {
  readonly #path: string;
  readonly #writer: Lane;
  readonly #idleReaders: Lane[] = [];
  readonly #schemaVersion: unknown;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #inside = new AsyncLocalStorage<true>();

  constructor(path: string, writer: Connection) {
    this.#path = path;
    this.#writer = { connection: writer, statements: new Map() };
    this.#schemaVersion = versionsOf(this.#writer);
  }

  async read<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const lane = this.#idleReaders.pop() ?? { connection: connect(this.#path), statements: new Map() };
    try {
      retryBusy(() => {
        lane.connection.exec('BEGIN');
        try {
          this.#refuseOtherSchema(lane);
        } catch (error) {
          lane.connection.exec('ROLLBACK');
          throw error;
        }
      });
      return await this.#run(lane, work);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      if (this.#idleReaders.length < READERS_KEPT && !lane.connection.inTransaction) this.#idleReaders.push(lane);
      else lane.connection.close();
    }
  }

  async transaction<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    if (this.#inside.getStore() === true) throw new Error('a transaction was begun inside a transaction');
    const before = this.#queue;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#queue = promise;
    await before;
    try {
      return await this.#inside.run(true, async () => this.#write(work));
    } catch (error) {
      throw asRefusal(error);
    } finally {
      resolve(undefined);
    }
  }

  async #write<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    await this.#beginImmediate();
    return this.#run(this.#writer, async (handle) => {
      this.#refuseOtherSchema(this.#writer);
      return work(handle);
    });
  }

  async #beginImmediate(): Promise<void> {
    const giveUpAt = performance.now() + BUSY_FOR_MS;
    for (;;) {
      try {
        this.#writer.connection.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        pause();
        await nextTurn();
      }
    }
  }

  async #run<T>(lane: Lane, work: (handle: Handle) => Promise<T>): Promise<T> {
    const handle = new StatementHandle(lane.connection, lane.statements);
    try {
      const result = await work(handle);
      handle.end();
      retryBusy(() => lane.connection.exec('COMMIT'));
      return result;
    } catch (error) {
      handle.end();
      if (lane.connection.inTransaction) lane.connection.exec('ROLLBACK');
      throw error;
    }
  }

  #refuseOtherSchema(lane: Lane): void {
    if (versionsOf(lane) !== this.#schemaVersion) throw schemaChanged();
  }

  async copyTo(path: string): Promise<void> {
    makePrivateFile(path);
    await Promise.resolve();
    const connection = connect(this.#path);
    try {
      retryBusy(() => connection.prepare('VACUUM INTO ?').run(path));
    } catch (error) {
      throw asRefusal(error);
    } finally {
      connection.close();
    }
  }

  async eraseLog(): Promise<void> {
    await Promise.resolve();
    for (const reader of this.#idleReaders.splice(0)) reader.connection.close();
    const { connection } = this.#writer;
    try {
      connection.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (!isBusy(error)) throw asRefusal(error);
    }
  }

  close(): void {
    for (const lane of [...this.#idleReaders.splice(0), this.#writer]) lane.connection.close();
  }
}

const VERSIONS = ['PRAGMA schema_version', 'PRAGMA user_version'];

function versionsOf(lane: Lane): string {
  return VERSIONS.map((sql) => {
    const statement = lane.statements.get(sql) ?? lane.connection.prepare(sql).pluck();
    lane.statements.set(sql, statement);
    return String(statement.get());
  }).join('/');
}
