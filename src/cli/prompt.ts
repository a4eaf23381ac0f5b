/** What a person is asked, and what is read from stdin. Nothing typed here is shown, or taken from arguments. */
import type { Readable } from 'node:stream';
import { Refusal } from '../core/refusal.js';

export interface Input {
  /** Whether a person can be asked: stdin is a terminal and `--no-input` is not there. */
  readonly isInteractive: boolean;
  /** Whether stdin is a file, a pipe or closed: something may be read from it. */
  readonly isPiped: boolean;
  /** Asks for a secret, hidden. `next` says what to do where nobody can be asked. */
  secret(message: string, next: string): Promise<string>;
  /** Asks for a line of text, shown as it is typed. */
  line(message: string, next: string): Promise<string>;
  /** Asks yes or no; Enter is no. */
  confirm(message: string, next: string): Promise<boolean>;
  /** The next line of stdin without its end; undefined at the end of it. */
  stdinLine(): Promise<string | undefined>;
  /** The rest of stdin, byte for byte, as UTF-8. Throws `invalid_request` if it is not, or if it is a terminal. */
  stdin(next: string): Promise<string>;
}

/** The most that is taken from stdin: more than any item can hold. */
const MOST_BYTES = 1 << 20;

/** Input from the process's terminal or stdin. Prompts are written to stderr, so that stdout stays data. */
export function createInput({ mayAsk }: { mayAsk: boolean }): Input {
  return new TerminalInput(mayAsk);
}

class TerminalInput implements Input {
  readonly #mayAsk: boolean;
  #piped: Promise<string> | undefined;
  #rest: string | undefined;

  constructor(mayAsk: boolean) {
    this.#mayAsk = mayAsk;
  }

  // What stdin is, is looked at when it is asked for: most commands that are given a session never do.
  get isPiped(): boolean {
    return !process.stdin.isTTY;
  }

  get isInteractive(): boolean {
    return this.#mayAsk && !this.isPiped;
  }

  async secret(message: string, next: string): Promise<string> {
    this.#check(next);
    const { default: password } = await import('@inquirer/password');
    const theme = { prefix: message, style: { maskedText: '' } };
    return untilClosed((ask) => password({ message: '', toggleMask: false, theme }, ask));
  }

  async line(message: string, next: string): Promise<string> {
    this.#check(next);
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const ending = new AbortController();
    terminal.once('close', () => ending.abort()).once('SIGINT', () => terminal.close());
    try {
      return await terminal.question(`${message} `, { signal: ending.signal });
    } catch (error) {
      throw ending.signal.aborted ? cancelled('\n') : error;
    } finally {
      terminal.close();
    }
  }

  async confirm(message: string, next: string): Promise<boolean> {
    this.#check(next);
    const { default: confirm } = await import('@inquirer/confirm');
    const [prefix, last] = [message.replace(/ ?\S*$/, ''), /\S*$/.exec(message)?.[0] ?? ''];
    const theme = { prefix, style: { message: (text: string) => text } };
    return untilClosed((ask) => confirm({ message: last, default: false, theme }, ask));
  }

  async stdinLine(): Promise<string | undefined> {
    const text = await this.#remaining();
    if (text === '') return undefined;
    const [line = ''] = text.split('\n', 1);
    this.#rest = text.slice(line.length + 1);
    return line.replace(/\r$/, '');
  }

  async stdin(next: string): Promise<string> {
    if (!this.isPiped) throw new Refusal('invalid_request', { message: 'Nothing was piped to this command.', next });
    const text = await this.#remaining();
    this.#rest = '';
    return text;
  }

  async #remaining(): Promise<string> {
    this.#piped ??= readAll(process.stdin);
    this.#rest ??= await this.#piped;
    return this.#rest;
  }

  #check(next: string): void {
    if (this.isInteractive) return;
    throw new Refusal('invalid_request', { message: 'There is no terminal to ask at.', next });
  }
}

/**
 * What a prompt throws at Ctrl-C, by the name that Inquirer gives it; `failure.ts` makes it exit 130. `lead` is written
 * first, where the cursor stands behind a question.
 */
export function cancelled(lead = ''): Error {
  process.stderr.write(lead);
  return Object.assign(new Error('cancelled'), { name: 'ExitPromptError' });
}

interface Asking {
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

/** Ctrl-D closes the terminal's line, after which Inquirer would wait for ever: it is taken for Ctrl-C. */
async function untilClosed<T>(ask: (asking: Asking) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const onKey = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined): void => {
    if (key?.ctrl === true && key.name === 'd') controller.abort();
  };
  process.stdin.on('keypress', onKey);
  try {
    return await ask({ output: process.stderr, signal: controller.signal });
  } catch (error) {
    throw controller.signal.aborted ? cancelled() : error;
  } finally {
    process.stdin.off('keypress', onKey);
  }
}

async function readAll(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) refuse('is larger than 1 MiB');
    chunks.push(chunk);
  }
  return decode(Buffer.concat(chunks));
}

/** Exactly what the bytes say. Throws `invalid_request` where they are not UTF-8. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('is not UTF-8 text');
  }
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', {
    message: `What was read ${fault}.`,
    next: 'Give text in UTF-8, up to 64 KiB.',
  });
}
