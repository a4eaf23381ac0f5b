import type SqliteFile from 'better-sqlite3';
import type { Connection } from './connection.js';
import type { Handle, Row, Value } from './database.js';

/** A connection with its prepared statements. */
export interface Lane {
  readonly connection: Connection;
  readonly statements: Map<string, SqliteFile.Statement>;
}

/** Runs a statement that gives and takes nothing, as the beginning and the end of a snapshot, without compiling it again. */
export function control({ connection, statements }: Lane, sql: string): void {
  const statement = statements.get(sql) ?? connection.prepare(sql);
  statements.set(sql, statement);
  statement.run();
}

/** What a handle is for, besides reading. */
export interface Lending {
  readonly stamp: string | null;
  /** Told of each statement that writes; null where nothing may be written. */
  readonly onWrite: ((sql: string) => void) | null;
}

/** For reading alone. */
export const NOTHING_LENT: Lending = { stamp: null, onWrite: null };

/** The handle over one connection, with the statements that it has prepared. */
export class StatementHandle implements Handle {
  readonly #lane: Lane;
  readonly #lending: () => Lending;
  #isAlive = true;

  constructor(lane: Lane, lending: () => Lending) {
    this.#lane = lane;
    this.#lending = lending;
  }

  get stamp(): string | null {
    return this.#lending().stamp;
  }

  end(): void {
    this.#isAlive = false;
  }

  #statement(sql: string): SqliteFile.Statement {
    if (!this.#isAlive) throw new Error('a database handle was used after its transaction');
    const { statements, connection } = this.#lane;
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const made = connection.prepare(sql);
    statements.set(sql, made);
    return made;
  }

  async all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]> {
    return Promise.resolve(this.#statement(sql).all(...values) as Row[]);
  }

  async get(sql: string, ...values: readonly Value[]): Promise<Row | null> {
    return Promise.resolve((this.#statement(sql).get(...values) as Row | undefined) ?? null);
  }

  async run(sql: string, ...values: readonly Value[]): Promise<number> {
    const statement = this.#statement(sql);
    const { onWrite } = this.#lending();
    if (onWrite === null) throw new Error('something was to be written where it is only read');
    const { changes } = statement.run(...values);
    onWrite(sql);
    return Promise.resolve(changes);
  }
}
