// A worker thread that measures from outside how long the write lock of a database is held: it tries to take the lock
// all the time, and gives it back at once. Told to stop, it says the longest time for which it could not.
import Database from 'better-sqlite3';
import { parentPort, workerData } from 'node:worker_threads';

const database = new Database(workerData.file, { timeout: 0 });
const flag = new Int32Array(workerData.flag);
let longestMs = 0;
let totalMs = 0;
let since;

parentPort.postMessage('ready');
while (Atomics.load(flag, 0) === 0) {
  const now = performance.now();
  if (isHeld()) since ??= now;
  else if (since !== undefined) {
    longestMs = Math.max(longestMs, now - since);
    totalMs += now - since;
    since = undefined;
  }
  Atomics.wait(flag, 0, 0, 0.02);
}
database.close();
parentPort.postMessage({ longestMs, totalMs });

function isHeld() {
  try {
    database.exec('BEGIN IMMEDIATE');
    database.exec('ROLLBACK');
    return false;
  } catch (error) {
    if (error.code === 'SQLITE_BUSY') return true;
    throw error;
  }
}
