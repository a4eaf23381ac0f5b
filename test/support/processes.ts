/** Whole processes under test: what they wrote line by line, and how they ended. */
import { spawn, type ChildProcess } from 'node:child_process';
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Places } from '../../src/gate/door.js';

export const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));
const CHILD = fileURLToPath(new URL('gate-child.mjs', import.meta.url));

/** What JSON holds; a test goes on to assert its shape. */
export type Json = ReturnType<typeof JSON.parse>;

export interface ChildOptions {
  /** Another user to run as; ignored where this process may not choose. */
  readonly uid?: number;
  /** The largest file that the process may write, in blocks of the shell (512 or 1024 bytes). */
  readonly blocks?: number;
}

const running = new Set<ChildProcess>();

/** Ends what a test left running; for `afterEach`. */
export function endChildren(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}

/** Whether another user could run the program from where it lies: a folder above may be closed to others. */
export function mayBeRunByOthers(): boolean {
  if (process.getuid?.() !== 0) return true;
  for (let folder = dirname(PROGRAM); ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) !== 0o005) return false;
    if (folder === dirname(folder)) return true;
  }
}

export interface Child {
  readonly lines: Json[];
  readonly stderr: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** False once the process has ended. */
  isRunning(): boolean;
  kill(): void;
}

/** Starts `gate-child.mjs` in one of its modes. */
export function startChild(mode: string, facts: object, { uid, blocks }: ChildOptions = {}): Child {
  const command = [process.execPath, CHILD, mode, JSON.stringify(facts)];
  const limited =
    blocks === undefined ? command : ['sh', '-c', `ulimit -f ${String(blocks)}; exec "$@"`, 'sh', ...command];
  const [program = '', ...args] = limited;
  const user = uid === undefined || process.getuid?.() !== 0 ? {} : { uid, gid: uid };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...user });
  running.add(child);
  const lines: Json[] = [];
  let rest = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part));
  });
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString('utf8')));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) =>
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    }),
  );
  return {
    lines,
    stderr: () => stderr,
    ended,
    isRunning: () => running.has(child),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The variables under which `vouchsafe` finds the safe and the token, and nothing else of this process's. */
export function environmentOf(places: Places, token: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: places.home,
    VOUCHSAFE_HOME: places.home,
    VOUCHSAFE_STATE: places.state,
    XDG_RUNTIME_DIR: places.runtime,
    VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token,
  };
}

export async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
