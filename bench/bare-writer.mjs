// node bare-writer.mjs FILE MILLISECONDS: a durable insert of the size of an entry, again and again; prints how many.
import Database from 'better-sqlite3';
import { randomBytes } from 'node:crypto';

const [file, milliseconds] = process.argv.slice(2);
const database = new Database(file, { timeout: 0 });
for (const pragma of ['journal_mode=WAL', 'synchronous=FULL', 'foreign_keys=ON', 'temp_store=MEMORY'])
  retry(() => database.pragma(pragma));
retry(() =>
  database.exec('CREATE TABLE IF NOT EXISTS entry (seq INTEGER PRIMARY KEY, token TEXT, at INTEGER, body BLOB) STRICT'),
);
const insert = database.prepare('INSERT INTO entry (token, at, body) VALUES (?, ?, ?)');
const body = randomBytes(600);

process.send?.('ready');
await new Promise((resolve) => process.once('message', resolve));
const end = performance.now() + Number(milliseconds);
let count = 0;
while (performance.now() < end) {
  retry(() => database.exec('BEGIN IMMEDIATE'));
  insert.run('law-hotel-shape-community', Date.now(), body);
  database.exec('COMMIT');
  count += 1;
}
process.send?.(count);
process.disconnect?.();

/** As the program waits for its turn: a short random pause after each BUSY. */
function retry(work) {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (error.code !== 'SQLITE_BUSY') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0.1 + Math.random() * 0.9);
    }
  }
}
