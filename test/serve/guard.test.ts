/** What is refused before anything is read of a request: other hosts, other origins, and what can be read in two ways. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lastSeq } from '../support/gate-rig.js';
import { type Asked, printed, send, toolCall, writeRaw } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-guard-9912';
let safe: TestSafe;
let rig: Rig;
let call: Asked & { headers: Record<string, string>; body: string };
let before: number;

beforeAll(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  const { token } = await safe.token('bot', ['Personal']);
  call = toolCall(token, 'get_item', { item: 'Orders', fields: ['password'] });
  rig = await serveSafe(safe, { hosts: ['safe.example.com'], origins: ['https://app.example.com'] });
});

afterAll(async () => {
  await rig.close();
  await safe.end();
});

beforeEach(() => {
  before = lastSeq(safe.file);
});

/** Nothing was given and nothing was asked of the safe; the server is well. */
async function expectNothing(answers: string): Promise<void> {
  expect(answers).not.toMatch(/200 OK|canary|vsp_/);
  expect(lastSeq(safe.file)).toBe(before);
  expect((await send(rig.port, { path: '/healthz' })).status).toBe(200);
}

const withHeaders = (headers: Record<string, string>): Asked => ({ ...call, headers: { ...call.headers, ...headers } });

const FOREIGN_HOSTS: readonly string[] = [
  ...['evil.example.com', 'evil.example.com:7777', 'safe.example.com.evil.com', 'localhost.evil.com', 'localhost.'],
  ...['127.0.0.1.evil.com', '127.0.0.2', '0.0.0.0', '[::]', '169.254.169.254', 'user@localhost', 'localhost@evil.com'],
  ...['localhost/evil', 'evil.com#@localhost', 'localhost:99999', 'localhost, evil.com', 'loc alhost', '', ':7777'],
];

test.each(FOREIGN_HOSTS)('the host “%s” is not this server', async (host) => {
  const got = await writeRaw(rig.port, printed(withHeaders({ host, connection: 'close' })));
  expect(got).toMatch(/^HTTP\/1\.1 40[03] /);
  await expectNothing(got);
});

test.each(['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:7777', 'safe.example.com', 'Safe.Example.com:443'])(
  'the host “%s” is',
  async (host) => {
    expect(await writeRaw(rig.port, printed(withHeaders({ host, connection: 'close' })))).toMatch(/^HTTP\/1\.1 200 OK/);
  },
);

test('a request without a host is refused, also by an older protocol', async () => {
  const [line, ...rest] = printed(withHeaders({ connection: 'close' })).split('\r\n');
  const without = rest.filter((header) => !header.startsWith('host:')).join('\r\n');
  const got = [
    await writeRaw(rig.port, `${line ?? ''}\r\n${without}`),
    await writeRaw(rig.port, `${line?.replace('1.1', '1.0') ?? ''}\r\n${without}`),
  ];
  for (const answer of got) expect(answer).toMatch(/^HTTP\/1\.1 40[03] /);
  await expectNothing(got.join(''));
});

const FOREIGN_ORIGINS: readonly string[] = [
  ...['https://evil.example.com', 'null', 'file://', 'file:///tmp/x.html', 'http://localhost.evil.com', ''],
  ...[
    'https://app.example.com.evil.com',
    'http://app.example.com',
    'https://app.example.com:444',
    'capacitor://localhost',
  ],
  ...[
    'http://127.0.0.2',
    'http://localhost@evil.com',
    'http://localhost, https://evil.com',
    'localhost',
    'chrome-extension://abc',
  ],
];

test.each(FOREIGN_ORIGINS)('pages of “%s” may not ask', async (origin) => {
  const got = await send(rig.port, withHeaders({ origin }));
  expect([got.status, got.message.error.code]).toEqual([403, -32000]);
  expect(got.headers['access-control-allow-origin']).toBeUndefined();
  expect(got.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  await expectNothing(got.text);
});

test.each([
  'http://localhost',
  'http://localhost:5173',
  'https://127.0.0.1:8443',
  'http://[::1]:80',
  'https://app.example.com',
])('pages of %s may', async (origin) => {
  expect((await send(rig.port, withHeaders({ origin }))).status).toBe(200);
});

/** A second header of the name, with the same value or another one. */
function doubled(name: string, value: string): string {
  const [line = '', ...rest] = printed(withHeaders({ connection: 'close' })).split('\r\n');
  return [line, `${name}: ${value}`, ...rest].join('\r\n');
}

test.each([
  ['Host', 'localhost'],
  ['hOST', 'evil.example.com'],
  ['Authorization', 'Bearer other'],
  ['Origin', 'http://localhost'],
  ['Content-Type', 'application/json'],
  ['Mcp-Session-Id', 'x'],
  ['MCP-Protocol-Version', '2025-06-18'],
  ['Mcp-Method', 'tools/list'],
  ['Mcp-Name', 'whoami'],
  ['Content-Length', '3'],
])('a second %s is refused', async (name, value) => {
  const single = doubled(name, value);
  const twice = ['Origin', 'Mcp-Session-Id'].includes(name)
    ? single.replace(`${name}: `, `${name}: x\r\n${name}: `)
    : single;
  const got = await writeRaw(rig.port, twice);
  expect(got).toMatch(/^HTTP\/1\.1 400 /);
  await expectNothing(got);
});

/** What one reader takes for one request, another may take for two: the second one is the call. */
const smuggled = (head: string, first = ''): string =>
  `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${head}\r\n\r\n${first}`;

test.each([
  ['both lengths', 'Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'],
  ['both lengths, the other way', 'Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'],
  ['two codings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', '0\r\n\r\n'],
  ['an unknown coding', 'Transfer-Encoding: xchunked', '0\r\n\r\n'],
  ['a coding behind a vertical tab', 'Transfer-Encoding:\x0bchunked', '0\r\n\r\n'],
  ['a folded coding', 'Transfer-Encoding:\r\n chunked\r\nContent-Length: 5', '0\r\n\r\n'],
  ['a space before the colon', 'Content-Length : 0', ''],
  ['two numbers', 'Content-Length: 0, 5', ''],
  ['a signed number', 'Content-Length: +0', ''],
  ['a negative number', 'Content-Length: -1', ''],
  ['a hexadecimal number', 'Content-Length: 0x0', ''],
  ['a number beyond all', 'Content-Length: 99999999999999999999999', ''],
  ['a chunk of no size', 'Transfer-Encoding: chunked', 'x\r\n'],
  ['a NUL in a header', 'X-A: a\0b\r\nContent-Length: 0', ''],
  ['a line that ends without CR', 'X-A: a\nContent-Length: 0', ''],
])('%s: refused, and what follows is not a request', async (_, head, first) => {
  const got = await writeRaw(rig.port, smuggled(head, first) + printed(withHeaders({ connection: 'close' })));
  expect(got).toMatch(/^HTTP\/1\.1 400 /);
  await expectNothing(got);
});

test('the target of a request is a path, and nothing else', async () => {
  for (const target of [
    'http://evil.example.com/mcp',
    'http://localhost/mcp',
    'localhost:80',
    '*',
    '//evil/mcp',
    '/mcp#x',
    '/mcp\\',
  ]) {
    const got = await writeRaw(rig.port, printed({ ...withHeaders({ connection: 'close' }), path: target }));
    expect([target, got]).toEqual([target, expect.stringMatching(/^HTTP\/1\.1 40[04] /)]);
    await expectNothing(got);
  }
  for (const method of ['CONNECT', 'TRACE', 'OPTIONS', 'PATCH', 'HEAD', 'POSTX']) {
    const got = await writeRaw(rig.port, printed({ ...withHeaders({ connection: 'close' }), method }));
    await expectNothing(got);
  }
});

test('headers that are too many or too long are refused', async () => {
  const got = await writeRaw(rig.port, printed(withHeaders({ connection: 'close', 'x-long': 'a'.repeat(20_000) })));
  expect(got).toMatch(/^HTTP\/1\.1 431 /);
  await expectNothing(got);
});

test('what is no HTTP at all is refused', async () => {
  for (const bytes of [
    'hello\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    '{"jsonrpc":"2.0"}\n',
  ])
    await expectNothing(await writeRaw(rig.port, Buffer.from(bytes, 'latin1')));
});
