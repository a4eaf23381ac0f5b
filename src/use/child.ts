/** Runs a program with the terminal, its output masked as it streams. Never a shell: a program and its arguments. */
import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { Refusal } from '../core/refusal.js';
import type { Mask } from './mask.js';

export interface ChildPlan {
  /** The program, then its arguments. A program without a slash is looked for in the `PATH` of `env`. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string | undefined;
  /** Null hands over what this process has itself, the terminal too. */
  readonly mask: Mask | null;
}

/** Where the masked output goes. */
export interface ChildOutputs {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** Ours stay ours: what tells this program who it is and where its things are. */
const OWN_VARIABLES = /^VOUCHSAFE_/;

/** Sent by a terminal to every process in front, so to the child too. */
const TERMINAL_SIGNALS = ['SIGINT', 'SIGQUIT', 'SIGWINCH'] as const;
const PASSED_SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'] as const;

/** The variables of an environment but those that begin with `VOUCHSAFE_`; then those of `extra`, which win. */
export function childEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return { ...Object.fromEntries(kept.filter(([name]) => !OWN_VARIABLES.test(name))), ...extra };
}

/**
 * Runs the program to its end and gives its status as a shell does: 128 and the signal's number where one ended it.
 * Standard input is this process's own. Both outputs are waited for, also where a process that the program started
 * keeps them open, as a shell waits for a pipe. An output that nobody reads any more ends quietly: the program is told
 * so by its next write. Signals to this process go to the program; those of a terminal reach it by themselves.
 * Throws `not_found` where the program, or the folder to run it in, is not there or may not be run.
 */
export async function runChild(plan: ChildPlan, { stdout, stderr }: ChildOutputs): Promise<number> {
  const output = plan.mask === null ? 'inherit' : 'pipe';
  let child: ChildProcess | undefined;
  // Before the program starts: a signal may come as soon as it prints.
  const stopPassing = passSignals((signal) => void child?.kill(signal));
  try {
    child = spawnPlanned(plan, { stdio: ['inherit', output, output], detached: false });
    const ended = endOf(child, stopPassing);
    const { mask } = plan;
    const copies = mask === null ? [] : [copy(child.stdout, stdout, mask), copy(child.stderr, stderr, mask)];
    const [{ status, signal }] = await Promise.all([ended, ...copies]);
    return signal === null ? (status ?? 1) : 128 + constants.signals[signal];
  } finally {
    stopPassing();
  }
}

/** How a process ended: one of the two is null. */
export interface ChildEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** When the process itself has ended; its outputs may still be open. Rejects with a `Refusal` if it could not begin. */
export function endOf(child: ChildProcess, onEnd: () => void = () => undefined): Promise<ChildEnd> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      if (child.pid === undefined) reject(cannotRun(error));
    });
    child.once('exit', (status, signal) => {
      onEnd();
      resolve({ status, signal });
    });
  });
}

interface SpawnChoice {
  readonly stdio: ('inherit' | 'pipe' | 'ignore')[];
  /** Whether the child gets a process group of its own. */
  readonly detached: boolean;
}

/** Starts the program of a plan. Throws `invalid_request` where there is none, or an argument holds a NUL. */
export function spawnPlanned({ argv, env, cwd }: Omit<ChildPlan, 'mask'>, choice: SpawnChoice): ChildProcess {
  const [program, ...args] = argv;
  if (program === undefined || program === '' || [...argv, ...Object.values(env)].some((text) => text.includes('\0'))) {
    throw new Refusal('invalid_request', {
      message: 'There is no program to run, or an argument or variable holds a NUL character.',
      next: 'Name a program and its arguments, without NUL characters.',
    });
  }
  try {
    return spawn(program, args, { env, ...(cwd === undefined ? {} : { cwd }), ...choice });
  } catch (error) {
    throw cannotRun(error);
  }
}

const NOT_THERE = ['ENOENT', 'EACCES', 'ENOTDIR', 'EPERM', 'ENOEXEC', 'ELOOP', 'ENAMETOOLONG', 'EISDIR'];

function cannotRun(error: unknown): Refusal {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (NOT_THERE.includes(code)) {
    return new Refusal('not_found', {
      message: 'The program was not found, or may not be run.',
      next: 'Check its name or path, that it is executable, and that the folder to run it in is there.',
      detail: code,
    });
  }
  return new Refusal('unavailable', {
    message: 'The program could not be started.',
    next: 'Try again; with fewer or shorter arguments and variables if it stays so.',
    detail: code,
    cause: error,
  });
}

/** Hands the signals of this process on, until what is returned is called. */
function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const inTerminal = process.stdin.isTTY;
  const ignore = (): void => undefined;
  const stop = (): void => {
    pass('SIGTSTP');
    process.kill(process.pid, 'SIGSTOP');
  };
  const listeners = new Map<NodeJS.Signals, (signal: NodeJS.Signals) => void>([
    ...PASSED_SIGNALS.map((signal) => [signal, pass] as const),
    ...TERMINAL_SIGNALS.map((signal) => [signal, inTerminal ? ignore : pass] as const),
    ...(inTerminal ? [] : [['SIGTSTP', stop] as const]),
  ]);
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.removeListener(signal, listener);
    listeners.clear();
  };
}

const NOTHING = new Uint8Array();

/** Copies what comes through the mask, no faster than it is taken. Ends when the source does. */
function copy(source: Readable | null, sink: Writable, mask: Mask): Promise<void> {
  if (source === null) return Promise.resolve();
  const masked = mask.stream();
  return new Promise((resolve) => {
    const give = (pieces: readonly Uint8Array[]): void => {
      if (!writeAll(sink, pieces)) source.pause();
    };
    const onDrain = (): void => void source.resume();
    const onGone = (): void => void source.destroy();
    sink.on('drain', onDrain).on('error', onGone);
    source.on('data', (chunk: Uint8Array) => give(masked.pieces(chunk)));
    source.once('end', () => give([masked.end()]));
    source.once('error', onGone);
    source.once('close', () => {
      sink.removeListener('drain', onDrain);
      setImmediate(() => sink.removeListener('error', onGone));
      resolve();
    });
  });
}

/** Together in one call to the system; false where it is to go on when the sink has drained. */
function writeAll(sink: Writable, pieces: readonly Uint8Array[]): boolean {
  const [only = NOTHING] = pieces;
  if (pieces.length <= 1) return only.length === 0 || sink.write(only);
  sink.cork();
  const mayGoOn = pieces.map((piece) => sink.write(piece)).every(Boolean);
  sink.uncork();
  return mayGoOn;
}
