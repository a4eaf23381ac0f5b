import type { Connection } from './connection.js';

/** What adds to the log and changes nothing else; see {@link Handle.stamp}. */
const ONLY_ADDS = /^INSERT INTO (?:entry|log_session) /;

/** The stamps of one connection: what others wrote (sqlite.org/pragma.html, data_version), and what it wrote itself. */
export class Stamps {
  readonly #foreign: { get(): unknown };
  #own = 0;
  #stamp = '';

  constructor(connection: Connection) {
    this.#foreign = connection.prepare('PRAGMA data_version').pluck();
  }

  /** To be called once a snapshot was opened. */
  refresh(): void {
    this.#stamp = `${String(this.#foreign.get())}/${String(this.#own)}`;
  }

  /** The stamp of what is seen now. */
  get now(): string {
    return this.#stamp;
  }

  /** Told of each statement that wrote. */
  wrote(sql: string): void {
    if (!ONLY_ADDS.test(sql)) this.spoil();
  }

  /** What was seen may not be so any more: it was taken back, or changed. */
  spoil(): void {
    this.#own += 1;
    this.refresh();
  }
}
