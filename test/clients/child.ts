/** A program in a group of its own, which ends as a whole. */
import { spawn } from 'node:child_process';

export interface Ended {
  /** Null where it had to be ended, or could not be started. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether something that it had started was still running after it. */
  readonly leftSome: boolean;
}

export interface ChildOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly input?: string;
}

/** What a program that has ended may take to be gone with all that it started. */
const GRACE_MS = 3_000;
const LOOK_EVERY_MS = 50;

const running = new Set<number>();

/** Ends this process at a signal, and before that all that {@link runChild} has running. */
export function endOnSignal(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      for (const pid of running) signalGroup(pid, 'SIGKILL');
      process.exit(1);
    });
  }
}

/** Runs a program to its end, or to the end of its time. Nothing of it is left when this returns. */
export async function runChild(command: readonly string[], options: ChildOptions): Promise<Ended> {
  const { cwd, env, timeoutMs, input = '' } = options;
  const [program = '', ...args] = command;
  const child = spawn(program, args, { cwd, env, detached: true });
  if (child.pid !== undefined) running.add(child.pid);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString('utf8')));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const timer = setTimeout(() => signalGroup(child.pid, 'SIGKILL'), timeoutMs);
  const status = await new Promise<number | null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('exit', resolve);
  });
  clearTimeout(timer);
  const leftSome = !(await isGone(child.pid));
  if (leftSome) signalGroup(child.pid, 'SIGKILL');
  if (child.pid !== undefined) running.delete(child.pid);
  return { status, ...output, leftSome };
}

async function isGone(pid: number | undefined): Promise<boolean> {
  for (let waited = 0; waited < GRACE_MS; waited += LOOK_EVERY_MS) {
    if (!signalGroup(pid, 0)) return true;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return false;
}

/** False where there is no such group any more. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals | 0): boolean {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}
