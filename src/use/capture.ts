/** Runs a program without a terminal and gives what it printed: masked, capped, in time. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { endOf, spawnPlanned, type ChildEnd, type ChildPlan } from './child.js';
import { CONCEALED, type Mask, type MaskStream } from './mask.js';

export interface CapturePlan extends ChildPlan {
  /** How long the program may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Of each output, in bytes after masking. */
  readonly outputCap: number;
  /** What the program reads; `none` is nothing. */
  readonly stdin: 'none' | { readonly text: string };
}

export interface Captured extends ChildEnd {
  /** Masked. Valid text: what is no UTF-8 is replaced by U+FFFD. */
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the end of an output is missing: it was longer than the cap, or still open at the end. */
  readonly truncated: boolean;
  readonly timedOut: boolean;
}

/** Between the polite signal and the other one. */
const KILL_AFTER_MS = 2000;
/** How long outputs that others keep open are read after the program has ended. */
const GRACE_MS = 500;
const POLL_MS = 20;

/**
 * Runs the program in a process group of its own. At the time limit the whole group gets SIGTERM, and SIGKILL two
 * seconds later if anything of it is left; only what moved itself to another group is not reached. Processes that
 * outlive the program in time are left alone, but their output is read for a moment only.
 *
 * What is cut off, by the cap or with the time, ends before anything that may be the beginning of a secret.
 * Throws `not_found` as `runChild` does.
 */
export async function captureChild(plan: CapturePlan): Promise<Captured> {
  const { stdin, mask, outputCap: cap } = plan;
  const input = stdin === 'none' ? 'ignore' : 'pipe';
  const child = spawnPlanned(plan, { stdio: [input, 'pipe', 'pipe'], detached: true });
  const outputs = [
    new Collector({ child, name: 'stdout', mask, cap }),
    new Collector({ child, name: 'stderr', mask, cap }),
  ];
  const ended = endOf(child);
  if (stdin !== 'none') feed(child, stdin.text);
  const isInTime = await within(plan.timeoutMs, ended);
  if (!isInTime) {
    for (const output of outputs) output.stop();
    await endGroup(child.pid);
  }
  await within(GRACE_MS, Promise.all(outputs.map((output) => output.closed)));
  const [stdout = '', stderr = ''] = outputs.map((output) => output.finish());
  return { ...(await ended), stdout, stderr, truncated: outputs.some((output) => output.isCut), timedOut: !isInTime };
}

/** A program that does not read its input is no fault. */
function feed({ stdin }: ChildProcess, text: string): void {
  stdin?.on('error', () => undefined);
  stdin?.end(text);
}

/** Whether that is done in time. Rejects as it does. */
async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const limit = sleep(limitMs, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), limit]);
  } finally {
    timer.abort();
  }
}

async function endGroup(pid: number | undefined): Promise<void> {
  if (pid === undefined || !signalGroup(pid, 'SIGTERM')) return;
  const killAt = performance.now() + KILL_AFTER_MS;
  while (signalGroup(pid, 0)) {
    if (performance.now() >= killAt) {
      signalGroup(pid, 'SIGKILL');
      return;
    }
    await sleep(POLL_MS);
  }
}

/** False where nothing of the group is left. */
function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

interface Collected {
  readonly child: ChildProcess;
  readonly name: 'stdout' | 'stderr';
  readonly mask: Mask | null;
  readonly cap: number;
}

/** One output of a program. What goes over the cap is read and forgotten, so that the program is not held up. */
class Collector {
  readonly closed: Promise<void>;
  readonly #masked: MaskStream | undefined;
  readonly #cap: number;
  readonly #source: ChildProcess['stdout'];
  readonly #pieces: Uint8Array[] = [];
  #size = 0;
  #isOver = false;
  #isWhole = false;

  constructor({ child, name, mask, cap }: Collected) {
    this.#source = child[name];
    this.#masked = mask?.stream();
    this.#cap = cap;
    this.#source?.on('data', (chunk: Uint8Array) => this.#keep(this.#masked?.push(chunk) ?? chunk));
    this.#source?.once('end', () => {
      this.#keep(this.#masked?.end() ?? new Uint8Array());
      this.#isWhole = true;
    });
    this.#source?.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.#source?.once('close', resolve));
  }

  /** Whether there was more than is given. */
  get isCut(): boolean {
    return !this.#isWhole || this.#isOver;
  }

  /** Takes no more: neither what comes now nor what the mask holds. */
  stop(): void {
    this.#isOver = true;
  }

  #keep(bytes: Uint8Array): void {
    if (this.#isOver) return;
    const room = this.#cap - this.#size;
    this.#pieces.push(bytes.subarray(0, room));
    this.#size += Math.min(room, bytes.length);
    if (bytes.length > room) this.#isOver = true;
  }

  /** Reads no more and gives the text. */
  finish(): string {
    if (!this.#isWhole) this.#source?.destroy();
    const bytes = Buffer.concat(this.#pieces);
    const text = new TextDecoder('utf-8', { ignoreBOM: true });
    return this.isCut ? withoutHalf(text.decode(bytes, { stream: true })) : text.decode(bytes);
  }
}

/** Without the beginning of a placeholder at the end. */
function withoutHalf(text: string): string {
  for (let size = CONCEALED.length - 1; size > 0; size -= 1) {
    if (text.endsWith(CONCEALED.slice(0, size))) return text.slice(0, -size);
  }
  return text;
}
