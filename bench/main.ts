/**
 * `npm run bench`: the promised figures, measured in one run. `--quick` takes smaller safes, to see that it works;
 * `--log` measures the log alone, and `--entries N` says how long it is.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bareTable } from './bare-insert.ts';
import { atLeast, atMost, inTurns, median, printFigures, show, time, type Figure } from './figures.ts';
import { watchLock } from './lock.ts';
import { measureLog } from './log-figures.ts';
import { startServer, startSmallest, type Peer } from './peer.ts';
import { makeSafe, named, openAgent, VAULT, WANTED, type BenchSafe } from './program.ts';
import { agentsTogether, insertsTogether } from './together.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean' }, log: { type: 'boolean' }, entries: { type: 'string' } },
});
const isQuick = flags.quick === true;
const ITEMS = isQuick ? 500 : 10_000;
const ENTRIES = isQuick ? 2_000 : 100_000;
const ROTATED = isQuick ? 100 : 1_000;
const STARTS = isQuick ? 5 : 21;
const ACCESSES = isQuick ? 100 : 1_000;
const LOG_ENTRIES = Number(flags.entries ?? (isQuick ? 20_000 : 1_000_000));

const figures: Figure[] = [];

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

/** From the start of the process to the first secret, one after the other in turns. */
async function measureStart(safe: BenchSafe): Promise<void> {
  const [ours, smallest]: number[][] = [[], []];
  for (let i = 0; i < STARTS; i += 1) {
    ours?.push(await firstSecret(await startServer(safe), WANTED));
    smallest?.push(await firstSecret(await startSmallest(), {}));
  }
  const [mine, least] = [median(ours ?? []), median(smallest ?? [])];
  progress(`first secret after ${show(mine)} ms; the smallest server: ${show(least)} ms`);
  figures.push(atMost('start to first secret, against the smallest server', mine / least, [1.5, '×']));
}

async function firstSecret(peer: Peer, args: object): Promise<number> {
  await peer.call('get_item', args);
  const age = peer.age();
  await peer.close();
  return age;
}

/** One recorded access over stdio, less what the smallest server takes for the same way. */
async function measureAccess(safe: BenchSafe): Promise<void> {
  const [ours, smallest] = [await startServer(safe), await startSmallest()];
  const bare = bareTable(join(safe.places.state, 'bare-one.db'));
  const [mine = 0, least = 0, insert = 0] = await inTurns(ACCESSES, [
    () => ours.call('get_item', WANTED),
    () => smallest.call('get_item', {}),
    () => bare.insert(),
  ]);
  progress(
    `one access ${show(mine)} ms; the smallest server ${show(least)} ms; a bare durable insert ${show(insert)} ms`,
  );
  figures.push(atMost('one recorded access adds, at the median', mine - least, [0.8, 'ms']));
  figures.push(atMost(`resident memory after ${String(ACCESSES)} accesses`, ours.memory(), [120, 'MiB']));
  bare.close();
  await Promise.all([ours.close(), smallest.close()]);
}

/** How much longer one access takes in one safe than in another, without the input and output of a process. */
async function growth(grown: BenchSafe, fresh: BenchSafe): Promise<number> {
  const [door, other] = [await agentOf(grown), await agentOf(fresh)];
  const call = { tool: 'get_item', arguments: WANTED, client: { name: 'bench', version: '0' } };
  const [mine = 0, least = 0] = await inTurns(ACCESSES, [() => door.call(call), () => other.call(call)]);
  await Promise.all([door.close(), other.close()]);
  progress(`one access in the process: ${show(mine)} ms; in a small safe: ${show(least)} ms`);
  return mine / least;
}

function agentOf({ places, token }: BenchSafe): ReturnType<typeof openAgent> {
  return openAgent(places, { kind: 'token', text: token }, { transport: 'cli' });
}

async function measureLists(safe: BenchSafe): Promise<void> {
  const reason = 'Measure how long this takes';
  const list = (peer: Peer): Promise<unknown> => peer.call('list_vault', { vault: VAULT, reason });
  const search = (peer: Peer, i: number): Promise<unknown> =>
    peer.call('search_items', { query: `service ${String(i + 17)}`, reason });
  const cold = await time(3, async () =>
    withServer(safe, (peer) => time(1, () => search(peer, 0)).then(([ms]) => coldTimes.push(ms ?? 0))),
  );
  progress(`cold searches, with the start of the server: ${cold.map(show).join(', ')} ms`);
  figures.push(atMost(`search_items over ${String(ITEMS)} items, cold`, Math.max(...coldTimes) / 1000, [4, 's']));
  await withServer(safe, async (peer) => {
    const firstList = await time(1, () => list(peer));
    progress(`the first list_vault of a server: ${show(firstList[0] ?? 0)} ms`);
    figures.push(
      atMost(`list_vault, first page of ${String(ITEMS)} items, warm`, median(await time(50, () => list(peer))), [
        50,
        'ms',
      ]),
    );
    await search(peer, 0);
    figures.push(
      atMost(`search_items over ${String(ITEMS)} items, warm`, median(await time(50, (i) => search(peer, i))), [
        100,
        'ms',
      ]),
    );
    figures.push(atMost(`resident memory after lists of ${String(ITEMS)} items`, peer.memory(), [120, 'MiB']));
  });
}

const coldTimes: number[] = [];

async function withServer(safe: BenchSafe, work: (peer: Peer) => Promise<unknown>): Promise<void> {
  const peer = await startServer(safe);
  await work(peer);
  await peer.close();
}

/** Every kind of call on the large vault, from a cold server on, while the lock is watched. */
async function measureLock(safe: BenchSafe): Promise<void> {
  const reason = 'Measure how long the lock is held';
  const held = await watchLock(safe.databaseFile, () =>
    withServer(safe, async (peer) => {
      await peer.call('list_vault', { vault: VAULT, reason });
      await time(20, (i) => peer.call('search_items', { query: `service ${String(i)}`, reason }));
      await time(20, () => peer.call('get_item', WANTED));
      for (let i = 0; i < 20; i += 1) await changeOne(peer, i, reason);
      await time(5, () => peer.call('list_vault', { vault: VAULT, reason, limit: 200 }));
    }),
  );
  figures.push(atMost('longest hold of the write lock by a call of an agent', held.longestMs, [20, 'ms']));
}

async function changeOne(peer: Peer, i: number, reason: string): Promise<void> {
  const title = `Made by the bench ${String(i)}`;
  await peer.call('create_item', { vault: VAULT, type: 'login', title, reason, generate: { field: 'password' } });
  await peer.call('update_item', { vault: VAULT, item: title, tags: ['changed'], reason });
  await peer.call('trash_item', { vault: VAULT, item: title, reason });
}

async function measureRotation(): Promise<void> {
  const safe = await makeSafe(ROTATED);
  let totalMs = 0;
  const held = await watchLock(safe.databaseFile, async () => {
    const startedAt = performance.now();
    await safe.owner.revoke({ token: named('bench'), vault: named(VAULT), rotate: true });
    totalMs = performance.now() - startedAt;
  });
  await safe.close();
  figures.push(atMost(`revoke with rotation of ${String(ROTATED)} items`, totalMs / 1000, [1, 's']));
  figures.push(atLeast('share of it outside the lock', 1 - held.totalMs / totalMs, [0.5, 'of it']));
}

async function measureTogether(safe: BenchSafe): Promise<void> {
  const bare = await insertsTogether(join(safe.places.runtime, '..', '..', 'bare.db'));
  const agents = await agentsTogether(safe);
  progress(`four processes: ${show(agents)} accesses/s; bare durable inserts: ${show(bare)}/s`);
  figures.push(atLeast('four processes together, against bare durable inserts', agents / bare, [0.5, '×']));
}

/** Entries as agents make them: with nothing read, as that is quickest. */
async function addEntries(safe: BenchSafe, count: number): Promise<void> {
  const door = await agentOf(safe);
  const call = { tool: 'whoami', arguments: {}, client: { name: 'bench', version: '0' } };
  await time(count, () => door.call(call));
  await door.close();
}

async function measureGrowth(large: BenchSafe): Promise<void> {
  const fresh = await makeSafe(12);
  figures.push(atMost(`one access with ${String(ITEMS)} items, against few`, await growth(large, fresh), [1.2, '×']));
  const old = await makeSafe(12);
  progress(`${String(ENTRIES)} entries`);
  await addEntries(old, ENTRIES);
  figures.push(atMost(`one access with ${String(ENTRIES)} entries, against few`, await growth(old, fresh), [1.2, '×']));
  await Promise.all([fresh.close(), old.close()]);
}

async function measureSafes(): Promise<void> {
  progress('a small safe');
  const small = await makeSafe(12);
  await measureStart(small);
  await measureAccess(small);
  await measureTogether(small);
  await small.close();
  progress(`${String(ITEMS)} items`);
  const large = await makeSafe(ITEMS);
  await measureLists(large);
  await measureLock(large);
  await measureGrowth(large);
  await large.close();
  progress('rotation');
  await measureRotation();
}

// what was built goes with the process, also where it is stopped
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
if (flags.log !== true) await measureSafes();
figures.push(...(await measureLog(LOG_ENTRIES, progress)));
printFigures(figures);
