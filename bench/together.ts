/** Processes that write to one database at the same time. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root, type BenchSafe } from './program.ts';

const PROCESSES = 4;
const MILLISECONDS = 4_000;

/** Recorded accesses a second that four agents reach together. */
export function agentsTogether({ places, tokenFile }: BenchSafe): Promise<number> {
  return together('agent-writer.mjs', [places.home, places.state, tokenFile]);
}

/** Bare durable inserts a second that four processes reach together. */
export function insertsTogether(file: string): Promise<number> {
  return together('bare-writer.mjs', [file]);
}

async function together(script: string, args: string[]): Promise<number> {
  const path = join(root, 'bench', script);
  const children = Array.from({ length: PROCESSES }, () => fork(path, [...args, String(MILLISECONDS)]));
  await Promise.all(children.map(nextMessage));
  const counts = children.map(nextMessage);
  for (const child of children) child.send('go');
  const total = (await Promise.all(counts)).reduce<number>((sum, count) => sum + Number(count), 0);
  return (total * 1000) / MILLISECONDS;
}

/** What the process says next; throws if it ends without a word. */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const ended = once(child, 'exit').then(() => {
    throw new Error(`a process of the bench ended too soon: ${child.spawnargs.join(' ')}`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [unknown];
  ended.catch(() => undefined);
  return message;
}
