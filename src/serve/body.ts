/** The body of a request: read whole, up to a size. */
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error.js';

/** As much as a line over stdio may have. */
export const MAX_BODY_BYTES = 1024 * 1024;

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
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) {
        request.pause();
        reject(tooLarge(most));
      } else chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
    );
    request.on('error', () => reject(new HttpError(400, 'The body ended early.')));
    request.on('aborted', () => reject(new HttpError(400, 'The body ended early.')));
  });
}

function tooLarge(most: number): HttpError {
  return new HttpError(413, `A body may have ${String(most)} bytes at most.`, { headers: { connection: 'close' } });
}

/** The JSON of a body. Throws {@link HttpError}. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = await readBody(request, 'application/json');
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, 'Parse error: the body is not JSON.');
  }
}
