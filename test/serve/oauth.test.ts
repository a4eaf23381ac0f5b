/** `/oauth/token` (RFC 8693), `/oauth/revoke` (RFC 7009) and the metadata (RFC 9728, RFC 8414), over HTTP. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lastSeq } from '../support/gate-rig.js';
import { type Got, send, Session, toolCall } from '../support/http-requests.js';
import { detailsAfter, type Rig, serveSafe } from '../support/http-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-oauth-2291';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const PUBLIC = 'https://safe.example.com';

let safe: TestSafe;
let rig: Rig;
let plain: Rig;
let token: string;
let before: number;

beforeAll(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Other vault' });
  const fields = [{ name: 'password', value: SECRET }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Orders', fields });
  ({ token } = await safe.token('bot', ['Personal', 'Other vault']));
  rig = await serveSafe(safe, { metadataFor: PUBLIC });
  plain = await serveSafe(safe, { tokenRate: { count: 2, windowMs: 3_600_000 } });
});

afterAll(async () => {
  await Promise.all([rig.close(), plain.close()]);
  await safe.end();
});

beforeEach(() => {
  before = lastSeq(safe.file);
});

type Form = Readonly<Record<string, string>>;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

async function post(path: string, form: Form | string, port = rig.port): Promise<Got> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  return send(port, { method: 'POST', path, headers: FORM, body });
}

const asked = (more: Form = {}): Form => ({
  ...{ grant_type: EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN },
  ...more,
});
const json = (got: Got) => JSON.parse(got.text);

async function shortLived(more: Form = {}): Promise<string> {
  return json(await post('/oauth/token', asked(more))).access_token;
}

const told = async (bearer: string): Promise<number> => (await send(rig.port, toolCall(bearer, 'whoami', {}))).status;

describe('an exchange', () => {
  test('gives a token in the form of RFC 8693, which is kept by nobody, with one entry', async () => {
    const got = await post('/oauth/token', asked());
    expect([got.status, got.headers['cache-control'], got.headers.pragma]).toEqual([200, 'no-store', 'no-cache']);
    const { access_token: access, ...rest } = json(got);
    expect(access).toMatch(/^vsx_/);
    expect(rest).toEqual({
      ...{ issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 3_600 },
      scope: 'read reveal totp write use',
    });
    const details = await detailsAfter(safe, before);
    expect(details.map(({ entry }) => [entry.action, entry.outcome, entry.actor.name])).toEqual([
      ['token.exchange', 'granted', 'bot'],
    ]);
    expect([details[0]?.requestId, details[0]?.detail]).toEqual([got.headers['x-request-id'], 'for 3600 s']);
    expect(JSON.stringify(rig.logs)).not.toMatch(/vs[px]_/);
  });

  test('is narrowed as it was asked, and its entry says how', async () => {
    const narrow = await shortLived({ scope: 'read', resource: 'vouchsafe://Other%20vault', expires_in: '600' });
    const [made] = await detailsAfter(safe, before);
    expect(made?.detail).toMatch(/^for 600 s, scopes read, vault [0-9a-z]{16}$/);
    const got = await send(rig.port, toolCall(narrow, 'list_vaults', {}));
    const { vaults } = got.message.result.structuredContent;
    expect(vaults.map(({ name }: { name: string }) => name)).toEqual(['Other vault']);
  });

  test.each([
    ['another grant type', { grant_type: 'client_credentials' }, 'unsupported_grant_type'],
    ['no grant type', { grant_type: '' }, 'unsupported_grant_type'],
    ['another type of subject', { subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
    ['no type of subject', { subject_token_type: '' }, 'invalid_request'],
    ['another type to get', { requested_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
    ['no subject', { subject_token: '' }, 'invalid_request'],
    ['what is no token', { subject_token: 'vsp_canary' }, 'invalid_request'],
    ['an actor', { actor_token: 'x' }, 'invalid_request'],
    ['an audience', { audience: 'x' }, 'invalid_target'],
    ['a vault that it does not reach', { resource: 'Nowhere' }, 'invalid_target'],
    ['a resource that is none', { resource: 'vouchsafe://%E0%A4%A' }, 'invalid_target'],
    ['a scope that there is not', { scope: 'read admin' }, 'invalid_scope'],
    ['a time that is none', { expires_in: '-1' }, 'invalid_request'],
  ])('with %s is refused, and nothing that was sent is repeated', async (_, more, code) => {
    const got = await post('/oauth/token', asked(more));
    expect([got.status, json(got).error]).toEqual([400, code]);
    expect(json(got).error_description).toMatch(/\S/);
    expect(got.text).not.toMatch(/canary|vs[px]_[0-9A-Za-z]{20}|Nowhere|admin/);
  });

  test('takes a parameter once, and a form, by POST, without a query', async () => {
    const doubled = `${new URLSearchParams(asked()).toString()}&scope=read&scope=use`;
    expect(json(await post('/oauth/token', doubled)).error).toBe('invalid_request');
    expect((await send(rig.port, { path: '/oauth/token' })).status).toBe(405);
    expect((await post(`/oauth/token?subject_token=${token}`, asked())).status).toBe(400);
    const asJson = { method: 'POST', path: '/oauth/token', body: JSON.stringify(asked()) };
    expect((await send(rig.port, { ...asJson, headers: { 'content-type': 'application/json' } })).status).toBe(415);
    expect((await post('/oauth/token', 'x'.repeat(20_000))).status).toBe(413);
    expect(lastSeq(safe.file)).toBe(before);
  });

  test('counts for the rate of its token', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await post('/oauth/token', asked(), plain.port)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });
});

describe('a revocation', () => {
  test('ends a short-lived token at once, and its sessions with it', async () => {
    const access = await shortLived();
    const session = await Session.begin(rig.port, access);
    expect((await session.call('whoami', {})).status).toBe(200);
    const got = await post('/oauth/revoke', { token: access, token_type_hint: 'access_token' });
    expect([got.status, json(got)]).toEqual([200, {}]);
    expect(await told(access)).toBe(401);
    expect((await session.call('whoami', {})).status).toBe(401);
    expect(await told(token)).toBe(200);
  });

  test('of what is no token, or none any more, is no error', async () => {
    const access = await shortLived();
    await post('/oauth/revoke', { token: access });
    for (const gone of [access, 'nonsense', `${access}x`])
      expect((await post('/oauth/revoke', { token: gone })).status).toBe(200);
  });

  test('of a personal access token is its owner’s to make', async () => {
    const got = await post('/oauth/revoke', { token });
    expect([got.status, json(got).error]).toEqual([400, 'unsupported_token_type']);
    expect(await told(token)).toBe(200);
  });

  test('needs a token', async () => {
    expect(json(await post('/oauth/revoke', { token: '' })).error).toBe('invalid_request');
  });
});

describe('metadata', () => {
  test('are told where the owner said for which URL, and the challenge names them', async () => {
    const resource = json(await send(rig.port, { path: '/.well-known/oauth-protected-resource/mcp' }));
    expect(resource).toMatchObject({ resource: `${PUBLIC}/mcp`, authorization_servers: [PUBLIC] });
    const server = json(await send(rig.port, { path: '/.well-known/oauth-authorization-server' }));
    expect(server).toMatchObject({ issuer: PUBLIC, grant_types_supported: [EXCHANGE] });
    const refused = await send(rig.port, toolCall('vsp_x', 'whoami', {}));
    expect(refused.headers['www-authenticate']).toContain(
      `resource_metadata="${PUBLIC}/.well-known/oauth-protected-resource/mcp"`,
    );
  });

  test('are not there otherwise', async () => {
    for (const name of ['oauth-protected-resource', 'oauth-protected-resource/mcp', 'oauth-authorization-server'])
      expect((await send(plain.port, { path: `/.well-known/${name}` })).status).toBe(404);
    const refused = await send(plain.port, toolCall('vsp_x', 'whoami', {}));
    expect(refused.headers['www-authenticate']).not.toContain('resource_metadata');
  });
});
