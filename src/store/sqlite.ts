import { rmSync } from 'node:fs';
import type { Database, Gathering, Handle } from './database.js';
import { makePrivateFile, refuseUnsafeFile } from './file.js';
import { Glances } from './glances.js';
import { Stamps } from './stamps.js';
import { control, type Lane, NOTHING_LENT, StatementHandle } from './statement-handle.js';
import { WriteQueue } from './write-queue.js';
import {
  asRefusal,
  checkIdentity,
  checkSchema,
  connect,
  type Connection,
  isBusy,
  retryBusy,
  schemaChanged,
} from './connection.js';
import { APPLICATION_ID, SCHEMA, SCHEMA_VERSION } from './schema.js';

const READERS_KEPT = 4;

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

class SqliteDatabase implements Database {
  readonly #path: string;
  readonly #writer: Lane;
  readonly #idleReaders: Lane[] = [];
  readonly #schemaVersion: unknown;
  readonly #stamps: Stamps;
  readonly #glances = new Glances();
  readonly #queue: WriteQueue;

  constructor(path: string, writer: Connection) {
    this.#path = path;
    this.#writer = { connection: writer, statements: new Map() };
    this.#schemaVersion = versionsOf(this.#writer);
    this.#stamps = new Stamps(writer);
    this.#queue = new WriteQueue(this.#writer, {
      stamps: this.#stamps,
      glances: this.#glances,
      check: () => this.#checkOthers(),
    });
  }

  async read<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const lane = this.#idleReaders.pop() ?? this.#newReader();
    try {
      this.#begin(lane, () => this.#refuseOtherSchema(lane));
      return await this.#run(lane, work);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      if (this.#idleReaders.length < READERS_KEPT && !lane.connection.inTransaction) this.#idleReaders.push(lane);
      else lane.connection.close();
    }
  }

  #beginGlance(lane: Lane): void {
    try {
      if (this.#glances.count === 0) {
        this.#begin(lane, () => this.#checkOthers());
      }
      this.#glances.enter();
    } catch (error) {
      throw asRefusal(error);
    }
  }

  /** Whatever becomes of the snapshot, who looked has left. */
  #endGlance(lane: Lane): void {
    try {
      if (this.#glances.count === 1 && lane.connection.inTransaction) control(lane, 'COMMIT');
    } finally {
      this.#glances.leave();
    }
  }

  #begin(lane: Lane, check: () => void): void {
    retryBusy(() => {
      control(lane, 'BEGIN');
      try {
        check();
      } catch (error) {
        lane.connection.exec('ROLLBACK');
        throw error;
      }
    });
  }

  /** What no other connection has written to has the tables that were there before. */
  #checkOthers(): void {
    if (!this.#stamps.refresh()) return;
    this.#stamps.forget();
    this.#refuseOtherSchema(this.#writer);
    this.#stamps.refresh();
  }

  #newReader(): Lane {
    const connection = connect(this.#path);
    connection.pragma('query_only = ON');
    return { connection, statements: new Map() };
  }

  /** Several share one snapshot; while something is written, or is to be as soon as they end, others read aside. */
  async glance<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    if (this.#glances.isClosed) return this.read(work);
    const lane = this.#writer;
    this.#beginGlance(lane);
    const handle = new StatementHandle(lane, () => ({ stamp: this.#stamps.now, onWrite: null }));
    try {
      return await work(handle);
    } catch (error) {
      throw asRefusal(error);
    } finally {
      handle.end();
      this.#endGlance(lane);
    }
  }

  async transaction<T>(work: (handle: Handle) => Promise<T>, how: Gathering = {}): Promise<T> {
    return this.#queue.transaction(work, how);
  }

  async #run<T>(lane: Lane, work: (handle: Handle) => Promise<T>): Promise<T> {
    const handle = new StatementHandle(lane, () => NOTHING_LENT);
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
