/** `mcp --connect` in front of something that is no Vouchsafe server, or a broken one: each request still gets its answer. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { serveShim } from '../../src/mcp/shim/shim.js';
import { loopbackIdentity } from '../support/certificate.js';
import { call, INITIALIZE, type Json, lineClient, type LineClient, modern, request } from '../support/line-client.js';

const TOKEN = `vsp_${'T'.repeat(64)}::${'t'.repeat(43)}`;
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };
const ask = (id: number | string): object => modern('tools/call', { name: 'whoami', arguments: {} }, id);

/** What was started; ended after each test. */
let endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.reverse()) await end();
  endings = [];
});

interface Seen {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Json;
}

type Answer = (on: { seen: Seen; response: ServerResponse; nth: number; request: IncomingMessage }) => unknown;

interface Fake {
  readonly url: URL;
  readonly seen: Seen[];
}

/** A server that answers as it is told to. */
async function fake(answer: Answer, identity?: { key: string; cert: string }): Promise<Fake> {
  const seen: Seen[] = [];
  const listener: RequestListener = (message, response) => {
    let text = '';
    message.on('data', (chunk: Buffer) => (text += chunk.toString()));
    message.on('end', () => {
      const one = { method: message.method!, headers: message.headers, body: text === '' ? null : JSON.parse(text) };
      seen.push(one);
      answer({ seen: one, response, nth: seen.length, request: message });
    });
  };
  const server = identity === undefined ? createServer(listener) : createTlsServer(identity, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { url: new URL(`${identity === undefined ? 'http' : 'https'}://127.0.0.1:${port}/mcp`), seen };
}

function shimTo(url: URL, silenceMs = 60_000): LineClient & { reports: string[]; done: Promise<void> } {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  errors.resume();
  const reports: string[] = [];
  const report = (message: string): void => void reports.push(message);
  const patience = { connectMs: 5_000, silenceMs, busyMs: 2_000 };
  const target = { url, socketPath: undefined };
  const done = serveShim({ target, token: TOKEN, input, output, errors, report, patience });
  const client = lineClient(input, output);
  endings.push(() => {
    client.end();
    return done;
  });
  return { ...client, reports, done };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): unknown =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const result = (id: unknown): object => ({ jsonrpc: '2.0', id, result: { content: [], resultType: 'complete' } });
const event = (message: object): string => `data: ${JSON.stringify(message)}\n\n`;
const events = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

const HUGE = 'x'.repeat(1024 * 1024);
/** Writes for as long as somebody reads. */
function endless(response: ServerResponse, chunk: string): void {
  while (!response.destroyed && response.write(chunk));
  if (!response.destroyed) response.once('drain', () => endless(response, chunk));
}

const NONSENSE: readonly [name: string, answer: Answer, code: string][] = [
  ['a page', ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hi'), 'unavailable'],
  ['nothing', ({ response }) => response.writeHead(202).end(), 'unavailable'],
  [
    'no JSON',
    ({ response }) => response.writeHead(200, { 'content-type': 'application/json' }).end('{'),
    'unavailable',
  ],
  ['JSON that is no message', ({ response }) => json(response, 200, { jsonrpc: '2.0', id: 1 }), 'unavailable'],
  ['a batch', ({ response }) => json(response, 200, [result(1)]), 'unavailable'],
  ['an answer to something else', ({ response }) => json(response, 200, result(3)), 'unavailable'],
  [
    'bytes that are no text',
    ({ response }) => events(response).end(Buffer.from('data: \xff\n\n', 'latin1')),
    'unavailable',
  ],
  [
    'no answer among its events',
    ({ response }) => events(response).end(': hello\n\nevent: x\ndata: {}\n\n'),
    'unavailable',
  ],
  ['an event without end', ({ response }) => endless(events(response), `data: ${HUGE}`), 'unavailable'],
  ['lines without end', ({ response }) => endless(events(response), `data: ${HUGE}\n`), 'unavailable'],
  [
    'JSON without end',
    ({ response }) => endless(response.writeHead(200, { 'content-type': 'application/json' }), HUGE),
    'unavailable',
  ],
  ['a connection that breaks', ({ response }) => response.destroy(), 'unavailable'],
  ['half an answer', ({ response }) => void events(response).write('data: {', () => response.destroy()), 'unavailable'],
  ['an error without words', ({ response }) => response.writeHead(500).end('boom'), 'unavailable'],
  ['no such page', ({ response }) => response.writeHead(404).end('nothing here'), 'unavailable'],
  ['401 without words', ({ response }) => response.writeHead(401).end(), 'unauthenticated'],
  [
    '403',
    ({ response }) => json(response, 403, { error: { code: -32000, message: 'Not from there.' } }),
    'unavailable',
  ],
  ['429 for long', ({ response }) => response.writeHead(429, { 'retry-after': '3600' }).end(), 'limit_reached'],
  ['429 without a time', ({ response }) => response.writeHead(429).end(), 'limit_reached'],
  ['503 that never ends', ({ response }) => response.writeHead(503, { 'retry-after': '0' }).end(), 'unavailable'],
];

test.each(NONSENSE)('%s: the call is refused in the form of a refusal', async (_name, answer, code) => {
  const { url } = await fake(answer);
  const shim = shimTo(url);
  shim.send(ask(1));
  shim.send(modern('tools/list', {}, 2));
  const all = await shim.lines(2);
  const refused = all.find(({ id }) => id === 1).result;
  expect(refused).toMatchObject({ isError: true, resultType: 'complete', structuredContent: { error: { code } } });
  expect(JSON.parse(refused.content[0].text)).toEqual(refused.structuredContent);
  expect(refused.structuredContent.error.next.length).toBeGreaterThan(20);
  expect(all.find(({ id }) => id === 2).error.data.error.code).toBe(code);
  expect(shim.reports).not.toEqual([]);
  expect(JSON.stringify([all, shim.reports])).not.toMatch(/TTTT|tttt/);
});

test('a redirect is not followed, and the token goes nowhere else', async () => {
  const other = await fake(({ response }) => json(response, 200, result(1)));
  const { url } = await fake(({ response }) => response.writeHead(307, { location: other.url.href }).end());
  const shim = shimTo(url);
  shim.send(ask(1));
  expect((await shim.lines(1))[0].result.structuredContent.error.code).toBe('unavailable');
  expect(other.seen).toEqual([]);
});

test('a server that repeats the token in its words is not repeated', async () => {
  const data = { error: { code: 'unauthenticated', message: `No: ${TOKEN}`, next: `Ask for ${TOKEN}\u202e.` } };
  const { url } = await fake(({ response }) => json(response, 401, { error: { code: 1, message: TOKEN, data } }));
  const shim = shimTo(url);
  shim.send(ask(1));
  const [answer] = await shim.lines(1);
  expect(answer.result.structuredContent.error).toEqual({
    code: 'unauthenticated',
    message: 'No: vsp_…',
    next: 'Ask for vsp_….',
  });
  expect(shim.reports.join()).not.toContain('TTTT');
});

test('a server that never answers is given up, and one that goes on after its answer is cut off', async () => {
  const { url } = await fake(({ seen, response }) => {
    if (seen.body.id === 1) events(response).write(': wait\n');
    if (seen.body.id === 2) endless(events(response), event(result(2)));
  });
  const shim = shimTo(url, 500);
  shim.send(ask(1));
  shim.send(ask(2));
  const all = await shim.lines(2);
  expect(all.find(({ id }) => id === 1).result.structuredContent.error.code).toBe('unavailable');
  expect(all.find(({ id }) => id === 2)).toEqual(result(2));
  shim.end();
  await shim.done;
  expect(shim.all).toHaveLength(2);
});

test('a server that had no time is asked again when it said', async () => {
  const { url, seen } = await fake(({ response, nth }) =>
    nth === 1 ? response.writeHead(429, { 'retry-after': '1' }).end() : json(response, 200, result(1)),
  );
  const shim = shimTo(url);
  shim.send(ask(1));
  expect(await shim.lines(1)).toEqual([result(1)]);
  expect(seen).toHaveLength(2);
});

test('an error of the server’s own reaches the client whole, where it is about its request', async () => {
  const data = { supported: ['2025-11-25'], requested: '2026-07-28' };
  const { url } = await fake(({ seen, response }) =>
    json(response, 400, {
      jsonrpc: '2.0',
      id: seen.body.id === 1 ? 1 : null,
      error: { code: -32022, message: 'No', data },
    }),
  );
  const shim = shimTo(url);
  shim.send(ask(1));
  shim.send(ask(2));
  const all = await shim.lines(2);
  expect(all.find(({ id }) => id === 1).error).toEqual({ code: -32022, message: 'No', data });
  expect(all.find(({ id }) => id === 2).error).toEqual({ code: -32022, message: 'No' });
});

test('the headers say what the body says', async () => {
  const { url, seen } = await fake(({ seen: one, response }) => json(response, 200, result(one.body.id)));
  const shim = shimTo(url);
  shim.send(modern('tools/call', { name: 'get_item', arguments: {} }, 1));
  shim.send(modern('resources/read', { uri: 'vouchsafe-safe:///vaults/Kör\u0000per' }, 2));
  shim.send(modern('prompts/get', { name: ' =?base64?x?=' }, 3));
  shim.send(modern('tools/list', { name: 'unrelated' }, 4));
  await shim.lines(4);
  const told = new Map(seen.map(({ body, headers }) => [body.id, headers]));
  expect(told.get(1)).toMatchObject({
    authorization: `Bearer ${TOKEN}`,
    'mcp-method': 'tools/call',
    'mcp-name': 'get_item',
  });
  const encoded = (text: string): string => `=?base64?${Buffer.from(text).toString('base64')}?=`;
  expect(told.get(2)!['mcp-name']).toBe(encoded('vouchsafe-safe:///vaults/Kör\u0000per'));
  expect(told.get(3)!['mcp-name']).toBe(encoded(' =?base64?x?='));
  expect(told.get(4)!['mcp-name']).toBeUndefined();
  for (const headers of told.values()) expect(headers['mcp-protocol-version']).toBe('2026-07-28');
});

/** A server of the 2025 protocols, whose sessions end when it is told so. */
async function sessions(): Promise<
  Fake & { forget: () => void; streams: ServerResponse[]; waiting: ServerResponse[] }
> {
  let [id, isKnown] = [0, false];
  const streams: ServerResponse[] = [];
  const waiting: ServerResponse[] = [];
  const made = await fake(({ seen, response }) => {
    const { method, body, headers } = seen;
    const isInitialize = body?.method === 'initialize';
    if (isInitialize) [id, isKnown] = [id + 1, true];
    else if (!isKnown || headers['mcp-session-id'] !== `s${id}`) return json(response, 404, { error: {} });
    if (method === 'GET') return void streams.push(events(response).on('close', () => undefined));
    if (method === 'DELETE') return response.writeHead(200).end();
    if (body.id === undefined || body.method === undefined) return response.writeHead(202).end();
    if (body.params?.name === 'slow') return void waiting.push(events(response));
    const capabilities = { tools: { listChanged: true } };
    const answer = isInitialize ? { protocolVersion: '2025-06-18', capabilities } : { content: [] };
    return json(response, 200, { jsonrpc: '2.0', id: body.id, result: answer }, { 'mcp-session-id': `s${id}` });
  });
  return { ...made, forget: () => (isKnown = false), streams, waiting };
}

test('a session: begun, used by what was sent before its answer, lost, begun anew unnoticed, and ended', async () => {
  const server = await sessions();
  const shim = shimTo(server.url);
  for (const message of [request('initialize', INITIALIZE, 1), INITIALIZED, call('a', {}, 2)]) shim.send(message);
  await shim.lines(2);
  await expect.poll(() => server.streams).toHaveLength(1);
  server.forget();
  for (const id of [3, 4, 5]) shim.send(call('b', {}, id));
  const later = (await shim.lines(6)).slice(2);
  expect(later.filter(({ id }) => id !== undefined).map(({ id, result: { isError } }) => [id, isError])).toEqual(
    expect.arrayContaining([3, 4, 5].map((id) => [id, undefined])),
  );
  expect(later.filter(({ method }) => method !== undefined)).toEqual([
    { jsonrpc: '2.0', method: 'notifications/tools/list_changed' },
  ]);
  shim.end();
  await shim.done;
  const begun = server.seen.filter(({ body }) => body?.method === 'initialize');
  expect(begun.map(({ body }) => body.params.clientInfo)).toEqual([INITIALIZE.clientInfo, INITIALIZE.clientInfo]);
  expect(server.seen.filter(({ body }) => body?.method === 'notifications/initialized')).toHaveLength(2);
  const last = server.seen.at(-1)!;
  expect([last.method, last.headers['mcp-session-id']]).toEqual(['DELETE', 's2']);
  for (const { body, headers } of server.seen) {
    expect(headers['mcp-protocol-version']).toBe(body?.method === 'initialize' ? undefined : '2025-06-18');
  }
});

test('what the server asks of the client by itself goes to and fro, and its stream is opened again', async () => {
  const server = await sessions();
  const shim = shimTo(server.url);
  for (const message of [request('initialize', INITIALIZE, 1), INITIALIZED]) shim.send(message);
  await expect.poll(() => server.streams).toHaveLength(1);
  server.streams[0]!.end(event({ jsonrpc: '2.0', id: 7, method: 'elicitation/create', params: {} }));
  expect((await shim.lines(2))[1]).toMatchObject({ id: 7, method: 'elicitation/create' });
  shim.send({ jsonrpc: '2.0', id: 7, result: { action: 'decline' } });
  await expect.poll(() => server.seen.find(({ body }) => body?.id === 7)?.body.result).toEqual({ action: 'decline' });
  await expect.poll(() => server.streams).toHaveLength(2);
});

test('a call that is given up: the server is told by the 2025 protocols, and hears the end of the connection by the other', async () => {
  const server = await sessions();
  const shim = shimTo(server.url);
  for (const message of [request('initialize', INITIALIZE, 1), INITIALIZED, call('slow', {}, 2)]) shim.send(message);
  await expect.poll(() => server.waiting).toHaveLength(1);
  const cancelled = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 2 } };
  shim.send(cancelled);
  await expect.poll(() => server.waiting[0]!.destroyed).toBe(true);
  expect(server.seen.find(({ body }) => body?.method === 'notifications/cancelled')?.body).toEqual(cancelled);
  const closed: Promise<unknown>[] = [];
  const other = await fake(({ seen, request: message }) => {
    closed.push(new Promise((resolve) => message.socket.on('close', () => resolve(seen.body.id))));
  });
  const recent = shimTo(other.url);
  recent.send(ask(2));
  await expect.poll(() => closed).toHaveLength(1);
  recent.send(cancelled);
  expect(await closed[0]).toBe(2);
  for (const one of [shim, recent]) one.end();
  await Promise.all([shim.done, recent.done]);
  expect([shim.all.map(({ id }) => id), recent.all]).toEqual([[1], []]);
  expect(other.seen).toHaveLength(1);
});

test('a server that is not there, and one whose certificate nobody vouches for, which gets no token', async () => {
  const { url, seen } = await fake(({ response }) => json(response, 200, result(1)), loopbackIdentity());
  const gone = await fake(() => undefined);
  await endings.pop()!();
  for (const [target, message] of [[url, /certificate/] as const, [gone.url, /cannot be reached/] as const]) {
    const shim = shimTo(target);
    shim.send(ask(1));
    const { error } = (await shim.lines(1))[0].result.structuredContent;
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) });
  }
  expect(seen).toEqual([]);
});
