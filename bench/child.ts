/** A process of its own for what is measured: how long it ran, what it said, and the most memory that it held. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './program.ts';

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
  let peakMib = 0;
  child.on('message', (said) => (message = said));
  const look = setInterval(() => (peakMib = Math.max(peakMib, peakOf(child.pid ?? 0))), LOOK_EVERY_MS);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearInterval(look);
  return { ms: performance.now() - startedAt, status, message, peakMib };
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
