/** What a helper talks to: the program that started it. */
import { Refusal } from '../../core/refusal.js';

/** Its stdin, its stdout, and the stderr that it passes on to whoever started it. */
export interface Pipe {
  readonly input: AsyncIterable<Uint8Array | string>;
  write(text: string): void;
  warn(text: string): void;
}

/** More than any of the protocols has to say. */
const MOST_BYTES = 65_536;

/**
 * What the program says, up to the end of its input or until `isWhole` says that it is complete. Throws `invalid_request`
 * for more than 64 KiB, or for what is not UTF-8.
 */
export async function readRequest(pipe: Pipe, isWhole: (text: string) => boolean = () => false): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of pipe.input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk;
    size += bytes.length;
    if (size > MOST_BYTES) refuse('is longer than 64 KiB');
    chunks.push(bytes);
    if (isWhole(Buffer.concat(chunks).toString('latin1'))) break;
  }
  return decode(Buffer.concat(chunks));
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse('is not UTF-8');
  }
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', {
    message: `What came in on stdin ${fault}.`,
    next: 'This command is started by another program: see "vouchsafe helper --help".',
  });
}
