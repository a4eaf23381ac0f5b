/** The database file as an attacker has it: read and written with SQL, past every check of the program. */
import SqliteFile from 'better-sqlite3';

export type Cell = string | number | Uint8Array | null;
export type Cells = Readonly<Record<string, Cell>>;
export type Raw = SqliteFile.Database;

/** All rows of a safe, by table. */
export type Rows = ReadonlyMap<string, readonly Cells[]>;

export const LOG_TABLES: readonly string[] = [
  ...['entry', 'change', 'log_session', 'checkpoint'],
  ...['archive', 'archive_profile'],
];

function triggersOf(db: Raw): readonly { name: string; sql: string }[] {
  return db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all() as {
    name: string;
    sql: string;
  }[];
}

/**
 * Lends the file without its triggers and puts them and the schema's version back, so that neither a process that runs
 * nor one that opens the file later sees that anything was done to the schema.
 */
export function withRaw<T>(file: string, work: (db: Raw) => T, { leaveTriggers = false } = {}): T {
  const db = new SqliteFile(file, { fileMustExist: true });
  try {
    const version = Number(db.pragma('schema_version', { simple: true }));
    const triggers = triggersOf(db);
    for (const { name } of triggers) db.exec(`DROP TRIGGER ${name}`);
    const result = work(db);
    if (!leaveTriggers) {
      for (const { sql } of triggers) db.exec(sql);
      db.unsafeMode(true);
      db.pragma(`schema_version = ${String(version)}`);
    }
    return result;
  } finally {
    db.close();
  }
}

/** Reads the file with SQL. */
export function readRaw<T>(file: string, work: (db: Raw) => T): T {
  const db = new SqliteFile(file, { fileMustExist: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}

export function tablesOf(db: Raw): readonly string[] {
  return db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").pluck().all() as string[];
}

export function allOf(db: Raw, table: string): readonly Cells[] {
  return db.prepare(`SELECT * FROM "${table}"`).all() as Cells[];
}

/** One row of a query, which must give one. */
export function oneOf(db: Raw, sql: string, ...values: readonly Cell[]): Cells {
  const row = db.prepare(sql).get(...values) as Cells | undefined;
  if (row === undefined) throw new Error(`no row: ${sql}`);
  return row;
}

export function rowsOf(file: string): Rows {
  return readRaw(file, (db) => new Map(tablesOf(db).map((table) => [table, allOf(db, table)])));
}

export function insertRow(db: Raw, table: string, row: Cells, verb = 'INSERT'): void {
  const names = Object.keys(row);
  const sql = `${verb} INTO "${table}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  db.prepare(sql).run(...Object.values(row));
}

/** Typed access to a cell. */
export function blob(row: Cells, name: string): Uint8Array {
  const value = row[name];
  if (!(value instanceof Uint8Array)) throw new Error(`${name} is no blob`);
  return value;
}

export function text(row: Cells, name: string): string {
  const value = row[name];
  if (typeof value !== 'string') throw new Error(`${name} is no text`);
  return value;
}

export function integer(row: Cells, name: string): number {
  const value = row[name];
  if (typeof value !== 'number') throw new Error(`${name} is no integer`);
  return value;
}

export function blobOrNull(row: Cells, name: string): Uint8Array | null {
  return row[name] === null ? null : blob(row, name);
}
