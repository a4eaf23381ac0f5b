/** Sessions of the 2025 protocols: whose they are, how many, and how long. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Sessions } from '../../src/serve/sessions.js';
import { createMcpServer } from '../../src/mcp/server.js';
import { fakeDoor } from '../support/fake-door.js';
import { entriesAfter, lastSeq } from '../support/gate-rig.js';
import { callTool, send, Session, without } from '../support/http-requests.js';
import { type Rig, serveSafe } from '../support/http-rig.js';
import { INITIALIZE, request } from '../support/line-client.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-sessions-7781';
const read = { item: 'Orders', fields: ['password'] };
let safe: TestSafe;
let rig: Rig;
let mine: string;
let theirs: string;
let before: number;

beforeAll(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  mine = (await safe.token('mine', ['Personal'])).token;
  theirs = (await safe.token('theirs')).token;
  rig = await serveSafe(safe);
});

afterAll(async () => {
  await rig.close();
  await safe.end();
});

beforeEach(() => {
  before = lastSeq(safe.file);
});

const body = JSON.stringify(request('tools/call', { name: 'get_item', arguments: { ...read, reason: 'Read it all' } }));

test('a session of another token is not there: nothing is given, told or ended', async () => {
  const session = await Session.begin(rig.port, mine);
  const stream = await session.stream();
  const none = await send(rig.port, {
    method: 'POST',
    headers: { ...session.headers(theirs), 'mcp-session-id': 'x' },
    body,
  });
  for (const method of ['POST', 'GET', 'DELETE']) {
    const asked = { method, headers: session.headers(theirs), ...(method === 'POST' ? { body } : {}) };
    const got = await send(rig.port, asked);
    expect([method, got.status]).toEqual([method, 404]);
    expect(got.message).toEqual(none.message);
    expect(got.headers['mcp-session-id']).toBeUndefined();
  }
  expect(lastSeq(safe.file)).toBe(before);
  expect((await session.call('get_item', read)).text).toContain(SECRET);
  expect(entriesAfter(safe.file, before)).toHaveLength(1);
  stream.end();
});

test('a session without a token, or with one that is not usable, is not served', async () => {
  const session = await Session.begin(rig.port, mine);
  const bare = without(session.headers(), 'authorization');
  for (const headers of [bare, session.headers('vsp_x'), session.headers(`${mine}x`)]) {
    const got = await send(rig.port, { method: 'POST', headers, body });
    expect(got.status).toBe(401);
    expect(got.text).not.toContain('canary');
  }
});

test('an id that was guessed, or is none, is not there', async () => {
  const session = await Session.begin(rig.port, mine);
  const guesses = ['', ' ', 'x', '0', '__proto__', session.id.toUpperCase(), session.id.slice(0, -1), `${session.id}0`];
  for (const id of [...guesses, `${session.id},${session.id}`, '00000000-0000-4000-8000-000000000000']) {
    const got = await send(rig.port, { method: 'POST', headers: { ...session.headers(), 'mcp-session-id': id }, body });
    expect([id, got.status]).toEqual([id, 404]);
    expect(got.text).not.toContain(session.id);
  }
  expect(lastSeq(safe.file)).toBe(before);
});

test('a request without a session, which needs one, begins none', async () => {
  const session = await Session.begin(rig.port, mine);
  const headers = without(session.headers(), 'mcp-session-id');
  for (const asked of [{ method: 'POST', body }, { method: 'GET' }, { method: 'DELETE' }]) {
    const got = await send(rig.port, { ...asked, headers });
    expect([asked.method, got.status]).toEqual([asked.method, 400]);
    expect(got.headers['mcp-session-id']).toBeUndefined();
  }
  expect(lastSeq(safe.file)).toBe(before);
});

test('initialize a second time changes nothing, and a recorded one begins another session', async () => {
  const session = await Session.begin(rig.port, mine);
  const again = await session.post(
    request('initialize', { ...INITIALIZE, clientInfo: { name: 'other', version: '2' } }),
  );
  expect(again.status).toBe(400);
  await session.call('get_item', read);
  const [entry] = (await safe.owner.listEntries({ query: '', limit: 1 })).data;
  expect(entry?.client.name).toBe(INITIALIZE.clientInfo.name);
  expect((await Session.begin(rig.port, mine)).id).not.toBe(session.id);
});

test('an end is an end', async () => {
  const session = await Session.begin(rig.port, mine);
  const stream = await session.stream();
  expect((await send(rig.port, { method: 'DELETE', headers: session.headers() })).status).toBe(200);
  expect(await stream.ended).toEqual([]);
  expect((await session.call('get_item', read)).status).toBe(404);
  expect((await send(rig.port, { method: 'DELETE', headers: session.headers() })).status).toBe(404);
});

test('a token has 64 sessions at most: the one that was used least ends, and no other token’s', async () => {
  const other = await Session.begin(rig.port, theirs);
  const first = await Session.begin(rig.port, mine);
  const second = await Session.begin(rig.port, mine);
  const open = [];
  for (let n = 2; n < 64; n += 1) open.push(await Session.begin(rig.port, mine));
  expect((await first.call('whoami')).status).toBe(200);
  open.push(await Session.begin(rig.port, mine));
  expect((await second.call('whoami')).status).toBe(404);
  for (const session of [first, other, open[0], open.at(-1)]) expect((await session?.call('whoami'))?.status).toBe(200);
});

test('a session that was not used for half an hour is ended', async () => {
  const sessions = new Sessions(() => createMcpServer(fakeDoor(), { version: '0', report: () => undefined }));
  const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
  const asked = request('initialize', INITIALIZE);
  const post = (more: Record<string, string> = {}): Request =>
    new Request('http://localhost/mcp', { method: 'POST', headers: { ...headers, ...more } });
  const begun = await sessions.handle(post(), asked);
  const of = { 'mcp-session-id': begun.headers.get('mcp-session-id') ?? '' };
  await begun.text();
  sessions.endIdle(performance.now() + 29 * 60_000);
  expect((await sessions.handle(post(of), request('ping'))).status).toBe(200);
  sessions.endIdle(performance.now() + 31 * 60_000);
  expect(sessions.size).toBe(0);
  await expect(sessions.handle(post(of), request('ping'))).rejects.toMatchObject({ status: 404 });
  await sessions.close();
});

test('a client that lost its stream opens it again', async () => {
  const session = await Session.begin(rig.port, mine);
  const stream = await session.stream();
  expect((await send(rig.port, { headers: { ...session.headers(), accept: 'text/event-stream' } })).status).toBe(409);
  stream.end();
  await expect
    .poll(async () => {
      const again = await session.stream();
      again.end();
      return again.status;
    })
    .toBe(200);
});

test('a session does not stand in the way of stateless requests of the same token', async () => {
  await Session.begin(rig.port, mine);
  expect((await callTool(rig.port, mine, 'whoami')).token.name).toBe('mine');
});
