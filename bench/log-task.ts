/**
 * One thing that the owner does with the log, in a process of its own: what it is comes as JSON, how long it took goes
 * back as a message. The door is opened by a session before, as with any command after `unlock`.
 */
import type * as Open from '../src/gate/open.js';
import type { OwnerDoor, Places } from '../src/gate/door.js';
import { closeSync, openSync, writeSync } from 'node:fs';
import { compiled, ORIGIN } from './program.ts';

const { openOwner } = (await import(compiled('gate/open.js'))) as typeof Open;

export interface Task {
  readonly places: Places;
  readonly session: string;
  readonly work: 'list' | 'verify' | 'verify-full' | 'stats' | 'report' | 'proof';
  /** What is listed. */
  readonly query?: string;
  /** Where the proof goes. */
  readonly file?: string;
}

export interface Done {
  readonly ms: number;
  /** How many entries it came to. */
  readonly entries: number;
}

const WORK: Readonly<Record<Task['work'], (door: OwnerDoor, task: Task) => Promise<number>>> = {
  list: async (door, { query = '' }) => (await door.listEntries({ query, limit: 50 })).data.length,
  verify: (door) => verified(door, false),
  'verify-full': (door) => verified(door, true),
  stats: async (door) => (await door.stats({ query: '' }, 'agent')).total,
  report: async (door) => (await door.report('30d')).total,
  proof: async (door, { file = '' }) => {
    const proof = openSync(file, 'wx', 0o600);
    const { entries, fault } = await door.exportProof({ query: '' }, (line) => writeSync(proof, line));
    closeSync(proof);
    if (fault !== null) throw new Error(`the proof says: ${fault.message}`);
    return entries;
  },
};

async function verified(door: OwnerDoor, full: boolean): Promise<number> {
  const { fault, entries } = await door.verify({ full });
  if (fault !== null) throw new Error(`the log does not verify: ${fault.message}`);
  return entries;
}

const task = JSON.parse(process.argv[2] ?? '{}') as Task;
const door = await openOwner(task.places, { session: task.session }, { origin: ORIGIN });
const startedAt = performance.now();
const entries = await WORK[task.work](door, task);
const done: Done = { ms: performance.now() - startedAt, entries };
await door.close();
process.send?.(done);
process.disconnect();
