/**
 * Reading where the file cannot be opened as it must be for writing: on a full disk there is no room for what SQLite
 * shares between processes, on a read-only one there is no place. The owner can still read; nothing is written.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync, statSync } from 'node:fs';
import SqliteFile from 'better-sqlite3';
import { Refusal } from '../core/refusal.js';
import {
  asRefusal,
  checkIdentity,
  checkSchema,
  checkSqliteVersion,
  type Connection,
  refuseOtherProgram,
} from './connection.js';
import type { Database, Handle } from './database.js';
import { refuseUnsafeFile } from './file.js';
import { SCHEMA, SCHEMA_VERSION } from './schema.js';
import { openDatabase } from './sqlite.js';
import { NOTHING_LENT, StatementHandle } from './statement-handle.js';

/** As {@link openDatabase}; where that fails for want of room or rights, a database that can only be read. */
export function openToRead(path: string): Database {
  try {
    return openDatabase(path);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'unavailable') throw error;
    const connection = tryAlone(path);
    if (connection === null) throw error;
    return new LoneDatabase(connection, error);
  }
}

/** A connection that no other process can share, or one to a copy in memory; null where neither can be had. */
function tryAlone(path: string): Connection | null {
  for (const open of [openExclusive, openCopy]) {
    try {
      refuseUnsafeFile(path);
      return checked(open(path));
    } catch (error) {
      if (asRefusal(error) instanceof Refusal) continue;
      throw error;
    }
  }
  return null;
}

/** Alone with the file, SQLite needs nothing beside it but its write-ahead log (sqlite.org/wal.html, section 8). */
function openExclusive(path: string): Connection {
  const connection = new SqliteFile(path, { timeout: 0, fileMustExist: true });
  connection.pragma('locking_mode = EXCLUSIVE');
  return connection;
}

const FORMAT_BYTES = [18, 19];
const WITHOUT_LOG = 1;

/** The bytes of the file, if no write-ahead log stands beside it that says more; marked as a file that has none. */
function openCopy(path: string): Connection {
  if ((statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new Refusal('unavailable', { message: 'The write-ahead log cannot be read.' });
  const bytes = readFileSync(path);
  for (const at of FORMAT_BYTES) bytes[at] = WITHOUT_LOG;
  return new SqliteFile(bytes);
}

function checked(connection: Connection): Connection {
  try {
    refuseOtherProgram(connection);
    checkSqliteVersion(connection);
    for (const setting of ['trusted_schema = OFF', 'cell_size_check = ON', 'temp_store = MEMORY', 'query_only = ON'])
      connection.pragma(setting);
    checkIdentity(connection, SCHEMA_VERSION);
    checkSchema(connection, SCHEMA);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

class LoneDatabase implements Database {
  readonly isAlone = true;
  readonly #connection: Connection;
  readonly #statements = new Map<string, SqliteFile.Statement>();
  /** Why nothing can be written. */
  readonly #fault: Refusal;
  readonly #inside = new AsyncLocalStorage<Handle>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, fault: Refusal) {
    this.#connection = connection;
    this.#fault = fault;
  }

  /** One snapshot after the other; a read inside of a read sees the same one. */
  async read<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const outer = this.#inside.getStore();
    if (outer !== undefined) return work(outer);
    const before = this.#queue;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#queue = promise;
    await before;
    try {
      return await this.#snapshot(work);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      resolve(undefined);
    }
  }

  async glance<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    return this.read(work);
  }

  async #snapshot<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const lane = { connection: this.#connection, statements: this.#statements };
    const handle = new StatementHandle(lane, () => NOTHING_LENT);
    this.#connection.exec('BEGIN');
    try {
      return await this.#inside.run(handle, async () => work(handle));
    } finally {
      handle.end();
      this.#connection.exec('ROLLBACK');
    }
  }

  async transaction<T>(): Promise<T> {
    return Promise.reject(this.#fault);
  }

  async copyTo(): Promise<void> {
    return Promise.reject(this.#fault);
  }

  async eraseLog(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#connection.close();
  }
}
