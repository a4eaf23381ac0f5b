import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { integrityFailure, sameBytes } from '../crypto/bytes.js';
import { type EntryRow, lastEntry, readEntryHash } from '../store/audit.js';
import type { Database, Handle } from '../store/database.js';
import { readSafe } from '../store/safe.js';
import { openToRead } from '../store/lone.js';
import { openDatabase } from '../store/sqlite.js';
import type { Places } from './door.js';
import { GrantUses } from './grant-uses.js';

/** Time in unix milliseconds; given from outside so that tests can turn it. */
export type Clock = () => number;

/** The highest entry and state version that this process has seen: a file that lacks them went back. */
interface Seen {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly stateVersion: number;
}

/** An open safe: its file, its identity and what this process remembers of it. */
export class Safe {
  readonly id: string;
  readonly places: Places;
  /** The file of the database. */
  readonly file: string;
  readonly database: Database;
  readonly clock: Clock;
  /** How often each grant was used. */
  readonly uses = new GrantUses();
  #seen: Seen | null = null;
  #tail: { readonly stamp: string; readonly row: EntryRow } | null = null;
  #carried = '';

  constructor(facts: { id: string; places: Places; file: string; database: Database; clock: Clock }) {
    this.id = facts.id;
    this.places = facts.places;
    this.file = facts.file;
    this.database = facts.database;
    this.clock = facts.clock;
  }

  /**
   * Refuses a log that is shorter or other than what this process has seen. Call under the write lock. `wasArchived`
   * says whether the owner took an entry that is not there away.
   */
  async refuseRollback(
    handle: Handle,
    last: EntryRow | null,
    wasArchived: (seq: number) => Promise<boolean>,
  ): Promise<void> {
    const seen = this.#seen;
    if (seen === null) return;
    const hash = last?.seq === seen.seq ? last.hash : await readEntryHash(handle, seen.seq);
    const isThere = hash === null ? await wasArchived(seen.seq) : sameBytes(hash, seen.hash);
    if (!isThere || (last?.stateVersion ?? 0) < seen.stateVersion)
      throw integrityFailure('the safe went back to an older state while it was open');
  }

  /** The newest entry of the log, by the handle's view of it; null where there is none. */
  async lastEntry(handle: Handle): Promise<EntryRow | null> {
    if (this.#tail !== null && this.#tail.stamp === handle.stamp) return this.#tail.row;
    const row = await lastEntry(handle);
    if (row !== null) this.noteLast(handle, row);
    return row;
  }

  /** An entry that is the newest one from now on, unless the handle's transaction is taken back. */
  noteLast({ stamp }: Handle, row: EntryRow): void {
    this.#tail = stamp === null ? null : { stamp, row };
  }

  /** Remembers an entry that was committed. */
  remember(entry: Seen): void {
    if (this.#seen === null || entry.seq > this.#seen.seq)
      this.#seen = { seq: entry.seq, hash: entry.hash, stateVersion: entry.stateVersion };
  }

  /** Whether the log was found to carry the state of this key. */
  isCarried(stateKey: string): boolean {
    return this.#carried === stateKey;
  }

  carries(stateKey: string): void {
    this.#carried = stateKey;
  }

  close(): void {
    this.database.close();
  }
}

/** The file of the safe inside its folder. */
export function safeFile(places: Places): string {
  return join(places.home, 'safe.db');
}

export function safeExists(places: Places): boolean {
  return existsSync(safeFile(places));
}

/** Opens the safe of `places`; refuses (`not_found`, `unavailable`, `integrity`) what cannot be one. */
export async function openSafe(places: Places, clock: Clock = Date.now): Promise<Safe> {
  return openSafeAt(safeFile(places), places, clock);
}

/** As {@link openSafe}; on a disk that is full or read-only, a safe that can only be read. For the owner. */
export async function openSafeToRead(places: Places, clock: Clock): Promise<Safe> {
  return openedSafe(openToRead(safeFile(places)), { file: safeFile(places), places, clock });
}

/** Opens a safe's file that is not in its place yet. */
export async function openSafeAt(file: string, places: Places, clock: Clock = Date.now): Promise<Safe> {
  return openedSafe(openDatabase(file), { file, places, clock });
}

async function openedSafe(database: Database, of: { file: string; places: Places; clock: Clock }): Promise<Safe> {
  try {
    const { id } = await database.read(readSafe);
    return new Safe({ id, database, ...of });
  } catch (error) {
    database.close();
    throw error;
  }
}
