/** Servers that answer badly, or not at all. */
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { refusedLater, told } from '../core/refused.js';
import { closeStations, serve, serveRaw } from '../support/http-servers.js';
import { send, type Sent, TOKEN } from './http-rig.js';

afterEach(closeStations);

interface Drip {
  readonly first?: string;
  readonly again: string;
  readonly everyMs?: number;
}

/** Writes the first text, and then the other again and again, until the other side has enough. */
function drip(socket: Socket, { first = '', again, everyMs = 0 }: Drip): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(again), everyMs);
  socket.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer));
}

const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n';

async function answered(answer: (socket: Socket, head: string) => void, sent: Partial<Sent> = {}) {
  const server = await serveRaw(answer);
  return { server, sending: send({ url: `http://${server.host}/`, ...sent }) };
}

describe('a server that', () => {
  const hasty = { options: { limits: { timeoutMs: 400 } } };
  const bad: [what: string, words: RegExp, answer: (socket: Socket, head: string) => void, sent?: Partial<Sent>][] = [
    ['never answers', /in time/, () => undefined, hasty],
    [
      'drips its headers',
      /in time/,
      (socket) => drip(socket, { first: 'HTTP/1.1 200 OK\r\n', again: 'a: b\r\n', everyMs: 40 }),
      hasty,
    ],
    [
      'drips its body',
      /in time/,
      (socket) => drip(socket, { first: `${HEAD}content-length: 9999\r\n\r\n`, again: 'x', everyMs: 40 }),
      hasty,
    ],
    [
      'informs without end',
      /in time/,
      (socket) => drip(socket, { again: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', everyMs: 20 }),
      hasty,
    ],
    [
      'has headers without end',
      /too large/,
      (socket) => drip(socket, { first: 'HTTP/1.1 200 OK\r\n', again: `a: ${'x'.repeat(9000)}\r\n` }),
    ],
    [
      'has one header without end',
      /too large/,
      (socket) => drip(socket, { first: 'HTTP/1.1 200 OK\r\na: ', again: 'x'.repeat(9000) }),
    ],
    ['closes at once', /HTTP/, (socket) => socket.end()],
    ['resets the connection', /HTTP/, (socket) => socket.resetAndDestroy()],
    ['closes within its headers', /HTTP/, (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le')],
    ['closes within its body', /HTTP/, (socket) => socket.end(`${HEAD}content-length: 100\r\n\r\n${TOKEN}`)],
    [
      'closes within a chunk',
      /HTTP/,
      (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n64\r\n${TOKEN}`),
    ],
    [
      'closes before the last chunk',
      /HTTP/,
      (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n1\r\nx\r\n`),
    ],
    [
      'chunks badly',
      /HTTP/,
      (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n${TOKEN}\r\n0\r\n\r\n`),
    ],
    [
      'has a chunk of a negative size',
      /HTTP/,
      (socket) => socket.end(`${HEAD}transfer-encoding: chunked\r\n\r\n-1\r\nx\r\n0\r\n\r\n`),
    ],
    ['says two lengths', /HTTP/, (socket) => socket.end(`${HEAD}content-length: 1\r\ncontent-length: 2\r\n\r\nxx`)],
    [
      'says a length and chunks',
      /HTTP/,
      (socket) => socket.end(`${HEAD}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`),
    ],
    ['speaks another protocol', /HTTP/, (socket) => socket.end(`SSH-2.0-OpenSSH_9 ${TOKEN}\r\n`)],
    ['sends bytes of no sense', /HTTP/, (socket) => socket.end(Buffer.from([0, 1, 2, 255, 13, 10, 13, 10]))],
    ['has a NUL in a header', /HTTP/, (socket) => socket.end(`${HEAD}a: \0${TOKEN}\r\n\r\n`)],
    [
      'switches protocols',
      /HTTP/,
      (socket) => socket.end(`HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: ws\r\n\r\n${TOKEN}`),
    ],
    [
      'switches protocols and answers',
      /HTTP/,
      (socket) => socket.end('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
    ],
  ];
  test.each(bad)('%s is unavailable, in plain words and with no secret', async (_, words, answer, sent) => {
    const { sending } = await answered(answer, sent);
    const refusal = await refusedLater('unavailable', sending);
    expect(told(refusal)).toMatch(words);
    expect(JSON.stringify(refusal.facts)).not.toMatch(/canary|OpenSSH/);
    expect(refusal.facts).not.toHaveProperty('retryable');
    expect(refusal.facts).not.toHaveProperty('cause');
  });

  test('is not there is unavailable', async () => {
    const { port } = await serve(() => undefined);
    await closeStations();
    expect(told(await refusedLater('unavailable', send({ url: `http://127.0.0.1:${port}/` })))).toContain('connection');
  });

  test('has a name that nobody knows, or that nobody ever says, is unavailable', async () => {
    const sent = { url: 'https://api.vouchsafe.test/' };
    const unknown = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(told(await refusedLater('unavailable', send({ ...sent, options: { resolve: unknown } })))).toContain(
      'not found',
    );
    const silent = () => new Promise<never>(() => undefined);
    const options = { resolve: silent, limits: { timeoutMs: 100 } };
    expect(told(await refusedLater('unavailable', send({ ...sent, options })))).toContain('in time');
  });

  test('informs before it answers is heard out', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n';
    const { sending } = await answered((socket) => socket.end(`${early}${HEAD}content-length: 2\r\n\r\nok`));
    expect(await sending).toMatchObject({ status: 200, body: 'ok' });
  });

  test('ends its body by closing is heard out', async () => {
    const { sending } = await answered((socket) => socket.end(`${HEAD}\r\nok`));
    expect(await sending).toMatchObject({ status: 200, body: 'ok' });
  });

  test('answers twice is heard once', async () => {
    const one = `${HEAD}content-length: 2\r\n\r\n`;
    const { sending } = await answered((socket) => socket.end(`${one}ok${one}no`));
    expect(await sending).toMatchObject({ status: 200, body: 'ok' });
  });

  test('never ends its body is cut, and left', async () => {
    for (const framing of ['transfer-encoding: chunked\r\n\r\n', '\r\n', 'content-length: 99999999999\r\n\r\n']) {
      const chunk = 'x'.repeat(0x4000);
      const text = framing.startsWith('transfer') ? `4000\r\n${chunk}\r\n` : chunk;
      const closed = Promise.withResolvers<undefined>();
      const { sending } = await answered((socket) => {
        socket.on('close', () => closed.resolve(undefined));
        drip(socket, { first: `${HEAD}${framing}`, again: text });
      });
      const answer = await sending;
      expect(answer).toMatchObject({ status: 200, truncated: true });
      expect(answer.body).toBe('x'.repeat(256 * 1024));
      if (framing.startsWith('content')) expect(answer.body_bytes).toBe(99_999_999_999);
      await closed.promise;
    }
  });

  test('compresses a hundred million bytes into few costs as few', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000));
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-encoding': 'gzip' }).end(bomb);
    });
    const answer = await send({ url: `http://${server.host}/` });
    expect(answer).not.toHaveProperty('body');
    expect(answer.body_bytes).toBe(bomb.length);
  });

  test('has headers of just under 32 KiB is heard, of more is not', async () => {
    const headers = (bytes: number) => `${HEAD}a: ${'x'.repeat(bytes)}\r\ncontent-length: 2\r\n\r\nok`;
    const fits = await answered((socket) => socket.end(headers(31 * 1024)));
    expect(await fits.sending).toMatchObject({ status: 200 });
    const large = await answered((socket) => socket.end(headers(33 * 1024)));
    await refusedLater('unavailable', large.sending);
  });

  test('answers before it has read what is sent is heard', async () => {
    const { sending } = await answered(
      (socket) => socket.end('HTTP/1.1 413 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'),
      {
        method: 'POST',
        body: 'x'.repeat(1024 * 1024),
      },
    );
    const answer = await sending.catch((error: unknown) => error);
    // What the kernel does with what was not read decides which of the two the client sees.
    if (answer instanceof Error) expect(answer).toMatchObject({ code: 'unavailable' });
    else expect(answer).toMatchObject({ status: 413 });
  });
});
