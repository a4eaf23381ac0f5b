/** How long the write lock of a database is held, seen from a thread beside it. */
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';

export interface Held {
  readonly longestMs: number;
  readonly totalMs: number;
}

/** Runs the work while the lock is watched. */
export async function watchLock(file: string, work: () => Promise<unknown>): Promise<Held> {
  const flag = new SharedArrayBuffer(4);
  const worker = new Worker(new URL('lock-watch.mjs', import.meta.url), { workerData: { file, flag } });
  await once(worker, 'message');
  await work();
  const report = once(worker, 'message');
  Atomics.store(new Int32Array(flag), 0, 1);
  const [held] = (await report) as [Held];
  await worker.terminate();
  return held;
}
