/**
 * `npm run bench:http`: the server over HTTP against the smallest one on the same stack, in one run. `--quick` takes
 * fewer calls and tokens, to see that it works; `--tokens N` says how many tokens the larger safe has. Ends with 1 where
 * a call was refused, or was not in the log.
 */
import { parseArgs } from 'node:util';
import { atLeast, atMost, median, noted, printFigures, show, type Figure } from './figures.ts';
import { startHttpServer, startSmallestHttp, type HttpPeer } from './http-peer.ts';
import type { LoadDone, LoadTask, Target } from './http-load.ts';
import { startLoad, type Load } from './load.ts';
import { makeCrowdedSafe } from './many-tokens.ts';
import { makeSafe, VAULT, type BenchSafe } from './program.ts';

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' }, tokens: { type: 'string' } } });
const isQuick = flags.quick === true;
const TOKENS = Number(flags.tokens ?? (isQuick ? 12 : 1_000));
const GRANTS = isQuick ? 3 : 10;
const ROUNDS = isQuick ? 3 : 15;
const ALONE = isQuick ? 20 : 200;
const TOGETHER = isQuick ? 128 : 2_000;
const CALLERS = 64;

const figures: Figure[] = [];

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

/** A server that is measured, and all that it was asked. */
class Contestant {
  readonly name: string;
  readonly peer: HttpPeer;
  readonly #target: Target;
  readonly #load: Load;
  readonly #seqs: number[] = [];

  constructor(name: string, of: { peer: HttpPeer; load: Load } & Omit<Target, 'url'>) {
    this.name = name;
    this.peer = of.peer;
    this.#target = { url: of.peer.url, tokens: of.tokens, vaults: of.vaults };
    this.#load = of.load;
  }

  async run(task: Omit<LoadTask, 'target' | 'protocol'> & Partial<LoadTask>): Promise<LoadDone> {
    const done = await this.#load.run({ protocol: 'stateless', ...task, target: this.#target });
    this.#seqs.push(...done.seqs);
    return done;
  }

  /** The entries that its answers named, in their order. */
  get entries(): readonly number[] {
    return [...this.#seqs].sort((a, b) => a - b);
  }
}

/** Of one server in one round: the median of one access alone, in ms, and what 64 callers reach together. */
interface Round {
  readonly alone: number;
  readonly rate: number;
  readonly p99: number;
  /** Time of a processor for one access, in ms. */
  readonly processor: number;
}

async function roundOf(contestant: Contestant): Promise<Round> {
  const alone = median((await contestant.run({ callers: 1, calls: ALONE })).times);
  const before = contestant.peer.processorMs();
  const { times, ms } = await contestant.run({ callers: CALLERS, calls: TOGETHER });
  const processor = (contestant.peer.processorMs() - before) / times.length;
  const sorted = [...times].sort((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  return { alone, rate: (1_000 * times.length) / ms, p99, processor };
}

/** How the first does against the second: the median of the ratios of all rounds, in each of which both have their turn. */
async function compare(mine: Contestant, least: Contestant): Promise<Round> {
  const rounds: { mine: Round; least: Round }[] = [];
  for (const contestant of [mine, least]) await contestant.run({ callers: CALLERS, calls: TOGETHER });
  for (let round = 0; round < ROUNDS; round += 1) {
    const first = round % 2 === 0 ? await roundOf(mine) : undefined;
    const other = await roundOf(least);
    rounds.push({ mine: first ?? (await roundOf(mine)), least: other });
  }
  for (const side of ['mine', 'least'] as const)
    tellRounds(
      side === 'mine' ? mine.name : least.name,
      rounds.map((round) => round[side]),
    );
  const ratio = (of: keyof Round): number => median(rounds.map((round) => round.mine[of] / round.least[of]));
  return { alone: ratio('alone'), rate: ratio('rate'), p99: ratio('p99'), processor: ratio('processor') };
}

function tellRounds(name: string, rounds: readonly Round[]): void {
  const of = (key: keyof Round): string => show(median(rounds.map((round) => round[key])));
  progress(
    `${name}: one access ${of('alone')} ms; 64 callers ${of('rate')} accesses/s, p99 ${of('p99')} ms, ${of('processor')} ms of a processor each`,
  );
}

/** Starts the server over a safe, measures, ends it, and looks whether each answer is in the log. */
async function withServer(
  safe: BenchSafe,
  of: { name: string; load: Load; tokens?: readonly string[]; vaults?: readonly string[] },
  work: (contestant: Contestant) => Promise<void>,
): Promise<void> {
  const before = await lastSeq(safe);
  const peer = await startHttpServer(safe);
  const { name, load, tokens = [safe.token], vaults = [VAULT] } = of;
  const contestant = new Contestant(name, { peer, load, tokens, vaults });
  await work(contestant);
  progress(`${name}: ${show(peer.memory())} MiB of resident memory`);
  const status = await peer.close();
  if (status !== 0) throw new Error(`the server ended with ${String(status)}`);
  await checkLog(safe, { before, entries: contestant.entries });
}

async function lastSeq({ owner }: BenchSafe): Promise<number> {
  return (await owner.listEntries({ query: '', limit: 1 })).data[0]?.seq ?? 0;
}

/** One entry for each answer, none besides, all granted, and the log verifies. Throws. */
async function checkLog(
  safe: BenchSafe,
  { before, entries }: { before: number; entries: readonly number[] },
): Promise<void> {
  const last = await lastSeq(safe);
  const isWhole = last - before === entries.length && entries.every((seq, i) => seq === before + 1 + i);
  if (!isWhole) throw new Error(`${String(entries.length)} answers, but ${String(last - before)} entries`);
  const { granted, total } = await safe.owner.stats({ query: 'action:item.read' }, 'outcome');
  if (granted < entries.length || total !== granted) throw new Error('not every access was granted');
  const { fault } = await safe.owner.verify({ full: true });
  if (fault !== null) throw new Error(`the log does not verify: ${fault.message}`);
  progress(`${String(entries.length)} answers, each with its entry; the log verifies`);
}

async function measureAgainstSmallest(load: Load, safe: BenchSafe): Promise<void> {
  const smallest = await startSmallestHttp();
  const least = new Contestant('the smallest server', { peer: smallest, load, tokens: [''], vaults: [VAULT] });
  await withServer(safe, { name: 'vouchsafe', load }, async (mine) => {
    const { alone, rate, p99, processor } = await compare(mine, least);
    figures.push(atMost('one access at the median, against the smallest server', alone, [1.8, '×']));
    figures.push(atLeast('64 callers: throughput, against it', rate, [0.6, '×']));
    figures.push(atMost('64 callers: p99, against it', p99, [2, '×']));
    figures.push(noted('64 callers: time of a processor, against it', processor, '×'));
    const { times } = await mine.run({ callers: 1, calls: ALONE, protocol: 'session' });
    figures.push(noted('one access in a session of the 2025 protocol', median(times), 'ms'));
  });
  await smallest.close();
}

async function measureCrowd(load: Load, small: BenchSafe): Promise<void> {
  progress(`${String(TOKENS)} tokens with ${String(GRANTS)} grants each`);
  const { safe: large, tokens, vaults } = await makeCrowdedSafe({ tokens: TOKENS, grants: GRANTS }, progress);
  const grown = `${String(TOKENS)} tokens, ${String(TOKENS * GRANTS)} grants`;
  await withServer(small, { name: 'the small safe', load }, async (least) =>
    withServer(large, { name: grown, load, tokens, vaults }, async (mine) => {
      const { times } = await mine.run({ callers: 1, calls: TOKENS });
      figures.push(noted('first list and access of a token since the start', median(times), 'ms'));
      const first = await mine.run({ callers: CALLERS, calls: TOKENS * GRANTS });
      figures.push(noted('first access by each grant since the start', (1_000 * first.times.length) / first.ms, '/s'));
      const { alone, rate, p99, processor } = await compare(mine, least);
      figures.push(atMost(`${grown}: one access, against the small safe`, alone, [1.2, '×']));
      figures.push(atMost(`${grown}: 64 callers, time for as many accesses`, 1 / rate, [1.2, '×']));
      figures.push(atMost(`${grown}: p99 of 64 callers`, p99, [1.2, '×']));
      figures.push(noted(`${grown}: time of a processor of 64 callers`, processor, '×'));
      figures.push(noted(`${grown}: resident memory`, mine.peer.memory(), 'MiB'));
    }),
  );
  await large.close();
}

// what was built goes with the process, also where it is stopped
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
const load = startLoad();
const small = await makeSafe(12);
await measureAgainstSmallest(load, small);
await measureCrowd(load, small);
await small.close();
load.close();
printFigures(figures);
