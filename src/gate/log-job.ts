/**
 * What is done to the log stretch by stretch, on this thread or on others: it needs a handle, keys and plain data. Each
 * kind of job is one function of its stretch; what it gives is plain data too, put together by whoever asked.
 */
import { matcherOf } from '../core/query-match.js';
import { toHex } from '../crypto/bytes.js';
import type { KeyPair } from '../crypto/key-pair.js';
import type { Handle } from '../store/database.js';
import { type ClearRow, type EntryFilter, findClear, findSealed } from '../store/entry-search.js';
import { type ChainCheck, checkStretch, type StretchJob } from './chain-check.js';
import type { StatsKey } from './log-door.js';
import type { LogAsk } from './log-query.js';
import { emptyTally, localClock, type LogTally, tallyRow } from './log-tally.js';
import { PayloadReader } from './payload-reader.js';
import { type FoundEntry, type SignalTally, tallySignals } from './signal-tally.js';

/** What a thread works with. */
export interface JobGround {
  readonly safeId: string;
  /** The pairs that sessions were sealed to; null where nothing is opened. */
  readonly owner: readonly KeyPair[] | null;
}

/** The numbers of the entries that match, oldest first. */
export interface SearchJob {
  readonly kind: 'search';
  readonly ask: LogAsk;
}

/** The signals of the entries that match. */
export interface SignalsJob {
  readonly kind: 'signals';
  readonly ask: LogAsk;
}

/** The counts of the entries that match. */
export interface TallyJob {
  readonly kind: 'tally';
  readonly ask: LogAsk;
  readonly by: StatsKey;
  readonly timeZone: string;
}

export type Job = SearchJob | SignalsJob | TallyJob | StretchJob;

/** What each kind of job gives. */
export interface JobResults {
  readonly search: readonly number[];
  readonly signals: SignalTally;
  readonly tally: LogTally;
  readonly chain: ChainCheck;
}

/** One thread's work, with what it keeps from one job to the next. */
export class Worker {
  readonly #ground: JobGround;
  readonly #reader: PayloadReader | null;

  constructor(ground: JobGround) {
    this.#ground = ground;
    this.#reader = ground.owner === null ? null : new PayloadReader(ground.safeId, ground.owner);
  }

  async run<J extends Job>(handle: Handle, job: J): Promise<JobResults[J['kind']]> {
    return (await this.#run(handle, job)) as JobResults[J['kind']];
  }

  async #run(handle: Handle, job: Job): Promise<JobResults[Job['kind']]> {
    if (job.kind === 'chain') return checkStretch(handle, this.#ground.safeId, job);
    if (job.kind === 'tally') return this.#tally(handle, job);
    const found = await this.#find(handle, job.ask);
    return job.kind === 'signals' ? tallySignals(found) : found.map(({ seq }) => seq);
  }

  get #opener(): PayloadReader {
    if (this.#reader === null) throw new Error('a job that opens entries was given no key');
    return this.#reader;
  }

  /** Only where the query asks for what is sealed is anything opened; clients stand with the session. */
  async #tally(handle: Handle, { ask, by, timeZone }: TallyJob): Promise<LogTally> {
    const found = ask.sealed.length === 0 ? null : new Set((await this.#find(handle, ask)).map(({ seq }) => seq));
    const rows = await findClear(handle, ask.filter);
    const clients = by === 'client' ? await this.#opener.clients(handle, rows) : null;
    const clientOf = ({ session }: ClearRow): string => clients?.get(toHex(session)) ?? '';
    const grouping = { by, localTime: localClock(timeZone), clientOf };
    const tally = emptyTally();
    for (const row of rows) if (found?.has(row.seq) ?? true) tallyRow(tally, row, grouping);
    return tally;
  }

  /** The entries that match, opened, oldest first. */
  async #find(handle: Handle, { filter, sealed }: LogAsk): Promise<readonly FoundEntry[]> {
    const matches = matcherOf(sealed);
    const rows = await findSealed(handle, filter);
    const opened = await this.#opener.openAll(handle, rows);
    return opened.flatMap(({ payload, session }, i) => {
      const row = rows[i];
      const facts = { ...payload, client: session.client.name, transport: session.transport };
      return row !== undefined && matches(facts) ? [{ ...row, ...payload }] : [];
    });
  }
}

/** A filter narrowed to a stretch of numbers. */
export function within(filter: EntryFilter, first: number, last: number): EntryFilter {
  return { ...filter, first: Math.max(first, filter.first), last: Math.min(last, filter.last) };
}
