/** Bodies of answers, read with bounded memory: whole, or as a stream of events. */
import type { IncomingMessage } from 'node:http';
import { isUtf8 } from 'node:buffer';
import { LineCutter, type CutLine } from '../line-cutter.js';
import { brokenOff, type Fault, notUnderstood } from './fault.js';

/** The most bytes of an answer or of an event: well above what any tool gives. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** The body as text. Throws {@link Fault} where it is too large, breaks off, or is no UTF-8. */
export async function readWhole(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of chunksOf(response)) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return textOf(chunks);
}

/**
 * The data of each event named `message` or not at all (HTML, Server-sent events, 9.2.6; but for lines that end in a
 * carriage return alone, which no server sends). Throws {@link Fault} where one is too large or the stream breaks off.
 */
export async function* readEvents(response: IncomingMessage): AsyncGenerator<string> {
  const lines = new LineCutter(MAX_ANSWER_BYTES);
  const event = new Event();
  for await (const chunk of chunksOf(response)) {
    for (const line of lines.push(chunk)) {
      const data = event.take(line);
      if (data !== undefined) yield data;
    }
  }
}

class Event {
  #parts: Buffer[] = [];
  #size = 0;
  #name = '';

  /** The data, where the line ends an event that has some. */
  take(line: CutLine): string | undefined {
    if (line === 'overlong') throw tooLarge();
    if (line.length === 0) return this.#finish();
    const { name, value } = fieldOf(line);
    if (name === 'event') this.#name = value.toString('utf8');
    if (name === 'data') this.#keep(value);
    return undefined;
  }

  #keep(data: Buffer): void {
    this.#size += data.length;
    if (this.#size > MAX_ANSWER_BYTES) throw tooLarge();
    this.#parts.push(...(this.#parts.length === 0 ? [data] : [NEWLINE, data]));
  }

  #finish(): string | undefined {
    const [parts, name] = [this.#parts, this.#name];
    [this.#parts, this.#size, this.#name] = [[], 0, ''];
    return parts.length === 0 || (name !== '' && name !== 'message') ? undefined : textOf(parts);
  }
}

const NEWLINE = Buffer.from('\n');
const [COLON, SPACE] = [0x3a, 0x20];

/** A comment has no name. */
function fieldOf(line: Buffer): { readonly name: string; readonly value: Buffer } {
  const colon = line.indexOf(COLON);
  const end = colon < 0 ? line.length : colon;
  const start = line[end + 1] === SPACE ? end + 2 : end + 1;
  return { name: line.toString('latin1', 0, end), value: line.subarray(start) };
}

async function* chunksOf(response: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) yield chunk as Buffer;
  } catch (error) {
    throw brokenOff(error instanceof Error && 'code' in error ? String(error.code) : 'broken off');
  }
}

function textOf(parts: readonly Buffer[]): string {
  const bytes = Buffer.concat(parts);
  if (!isUtf8(bytes)) throw notUnderstood('an answer is not UTF-8');
  return bytes.toString('utf8');
}

function tooLarge(): Fault {
  return notUnderstood(`an answer is larger than ${String(MAX_ANSWER_BYTES)} bytes`);
}
