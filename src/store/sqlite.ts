import { AsyncLocalStorage } from 'node:async_hooks';
import { rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type SqliteFile from 'better-sqlite3';
import type { Database, Handle, Row, Value } from './database.js';
import { makePrivateFile, refuseUnsafeFile } from './file.js';
import {
  asRefusal,
  BUSY_FOR_MS,
  checkIdentity,
  checkSchema,
  connect,
  type Connection,
  isBusy,
  pause,
  retryBusy,
  schemaChanged,
} from './connection.js';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.js';

const READERS_KEPT = 4;

/**
 * Commits between two checkpoints of the write-ahead log. SQLite's own rule checks at every commit once the log is long,
 * and with readers about, every commit would then pay for one.
 */
const COMMITS_PER_CHECKPOINT = 200;

/** Makes a new, empty database of this program's schema at `path`, which must not exist. */
export function createDatabase(path: string): Database {
  // outside of the try: a file that was there before is not ours to remove
  makePrivateFile(path);
  try {
    return fill(path);
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true });
    throw asRefusal(error);
  }
}

function fill(path: string): Database {
  const connection = connect(path, { isNew: true });
  connection.pragma(`application_id = ${String(APPLICATION_ID)}`);
  connection.transaction(() => {
    for (const statement of SCHEMA) connection.exec(statement);
    connection.pragma(`user_version = ${String(SCHEMA_VERSION)}`);
  })();
  connection.close();
  return openDatabase(path);
}

const CURRENT = { version: SCHEMA_VERSION, schema: SCHEMA };

/** How a file is opened: where others may write its folder too, and which format and schema it must have. */
export interface Opening {
  readonly anyFolder?: boolean;
  readonly format?: { readonly version: number; readonly schema: readonly string[] };
}

/** Opens a safe's file after checking that it is one, whole, private and of this program's schema. */
export function openDatabase(path: string, { anyFolder = false, format = CURRENT }: Opening = {}): Database {
  if (!anyFolder) refuseUnsafeFile(path);
  const writer = connect(path);
  try {
    retryBusy(() => {
      checkIdentity(writer, format.version);
      checkSchema(writer, format.schema);
    });
    return retryBusy(() => new SqliteDatabase(path, writer));
  } catch (error) {
    writer.close();
    throw asRefusal(error);
  }
}

/** The handle over one connection, with the statements that it has prepared. */
export class StatementHandle implements Handle {
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
  #commits = 0;
  #queue: Promise<unknown> = Promise.resolve();
  readonly #inside = new AsyncLocalStorage<true>();

  constructor(path: string, writer: Connection) {
    this.#path = path;
    this.#writer = { connection: writer, statements: new Map() };
    this.#schemaVersion = versionsOf(this.#writer);
  }

  async read<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const lane = this.#idleReaders.pop() ?? this.#newReader();
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

  #newReader(): Lane {
    const connection = connect(this.#path);
    connection.pragma('query_only = ON');
    return { connection, statements: new Map() };
  }

  async transaction<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    if (this.#inside.getStore() === true) throw new Error('a transaction was begun inside a transaction');
    const before = this.#queue;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#queue = promise;
    await before;
    try {
      const result = await this.#inside.run(true, async () => this.#write(work));
      this.#checkpointSometimes();
      return result;
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

  #checkpointSometimes(): void {
    this.#commits += 1;
    if (this.#commits % COMMITS_PER_CHECKPOINT !== 0) return;
    try {
      this.#writer.connection.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // what was committed stays durable in the write-ahead log, and a later checkpoint moves it: nothing to tell
    }
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
      rmSync(path, { force: true });
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
