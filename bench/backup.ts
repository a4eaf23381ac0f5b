/**
 * `npm run bench:backup`: the backup of a large safe while an agent writes to it, against a plain copy of the same file
 * that is as durable. `--size MIB` says how large the safe is; `--quick` takes a small one, to see that it works. Ends
 * with 1 where a figure is missed.
 */
import type * as Safes from '../src/gate/safe.js';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { beginSession, runChild, runCommand } from './child.ts';
import { atLeast, atMost, noted, printFigures, show, type Figure } from './figures.ts';
import { compiled, makeSafe, newFolder, placesIn, root, type BenchSafe } from './program.ts';

const { openSafe } = (await import(compiled('gate/safe.js'))) as typeof Safes;

const { values: flags } = parseArgs({ options: { size: { type: 'string' }, quick: { type: 'boolean' } } });
const MIB = 1024 * 1024;
const SIZE_MIB = Number(flags.size ?? (flags.quick === true ? 4 : 1024));
/** Near to the most that one item holds. */
const NOTE_BYTES = 60_000;
const ITEMS_AN_IMPORT = 256;
const ITEMS = Math.max(1, Math.round((SIZE_MIB * MIB) / (NOTE_BYTES + 2_000)));

const figures: Figure[] = [];

function progress(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

/** Notes of that size, a vault for each import, so that none is compared with those before. */
async function fill({ owner, places }: BenchSafe): Promise<void> {
  const safe = await openSafe(places, Date.now);
  for (let done = 0; done < ITEMS; done += ITEMS_AN_IMPORT) {
    const vault = `Notes ${String(1 + done / ITEMS_AN_IMPORT)}`;
    const items = Array.from({ length: Math.min(ITEMS_AN_IMPORT, ITEMS - done) }, (_, i) => {
      const value = `Note ${String(done + i)} of the bench. `.repeat(NOTE_BYTES).slice(0, NOTE_BYTES);
      const fields = [{ name: 'text', kind: 'note', value }] as const;
      const content = { type: 'note', title: `Note ${String(done + i)}`, tags: [], fields } as const;
      return { vault, content, history: [], isTrashed: false };
    });
    await owner.importItems({ format: 'bench', items, onDuplicate: 'keep-both' });
    await safe.database.eraseLog();
  }
  safe.close();
}

interface Lap {
  readonly calls: number;
  readonly longestMs: number;
}

/** An agent that calls all the time. */
class Writer {
  readonly #child: ChildProcess;

  constructor({ places, tokenFile }: BenchSafe) {
    this.#child = fork(join(root, 'bench', 'steady-writer.mjs'), [places.home, places.state, tokenFile]);
  }

  async ready(): Promise<void> {
    await once(this.#child, 'message');
  }

  /** What it did since the last lap. */
  async lap(): Promise<Lap> {
    const said = once(this.#child, 'message');
    this.#child.send('lap');
    const [lap] = (await said) as [Lap];
    return lap;
  }

  async end(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.send('stop');
    await ended;
  }
}

interface Measured {
  readonly mibPerSecond: number;
  readonly lap: Lap;
}

async function rate(writer: Writer, bytes: number, work: () => Promise<{ readonly ms: number }>): Promise<Measured> {
  await writer.lap();
  const { ms } = await work();
  return { mibPerSecond: bytes / MIB / (ms / 1000), lap: await writer.lap() };
}

/** The backup between two copies, so that the mean of these met the same machine. */
async function measure(safe: BenchSafe, env: Readonly<Record<string, string>>, backup: string): Promise<void> {
  const { size } = statSync(safe.databaseFile);
  const target = `${backup}.copy`;
  const copy = async (): Promise<{ readonly ms: number }> => {
    const run = await runChild(join(root, 'bench', 'plain-copy.mjs'), [safe.databaseFile, target], 'vouchsafe.js');
    rmSync(target);
    return run;
  };
  const writer = new Writer(safe);
  await writer.ready();
  progress(`${show(size / MIB)} MiB in ${String(ITEMS)} items; copies and the backup`);
  const before = await rate(writer, size, copy);
  let peakMib = 0;
  const mine = await rate(writer, size, async () => {
    const run = await runCommand(['backup', '--to', backup, '--json'], { env });
    ({ peakMib } = run);
    return run;
  });
  const after = await rate(writer, size, copy);
  await writer.end();
  const copied = (before.mibPerSecond + after.mibPerSecond) / 2;
  figures.push(noted('plain copy of the file, made durable', copied, 'MiB/s'));
  figures.push(noted('backup, verified', mine.mibPerSecond, 'MiB/s'));
  figures.push(atLeast('backup against the plain copy', mine.mibPerSecond / copied, [0.2, '×']));
  figures.push(noted('peak of its resident memory', peakMib, 'MiB'));
  figures.push(noted('calls of the agent during the backup', mine.lap.calls, 'calls'));
  figures.push(noted('longest pause of the agent during the backup', mine.lap.longestMs, 'ms'));
  const pause = Math.max(before.lap.longestMs, after.lap.longestMs);
  figures.push(noted('longest pause of the agent during a copy', pause, 'ms'));
}

/** Restores the backup on a machine of its own, and looks whether all is there. */
async function checkBackup(backup: string, entries: number): Promise<void> {
  const folder = newFolder();
  const { home, state } = placesIn(folder.path);
  const places = { VOUCHSAFE_HOME: home, VOUCHSAFE_STATE: state, XDG_RUNTIME_DIR: join(folder.path, 'run') };
  progress('the backup is opened and verified elsewhere');
  await runCommand(['restore', backup], { env: places });
  const env = { ...places, VOUCHSAFE_SESSION: await beginSession(places) };
  const { items } = JSON.parse((await runCommand(['info', '--json'], { env })).stdout) as { items: number };
  const verified = JSON.parse((await runCommand(['audit', 'verify', '--full', '--json'], { env })).stdout) as {
    ok: boolean;
    entries: number;
  };
  figures.push(atLeast('items in the backup', items, [ITEMS + 1, 'items']));
  figures.push(atLeast('entries in it, with those made meanwhile', verified.entries, [entries, 'entries']));
  figures.push(atMost('faults of its log', verified.ok ? 0 : 1, [0, 'faults']));
  folder.remove();
}

// what was built goes with the process, also where it is stopped
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
progress(`a safe of ${String(SIZE_MIB)} MiB`);
const safe = await makeSafe(1);
await fill(safe);
const env = { ...safe.env, VOUCHSAFE_SESSION: await beginSession(safe.env) };
const entries = (await safe.owner.listEntries({ query: '', limit: 1 })).data[0]?.seq ?? 0;
const backup = join(safe.places.home, '..', 'backup.db');
await measure(safe, env, backup);
await checkBackup(backup, entries);
await safe.close();
printFigures(figures);
process.exitCode = figures.some(({ isMet }) => isMet === false) ? 1 : 0;
