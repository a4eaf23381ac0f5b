/** What a long log costs: adding to it, asking it, verifying it, handing it over. */
import Database from 'better-sqlite3';
import type { AgentDoor } from '../src/gate/call.js';
import { statSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { runChild } from './child.ts';
import { atLeast, atMost, type Figure, inTurns, median, noted, show } from './figures.ts';
import type { Done, Task } from './log-task.ts';
import { SECRET } from './log-calls.ts';
import { ITEMS, pick } from './log-habits.ts';
import { type LongLog, makeLongLog } from './long-log.ts';
import { openAgent, ORIGIN, root } from './program.ts';

/** The log that is verified whole before anything is measured. */
const CHECKED = 20_000;
const STARTS = 3;
/** As the program decides it. */
const [WORTH_THREADS, THREADS_AT_MOST] = [20_000, 8];

type Tell = (text: string) => void;

/** All figures of a log with so many entries, and of an empty one beside it. */
export async function measureLog(entries: number, tell: Tell): Promise<readonly Figure[]> {
  await checkBuilder(Math.min(entries, CHECKED), tell);
  tell(`a log of ${String(entries)} entries`);
  const [long, empty] = [await makeLongLog(entries, tell), await makeLongLog(0, tell)];
  try {
    tell(`load average ${loadavg().map(show).join(', ')}`);
    const bench = new LogBench(long, empty, tell);
    return await bench.measure();
  } finally {
    tell(`load average ${loadavg().map(show).join(', ')}`);
    long.close();
    empty.close();
  }
}

/** What is measured must be a log: every hash, link and signature of it. */
async function checkBuilder(entries: number, tell: Tell): Promise<void> {
  tell(`a log of ${String(entries)} entries, to be verified whole`);
  const log = await makeLongLog(entries, () => undefined);
  const { done } = await runTask(log, { work: 'verify-full' });
  tell(`it verifies: ${String(done.entries)} entries`);
  log.close();
}

type Wanted = Pick<Task, 'work' | 'query' | 'file'>;

/** The task in a process of its own, with the flags of the program. */
async function runTask(log: LongLog, wanted: Wanted): Promise<{ done: Done; peakMib: number }> {
  const task: Task = { places: log.places, session: log.session, ...wanted };
  const { message, peakMib } = await runChild(
    join(root, 'bench', 'log-task.ts'),
    [JSON.stringify(task)],
    'vouchsafe.js',
  );
  if (message === undefined) throw new Error(`a task of the bench said nothing: ${wanted.work}`);
  return { done: message as Done, peakMib };
}

class LogBench {
  readonly #long: LongLog;
  readonly #empty: LongLog;
  readonly #tell: Tell;
  readonly #figures: Figure[] = [];

  constructor(long: LongLog, empty: LongLog, tell: Tell) {
    this.#long = long;
    this.#empty = empty;
    this.#tell = tell;
  }

  async measure(): Promise<readonly Figure[]> {
    this.#size();
    await this.#lists();
    await this.#rates();
    await this.#proof();
    await this.#appends();
    return this.#figures;
  }

  /** Bytes on the disk once all is in the file. */
  #size(): void {
    const bytes = statSync(this.#long.databaseFile).size - statSync(this.#empty.databaseFile).size;
    const entries = this.#long.entries - this.#empty.entries;
    this.#figures.push(atMost('size of an entry on the disk', bytes / entries, [800, 'bytes']));
    const database = new Database(this.#long.databaseFile, { readonly: true });
    const rows = database
      .prepare<[], { name: string; pages: number }>('SELECT name, sum(pgsize) AS pages FROM dbstat GROUP BY name')
      .all();
    database.close();
    const large = rows.filter(({ pages }) => pages / entries >= 1).sort((a, b) => b.pages - a.pages);
    this.#tell(`bytes an entry: ${large.map(({ name, pages }) => `${name} ${show(pages / entries)}`).join(', ')}`);
  }

  async #lists(): Promise<void> {
    await this.#list('newest page', { query: '', limit: 50 });
    await this.#list('agent:deploy-bot created:7d', { query: 'agent:deploy-bot created:7d', limit: 100 });
    const title = ITEMS[0]?.title ?? '';
    for (const query of ['outcome:refused', `item:"${title}"`, 'vault:Staging', 'action:item.totp'])
      await this.#list(query, { query, limit: 100 });
    await this.#list('a query of SQL that finds nothing: action:item.delete', {
      query: 'action:item.delete',
      limit: null,
    });
  }

  /** The first list of a fresh process, at the median of some. */
  async #list(name: string, { query, limit }: { query: string; limit: number | null }): Promise<void> {
    const times: number[] = [];
    for (let i = 0; i < STARTS; i += 1) times.push((await runTask(this.#long, { work: 'list', query })).done.ms);
    const ms = median(times);
    this.#figures.push(limit === null ? noted(name, ms, 'ms') : atMost(name, ms, [limit, 'ms']));
  }

  async #rates(): Promise<void> {
    const atOnce = this.#long.entries < WORTH_THREADS ? 1 : Math.min(availableParallelism(), THREADS_AT_MOST);
    const threads = `threads: ${String(atOnce)}`;
    const everywhere = { work: 'list', query: 'wherevernothing' } as const;
    await this.#rate(`text search, ${threads}`, everywhere, 100_000);
    await this.#rate(`verification after a checkpoint, ${threads}`, { work: 'verify' }, 50_000);
    await this.#rate(`verification with all signatures, ${threads}`, { work: 'verify-full' }, 12_000);
    await this.#rate('stats over the whole log', { work: 'stats' }, null);
    const { done } = await runTask(this.#long, { work: 'report' });
    this.#figures.push(noted(`report over 30 days (${String(done.entries)} entries)`, done.ms / 1000, 's'));
  }

  async #rate(name: string, wanted: Wanted, least: number | null): Promise<void> {
    const { done, peakMib } = await runTask(this.#long, wanted);
    this.#noteRate(name, { ms: done.ms, peakMib }, least);
  }

  #noteRate(name: string, { ms, peakMib }: { ms: number; peakMib: number }, least: number | null): void {
    const rate = (this.#long.entries / ms) * 1000;
    this.#figures.push(least === null ? noted(name, rate, '/s') : atLeast(name, rate, [least, '/s']));
    this.#figures.push(noted(`  its peak of resident memory`, peakMib, 'MiB'));
  }

  async #proof(): Promise<void> {
    const file = join(this.#long.places.home, 'proof.jsonl');
    await this.#rate('export of a proof', { work: 'proof', file }, null);
    this.#tell(`the proof: ${show(statSync(file).size / this.#long.entries)} bytes an entry`);
    const verifier = 'vouchsafe-verify-log.js';
    const { ms, peakMib, status } = await runChild(join(root, 'bin', verifier), [file], verifier);
    if (status !== 0) throw new Error('the stand-alone verifier refused the proof');
    this.#noteRate('the stand-alone verifier', { ms, peakMib }, null);
  }

  /** The same calls on the long log and on the empty one, in turns. */
  async #appends(): Promise<void> {
    const [long, empty] = [await agentOf(this.#long), await agentOf(this.#empty)];
    const [mine = 0, least = 0] = await inTurns(1_000, [(i) => reveal(long, i), (i) => reveal(empty, i)]);
    this.#tell(`one access more: ${show(mine)} ms on the long log, ${show(least)} ms on the empty one`);
    this.#figures.push(atMost('an entry added to the long log, against an empty one', mine / least, [1.2, '×']));
    await Promise.all([long.close(), empty.close()]);
  }
}

function agentOf({ places, token }: LongLog): ReturnType<typeof openAgent> {
  return openAgent(places, { kind: 'token', text: token }, { transport: 'cli' });
}

async function reveal(door: AgentDoor, number: number): Promise<void> {
  const { vault, title } = pick(ITEMS, number);
  const reason = `Measure how long this takes, run ${String(number)}`;
  const call = { vault, item: title, fields: [SECRET], reason };
  const { ok } = await door.call({ tool: 'get_item', arguments: call, client: ORIGIN.client });
  if (!ok) throw new Error('an agent of the bench was refused what it may do');
}
