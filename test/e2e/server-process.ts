/** `vouchsafe serve` as a process: what it says on stderr, and how it ends. */
import type { ChildProcess } from 'node:child_process';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A server that a test started. */
export class ServerProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Ended>;
  readonly #waiting = new Set<() => void>();
  #stderr = '';

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString('utf8');
      this.#wake();
    });
    this.#ended = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    void this.#ended.then(() => this.#wake());
  }

  #wake(): void {
    for (const wake of this.#waiting) wake();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** Waits for what it says; the first group of the pattern, or all of it. Throws where it ends without saying so. */
  async says(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.#stderr);
      if (found !== null) return found[1] ?? found[0];
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw new Error(`it ended and did not say ${String(pattern)}:\n${this.#stderr}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Ends it as an init does, and waits. */
  async end(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    return this.#ended;
  }

  /** Waits for its end. */
  get ended(): Promise<Ended> {
    return this.#ended;
  }

  /** Ends it at once; for `afterEach`. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }
}
