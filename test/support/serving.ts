/** `vouchsafe serve` as a process of its own, on a safe under test. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import type { Places } from '../../src/gate/door.js';
import type { Json } from './line-client.js';
import { environmentOf, PROGRAM } from './processes.js';

export interface Serving {
  readonly process: ChildProcess;
  /** As it tells it: `http://127.0.0.1:PORT/mcp`, `unix:PATH`. */
  readonly places: readonly string[];
  readonly port: number;
  readonly stderr: () => string;
  /** What it told its operator, line by line. */
  readonly logs: () => readonly Json[];
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface ServingHow {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdio?: StdioOptions;
  /** What runs the program, in place of this Node: its arguments are the command. */
  readonly through?: readonly string[];
}

const running = new Set<ChildProcess>();

/** Ends what a test left running; for `afterEach`. */
export function endServing(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** Starts a server; it listens, or has ended, when this settles. */
export async function startServing(places: Places, args: readonly string[], how: ServingHow = {}): Promise<Serving> {
  const env = { ...environmentOf(places, ''), VOUCHSAFE_PERSONAL_ACCESS_TOKEN: undefined };
  const [file = '', ...before] = [...(how.through ?? []), process.execPath, PROGRAM, 'serve', ...args];
  const child = spawn(file, before, { env: { ...env, ...how.env }, stdio: how.stdio ?? ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let stderr = '';
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    }),
  );
  const told = (): readonly string[] => [...stderr.matchAll(/^Listening at (.*)$/gm)].map(([, place = '']) => place);
  const expected = Math.max(1, args.filter((arg) => arg === '--listen' || arg === '--socket').length);
  const isListening = new Promise<void>((resolve) =>
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString('utf8');
      if (told().length >= expected) resolve();
    }),
  );
  await Promise.race([isListening, ended]);
  return {
    process: child,
    places: told(),
    port: Number(/:([0-9]+)\/mcp$/.exec(told().find((place) => place.startsWith('http')) ?? '')?.[1] ?? 0),
    stderr: () => stderr,
    logs: () => stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : [])),
    ended,
  };
}
