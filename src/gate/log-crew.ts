/** Who does the work on a long log: this thread for a short one, several for a long one. Results come in order. */
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker as Thread } from 'node:worker_threads';
import type { Handle } from '../store/database.js';
import { type Job, type JobGround, type JobResults, Worker } from './log-job.js';

/** Below this many entries, starting threads costs more than they save. */
const WORTH_THREADS = 20_000;
const THREADS_AT_MOST = 8;
const JOBS_AHEAD = 2;
/** How many entries one job is about: small on this thread, which has other things to do as well. */
const STRETCH = { here: 200, there: 4_000 };

/** What a thread may take: rows come and go at once, and little of them lives long. */
const MEMORY = { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 128 };

/** Beside the compiled program there is the file that a thread runs; beside its source there is none. */
const THREAD_FILE = new URL('./log-worker.js', import.meta.url);

/** Takes each result in order; false ends the work. */
export type Take<J extends Job> = (result: JobResults[J['kind']], job: J) => boolean | Promise<boolean>;

export interface Crew {
  /** The number of entries that one job should be about. */
  readonly stretch: number;
  /** Does the jobs, hands their results over in the order of the jobs, and stops early if that is wanted. */
  each<J extends Job>(jobs: Iterable<J>, take: Take<J>): Promise<void>;
  end(): Promise<void>;
}

export interface CrewSize {
  /** How many entries there are to go through. */
  readonly entries: number;
  /** Threads at most; as many as the machine runs at once where it is absent. */
  readonly threads?: number;
}

/** The file, and a snapshot of it; `isAlone` where no other connection can be had. */
export interface CrewFile {
  readonly handle: Handle;
  readonly file: string;
  readonly isAlone: true | undefined;
}

/** A crew for the log of a file, of which `handle` is a snapshot. To be ended by whoever opened it. */
export function openCrew(on: CrewFile, ground: JobGround, size: CrewSize): Crew {
  const isWorth = on.isAlone === undefined && size.entries >= WORTH_THREADS && existsSync(fileURLToPath(THREAD_FILE));
  if (!isWorth) return new LocalCrew(on.handle, ground);
  const threads = Math.min(size.threads ?? availableParallelism(), THREADS_AT_MOST);
  return new ThreadCrew(on.file, ground, threads);
}

/** The stretches of the numbers from `first` to `last`, oldest first. */
export function stretches(first: number, last: number, length: number): readonly { first: number; last: number }[] {
  const count = Math.max(0, Math.ceil((last - first + 1) / length));
  return Array.from({ length: count }, (_, i) => ({
    first: first + i * length,
    last: Math.min(last, first + (i + 1) * length - 1),
  }));
}

class LocalCrew implements Crew {
  readonly stretch = STRETCH.here;
  readonly #handle: Handle;
  readonly #worker: Worker;

  constructor(handle: Handle, ground: JobGround) {
    this.#handle = handle;
    this.#worker = new Worker(ground);
  }

  async each<J extends Job>(jobs: Iterable<J>, take: Take<J>): Promise<void> {
    for (const job of jobs) {
      if (!(await take(await this.#worker.run(this.#handle, job), job))) return;
      await nextTurn();
    }
  }

  async end(): Promise<void> {
    return Promise.resolve();
  }
}

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: unknown) => void;
}

/** What a thread answers: a result, or what went wrong in words. */
export type ThreadAnswer =
  { readonly id: number; readonly result: unknown } | { readonly id: number; readonly error: string };

class ThreadCrew implements Crew {
  readonly stretch = STRETCH.there;
  readonly #threads: readonly Thread[];
  readonly #waiting = new Map<number, Waiting>();
  #sent = 0;

  constructor(file: string, ground: JobGround, threads: number) {
    const workerData = { file, ground };
    this.#threads = Array.from({ length: threads }, () => this.#start(workerData));
  }

  #start(workerData: object): Thread {
    const thread = new Thread(THREAD_FILE, { workerData, env: {}, resourceLimits: MEMORY });
    thread.on('message', (answer: ThreadAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if ('error' in answer) waiting?.reject(new Error(answer.error));
      else waiting?.resolve(answer.result as never);
    });
    thread.on('error', (error) => this.#fail(error));
    return thread;
  }

  #fail(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  async #send<J extends Job>(job: J): Promise<JobResults[J['kind']]> {
    const id = (this.#sent += 1);
    const { promise, resolve, reject } = Promise.withResolvers<JobResults[J['kind']]>();
    this.#waiting.set(id, { resolve, reject });
    this.#threads[id % this.#threads.length]?.postMessage({ id, job });
    // told where it is awaited; until then it is not unhandled
    promise.catch(() => undefined);
    return promise;
  }

  async each<J extends Job>(jobs: Iterable<J>, take: Take<J>): Promise<void> {
    const ahead: { job: J; result: Promise<JobResults[J['kind']]> }[] = [];
    const first = async (): Promise<boolean> => {
      const next = ahead.shift();
      return next === undefined || take(await next.result, next.job);
    };
    for (const job of jobs) {
      ahead.push({ job, result: this.#send(job) });
      if (ahead.length >= this.#threads.length * JOBS_AHEAD && !(await first())) return;
    }
    while (ahead.length > 0) if (!(await first())) return;
  }

  async end(): Promise<void> {
    await Promise.all(this.#threads.map(async (thread) => thread.terminate()));
  }
}
