/** One thread of a crew: opens the file by itself and does the jobs that it is sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../store/sqlite.js';
import type { ThreadAnswer } from './log-crew.js';
import { type Job, type JobGround, Worker } from './log-job.js';

const { file, ground } = workerData as { file: string; ground: JobGround };
const database = openDatabase(file, { anyFolder: true });
const worker = new Worker(ground);

async function answer(id: number, job: Job): Promise<ThreadAnswer> {
  try {
    return { id, result: await database.read(async (handle) => worker.run(handle, job)) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

parentPort?.on('message', ({ id, job }: { id: number; job: Job }) => {
  void answer(id, job).then((done) => parentPort?.postMessage(done));
});
