/** What tests of the gate share: raw rows beside the doors, a database that fails on demand, and what reached stderr. */
import { createHash } from 'node:crypto';
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, expect } from 'vitest';
import { Refusal, type RefusalCode } from '../../src/core/refusal.js';
import type { Answer, Credential, LocalDoor } from '../../src/gate/call.js';
import { Gate } from '../../src/gate/gate.js';
import { openSafe, Safe } from '../../src/gate/safe.js';
import type { Database, Handle, Row, Value } from '../../src/store/database.js';
import type { TestSafe } from './safe.js';

/** The clear columns of an entry, as they lie in the file. */
export interface RawEntry {
  readonly seq: number;
  readonly at: number;
  readonly actor_kind: string;
  readonly actor: string | null;
  readonly actor_epoch: number | null;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly item: string | null;
  readonly grant_id: string | null;
  readonly uses: number | null;
  readonly fields_count: number;
  readonly suppressed: number;
  readonly hash: string;
  readonly signature: Buffer | null;
}

/** Runs `work` on a connection of its own to the file, as anyone of this user could. */
export function withConnection<T>(file: string, work: (connection: SqliteFile.Database) => T): T {
  const connection = new SqliteFile(file, { fileMustExist: true, timeout: 5000 });
  try {
    return work(connection);
  } finally {
    connection.close();
  }
}

/** The entries after `seq`, oldest first. */
export function entriesAfter(file: string, seq = 0): readonly RawEntry[] {
  const sql = 'SELECT *, lower(hex(hash)) AS hash FROM entry WHERE seq > ? ORDER BY seq';
  return withConnection(file, (connection) => connection.prepare(sql).all(seq) as RawEntry[]);
}

export function lastSeq(file: string): number {
  const sql = 'SELECT coalesce(max(seq), 0) FROM entry';
  return withConnection(file, (connection) => connection.prepare(sql).pluck().get() as number);
}

const LOG = ['entry', 'log_session', 'change', 'checkpoint'];

/** A digest of every row of every table but those of `without`: two equal ones mean that nothing was changed. */
export function dump(file: string, without: readonly string[] = []): string {
  return withConnection(file, (connection) => {
    const names = connection
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
      .pluck()
      .all() as string[];
    const tables = names.filter((name) => !without.includes(name));
    const rows = tables.map((name) => [name, connection.prepare(`SELECT * FROM "${name}"`).all()]);
    return createHash('sha256').update(JSON.stringify(rows)).digest('hex');
  });
}

/** As {@link dump}, without the tables of the log. */
export function dumpWithoutLog(file: string): string {
  return dump(file, LOG);
}

/** Fails a database on demand: at one statement or from it on, before or after it ran, or at COMMIT. */
export class Faults {
  /** Statements since the last {@link arm}. */
  statements = 0;
  commits = 0;
  #at: number | 'commit' | null = null;
  #isLasting = false;
  #isAfter = false;
  error: () => Error = () => new Error('fault');
  /** Told of each statement before it runs. */
  onStatement: (sql: string) => void = () => undefined;
  /** Awaited before a transaction begins and before a snapshot is opened. */
  beforeTransaction: () => Promise<void> = () => Promise.resolve();
  afterRead: () => Promise<void> = () => Promise.resolve();

  arm(at: number | 'commit' | null, how: { lasting?: boolean; after?: boolean; error?: () => Error } = {}): void {
    this.statements = 0;
    this.commits = 0;
    this.#at = at;
    this.#isLasting = how.lasting ?? false;
    this.#isAfter = how.after ?? false;
    if (how.error !== undefined) this.error = how.error;
  }

  clear(): void {
    this.arm(null);
  }

  /** True where the next commit is to be done all the same, and then told as failed. */
  isTold = true;

  async run<T>(sql: string, execute: () => Promise<T>): Promise<T> {
    this.onStatement(sql);
    this.statements += 1;
    const fails =
      typeof this.#at === 'number' && (this.#isLasting ? this.statements >= this.#at : this.statements === this.#at);
    if (!fails) return execute();
    if (this.#isAfter) await execute();
    throw this.error();
  }

  commit(): void {
    this.commits += 1;
    if (this.#at === 'commit' && (this.#isLasting || this.commits === 1)) throw this.error();
  }
}

/** The port to a real database with faults in between. A fault at COMMIT rolls back, as SQLite does. */
export function faulty(inner: Database, faults: Faults): Database {
  const lend = (handle: Handle): Handle => ({
    get stamp() {
      return handle.stamp;
    },
    all: async (sql: string, ...values: readonly Value[]): Promise<readonly Row[]> =>
      faults.run(sql, () => handle.all(sql, ...values)),
    get: async (sql: string, ...values: readonly Value[]): Promise<Row | null> =>
      faults.run(sql, () => handle.get(sql, ...values)),
    run: async (sql: string, ...values: readonly Value[]): Promise<number> =>
      faults.run(sql, () => handle.run(sql, ...values)),
  });
  return {
    read: async (work) => {
      const result = await inner.read(async (handle) => work(lend(handle)));
      await faults.afterRead();
      return result;
    },
    glance: async (work) => {
      const result = await inner.glance(async (handle) => work(lend(handle)));
      await faults.afterRead();
      return result;
    },
    transaction: async (work, how) => {
      await faults.beforeTransaction();
      const result = await inner.transaction(async (handle) => {
        const made = await work(lend(handle));
        faults.commit();
        return made;
      }, how);
      if (faults.isTold) return result;
      faults.isTold = true;
      throw faults.error();
    },
    copyTo: async (path) => inner.copyTo(path),
    eraseLog: async () => inner.eraseLog(),
    close: () => inner.close(),
  };
}

/** A gate over a real safe whose database fails on demand. */
export interface Rig {
  readonly gate: LocalDoor;
  readonly faults: Faults;
  /** The database without the faults. */
  readonly database: Database;
}

export interface RigOptions {
  readonly credential?: Credential;
  readonly health?: { fault: string | null };
}

/** Opens a gate for a token's text on a connection of its own. The caller closes the gate. */
export async function rigOf(safe: TestSafe, token: string, options: RigOptions = {}): Promise<Rig> {
  const opened = await openSafe(safe.places, safe.options.clock);
  const faults = new Faults();
  const wrapped = new Safe({
    id: opened.id,
    file: opened.file,
    places: safe.places,
    database: faulty(opened.database, faults),
    clock: safe.options.clock,
  });
  const gate = new Gate(wrapped, {
    credential: options.credential ?? { kind: 'token', text: token },
    transport: 'stdio',
    plainNeedsReason: true,
    health: options.health ?? { fault: null },
  });
  return { gate, faults, database: opened.database };
}

/** The code of a refusal in the answer; fails on an answer that gave something. */
export function refusalOf(answer: Answer): string {
  if (answer.ok) throw new Error(`granted: ${JSON.stringify(answer.result)}`);
  return answer.error.code;
}

/** The refusal that the promise rejects with; fails if there is none, or another code, or one without words. */
export async function refusedWith(code: RefusalCode, promise: Promise<unknown>): Promise<Refusal> {
  const thrown: unknown = await promise.then(
    () => 'nothing was refused',
    (error: unknown) => error,
  );
  if (!(thrown instanceof Refusal)) throw new Error('not a refusal', { cause: thrown });
  expect(thrown.code).toBe(code);
  expect(thrown.facts.message).toMatch(/\.$/);
  expect(thrown.facts.next).toMatch(/\S/);
  return thrown;
}

/** Keeps what is written to stderr during each test of the file, out of sight. */
export function captureStderr(): { text(): string } {
  const kept: string[] = [];
  const { stderr } = process;
  const write = stderr.write.bind(stderr);
  beforeEach(() => {
    kept.length = 0;
    stderr.write = (chunk: string | Uint8Array): boolean => {
      kept.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
      return true;
    };
  });
  afterEach(() => {
    stderr.write = write;
  });
  return { text: () => kept.join('') };
}

/** The log verifies whole, with every signature. */
export async function expectVerified(safe: TestSafe): Promise<void> {
  const { fault } = await safe.owner.verify({ full: true });
  expect(fault).toBeNull();
}
