/** Transactions of one connection: they wait for each other, and those that wait together share one durable commit. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Refusal } from '../core/refusal.js';
import { asRefusal, BUSY_FOR_MS, isBusy, pause, retryBusy } from './connection.js';
import type { Gathering, Handle } from './database.js';
import type { Glances } from './glances.js';
import type { Stamps } from './stamps.js';
import { control, type Lane, type Lending, StatementHandle } from './statement-handle.js';

/**
 * Commits between two checkpoints of the write-ahead log. SQLite's own rule checks at every commit once the log is long,
 * and with readers about, every commit would then pay for one.
 */
const COMMITS_PER_CHECKPOINT = 200;

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

/** What goes with the connection. */
export interface QueueGround {
  readonly stamps: Stamps;
  readonly glances: Glances;
  /** Notes what others wrote, and throws where the tables are not those that were checked at the opening. */
  readonly check: () => void;
}

export class WriteQueue {
  readonly #lane: Lane;
  readonly #on: QueueGround;
  readonly #inside = new AsyncLocalStorage<true>();
  #commits = 0;
  #waiting: Job[] = [];
  /** Whether somebody is writing what waits. */
  #isServed = false;

  constructor(lane: Lane, on: QueueGround) {
    this.#lane = lane;
    this.#on = on;
  }

  /** As the port has it. */
  async transaction<T>(work: (handle: Handle) => Promise<T>, { gathers = false }: Gathering = {}): Promise<T> {
    if (this.#inside.getStore() === true) throw new Error('a transaction was begun inside a transaction');
    return new Promise<T>((resolve, reject) => {
      const inside = async (handle: Handle): Promise<() => void> => {
        const result = await this.#inside.run(true, async () => work(handle));
        return () => resolve(result);
      };
      this.#waiting.push({
        run: AsyncLocalStorage.bind(inside),
        reject: (error) => {
          const said = asRefusal(error);
          reject(said instanceof Error ? said : new Error(String(said)));
        },
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
      await this.#on.glances.close();
      await this.#writeTogether(this.#waiting.splice(0, GROUP_AT_MOST));
      this.#on.glances.open();
      this.#checkpointSometimes();
    }
    this.#isServed = false;
  }

  async #writeTogether(jobs: readonly Job[]): Promise<void> {
    try {
      await this.#beginImmediate();
      this.#on.check();
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
      if (this.#lane.connection.inTransaction) continue;
      // SQLite itself took everything back, as it does on a full disk
      this.#waiting.unshift(...jobs.slice(n + 1));
      for (const one of done) one.job.reject(takenBack());
      return;
    }
    this.#commit(done);
  }

  /** What settles the transaction once it is durable; null where it failed, which is told at once. */
  async #writeOne(job: Job, { isAlone }: { isAlone: boolean }): Promise<(() => void) | null> {
    const { connection } = this.#lane;
    const lending = (): Lending => ({ stamp: this.#on.stamps.now, onWrite: (sql) => this.#on.stamps.wrote(sql) });
    const handle = new StatementHandle(this.#lane, lending);
    try {
      if (!isAlone) control(this.#lane, 'SAVEPOINT one');
      const resolve = await job.run(handle);
      if (!isAlone) control(this.#lane, 'RELEASE one');
      return resolve;
    } catch (error) {
      if (isAlone) this.#takeBack();
      else if (connection.inTransaction) connection.exec('ROLLBACK TO one; RELEASE one');
      this.#on.stamps.spoil();
      job.reject(error);
      return null;
    } finally {
      handle.end();
    }
  }

  #commit(done: readonly Done[]): void {
    try {
      retryBusy(() => this.#lane.connection.exec('COMMIT'));
    } catch (error) {
      this.#takeBack();
      for (const { job } of done) job.reject(error);
      return;
    }
    // whoever is told goes on at once
    this.#on.glances.open();
    for (const { resolve } of done) resolve();
  }

  #takeBack(): void {
    const { connection } = this.#lane;
    if (connection.inTransaction) connection.exec('ROLLBACK');
    this.#on.stamps.spoil();
  }

  #checkpointSometimes(): void {
    this.#commits += 1;
    if (this.#commits % COMMITS_PER_CHECKPOINT !== 0) return;
    try {
      this.#lane.connection.pragma('wal_checkpoint(PASSIVE)');
    } catch {
      // what was committed stays durable in the write-ahead log, and a later checkpoint moves it: nothing to tell
    }
  }

  async #beginImmediate(): Promise<void> {
    const giveUpAt = performance.now() + BUSY_FOR_MS;
    for (;;) {
      try {
        this.#lane.connection.exec('BEGIN IMMEDIATE');
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() > giveUpAt) throw error;
        pause();
        await nextTurn();
      }
    }
  }
}

function takenBack(): Refusal {
  return new Refusal('unavailable', { detail: 'the database took the transaction back', retryable: true });
}
