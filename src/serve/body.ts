/** The body of a request: read whole, up to a size. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.js';

/** As much as a line over stdio may have. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** More than any request nests; code that walks over a value may call itself for each level. */
const DEEPEST = 256;

/** What every request may hold while it is read, and what all of them may beyond that, together. */
const FREE_BYTES = 16 * 1024;
const HELD_BYTES_AT_MOST = 64 * 1024 * 1024;

/** How much of longer bodies this process holds while it reads them: thousands of slow ones must not fill its memory. */
let held = 0;

/** The text of a body of that type. Throws {@link HttpError}. */
export async function readBody(request: IncomingMessage, type: string, most = MAX_BODY_BYTES): Promise<string> {
  const [given = ''] = (request.headers['content-type'] ?? '').split(';');
  if (given.trim().toLowerCase() !== type) throw new HttpError(415, `The body has to be ${type}.`);
  if (request.headers['content-encoding'] !== undefined) throw new HttpError(415, 'The body may not be compressed.');
  const bytes = await collect(request, most);
  if (!isUtf8(bytes)) throw new HttpError(400, 'The body is not UTF-8.');
  return bytes.toString('utf8');
}

async function collect(request: IncomingMessage, most: number): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge(most);
  const chunks: Buffer[] = [];
  let size = 0;
  let counted = 0;
  const whole = new Promise<Buffer>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      const more = Math.max(0, size - FREE_BYTES) - counted;
      const isFull = held + more > HELD_BYTES_AT_MOST;
      if (size > most || isFull) {
        request.pause();
        reject(size > most ? tooLarge(most) : tooMuch());
        return;
      }
      [counted, held] = [counted + more, held + more];
      chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.on('error', () => reject(new HttpError(400, 'The body ended early.')));
    request.on('aborted', () => reject(new HttpError(400, 'The body ended early.')));
  });
  return whole.finally(() => (held -= counted));
}

function tooMuch(): HttpError {
  return new HttpError(503, 'The server holds too many long bodies. Ask again in 1 s.', {
    headers: { connection: 'close', 'retry-after': '1' },
  });
}

function tooLarge(most: number): HttpError {
  return new HttpError(413, `A body may have ${String(most)} bytes at most.`, { headers: { connection: 'close' } });
}

/** The JSON of a body. Throws {@link HttpError}. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request, 'application/json');
  if (isTooDeep(text)) throw new HttpError(400, `The body nests deeper than ${String(DEEPEST)} levels.`);
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'Parse error: the body is not JSON.');
  }
}

const [QUOTE, BACKSLASH] = ['"', '\\'];

function isTooDeep(text: string): boolean {
  // each level takes a character to open and one to close
  if (text.length <= 2 * DEEPEST) return false;
  let [depth, isString] = [0, false];
  for (let at = 0; at < text.length && depth <= DEEPEST; at += 1) {
    const character = text[at];
    if (character === QUOTE) isString = !isString;
    else if (isString) at += character === BACKSLASH ? 1 : 0;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
  }
  return depth > DEEPEST;
}
