/** Bodies that are none, too large, too deep or too many, and bodies that say another thing than their headers. */
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { entriesAfter, lastSeq } from '../support/gate-rig.js';
import {
  callTool,
  type Got,
  messagesIn,
  printed,
  send,
  Session,
  stateless,
  toolCall,
  Wire,
  without,
} from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { request } from '../support/line-client.js';
import { byName, makeSafe, REASON, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-bodies-2046';
const MIB = 2 ** 20;
let safe: TestSafe;
let rig: Rig;
let token: string;
let call: ReturnType<typeof toolCall>;
let before: number;

beforeAll(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  ({ token } = await safe.token('bot', ['Personal']));
  call = toolCall(token, 'get_item', { item: 'Orders', fields: ['password'] });
  rig = await serveSafe(safe);
});

afterAll(async () => {
  await rig.close();
  await safe.end();
});

beforeEach(() => {
  before = lastSeq(safe.file);
  rig.logs.length = 0;
});

function expectNothing(got: Got): void {
  expect(got.text).not.toMatch(/canary|Orders/);
  expect(lastSeq(safe.file)).toBe(before);
  expect(rig.logs.filter(({ message }) => message === 'a fault')).toEqual([]);
}

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const BAD: readonly (readonly [what: string, change: () => Partial<typeof call> | { body: Buffer }, status: number])[] =
  [
    ['no JSON', () => ({ body: '{"jsonrpc":' }), 400],
    ['an empty body', () => ({ body: '' }), 400],
    ['bytes that are no UTF-8', () => ({ body: Buffer.from(call.body.replace('Orders', 'Ordérs'), 'latin1') }), 400],
    ['UTF-16', () => ({ body: Buffer.from(call.body, 'utf16le') }), 400],
    ['a mark of byte order', () => ({ body: `\ufeff${call.body}` }), 400],
    ['two messages', () => ({ body: `${call.body}${call.body}` }), 400],
    ['a batch', () => ({ body: `[${call.body}]` }), 400],
    ['an empty batch', () => ({ body: '[]' }), 400],
    ['null', () => ({ body: 'null' }), 400],
    ['a number', () => ({ body: '5' }), 400],
    ['a text', () => ({ body: '"tools/call"' }), 400],
    ['no version of JSON-RPC', () => ({ body: call.body.replace('"jsonrpc":"2.0",', '') }), 400],
    ['an id that is an object', () => ({ body: call.body.replace(/"id":[0-9]+/, '"id":{}') }), 400],
    ['100,000 arrays in the arguments', () => ({ body: call.body.replace('["password"]', nested(100_000)) }), 400],
    [
      '100,000 arrays beside them',
      () => ({ body: call.body.replace('"_meta":{', `"_meta":{"x":${nested(100_000)},`) }),
      400,
    ],
    ['arrays that are never closed', () => ({ body: '['.repeat(500_000) }), 400],
    ['a body that is too large', () => ({ body: call.body + ' '.repeat(MIB) }), 413],
    ['text', () => ({ headers: { ...call.headers, 'content-type': 'text/plain' } }), 415],
    ['a form', () => ({ headers: { ...call.headers, 'content-type': 'application/x-www-form-urlencoded' } }), 415],
    ['no type', () => ({ headers: { ...call.headers, 'content-type': '' } }), 415],
    ['a compressed body', () => ({ headers: { ...call.headers, 'content-encoding': 'gzip' } }), 415],
    [
      'a body that says it is compressed with nothing',
      () => ({ headers: { ...call.headers, 'content-encoding': 'identity' } }),
      415,
    ],
  ];

test.each(BAD)('%s: nothing is given, and no entry says that it was', async (_, change, status) => {
  const got = await send(rig.port, { ...call, ...change() });
  expect(got.status).toBe(status);
  expect(got.message.error).toMatchObject({ code: expect.any(Number), message: expect.any(String) });
  expectNothing(got);
});

test('the same in a session', async () => {
  const session = await Session.begin(rig.port, token);
  before = lastSeq(safe.file);
  for (const body of [
    nested(100_000),
    `{"a":${nested(100_000)}}`,
    '[]',
    'null',
    '5',
    '{"jsonrpc":"2.0","id":{},"method":"ping"}',
  ]) {
    const got = await send(rig.port, { method: 'POST', headers: session.headers(), body });
    expect(got.status).toBe(400);
    expectNothing(got);
  }
});

test('a body that is nested as far as may be, and brackets in texts, are read', async () => {
  const deep = await send(rig.port, { ...call, body: call.body.replace('["password"]', nested(240)) });
  expect(deep.message.result.structuredContent.error.code).toBe('invalid_request');
  const reason = `Look at ${'[{"\\'.repeat(40)}, which is a text`;
  const body = JSON.stringify({ ...JSON.parse(call.body), x: '[{"\\'.repeat(2_000) });
  expect((await send(rig.port, toolCall(token, 'get_item', { item: 'Orders', reason }))).status).toBe(200);
  expect((await send(rig.port, { ...call, body })).text).not.toContain('nests deeper');
});

test('a body without a length is cut off where it is too large', async () => {
  const { headers } = call;
  const got = await new Promise<string>((resolve, reject) => {
    const sent = httpRequest({
      port: rig.port,
      host: '127.0.0.1',
      method: 'POST',
      path: '/mcp',
      headers,
      agent: false,
    });
    sent.once('error', reject).once('response', (answer) => {
      expect(answer.statusCode).toBe(413);
      resolve(text(answer));
    });
    sent.write(call.body);
    sent.end(' '.repeat(4 * MIB));
  });
  expect(messagesIn(got)[0].error.message).toContain('1048576 bytes');
  expect(lastSeq(safe.file)).toBe(before);
});

test('bodies of many that are never finished are held up to a bound, and short calls are served meanwhile', async () => {
  const headers = { ...call.headers, 'content-length': String(MIB) };
  const head = printed({ ...call, headers, body: '' }).replace('content-length: 0\r\n', '');
  const wires = Array.from({ length: 80 }, () => new Wire(rig.port).write(head).write(Buffer.alloc(MIB - 1, ' ')));
  await Promise.race(wires.map((wire) => wire.until(/503 Service Unavailable/)));
  const refused = wires.find((wire) => wire.received !== '');
  expect(refused?.received).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 1/i);
  expect((await callTool(rig.port, token, 'whoami')).token.name).toBe('bot');
  for (const wire of wires) wire.socket.destroy();
  // what they held is free again
  await expect
    .poll(async () => (await send(rig.port, { ...call, body: call.body + ' '.repeat(MIB / 2) })).status)
    .toBe(200);
});

test('keys like __proto__ in the arguments are refused and recorded, as over stdio', async () => {
  const session = await Session.begin(rig.port, token);
  for (const key of ['__proto__', 'constructor']) {
    before = lastSeq(safe.file);
    const args = `{"item":"Orders","reason":${JSON.stringify(REASON)},"${key}":{"fields":["password"]}}`;
    const old = `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"get_item","arguments":${args}}}`;
    const body = call.body.replace(/"arguments":\{.*?\},"_meta"/, `"arguments":${args},"_meta"`);
    const got = [
      await send(rig.port, { ...call, body }),
      await send(rig.port, { method: 'POST', headers: session.headers(), body: old }),
    ];
    for (const { message } of got) expect(message.result.structuredContent.error.code).toBe('invalid_request');
    expect(entriesAfter(safe.file, before).map(({ action, code }) => [action, code])).toEqual([
      ['item.read', 'invalid_request'],
      ['item.read', 'invalid_request'],
    ]);
  }
  expect(Object.prototype).not.toHaveProperty('fields');
});

test('a call without an id is no call: nobody would be answered', async () => {
  const got = await send(rig.port, { ...call, body: call.body.replace(/"id":[0-9]+,/, '') });
  expect([got.status, got.text]).toEqual([202, '']);
  const session = await Session.begin(rig.port, token);
  before = lastSeq(safe.file);
  const message = request('tools/call', { name: 'get_item', arguments: { item: 'Orders' } });
  expect((await session.post({ ...message, id: undefined })).status).toBe(202);
  expect(lastSeq(safe.file)).toBe(before);
});

test('a method that there is not', async () => {
  const got = await send(rig.port, stateless(token, 'secrets/reveal', { name: 'Orders' }));
  expect([got.status, got.message.error.code]).toEqual([404, -32601]);
  const session = await Session.begin(rig.port, token);
  before = lastSeq(safe.file);
  expect((await session.post(request('secrets/reveal', {}))).message.error.code).toBe(-32601);
  expectNothing(got);
});

const HEADERS: readonly (readonly [header: string, value: string | undefined])[] = [
  ['mcp-method', 'tools/list'],
  ['mcp-method', ''],
  ['mcp-method', undefined],
  ['mcp-name', 'whoami'],
  ['mcp-name', 'GET_ITEM'],
  ['mcp-name', undefined],
  ['mcp-protocol-version', '2025-06-18'],
  ['mcp-protocol-version', '2099-01-01'],
  ['mcp-protocol-version', undefined],
];

test.each(HEADERS)('the header %s: %s, and a body that says another thing: nothing is given', async (name, value) => {
  const others = without(call.headers, name);
  const got = await send(rig.port, { ...call, headers: value === undefined ? others : { ...others, [name]: value } });
  expect([got.status, got.message.error.code]).toEqual([400, -32020]);
  expectNothing(got);
});

test.each([
  ['mcp-method', 'tools/list'],
  ['mcp-name', 'whoami'],
])('in a session, too, the header %s may not say another thing', async (name, value) => {
  const session = await Session.begin(rig.port, token);
  before = lastSeq(safe.file);
  const params = { name: 'get_item', arguments: { item: 'Orders', fields: ['password'], reason: REASON } };
  const asked = { method: 'POST', body: JSON.stringify(request('tools/call', params)) };
  const got = await send(rig.port, { ...asked, headers: { ...session.headers(), [name]: value } });
  expect([got.status, got.message.error.code]).toEqual([400, -32020]);
  expectNothing(got);
  const right = { ...session.headers(), 'mcp-method': 'tools/call', 'mcp-name': 'get_item' };
  expect((await send(rig.port, { ...asked, headers: right })).text).toContain(SECRET);
});

test('the version of the protocol in a header alone does not make a stateless request of one of a session', async () => {
  const session = await Session.begin(rig.port, token);
  before = lastSeq(safe.file);
  const params = { name: 'get_item', arguments: { item: 'Orders', fields: ['password'], reason: REASON } };
  for (const version of ['2026-07-28', '1999-01-01', 'x']) {
    const headers = { ...session.headers(), 'mcp-protocol-version': version };
    const got = await send(rig.port, { method: 'POST', headers, body: JSON.stringify(request('tools/call', params)) });
    expect([version, got.status]).toEqual([version, 400]);
    expectNothing(got);
  }
});
