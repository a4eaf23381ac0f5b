/** A process of its own for what is measured: how long it ran, what it said, and the most memory that it held. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { PASSWORD, root } from './program.ts';

const LOOK_EVERY_MS = 20;

export interface ChildRun {
  /** From its start to its end. */
  readonly ms: number;
  readonly status: number | null;
  /** The last message that it sent. */
  readonly message: unknown;
  /** Peak of its resident memory in MiB (Linux). */
  readonly peakMib: number;
}

/** Runs a script under the flags of node that a program of `bin` asks for, so that it runs as that does. */
export async function runChild(script: string, args: readonly string[], program: string): Promise<ChildRun> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...flagsOf(join(root, 'bin', program)), script, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let message: unknown;
  child.on('message', (said) => (message = said));
  const { status, peakMib } = await watchToEnd(child);
  return { ms: performance.now() - startedAt, status, message, peakMib };
}

/** What a command of ours said, and what it took. */
export interface CommandRun {
  readonly stdout: string;
  /** From its start to its end. */
  readonly ms: number;
  /** Peak of its resident memory in MiB. */
  readonly peakMib: number;
}

/** Where there is no `/proc`, a process has to tell its peak by itself. */
const TELL_PEAK = existsSync('/proc/self/status') ? [] : ['--import', join(root, 'bench', 'max-rss.mjs')];

/** Runs `vouchsafe` with these words, as an installed one runs, and `input` on stdin; throws where it fails. */
export async function runCommand(
  args: readonly string[],
  { env, input = '' }: { readonly env: Readonly<Record<string, string>>; readonly input?: string },
): Promise<CommandRun> {
  const program = join(root, 'bin', 'vouchsafe.js');
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...TELL_PEAK, ...flagsOf(program), program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...env },
  });
  child.stdin.end(input);
  const [stdout, stderr, told] = [child.stdout, child.stderr, child.stdio[3]].map(collect);
  const { status, peakMib } = await watchToEnd(child);
  const ms = performance.now() - startedAt;
  if (status !== 0) throw new Error(`vouchsafe ${args.join(' ')}: ${stderr?.() ?? ''}`);
  return { stdout: stdout?.() ?? '', ms, peakMib: peakMib || Number(told?.()) / 1024 };
}

/** The value of a session of the owner of a safe of the bench, which its commands then take. */
export async function beginSession(env: Readonly<Record<string, string>>): Promise<string> {
  const args = ['unlock', '--ttl', '1d', '--json', '--password-stdin'];
  const { stdout } = await runCommand(args, { env, input: `${PASSWORD}\n` });
  return (JSON.parse(stdout) as { session: string }).session;
}

function collect(stream: unknown): () => string {
  const chunks: Buffer[] = [];
  if (stream instanceof Readable) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

async function watchToEnd(child: ChildProcess): Promise<{ status: number | null; peakMib: number }> {
  let peakMib = 0;
  const look = setInterval(() => (peakMib = Math.max(peakMib, peakOf(child.pid ?? 0))), LOOK_EVERY_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(look);
  return { status, peakMib };
}

/** The flags of node on a program's first line, so that it runs as an installed one does. */
export function flagsOf(program: string): readonly string[] {
  const [line = ''] = readFileSync(program, 'utf8').split('\n', 1);
  return line.split(' ').filter((word) => word.startsWith('--'));
}

function peakOf(pid: number): number {
  try {
    const line = /^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  } catch {
    // it has ended meanwhile
    return 0;
  }
}
