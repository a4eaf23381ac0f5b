/** What the disk allows: a durable insert of the size of an entry, with nothing around it. */
import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';

export interface BareTable {
  insert(): Promise<void>;
  close(): void;
}

export function bareTable(file: string): BareTable {
  const database = new Database(file);
  for (const pragma of ['journal_mode=WAL', 'synchronous=FULL']) database.pragma(pragma);
  database.exec('CREATE TABLE entry (seq INTEGER PRIMARY KEY, token TEXT, at INTEGER, body BLOB) STRICT');
  const statement = database.prepare('INSERT INTO entry (token, at, body) VALUES (?, ?, ?)');
  const body = randomBytes(600);
  return {
    insert: () => {
      statement.run('law-hotel-shape-community', Date.now(), body);
      return Promise.resolve();
    },
    close: () => database.close(),
  };
}
