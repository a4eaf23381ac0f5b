/** The one way to write to a server's output, which belongs to the protocol. */
import type { Writable } from 'node:stream';

/** A place for whole lines. */
export interface OutputPort {
  /** Settles when the text has left the process; rejects if nobody reads any more. */
  write(text: string): Promise<void>;
  /** Settles if the output breaks (`EPIPE`); else never. */
  readonly broken: Promise<void>;
  /** Settles when all that was written has left the process, after that time at the latest. */
  flushed(timeoutMs: number): Promise<void>;
}

/**
 * Takes `output` for the protocol alone. From now on whatever else is written to it, by `console.log` or a dependency,
 * goes to `others`.
 */
export function claimOutput(output: Writable, others: Writable): OutputPort {
  const write = output.write.bind(output) as (text: string, done: (error?: Error | null) => void) => boolean;
  Object.defineProperty(output, 'write', { value: others.write.bind(others), configurable: true, writable: true });
  const broken = new Promise<void>((resolve) => {
    output.on('error', () => resolve());
    output.on('close', () => resolve());
  });
  const send = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      write(text, (error) => (error ? reject(error) : resolve()));
    });
  return { write: send, broken, flushed: (timeoutMs) => within(timeoutMs, Promise.race([send(''), broken])) };
}

/** Settles with the work, whatever comes of it, or after that time. */
async function within(timeoutMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeoutMs)));
  await Promise.race([work.catch(() => undefined), expired]);
  clearTimeout(timer);
}
