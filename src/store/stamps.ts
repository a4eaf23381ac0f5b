import type { Connection } from './connection.js';

/** What adds to the log and changes nothing else; see {@link Handle.stamp}. */
const ONLY_ADDS = /^INSERT INTO (?:entry|log_session) /;

let connections = 0;

/** The stamps of one connection: what others wrote (sqlite.org/pragma.html, data_version), and what it wrote itself. */
export class Stamps {
  readonly #foreign: { get(): unknown };
  /** Each connection counts for itself: its stamps say nothing of what another one sees. */
  readonly #connection = (connections += 1);
  #others = '';
  #own = 0;
  #stamp = '';

  constructor(connection: Connection) {
    this.#foreign = connection.prepare('PRAGMA data_version').pluck();
  }

  /** To be called once a snapshot was opened. Gives whether others have written since it was called last. */
  refresh(): boolean {
    const others = String(this.#foreign.get());
    const isOther = others !== this.#others;
    this.#others = others;
    this.#print();
    return isOther;
  }

  /** The next look finds that others have written. */
  forget(): void {
    this.#others = '';
  }

  #print(): void {
    this.#stamp = `${String(this.#connection)}/${this.#others}/${String(this.#own)}`;
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
    this.#print();
  }
}
