/** What the server tells of itself, and to whom. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readNetwork } from '../../src/core/network.js';
import { captureStderr } from '../support/gate-rig.js';
import { callTool, listening, printed, send, Session, toolCall, Wire } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { withRaw } from '../support/raw.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-health-4466';
captureStderr();
let safe: TestSafe;
let rig: Rig | undefined;
let token: string;
let id: string;

beforeEach(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders-title', fields });
  ({ token, id } = await safe.token('bot-name', ['Personal']));
});

afterEach(async () => {
  await rig?.close();
  rig = undefined;
  await safe.end();
});

/** The value of each figure by its name and labels. */
function figuresIn(text: string): Readonly<Record<string, number>> {
  const lines = text.split('\n').filter((line) => line.startsWith('vouchsafe_'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

test('the figures count what was asked, by labels that tell of no token, title or secret', async () => {
  rig = await serveSafe(safe);
  const { port } = rig;
  for (let n = 0; n < 3; n += 1)
    await callTool(port, token, 'get_item', { item: 'Orders-title', fields: ['password'] });
  await callTool(port, token, 'get_item', { item: 'Orders-title', reason: '' });
  await callTool(port, token, `tool-${SECRET}`);
  await callTool(port, token, `other-${token}`);
  await send(port, toolCall(null, 'get_item'));
  await send(port, { path: `/${SECRET}` });
  const session = await Session.begin(port, token);
  const stream = await listening(port, token);
  const { status, text } = await send(port, { path: '/metrics' });
  expect(status).toBe(200);
  expect(figuresIn(text)).toMatchObject({
    'vouchsafe_calls_total{tool="get_item",outcome="granted"}': 3,
    'vouchsafe_calls_total{tool="get_item",outcome="reason_required"}': 1,
    'vouchsafe_calls_total{tool="unknown",outcome="invalid_request"}': 2,
    vouchsafe_call_seconds_count: 6,
    'vouchsafe_http_requests_total{endpoint="/mcp",status="401"}': 1,
    'vouchsafe_http_requests_total{endpoint="other",status="404"}': 1,
    vouchsafe_tokens_open: 1,
    vouchsafe_sessions: 1,
    vouchsafe_safe_whole: 1,
  });
  expect(text).not.toMatch(/canary|vsp_|bot-name|Orders|Personal/);
  for (const told of [id, token, session.id, safe.places.home]) expect(text).not.toContain(told);
  expect(JSON.stringify(rig.logs)).not.toMatch(/canary|vsp_|bot-name|Orders/);
  stream.end();
});

test('a client that was gone before its answer is not counted as answered', async () => {
  rig = await serveSafe(safe);
  const { port } = rig;
  const { body, ...head } = toolCall(token, 'whoami');
  const wire = new Wire(port).write(
    printed(head).replace('\r\n\r\n', `\r\ncontent-length: ${String(body.length)}\r\n\r\n`),
  );
  await new Promise((resolve) => wire.socket.once('connect', resolve));
  wire.write('{');
  await expect
    .poll(async () => figuresIn((await send(port, { path: '/metrics' })).text)['vouchsafe_connections'])
    .toBe(2);
  wire.socket.destroy();
  const gone = 'vouchsafe_http_requests_total{endpoint="/mcp",status="499"}';
  await expect.poll(async () => figuresIn((await send(port, { path: '/metrics' })).text)[gone]).toBe(1);
});

test('the figures are not read through a proxy, nor by others, but where the owner said', async () => {
  const proxy = readNetwork('--behind-proxy', '127.0.0.1');
  const through = { 'x-forwarded-for': '203.0.113.7' };
  rig = await serveSafe(safe);
  expect((await send(rig.port, { path: '/metrics', headers: through })).status).toBe(404);
  await rig.close();
  rig = await serveSafe(safe, { proxies: { networks: [proxy], unix: false } });
  for (const headers of [{}, through, { 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }])
    expect((await send(rig.port, { path: '/metrics', headers })).status).toBe(404);
  await rig.close();
  const metricsFrom = [readNetwork('--metrics-from', '203.0.113.0/24')];
  rig = await serveSafe(safe, { proxies: { networks: [proxy], unix: false }, metricsFrom });
  expect((await send(rig.port, { path: '/metrics', headers: through })).status).toBe(200);
  const other = { 'x-forwarded-for': '203.0.113.7, 198.51.100.1' };
  expect((await send(rig.port, { path: '/metrics', headers: other })).status).toBe(404);
});

test('a log that was damaged: not ready, everything is refused, and still alive', async () => {
  await callTool((rig = await serveSafe(safe)).port, token, 'get_item', { item: 'Orders-title' });
  await rig.close();
  withRaw(safe.file, (db) => db.exec("UPDATE entry SET at = at + 1 WHERE action = 'item.create'"));
  rig = await serveSafe(safe, {}, { verifyAfterMs: 0 });
  const { port } = rig;
  await expect.poll(async () => (await send(port, { path: '/readyz' })).status).toBe(503);
  const ready = await send(port, { path: '/readyz' });
  expect(JSON.parse(ready.text)).toEqual({
    status: 'unready',
    next: expect.stringContaining('vouchsafe audit verify'),
  });
  const got = await send(port, toolCall(token, 'get_item', { item: 'Orders-title', fields: ['password'] }));
  expect(got.status).toBe(503);
  expect(got.text).not.toContain(SECRET);
  expect((await send(port, { path: '/healthz' })).status).toBe(200);
  expect(figuresIn((await send(port, { path: '/metrics' })).text)).toMatchObject({ vouchsafe_safe_whole: 0 });
});

test('a log that is whole: ready, and verified after a moment', async () => {
  rig = await serveSafe(safe, {}, { verifyAfterMs: 0 });
  const { port } = rig;
  await expect
    .poll(async () => JSON.parse((await send(port, { path: '/readyz' })).text))
    .toEqual({ status: 'ready', verified: true });
});
