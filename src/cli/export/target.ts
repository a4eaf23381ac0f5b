/** Where an export goes: at once, whatever its size and however slow its reader. */
import { writeSync } from 'node:fs';
import { Refusal } from '../../core/refusal.js';
import type { Output } from '../output.js';

export interface Target {
  /** Whether whoever read it has gone (`| head`), which is no error; `write` has thrown then, to end the work. */
  readonly isGone: boolean;
  /** Gives back control once the system has taken all of the text. Throws `unavailable`. */
  write(text: string): void;
}

/** The file of `--to` or the terminal, which take text at once as it is; else `stdout`. */
export function targetOf(out: Pick<Output, 'isFile' | 'isTerminal' | 'data'>, stdout: Target): Target {
  return out.isFile || out.isTerminal ? { isGone: false, write: (text) => out.data(text) } : stdout;
}

/** As much as is written at once, in characters: enough for few calls, little enough to be cheap to forget. */
const CHUNK = 1 << 16;

/** Gathers text on its way to a target. What is not flushed is lost. */
export class Gatherer {
  readonly #target: Target;
  #text = '';

  constructor(target: Target) {
    this.#target = target;
  }

  add(text: string): void {
    this.#text += text;
    if (this.#text.length >= CHUNK) this.flush();
  }

  /** Writes what there is, also if that is nothing: a file is then emptied. */
  flush(): void {
    this.#target.write(this.#text);
    this.#text = '';
  }
}

const STDOUT = 1;
const PAUSE_MS = 5;
const CLOCK = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));

/**
 * A descriptor, stdout's unless another is given. Node's own stream keeps what a pipe's reader has not taken, without
 * limit while the program is at work; this one waits for the reader, so that no more than one text is ever held.
 */
export class DescriptorTarget implements Target {
  readonly #descriptor: number;
  #isGone = false;

  constructor(descriptor = STDOUT) {
    this.#descriptor = descriptor;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  write(content: string | Uint8Array): void {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : Buffer.from(content);
    for (let done = 0; done < bytes.length;) done += this.#writeSome(bytes, done);
  }

  /** The number of bytes that were taken; none, after a moment, where a pipe is full. */
  #writeSome(bytes: Buffer, from: number): number {
    try {
      return writeSync(this.#descriptor, bytes, from);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      if (code !== 'EAGAIN') return this.#refuse(code, error);
      Atomics.wait(CLOCK, 0, 0, PAUSE_MS);
      return 0;
    }
  }

  #refuse(code: string, cause: unknown): never {
    this.#isGone = code === 'EPIPE';
    throw new Refusal('unavailable', {
      message: `The output could not be written (${code}).`,
      next: 'Write it to a file with --to FILE.',
      cause,
    });
  }
}
