/** One call, one entry, over HTTP: who asked, what came of it, and the request's id in the answer, the log and the entry. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseToken, printToken } from '../../src/crypto/token-string.js';
import { lastSeq } from '../support/gate-rig.js';
import { bearer, type Got, send, Session, stateless, toolCall } from '../support/http-requests.js';
import { detailsAfter, type Rig, serveSafe } from '../support/http-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-one-entry-5511';
const DAY = 24 * 60 * 60_000;
const tokens = new Map<string, string>();
let safe: TestSafe;
let rig: Rig;
let before: number;
const now = Date.now();

const tokenOf = (name: string): string => tokens.get(name) ?? '';

/** Another key half: all zero bytes. */
function withOtherKey(token: string): string {
  const parts = parseToken(token);
  if (parts === null) throw new Error('no token');
  return printToken({ ...parts, keyHalf: new Uint8Array(parts.keyHalf.length) });
}

beforeAll(async () => {
  safe = await makeSafe();
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  for (const name of ['bot', 'revoked', 'frozen'])
    tokens.set(name, (await safe.token(name, ['Personal'], 'viewer')).token);
  const expired = { name: 'expired', isAgent: true, vaults: [byName('Personal')], role: 'viewer' };
  tokens.set('expired', (await safe.owner.createToken({ ...expired, expiration: '1h' })).token);
  tokens.set('wrong key', withOtherKey(tokenOf('bot')));
  tokens.set('malformed', tokenOf('bot').slice(0, -1));
  const other = await makeSafe();
  tokens.set('unknown', (await other.token('bot', ['Personal'])).token);
  await other.end();
  rig = await serveSafe(safe);
  await safe.owner.deleteToken(byName('revoked'), { rotate: false });
  await safe.owner.freezeToken(byName('frozen'));
});

afterAll(async () => {
  await rig.close();
  await safe.end();
});

beforeEach(() => {
  safe.clock.now = now;
  before = lastSeq(safe.file);
  rig.logs.length = 0;
});

/** The one entry since the test began, and that its request is told by the same id everywhere. */
async function theEntryOf(got: Got): Promise<Awaited<ReturnType<typeof detailsAfter>>[number]> {
  const [found, ...more] = await detailsAfter(safe, before);
  if (found === undefined) throw new Error('no entry');
  expect(more).toEqual([]);
  const id = got.headers['x-request-id'];
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(found.requestId).toBe(id);
  expect(found.entry.transport).toBe('http');
  await expect
    .poll(() => rig.logs.filter((line) => line.message === 'answered').map((line) => line.request))
    .toEqual([id]);
  expect(JSON.stringify(rig.logs)).not.toMatch(/vsp_|canary/);
  return found;
}

const read = { item: 'Orders', fields: ['password'] };

test('a granted call has the secret, and one entry by its token', async () => {
  const got = await send(rig.port, toolCall(tokenOf('bot'), 'get_item', read));
  const { entry } = await theEntryOf(got);
  expect([got.status, entry.actor.name, entry.action, entry.outcome]).toEqual([200, 'bot', 'item.read', 'granted']);
  expect(got.text).toContain(SECRET);
  expect(got.message.result.structuredContent.receipt).toEqual({ seq: entry.seq, hash: entry.hash });
  expect([entry.client, entry.fields]).toEqual([{ name: 'modern-client', version: '9' }, ['password']]);
});

const REFUSED: readonly (readonly [what: string, tool: string, args: object, action: string, code: string])[] = [
  ['an item that there is not', 'get_item', { item: 'Nothing' }, 'item.read', 'not_found'],
  ['a missing reason', 'get_item', { ...read, reason: undefined }, 'item.read', 'reason_required'],
  ['an unknown tool', 'drop_table', {}, 'call.unknown', 'invalid_request'],
  ['an unknown argument', 'get_item', { ...read, colour: 1 }, 'item.read', 'invalid_request'],
  ['what a viewer may not', 'trash_item', { item: 'Orders' }, 'item.trash', 'forbidden'],
];

test.each(REFUSED)('%s is refused in the result, with one entry', async (_, tool, args, action, code) => {
  const got = await send(rig.port, toolCall(tokenOf('bot'), tool, { ...args }));
  const { entry } = await theEntryOf(got);
  expect([got.status, got.message.result.structuredContent.error.code]).toEqual([200, code]);
  expect([entry.actor.name, entry.action, entry.outcome, entry.code]).toEqual(['bot', action, 'refused', code]);
  expect(got.message.result.structuredContent.receipt).toEqual({ seq: entry.seq, hash: entry.hash });
  expect(got.text).not.toContain(SECRET);
});

test('a call without a reason, in a session, is refused with one entry too', async () => {
  const session = await Session.begin(rig.port, tokenOf('bot'));
  rig.logs.length = 0;
  const got = await session.call('get_item', { ...read, reason: '  ' });
  const { entry } = await theEntryOf(got);
  expect([got.message.result.structuredContent.error.code, entry.code]).toEqual(['reason_required', 'reason_required']);
  expect(entry.client).toEqual({ name: 'line-client', version: '1' });
});

/** Whose entry it is: a token that can still sign for itself is named. */
const UNUSABLE: readonly (readonly [name: string, actor: string | null, detail: RegExp])[] = [
  ['malformed', null, /malformed or cut/],
  ['wrong key', null, /key half/],
  ['unknown', null, /unknown/],
  ['expired', 'expired', /expired/],
  ['revoked', null, /retired token|unknown|not listed/],
  ['frozen', 'frozen', /frozen/],
];

test.each(UNUSABLE)('a token that is %s: 401 and one entry', async (name, actor, detail) => {
  if (name === 'expired') safe.clock.now += 2 * 60 * 60_000;
  const got = await send(rig.port, toolCall(tokenOf(name), 'get_item', read));
  const found = await theEntryOf(got);
  expectUnauthenticated(got, tokenOf(name));
  const { entry } = found;
  expect([entry.actor.name, entry.action, entry.outcome]).toEqual([actor, 'item.read', 'refused']);
  expect([entry.code, found.detail]).toEqual(['unauthenticated', expect.stringMatching(detail)]);
  expect(got.message.error.data.receipt).toEqual({ seq: entry.seq, hash: entry.hash });
});

function expectUnauthenticated(got: Got, token: string): void {
  expect(got.status).toBe(401);
  expect(got.headers['www-authenticate']).toMatch(/^Bearer realm="vouchsafe"/);
  expect(got.message.error.data.error.code).toBe('unauthenticated');
  expect(JSON.stringify([got.text, got.headers])).not.toMatch(/vsp_|canary|Orders|--token-file|VOUCHSAFE_/);
  if (token !== '') expect(JSON.stringify([got.text, got.headers])).not.toContain(token);
}

const BARE: readonly (readonly [what: string, headers: Record<string, string>])[] = [
  ['no Authorization header', {}],
  ['Basic', { authorization: 'Basic dXNlcjpwYXNz' }],
  ['Bearer without a token', { authorization: 'Bearer' }],
  ['a cookie', { cookie: 'token=TOKEN; access_token=TOKEN' }],
  ['another header', { 'x-api-key': 'TOKEN', 'proxy-authorization': 'Bearer TOKEN' }],
  ['two tokens in one header', { authorization: 'Bearer TOKEN, Bearer TOKEN' }],
  ['two tokens with a space', { authorization: 'Bearer TOKEN TOKEN' }],
  ['the token without a scheme', { authorization: 'TOKEN' }],
];

test.each(BARE)('%s: 401 and one entry, and the token is not looked for elsewhere', async (_, headers) => {
  const token = tokenOf('bot');
  const given = Object.entries(headers).map(([name, value]) => [name, value.replaceAll('TOKEN', token)]);
  const asked = toolCall(null, 'get_item', { ...read, access_token: token, token });
  const got = await send(rig.port, { ...asked, headers: { ...asked.headers, ...Object.fromEntries(given) } });
  const { entry } = await theEntryOf(got);
  expectUnauthenticated(got, token);
  expect([entry.actor.kind, entry.code]).toEqual(['none', 'unauthenticated']);
});

test('whoever presents no token hears how one is sent over HTTP, not how a program is started with one', async () => {
  const got = await send(rig.port, toolCall(null, 'whoami'));
  const { message, next } = got.message.error.data.error;
  expect(next).toBe('Send a token of the owner’s in the header Authorization: Bearer.');
  expect(got.message.error.message).toBe(`${message} ${next}`);
});

test('a token that is none, in a form, is told so in words about forms, with one entry', async () => {
  const urn = 'urn:ietf:params:oauth';
  const asked = {
    grant_type: `${urn}:grant-type:token-exchange`,
    subject_token_type: `${urn}:token-type:access_token`,
  };
  const got = await send(rig.port, {
    ...{ method: 'POST', path: '/oauth/token', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
    body: new URLSearchParams({ ...asked, subject_token: tokenOf('malformed') }).toString(),
  });
  const { entry } = await theEntryOf(got);
  expect([got.status, got.message.error]).toEqual([400, 'invalid_request']);
  expect(got.message.error_description).toMatch(/Send a token of the owner’s in the form\.$/);
  expect([entry.action, entry.code]).toEqual(['token.exchange', 'unauthenticated']);
});

test('a token behind a ? is not used, nor told to the log', async () => {
  for (const path of [`/mcp?access_token=${tokenOf('bot')}`, `/mcp?token=${tokenOf('bot')}`, '/mcp?']) {
    const got = await send(rig.port, { ...toolCall(null, 'get_item', read), path });
    expect([path.length > 0, got.status]).toEqual([true, 400]);
    expect(got.text).not.toMatch(/vsp_|canary/);
    expect((await send(rig.port, { ...toolCall(tokenOf('bot'), 'get_item', read), path })).status).toBe(400);
  }
  expect(lastSeq(safe.file)).toBe(before);
  expect(JSON.stringify(rig.logs)).not.toContain('vsp_');
});

test('the scheme is written as one likes', async () => {
  for (const scheme of ['bearer', 'BEARER', 'Bearer  ']) {
    const asked = toolCall(null, 'whoami', {});
    const headers = { ...asked.headers, authorization: `${scheme} ${tokenOf('bot')}` };
    expect((await send(rig.port, { ...asked, headers })).status).toBe(200);
  }
});

test('GET and DELETE without a usable token: 401 and an entry each', async () => {
  for (const method of ['GET', 'DELETE'])
    for (const headers of [{}, bearer(tokenOf('wrong key'))]) {
      before = lastSeq(safe.file);
      rig.logs.length = 0;
      const got = await send(rig.port, { method, headers: { ...headers, accept: 'text/event-stream' } });
      expect(got.status).toBe(401);
      expect((await theEntryOf(got)).entry).toMatchObject({ action: 'call.unknown', code: 'unauthenticated' });
    }
});

test('lists and health leave no entry, and need no token where they tell nothing', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) expect((await send(rig.port, { path })).status).toBe(200);
  for (const method of ['server/discover', 'tools/list', 'prompts/list', 'resources/templates/list'])
    expect((await send(rig.port, stateless(tokenOf('bot'), method))).status).toBe(200);
  expect(lastSeq(safe.file)).toBe(before);
});

test('what is not there is not there, whoever asks', async () => {
  for (const path of [
    '/',
    '/mcp/',
    '//mcp',
    '/MCP',
    '/mcp%20',
    '/mcp;x',
    '/../mcp',
    '/health',
    '/metrics/',
    '/.well-known/x',
  ])
    expect([path, (await send(rig.port, { ...toolCall(tokenOf('bot'), 'get_item', read), path })).status]).toEqual([
      path,
      404,
    ]);
  expect((await send(rig.port, { method: 'PUT', headers: bearer(tokenOf('bot')) })).status).toBe(405);
  expect(lastSeq(safe.file)).toBe(before);
});

test('a token that expires while the server runs is refused from then on', async () => {
  expect((await send(rig.port, toolCall(tokenOf('bot'), 'get_item', read))).status).toBe(200);
  safe.clock.now += 400 * DAY;
  before = lastSeq(safe.file);
  rig.logs.length = 0;
  const got = await send(rig.port, toolCall(tokenOf('bot'), 'get_item', read));
  expectUnauthenticated(got, tokenOf('bot'));
  expect((await theEntryOf(got)).entry.actor.name).toBe('bot');
});
