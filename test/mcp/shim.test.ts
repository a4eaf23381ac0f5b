/** `mcp --connect`, with real clients, over a real server. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client as RecentClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as RecentTransport } from '@modelcontextprotocol/client/stdio';
import { Client as SingleClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as SingleTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ElicitRequestSchema, ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loopbackIdentity } from '../support/certificate.js';
import { call, INITIALIZE, type Json, modern, request } from '../support/line-client.js';
import { CLIENTS, SELF } from '../support/mcp-clients.js';
import { byName, makeSafe, REASON, type TestSafe } from '../support/safe.js';
import { PROGRAM, startServe, startShim, tokenFile, type ServeProcess } from '../support/serve-process.js';

const SECRET = 'canary-9b2e-password';
const READ = { vault: 'Production', item: 'Orders', fields: ['password'] };
const INITIALIZED = { jsonrpc: '2.0', method: 'notifications/initialized' };

let safe: TestSafe;
let server: ServeProcess;

beforeAll(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Production'), { type: 'login', title: 'Orders', fields });
  server = await startServe(safe, ['--listen', '127.0.0.1:0', '--socket', socket('mcp')], 2);
});

afterAll(async () => {
  await server.stop();
  await safe.end();
});

const socket = (name: string): string => join(dirname(safe.places.home), `${name}.sock`);

/** How a client starts the shim as a token that it makes. */
async function shimAs(name: string, at: number): Promise<{ args: string[]; env: Record<string, string> }> {
  const { token } = await safe.token(name, ['Production']);
  const args = [PROGRAM, 'mcp', '--connect', server.places[at]!, '--token-file', tokenFile(safe, name, token)];
  return { args, env: { HOME: '/nonexistent' } };
}

const WAYS = [0, 1].flatMap((at) =>
  CLIENTS.map(([name, connect], n) => [at === 0 ? 'TCP' : 'a Unix socket', name, connect, { at, n }] as const),
);

test.each(WAYS)(
  'over %s, %s: tools, a secret for a reason, no secret without one',
  async (_place, _name, connect, on) => {
    const name = `day-${on.at}-${on.n}`;
    const client = await connect(await shimAs(name, on.at));
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name)).toEqual(expect.arrayContaining(['whoami', 'get_item']));
    expect(client.getServerVersion()?.name).toBe('vouchsafe');
    const read = await client.callTool({ name: 'get_item', arguments: { ...READ, reason: REASON } });
    expect(JSON.stringify(read.structuredContent)).toContain(SECRET);
    const refused = await client.callTool({ name: 'get_item', arguments: READ });
    expect(refused).toMatchObject({ isError: true, structuredContent: { error: { code: 'reason_required' } } });
    expect((await client.getPrompt({ name: 'draft_reason', arguments: { task: REASON } })).messages).toHaveLength(1);
    await safe.owner.deleteToken(byName(name), { rotate: false });
    const ended = await client.callTool({ name: 'get_item', arguments: { ...READ, reason: REASON } });
    expect(ended).toMatchObject({ isError: true, structuredContent: { error: { code: 'unauthenticated' } } });
    expect(ended.structuredContent.error.next.length).toBeGreaterThan(20);
    expect(JSON.parse(ended.content[0].text)).toEqual(ended.structuredContent);
    await client.close();
    const { data } = await safe.owner.listEntries({ query: `agent:${name}`, limit: 10 });
    expect(ended.structuredContent.receipt.seq).toBeGreaterThan(data[0]!.seq);
    const calls = data.filter(({ action }) => action !== 'session.whoami');
    expect(calls.map(({ outcome }) => outcome)).toEqual(['refused', 'granted']);
    for (const entry of calls) expect(entry).toMatchObject({ client: SELF, transport: 'http' });
  },
);

test('a change to the tools reaches a client of the 2025 protocol, and the owner’s page is offered', async () => {
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Production'), { type: 'login', title: 'Asked', fields }, { approve: true });
  await safe.owner.setSetting('console.url', 'https://vault.example.com/console');
  const client = new SingleClient(SELF, { capabilities: { elicitation: { url: {} } } });
  const [asked, told]: Json[][] = [[], []];
  client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
    asked!.push(params);
    return { action: 'decline' };
  });
  client.setNotificationHandler(ToolListChangedNotificationSchema, (message) => void told!.push(message));
  await client.connect(
    new SingleTransport({ command: process.execPath, ...(await shimAs('old', 0)), stderr: 'ignore' }),
  );
  await client.listTools();
  const read = { ...READ, item: 'Asked', reason: REASON };
  const { structuredContent } = (await client.callTool({ name: 'get_item', arguments: read })) as Json;
  await expect.poll(() => asked).toMatchObject([{ elicitationId: structuredContent.error.request.id }]);
  await safe.owner.grant({ token: byName('old'), vault: byName('Production'), role: 'editor' });
  await client.callTool({ name: 'whoami', arguments: {} });
  await expect.poll(() => told).toHaveLength(1);
  expect((await client.listTools()).tools.map(({ name }) => name)).toContain('create_item');
  await client.close();
});

test('the same by 2026-07-28, which listens', async () => {
  const client = new RecentClient(SELF, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  const told: Json[] = [];
  client.setNotificationHandler('notifications/tools/list_changed', (message) => void told.push(message));
  await client.connect(
    new RecentTransport({ command: process.execPath, ...(await shimAs('new', 1)), stderr: 'ignore' }),
  );
  const listening = await client.listen({ toolsListChanged: true });
  expect(listening.honoredFilter).toEqual({ toolsListChanged: true });
  await client.listTools();
  await safe.owner.grant({ token: byName('new'), vault: byName('Production'), role: 'editor' });
  await client.callTool({ name: 'whoami', arguments: {} });
  await expect.poll(() => told).toHaveLength(1);
  await listening.close();
  expect(await listening.closed).toBe('local');
  await client.callTool({ name: 'whoami', arguments: {} });
  await client.close();
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'a server that ends by %s and comes back: errors in between, then all goes on, and what may have changed is told',
  async (signal) => {
    const { token } = await safe.token(`restart-${signal}`, ['Production']);
    let other = await startServe(safe, ['--socket', socket('restart')]);
    const [old, recent] = [startShim(other.places[0]!, token), startShim(other.places[0]!, token)];
    for (const message of [request('initialize', INITIALIZE, 1), INITIALIZED, request('tools/list', {}, 2)])
      old.send(message);
    recent.send(modern('subscriptions/listen', { notifications: { toolsListChanged: true } }, 'listen'));
    const [acknowledged] = await recent.lines(1);
    expect(acknowledged.method).toBe('notifications/subscriptions/acknowledged');
    await old.lines(2);
    await other.stop(signal);
    old.send(call('whoami', {}, 3));
    recent.send(modern('tools/list', {}, 3));
    const refused = (await old.lines(3))[2];
    expect(refused).toMatchObject({ id: 3, result: { isError: true } });
    expect(refused.result.structuredContent.error).toMatchObject({ code: 'unavailable', next: expect.any(String) });
    expect((await recent.lines(2))[1]).toMatchObject({
      id: 3,
      error: { code: -32603, message: expect.stringMatching(/^unavailable: /) },
    });
    other = await startServe(safe, ['--socket', socket('restart')]);
    old.send(call('whoami', {}, 4));
    const more = (await old.lines(5)).slice(3);
    expect(more.find(({ id }) => id === 4).result.structuredContent.token.name).toBe(`restart-${signal}`);
    expect(more.find(({ method }) => method !== undefined).method).toBe('notifications/tools/list_changed');
    expect((await recent.lines(3))[2]).toMatchObject({
      method: 'notifications/tools/list_changed',
      params: { _meta: { 'io.modelcontextprotocol/subscriptionId': 'listen' } },
    });
    for (const shim of [old, recent]) {
      shim.end();
      expect(await shim.ended).toEqual({ code: 0, signal: null });
      expect(shim.stderr()).not.toContain(token);
    }
    await other.stop();
  },
);

test('three hundred calls at once and then the end of input: every one is answered and has its entry', async () => {
  const { token } = await safe.token('flood', ['Production']);
  for (const isModern of [false, true]) {
    const shim = startShim(server.places[1]!, token);
    if (!isModern) for (const message of [request('initialize', INITIALIZE, 0), INITIALIZED]) shim.send(message);
    for (let id = 1; id <= 150; id += 1) {
      const asked = { name: id % 3 === 0 ? 'nothing' : 'get_item', arguments: { ...READ, reason: REASON } };
      shim.send(isModern ? modern('tools/call', asked, id) : request('tools/call', asked, id));
    }
    shim.end();
    expect((await shim.ended).code).toBe(0);
    const answers = shim.all.filter(({ id }) => id > 0);
    expect(new Set(answers.map(({ result }) => result.structuredContent.receipt.seq)).size).toBe(150);
  }
  expect(server.log()).not.toContain(token);
});

test('lines that are no messages are answered and pass nothing on', async () => {
  const { token } = await safe.token('garbage', ['Production']);
  const shim = startShim(server.places[0]!, token);
  for (const line of ['nonsense\n', '[]\n', '{"jsonrpc":"2.0"}\n', '\n', Buffer.from([0xff, 0x0a])]) shim.send(line);
  shim.send(`{"jsonrpc":"2.0","id":1,"method":"${'x'.repeat(1024 * 1024)}"}\n`);
  shim.send(modern('tools/call', { name: 'whoami', arguments: {} }, 9));
  shim.send(modern('tools/call', { name: 'vàult\n', arguments: { reason: REASON } }, 10));
  shim.send(modern('nothing/such', {}, 11));
  shim.send(call('whoami', {}, 12));
  shim.end();
  await shim.ended;
  const answers = new Map(shim.all.map((message) => [message.id, message]));
  expect(shim.all.filter(({ id }) => id === null).map(({ error }) => error.code)).toEqual([
    -32700, -32600, -32600, -32700, -32600,
  ]);
  expect(answers.get(9).result.structuredContent.token.name).toBe('garbage');
  expect(answers.get(10).result.structuredContent.error.code).toBe('invalid_request');
  expect(answers.get(11).error.code).toBe(-32601);
  expect(answers.get(12).error.message).toMatch(/initialize/);
});

const UNUSABLE: readonly [name: string, token: string | undefined, told: RegExp][] = [
  ['no token', undefined, /is not set/],
  ['an empty one', '', /empty/],
  ['a variable that the client did not replace', '${VOUCHSAFE_PERSONAL_ACCESS_TOKEN}', /name of a variable/],
  ['something else', 'hunter2-not-a-token', /not a whole token/],
  ['one of another safe', `vsp_${'A'.repeat(64)}::${'B'.repeat(43)}`, /no usable token|status 401/],
];

test.each(UNUSABLE)('%s: every request is refused, and the owner told why', async (_name, text, told) => {
  const shim = startShim(server.places[0]!, text);
  shim.send(request('initialize', INITIALIZE, 1));
  shim.send(INITIALIZED);
  shim.send(call('get_item', { ...READ, reason: REASON }, 2));
  shim.send(modern('tools/list', {}, 3));
  shim.end();
  expect((await shim.ended).code).toBe(0);
  const answers = new Map(shim.all.map((message) => [message.id, message]));
  const { error, receipt } = answers.get(2).result.structuredContent;
  expect(error).toMatchObject({ code: 'unauthenticated', next: expect.stringMatching(/--token-file/) });
  expect(receipt.seq).toBeGreaterThan(0);
  for (const id of [1, 3]) expect(answers.get(id).error.data.error.code).toBe('unauthenticated');
  expect(shim.stderr()).toMatch(told);
  expect(shim.stderr() + JSON.stringify(shim.all)).not.toMatch(/hunter2|AAAA/);
});

test('over TLS the certificate is checked, whatever the environment says', async () => {
  const { token } = await safe.token('tls', ['Production']);
  const { key, cert } = loopbackIdentity();
  const folder = dirname(safe.places.home);
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  writeFileSync(keyFile, key);
  writeFileSync(certFile, cert);
  const tls = await startServe(safe, ['--listen', '127.0.0.1:0', '--tls-cert', certFile, '--tls-key', keyFile]);
  expect(tls.places[0]).toMatch(/^https:/);
  const asked = modern('tools/call', { name: 'whoami', arguments: {} }, 1);
  const trusting = startShim(tls.places[0]!, token, { NODE_EXTRA_CA_CERTS: certFile });
  trusting.send(asked);
  expect((await trusting.lines(1))[0].result.structuredContent.token.name).toBe('tls');
  const careless = startShim(tls.places[0]!, token, { NODE_TLS_REJECT_UNAUTHORIZED: '0' });
  careless.send(asked);
  const [{ result }] = await careless.lines(1);
  expect(result.structuredContent.error).toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/certificate/),
  });
  for (const shim of [trusting, careless]) {
    shim.end();
    await shim.ended;
  }
  await tls.stop();
});

const WRONG = [
  '',
  'nonsense',
  'ftp://127.0.0.1/',
  'http://example.com/mcp',
  'https://me:hunter2@example.com/',
  'unix:',
];

test.each(WRONG)('--connect %j is one clear error, which repeats nothing', async (place) => {
  const shim = startShim(place, undefined);
  shim.end();
  expect(await shim.ended).toEqual({ code: 2, signal: null });
  expect(shim.all).toEqual([]);
  expect(shim.stderr()).toMatch(/--connect/);
  expect(shim.stderr().trim().split('\n')).toHaveLength(2);
  expect(shim.stderr()).not.toMatch(/hunter2|nonsense/);
});

test('variables that name a proxy change nothing', async () => {
  const { token } = await safe.token('proxied', ['Production']);
  const proxy = 'http://127.0.0.1:9';
  const env = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy, http_proxy: proxy, ALL_PROXY: proxy };
  const shim = startShim(server.places[0]!, token, env);
  shim.send(modern('tools/call', { name: 'whoami', arguments: {} }, 1));
  expect((await shim.lines(1))[0].result.structuredContent.token.name).toBe('proxied');
  shim.end();
  await shim.ended;
});
