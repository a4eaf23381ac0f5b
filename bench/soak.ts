/**
 * `npm run soak`: a million calls of many agents at one server over HTTP, while tokens end and others are made; then what
 * is in the log, what the server still holds, and how it ends. `--calls N` takes fewer. Ends with 1 where a figure is
 * missed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { atMost, noted, printFigures, show, type Figure } from './figures.ts';
import { startHttpServer, type Handles, type HttpPeer } from './http-peer.ts';
import { MemoryCurve } from './memory-curve.ts';
import { makeSafe, type BenchSafe } from './program.ts';
import { Crew, Owner } from './soak-crew.ts';
import type { Sample, SoakCount } from './soak-load.ts';

const { values: flags } = parseArgs({ options: { calls: { type: 'string' } } });
const CALLS = Number(flags.calls ?? 1_000_000);
const ITEMS = 60;
const TOKENS = 24;
const CALLS_A_TOKEN = Math.min(Math.max(2_000, CALLS / 100), CALLS / 4);
const SETTLE_MS = CALLS < 200_000 ? 2_000 : 15_000;
const LOOK_EVERY_MS = CALLS < 200_000 ? 500 : 2_000;
const TELL_EVERY_MS = 10_000;
/** Without an answer for as long, it is given up. */
const PATIENCE_MS = 60_000;
/** Below that many calls the server has not met its working size yet. */
const WORTH_A_SLOPE = 200_000;
/** As many as call at once: SQLite keeps a closed reader's file for the next one. */
const FILES_MORE = 33;
const MIB = 1024 * 1024;
const MISSING_AT_MOST = 100_000;

const figures: Figure[] = [];

function progress(text: string): void {
  process.stderr.write(`soak: ${text}\n`);
}

interface Soaked {
  readonly count: SoakCount;
  readonly samples: readonly Sample[];
  readonly filesHalfWay: number;
}

interface Soak {
  readonly safe: BenchSafe;
  readonly owner: Owner;
  readonly peer: HttpPeer;
  readonly crew: Crew;
  readonly curve: MemoryCurve;
  /** As it was when the agents began. */
  readonly before: { readonly seq: number; readonly acts: number; readonly handles: Handles };
}

/** Looks on until all calls are answered: memory, progress, and the turns of the owner. */
async function watch({ peer, crew, owner, curve }: Soak): Promise<Soaked> {
  const startedAt = performance.now();
  const moved = { at: startedAt, calls: 0 };
  const told = { ...moved };
  let filesHalfWay = 0;
  for (let renewals = 1; ;) {
    const done = await Promise.race([pause(LOOK_EVERY_MS), crew.done]);
    const now = performance.now();
    curve.add(crew.calls, peer.memory());
    if (filesHalfWay === 0 && crew.calls >= CALLS / 2) filesHalfWay = peer.handles().files;
    if (done !== undefined) {
      figures.push(noted('calls a second', (1_000 * crew.calls) / (now - startedAt), '/s'));
      return { ...done, filesHalfWay };
    }
    if (crew.calls > moved.calls) Object.assign(moved, { at: now, calls: crew.calls });
    if (now - moved.at > PATIENCE_MS) throw new Error('no call is answered any more');
    if (now - told.at > TELL_EVERY_MS) {
      const rate = show((1_000 * (crew.calls - told.calls)) / (now - told.at));
      progress(`${String(crew.calls)} of ${String(CALLS)} calls, ${rate}/s, ${show(peer.memory())} MiB`);
      Object.assign(told, { at: now, calls: crew.calls });
    }
    if (crew.calls < renewals * CALLS_A_TOKEN) continue;
    renewals += 1;
    await owner.renew(crew.tell);
  }
}

/** Every answer has its entry and every entry its answer, but for those of the owner. */
async function checkLog({ safe, owner, crew, before }: Soak, { count, samples }: Soaked): Promise<void> {
  const last = await lastSeq(safe);
  const others = await crew.missing(before.seq, last);
  let strange = 0;
  for (const seq of others.slice(0, MISSING_AT_MOST))
    if ((await safe.owner.showEntry(seq)).entry.actor.kind !== 'owner') strange += 1;
  const acts = owner.acts - before.acts;
  const away = Math.abs(last - before.seq - count.calls - acts);
  figures.push(noted('calls, each with its entry', count.receipts, ''));
  figures.push(noted('  of them: by whom no token let in', count.notLetIn, ''));
  figures.push(noted('answers that were cut off, as their token ended', count.cut, ''));
  figures.push(noted('sessions of the 2025 protocol', count.sessions, ''));
  figures.push(noted('entries of the owner meanwhile', acts, ''));
  figures.push(atMost('answers that were not as they should be', count.wrong, [0, 'calls']));
  figures.push(atMost('answers that name no entry', count.unnamed, [0, 'calls']));
  figures.push(atMost('answers that name the entry of another', count.doubled, [0, 'calls']));
  figures.push(atMost('entries against calls and what the owner did', away, [0, 'apart']));
  figures.push(atMost('entries that are neither a call’s nor the owner’s', strange - count.cut, [0, 'entries']));
  figures.push(
    atMost(`of ${String(samples.length)} receipts: not in the log`, await absent(safe, samples), [0, 'entries']),
  );
  for (const wrong of count.wrongOnes) progress(`wrong: ${wrong}`);
}

/** How many of the samples have no entry that says the same. */
async function absent({ owner }: BenchSafe, samples: readonly Sample[]): Promise<number> {
  let count = 0;
  for (const { seq, hash, tool, expected } of samples) {
    const { entry, tool: recorded } = await owner.showEntry(seq);
    const outcome = entry.outcome === 'granted' ? 'granted' : entry.code;
    if (entry.hash !== hash || recorded !== tool || outcome !== expected) count += 1;
  }
  return count;
}

async function lastSeq({ owner }: BenchSafe): Promise<number> {
  return (await owner.listEntries({ query: '', limit: 1 })).data[0]?.seq ?? 0;
}

async function verifyLog({ owner }: BenchSafe): Promise<void> {
  progress('the log is verified');
  const { fault, entries } = await owner.verify({ full: true });
  if (fault !== null) progress(`the log does not verify: ${fault.message}`);
  figures.push(noted('entries that were verified', entries, ''));
  figures.push(atMost('faults of the log', fault === null ? 0 : 1, [0, 'faults']));
}

/** What the server still holds once nobody calls. */
async function measureRest({ peer, curve, before }: Soak, { filesHalfWay }: Soaked): Promise<void> {
  progress(`memory: ${curve.print()}`);
  figures.push(atMost('resident memory after the soak', curve.last, [200, 'MiB']));
  figures.push(noted('  its peak', curve.peak, 'MiB'));
  const isLong = CALLS >= WORTH_A_SLOPE;
  const growth = 'growth over the last half';
  figures.push(isLong ? atMost(growth, curve.growth, [10, 'MiB']) : noted(growth, curve.growth, 'MiB'));
  await pause(SETTLE_MS);
  figures.push(atMost('resident memory once it is quiet', peer.memory(), [200, 'MiB']));
  const { sockets, files } = peer.handles();
  figures.push(atMost('open sockets more than before', sockets - before.handles.sockets, [0, 'sockets']));
  figures.push(atMost('open files more than half way', files - filesHalfWay, [FILES_MORE, 'files']));
  const metric = await readMetrics(peer.url);
  figures.push(noted('  of it in the heap, with what is free', metric('nodejs_heap_size_total_bytes') / MIB, 'MiB'));
  figures.push(noted('  used in the heap', metric('nodejs_heap_size_used_bytes') / MIB, 'MiB'));
  figures.push(noted('  outside of the heap, as far as it knows', metric('nodejs_external_memory_bytes') / MIB, 'MiB'));
  figures.push(atMost('open sessions', metric('vouchsafe_sessions'), [0, 'sessions']));
}

/** What the server tells of itself, by name. */
async function readMetrics(url: string): Promise<(name: string) => number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return (name) => Number(new RegExp(`^${name} ([0-9.e+]+)$`, 'm').exec(text)?.[1]);
}

async function soak(safe: BenchSafe): Promise<void> {
  const owner = new Owner(safe);
  const tokens: string[] = [];
  for (let i = 0; i < TOKENS; i += 1) tokens.push((await owner.makeToken()).text);
  const peer = await startHttpServer(safe);
  const before = { seq: await lastSeq(safe), acts: owner.acts, handles: peer.handles() };
  const run: Soak = { safe, owner, peer, crew: new Crew(), curve: new MemoryCurve(), before };
  run.crew.tell({ kind: 'begin', url: peer.url, tokens, calls: CALLS });
  const soaked = await watch(run);
  await measureRest(run, soaked);
  await checkLog(run, soaked);
  figures.push(atMost('exit status after SIGTERM', (await peer.close()) ?? -1, [0, '']));
  await verifyLog(safe);
  run.crew.close();
}

// what was built goes with the process, also where it is stopped
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
const safe = await makeSafe(ITEMS);
await soak(safe);
await safe.close();
printFigures(figures);
process.exitCode = figures.some(({ isMet }) => isMet === false) ? 1 : 0;
