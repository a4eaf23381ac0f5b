/** A `vouchsafe serve` of its own, over a safe of a test, and the clients that reach it through `mcp --connect`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer, type RunningServer } from './line-client.js';
import type { TestSafe } from './safe.js';

export const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));

export interface ServeProcess {
  /** Where it listens, as `--connect` takes it. */
  readonly places: readonly string[];
  readonly log: () => string;
  /** Ends it, by default as a service manager does; settles when it has gone. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** What a server needs of the environment to find the safe. */
export function safeEnvironment(safe: TestSafe): Record<string, string> {
  const folder = dirname(safe.places.home);
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    VOUCHSAFE_HOME: safe.places.home,
    VOUCHSAFE_STATE: safe.places.state,
    XDG_RUNTIME_DIR: folder,
  };
}

/** Starts a server and waits until it listens at so many places. */
export async function startServe(safe: TestSafe, args: readonly string[], count = 1): Promise<ServeProcess> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...args], {
    env: safeEnvironment(safe),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const closed = new Promise<void>((resolve) => child.on('close', () => resolve()));
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const found = (): string[] => [...text.matchAll(/^Listening at (.+)$/gm)].map(([, place]) => place!);
  await listening(
    child,
    () => found().length >= count,
    () => text,
  );
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    child.kill(signal);
    await closed;
  };
  return { places: found(), log: () => text, stop };
}

function listening(child: ChildProcess, isListening: () => boolean, log: () => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (): void => {
      if (isListening()) resolve();
    };
    child.stderr?.on('data', look);
    child.on('close', () => reject(new Error(log())));
  });
}

/** A file with a token that only this user can read; its path. */
export function tokenFile(safe: TestSafe, name: string, token: string): string {
  const file = join(dirname(safe.places.home), `${name}.token`);
  writeFileSync(file, token, { mode: 0o600 });
  return file;
}

/** Starts `mcp --connect` with nothing in its environment that could lead to a safe. */
export function startShim(place: string, token: string | undefined, more: Record<string, string> = {}): RunningServer {
  const given = token === undefined ? {} : { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token };
  const env = { PATH: process.env['PATH'], HOME: '/nonexistent', ...given, ...more };
  return startServer([PROGRAM, 'mcp', '--connect', place], env);
}
