import { AsyncLocalStorage } from 'node:async_hooks';
import { rmSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Refusal } from '../core/refusal.js';
import type { Database, Gathering, Handle } from './database.js';
import { makePrivateFile, refuseUnsafeFile } from './file.js';
import { Glances } from './glances.js';
import { Stamps } from './stamps.js';
import { type Lane, type Lending, NOTHING_LENT, StatementHandle } from './statement-handle.js';
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

/** A transaction that waits. */
interface Job {
  /** Runs in the context of whoever asked for it, with nothing thrown away but its own writes. */
  readonly run: (handle: Handle) => Promise<() => void>;
  readonly reject: (error: unknown) => void;
  readonly gathers: boolean;
}

/** A transaction that was written, and what settles it once that is durable. */
interface Done {
  readonly job: Job;
  readonly resolve: () => void;
}

/** Transactions that share a commit at most. */
const GROUP_AT_MOST = 256;

class SqliteDatabase implements Database {
  readonly #path: string;
  readonly #writer: Lane;
  readonly #idleReaders: Lane[] = [];
  readonly #schemaVersion: unknown;
  readonly #stamps: Stamps;
  readonly #glances = new Glances();
  #commits = 0;
  #waiting: Job[] = [];
  /** Whether somebody is writing what waits. */
  #isServed = false;
  readonly #inside = new AsyncLocalStorage<true>();

  constructor(path: string, writer: Connection) {
    this.#path = path;
    this.#writer = { connection: writer, statements: new Map() };
    this.#schemaVersion = versionsOf(this.#writer);
    this.#stamps = new Stamps(writer);
  }

  async read<T>(work: (handle: Handle) => Promise<T>): Promise<T> {
    const lane = this.#idleReaders.pop() ?? this.#newReader();
    try {
      this.#beginRead(lane);
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
        this.#beginRead(lane);
        this.#stamps.refresh();
      }
      this.#glances.enter();
    } catch (error) {
      throw asRefusal(error);
    }
  }

  #beginRead(lane: Lane): void {
    retryBusy(() => {
      lane.connection.exec('BEGIN');
      try {
        this.#refuseOtherSchema(lane);
      } catch (error) {
        lane.connection.exec('ROLLBACK');
        throw error;
      }
    });
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
      if (this.#glances.count === 1) lane.connection.exec('COMMIT');
      this.#glances.leave();
    }
  }

  async transaction<T>(work: (handle: Handle) => Promise<T>, { gathers = false }: Gathering = {}): Promise<T> {
    if (this.#inside.getStore() === true) throw new Error('a transaction was begun inside a transaction');
    return new Promise<T>((resolve, reject) => {
      const inside = async (handle: Handle): Promise<() => void> => {
        const result = await this.#inside.run(true, async () => work(handle));
        return () => resolve(result);
      };
      this.#waiting.push({
        run: AsyncLocalStorage.bind(inside),
        reject: (error) => reject(asRefusal(error) as Error),
        gathers,
      });
      if (!this.#isServed) void this.#serve();
    });
  }

  /** Writes what waits, as long as something does. */
  async #serve(): Promise<void> {
    this.#isServed = true;
    while (this.#waiting.length > 0) {
      if (this.#waiting[0]?.gathers === true) await nextTurn();
      await this.#glances.close();
      await this.#writeTogether(this.#waiting.splice(0, GROUP_AT_MOST));
      this.#glances.open();
      this.#checkpointSometimes();
    }
    this.#isServed = false;
  }

  async #writeTogether(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#beginImmediate();
      this.#refuseOtherSchema(this.#writer);
      this.#stamps.refresh();
      await this.#writeBegun(jobs);
    } catch (error) {
      // one that was settled before stays so
      for (const job of jobs) job.reject(error);
      this.#takeBack();
    }
  }

  /** Writes transactions as one that has begun; those that fail are as if they had not been tried. */
  async #writeBegun(jobs: readonly Job[]): Promise<void> {
    const done: Done[] = [];
    for (const [n, job] of jobs.entries()) {
      const resolve = await this.#writeOne(job, { isAlone: jobs.length === 1 });
      if (resolve !== null) done.push({ job, resolve });
      if (this.#writer.connection.inTransaction) continue;
      // SQLite itself took everything back, as it does on a full disk
      this.#waiting.unshift(...jobs.slice(n + 1));
      for (const one of done) one.job.reject(takenBack());
      return;
    }
    this.#commit(done);
  }

  /** What settles the transaction once it is durable; null where it failed, which is told at once. */
  async #writeOne(job: Job, { isAlone }: { isAlone: boolean }): Promise<(() => void) | null> {
    const { connection } = this.#writer;
    const lending = (): Lending => ({ stamp: this.#stamps.now, onWrite: (sql) => this.#stamps.wrote(sql) });
    const handle = new StatementHandle(this.#writer, lending);
    try {
      if (!isAlone) connection.exec('SAVEPOINT one');
      const resolve = await job.run(handle);
      if (!isAlone) connection.exec('RELEASE one');
      return resolve;
    } catch (error) {
      if (isAlone) this.#takeBack();
      else if (connection.inTransaction) connection.exec('ROLLBACK TO one; RELEASE one');
      this.#stamps.spoil();
      job.reject(error);
      return null;
    } finally {
      handle.end();
    }
  }

  #commit(done: readonly Done[]): void {
    try {
      retryBusy(() => this.#writer.connection.exec('COMMIT'));
    } catch (error) {
      this.#takeBack();
      for (const { job } of done) job.reject(error);
      return;
    }
    // whoever is told goes on at once
    this.#glances.open();
    for (const { resolve } of done) resolve();
  }

  #takeBack(): void {
    const { connection } = this.#writer;
    if (connection.inTransaction) connection.exec('ROLLBACK');
    this.#stamps.spoil();
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

function takenBack(): Refusal {
  return new Refusal('unavailable', { detail: 'the database took the transaction back', retryable: true });
}

const VERSIONS = ['PRAGMA schema_version', 'PRAGMA user_version'];

function versionsOf(lane: Lane): string {
  return VERSIONS.map((sql) => {
    const statement = lane.statements.get(sql) ?? lane.connection.prepare(sql).pluck();
    lane.statements.set(sql, statement);
    return String(statement.get());
  }).join('/');
}
