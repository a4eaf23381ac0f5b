import { Refusal } from '../core/refusal.js';

/** What a statement takes and gives. Integers are safe integers; blobs are bytes. */
export type Value = string | number | Uint8Array | null;

/** A row as the driver gives it: typed where it is read, by {@link column}. */
export type Row = Readonly<Record<string, unknown>>;

/** The only way to query, lent to one `read` or `transaction` and dead after it. */
export interface Handle {
  /**
   * Two handles with the same stamp see the same rows, but for entries and sessions that were added to the log by this
   * process and name no change. Null where that cannot be told.
   */
  readonly stamp: string | null;
  all(sql: string, ...values: readonly Value[]): Promise<readonly Row[]>;
  get(sql: string, ...values: readonly Value[]): Promise<Row | null>;
  /** The number of rows that were inserted, changed or deleted. */
  run(sql: string, ...values: readonly Value[]): Promise<number>;
}

/** How a transaction comes to the disk. */
export interface Gathering {
  /** Lets what the process has already been asked for come first, so that it can share the commit. */
  readonly gathers?: boolean;
}

/**
 * The port to the database. `read` sees one snapshot; `transaction` holds the write lock and is durable on disk when
 * its promise resolves. Transactions queue; those that wait while another is written are written together, each as if
 * alone, and share one commit. Inside `work` nothing but the handle may be awaited.
 */
export interface Database {
  /** True where it can only be read, by one connection alone. */
  readonly isAlone?: true;
  read<T>(work: (handle: Handle) => Promise<T>): Promise<T>;
  /** As `read`, for what is short: through the connection that writes, so that its handle can have a stamp. */
  glance<T>(work: (handle: Handle) => Promise<T>): Promise<T>;
  transaction<T>(work: (handle: Handle) => Promise<T>, how?: Gathering): Promise<T>;
  /** A consistent copy of the whole database as a new file. */
  copyTo(path: string): Promise<void>;
  /** Moves everything from the write-ahead log into the file and erases the log. */
  eraseLog(): Promise<void>;
  close(): void;
}

function wrongColumn(name: string): Refusal {
  return new Refusal('integrity', {
    message: `Integrity failure: column ${name} of a row has another type.`,
    next: 'vouchsafe audit verify',
  });
}

/** Typed reading of a row's columns; another type is an integrity failure. */
export const column = {
  text(row: Row, name: string): string {
    const value = row[name];
    if (typeof value !== 'string') throw wrongColumn(name);
    return value;
  },
  textOrNull(row: Row, name: string): string | null {
    return row[name] === null ? null : column.text(row, name);
  },
  integer(row: Row, name: string): number {
    const value = row[name];
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrongColumn(name);
    return value;
  },
  integerOrNull(row: Row, name: string): number | null {
    return row[name] === null ? null : column.integer(row, name);
  },
  blob(row: Row, name: string): Uint8Array {
    const value = row[name];
    if (!(value instanceof Uint8Array)) throw wrongColumn(name);
    return value;
  },
  blobOrNull(row: Row, name: string): Uint8Array | null {
    return row[name] === null ? null : column.blob(row, name);
  },
};
