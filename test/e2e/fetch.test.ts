/** `fetch` and `http_request`: a credential that does its work at a real server and is seen by nobody on this side. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { HttpPolicyText } from '../../src/core/http-policy.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { loopbackIdentity } from '../support/certificate.js';
import { bodyOf, closeStations, serve, type Station as Server } from '../support/http-servers.js';
import { CLIENTS, type AnyClient } from '../support/mcp-clients.js';
import { byName } from '../support/safe.js';
import { ownerOf, told } from './owner.js';
import { PROGRAM, REASON, Station, type How, type Json, type Ran } from './station.js';

const SECRET = 'canary+Tok/4f"7q=';
const KEY = 'canary-api-key-5e';
const CANARIES = [SECRET, KEY, 'canary'].flatMap((text) => [
  text,
  Buffer.from(text)
    .toString('base64')
    .replace(/.{0,3}=*$/, ''),
  Buffer.from(text).toString('hex'),
  encodeURIComponent(text),
]);

let station: Station;
let owner: OwnerDoor;
let server: Server;
let secure: Server;
const tokens: Record<string, string> = {};
/** What came to the servers: method, URL and the headers of each request. */
const seen: { line: string; headers: IncomingMessage['headers']; body: string }[] = [];
const BINARY = Buffer.concat([Buffer.from([0, 0xff, 0xfe, 1]), Buffer.from(SECRET), Buffer.alloc(2_000_000, 7)]);

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  seen.push({ line: `${request.method ?? ''} ${request.url ?? ''}`, headers: request.headers, body });
  const { pathname } = new URL(request.url ?? '/', 'http://x');
  if (pathname === '/v1/away') return void response.writeHead(302, { location: 'https://evil.example.com/' }).end('no');
  if (pathname === '/v1/binary') return void response.writeHead(200, { 'content-type': 'image/png' }).end(BINARY);
  if (pathname === '/v1/fail') return void response.writeHead(403).end('{"message":"no"}');
  if (pathname === '/v1/hang') return void request.socket.destroy();
  const carried = [request.url, ...Object.values(request.headers)].join(' ');
  const hex = Buffer.from(carried).toString('hex');
  response.setHeader('x-echo', encodeURIComponent(carried));
  response.setHeader('x-auth', request.headers.authorization ?? 'none');
  response.end(`${carried}\n${Buffer.from(carried).toString('base64')}\n${hex}\n${encodeURIComponent(carried)}\n`);
}

const item = (title: string) => ({ vault: byName('Work'), item: byName(title) });

async function policy(title: string, http: Partial<HttpPolicyText> & { auth: string }): Promise<void> {
  const usual = { hosts: [server.host], paths: ['/v1/**'], methods: ['GET', 'POST'], allowLoopback: true };
  await owner.changeItemRules(item(title), { http: { ...usual, ...http } });
}

beforeAll(async () => {
  const identity = loopbackIdentity();
  station = await new Station('fetch').open();
  station.env['NODE_EXTRA_CA_CERTS'] = station.file('ca.pem', identity.cert);
  owner = await ownerOf(station);
  const listener = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  [server, secure] = [await serve(listener), await serve(listener, identity)];
  for (const name of ['Work', 'Other']) await owner.createVault({ name });
  const fields = [
    { name: 'username', value: 'canary-user' },
    { name: 'password', value: SECRET },
  ];
  for (const title of ['Api', 'Bare', 'Careful'])
    await owner.createItem(byName('Work'), { type: 'login', title, fields });
  const keys = [
    { name: 'key', value: KEY },
    { name: 'secret', value: SECRET },
  ];
  await owner.createItem(byName('Work'), { type: 'api-key', title: 'Cloud', fields: keys });
  await policy('Careful', { auth: 'bearer:password' });
  await owner.changeItemRules(item('Careful'), { approve: true });
  tokens['agent'] = await station.token('agent', '--agent', '--vault', 'Work');
  tokens['editor'] = await station.token(
    'editor',
    '--agent',
    '--vault',
    'Work',
    '--vault',
    'Other',
    '--role',
    'manager',
  );
  tokens['narrow'] = await station.token('narrow', '--agent', '--vault', 'Work', '--scope', 'read', '--scope', 'use');
  tokens['reader'] = await station.token(
    'reader',
    '--agent',
    '--vault',
    'Work',
    '--scope',
    'read',
    '--scope',
    'reveal',
  );
  for (const [name, ...flags] of [
    ['never', '--reveal', 'never'],
    ['thrice', '--max-uses', '3'],
    ['slow', '--rate', '2/1h'],
  ] as const) {
    tokens[name] = await station.token(name, '--agent');
    await station.ok(['grant', name, 'Work', ...flags]);
  }
});

beforeEach(async () => {
  seen.length = 0;
  await policy('Api', { auth: 'bearer:password' });
});

afterAll(async () => {
  await owner.close();
  await closeStations();
  station.end();
});

const as = (name: string, args: readonly string[], how: How = {}): Promise<Ran> =>
  station.asToken(tokens[name] ?? '', args, { ...how, env: { VOUCHSAFE_AGENT_REASON: REASON, ...how.env } });

const fetched = (path: string, ...flags: readonly string[]): Promise<Ran> =>
  as('agent', ['fetch', '--item', 'Api', ...flags, `http://${server.host}${path}`]);

function expectNoCanary(...texts: readonly string[]): void {
  for (const text of texts) for (const canary of CANARIES) expect(text).not.toContain(canary);
}

async function connect(name: string, n = 0): Promise<AnyClient> {
  const env = station.environment({ VOUCHSAFE_SESSION: undefined, VOUCHSAFE_PERSONAL_ACCESS_TOKEN: tokens[name] });
  const set = Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const client = await CLIENTS[n]?.[1]({ args: [PROGRAM, 'mcp'], env: Object.fromEntries(set) });
  if (client === undefined) throw new Error('no such client');
  return client;
}

/** The client of a token for as long as `work` takes. */
async function withClient<T>(name: string, work: (call: (tool: string, args: object) => Promise<Json>) => Promise<T>) {
  const client = await connect(name);
  try {
    return await work(async (tool, args) => {
      const { structuredContent } = await client.callTool({ name: tool, arguments: { reason: REASON, ...args } });
      return structuredContent;
    });
  } finally {
    await client.close();
  }
}

describe('fetch', () => {
  const forms: [auth: string, title: string, carried: (one: (typeof seen)[number]) => unknown, value: unknown][] = [
    ['bearer:password', 'Api', ({ headers }) => headers.authorization, `Bearer ${SECRET}`],
    [
      'basic:username:password',
      'Api',
      ({ headers }) => headers.authorization,
      `Basic ${Buffer.from(`canary-user:${SECRET}`).toString('base64')}`,
    ],
    ['header:X-Key:password', 'Api', ({ headers }) => headers['x-key'], SECRET],
    ['query:k:password', 'Api', ({ line }) => new URL(line.slice(4), 'http://x').searchParams.get('k'), SECRET],
    ['cookie:sid:key', 'Cloud', ({ headers }) => headers.cookie, `sid=${KEY}`],
    [
      'aws-sigv4:key:secret:eu-west-1:s3',
      'Cloud',
      ({ headers }) =>
        /^AWS4-HMAC-SHA256 Credential=(canary-api-key-5e)\/\d{8}\/eu-west-1\/s3\//.exec(
          String(headers.authorization),
        )?.[1],
      KEY,
    ],
  ];

  test.each(forms)('%s: the server is given it, and nothing of it comes back', async (auth, title, carried, value) => {
    await policy(title, { auth });
    const url = `http://${server.host}/v1/echo?q=1`;
    const [ran, calls] = await told(station, () => as('agent', ['fetch', '-i', '--item', title, url]));
    expect(ran).toMatchObject({ status: 0, stderr: expect.stringContaining('200 OK') });
    expect(seen.map(carried)).toEqual([value]);
    const secrets = ran.stdout.replaceAll('canary-user', '') + ran.stderr.replaceAll('canary-user', '');
    expect(secrets).not.toContain(SECRET);
    expect(secrets).not.toContain(KEY);
    if (!auth.startsWith('basic')) expectNoCanary(ran.stdout, ran.stderr);
    expect(ran.stdout + ran.stderr).toContain('concealed by vouchsafe');
    expect(calls).toEqual(['item.use granted', 'item.use.end granted']);
  });

  test('over TLS, with the certificates that the environment trusts; the owner’s requests keep to the policy too', async () => {
    await policy('Api', { auth: 'bearer:password', hosts: [secure.host] });
    const args = ['fetch', '--item', 'Work/Api', `https://${secure.host}/v1/x`];
    for (const ran of [await as('agent', args), await station.run(args)]) {
      expect(ran).toMatchObject({ status: 0 });
      expectNoCanary(ran.stdout, ran.stderr);
    }
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${SECRET}`, `Bearer ${SECRET}`]);
    expect(await station.run(['fetch', '--item', 'Work/Api', `http://${server.host}/v1/x`])).toMatchObject({
      status: 5,
    });
    const untrusted = await as('agent', args, { env: { NODE_EXTRA_CA_CERTS: undefined } });
    expect(untrusted).toMatchObject({ status: 1, stdout: '' });
    expect(seen).toHaveLength(2);
  });

  test('method, headers and body as asked; --fail; JSON has all of it', async () => {
    const flags = ['-X', 'POST', '-H', 'content-type: application/json', '-d', '{"env":"x"}', '--json'];
    const ran = await fetched('/v1/echo', ...flags);
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 200, headers: { 'x-auth': expect.any(String) } });
    expectNoCanary(ran.stdout, ran.stderr);
    expect(seen[0]).toMatchObject({ line: 'POST /v1/echo', body: '{"env":"x"}' });
    const body = station.file('body.json', '{"from":"file"}');
    expect(await fetched('/v1/fail', '-d', `@${body}`)).toMatchObject({ status: 0, stdout: '{"message":"no"}' });
    expect(seen[1]?.body).toBe('{"from":"file"}');
    expect(await fetched('/v1/fail', '--fail')).toMatchObject({ status: 1, stdout: '{"message":"no"}' });
  });

  test('-o takes a large binary body whole, without the secret in it, as a file of the user’s alone', async () => {
    const file = join(station.folder, 'image.png');
    const ran = await fetched('/v1/binary', '-o', file);
    expect(ran).toMatchObject({ status: 0, stdout: '' });
    const bytes = readFileSync(file);
    expect(bytes.length).toBeGreaterThan(2_000_000);
    expect(bytes.subarray(0, 4)).toEqual(BINARY.subarray(0, 4));
    expect(bytes.subarray(-2_000_000).equals(BINARY.subarray(-2_000_000))).toBe(true);
    expectNoCanary(bytes.toString('latin1'));
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const without = await fetched('/v1/binary');
    expectNoCanary(without.stdout, without.stderr);
    expect(without.stdout.length).toBeLessThan(1_000_000);
  });

  test('a request that is refused or fails leaves no file, and an old one as it was', async () => {
    const file = station.file('old', 'as it was');
    expect(await fetched('/v2/x', '-o', file)).toMatchObject({ status: 5 });
    expect(await fetched('/v1/hang', '-o', file)).toMatchObject({ status: 1 });
    expect(readFileSync(file, 'utf8')).toBe('as it was');
    expect(existsSync(join(station.folder, 'new'))).toBe(false);
    expect(readdirSync(station.folder).filter((name) => name.startsWith('.vouchsafe-'))).toEqual([]);
  });

  test('a redirect to elsewhere is told and not followed', async () => {
    const ran = await fetched('/v1/away', '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({ status: 302 });
    expect(seen).toHaveLength(1);
    expectNoCanary(ran.stdout, ran.stderr);
  });

  test('what the policy does not allow is refused before anything is sent', async () => {
    const plain = `http://${server.host}/v1/x`;
    const wanted: Record<string, object> = {
      'another host': { url: 'https://evil.example.com/v1/x' },
      'another port': { url: 'http://127.0.0.1:1/v1/x' },
      'another name of it': { url: `http://localhost:${String(server.port)}/v1/x` },
      'another path': { url: `http://${server.host}/v2` },
      'a path upward': { url: `http://${server.host}/v1/../v2` },
      'an encoded path upward': { url: `http://${server.host}/v1/%2e%2e/v2` },
      'an encoded slash': { url: `http://${server.host}/v1/..%2fv2` },
      'another method': { url: plain, method: 'DELETE' },
      'a user in the URL': { url: `http://user@${server.host}/v1/x` },
      'the header of the credential': { url: plain, headers: { Authorization: 'x' } },
      'another host header': { url: plain, headers: { Host: 'evil.example.com' } },
      'a header with a line break': { url: plain, headers: { x: 'a\r\nauthorization: b' } },
      'no URL': { url: 'x' },
      'a file': { url: 'file:///etc/passwd' },
    };
    await withClient('agent', async (call) => {
      for (const [name, one] of Object.entries(wanted)) {
        const answered = await call('http_request', { item: 'Api', ...one });
        expect(answered.error?.code, name).toMatch(/^(?:forbidden|invalid_request)$/);
        expectNoCanary(JSON.stringify(answered));
      }
    });
    const ran = await as('agent', ['fetch', '--item', 'Api', 'https://evil.example.com/v1/x']);
    expect(ran).toMatchObject({ status: 5, stdout: '' });
    expect(seen).toEqual([]);
  });

  test('an item of which the owner has said nothing is forbidden', async () => {
    const args = ['fetch', '--item', 'Bare', `http://${server.host}/v1/x`];
    const [ran, calls] = await told(station, () => as('agent', args));
    expect(ran).toMatchObject({ status: 5, stdout: '', stderr: expect.stringContaining('vouchsafe item policy') });
    expect(calls).toEqual(['item.use refused forbidden']);
    expect(await station.run(args)).toMatchObject({ status: 5, stdout: '' });
  });

  test('a server that is down or breaks off: unavailable, after an entry that the credential was used', async () => {
    const [ran, calls] = await told(station, () => fetched('/v1/hang', '--json'));
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(JSON.parse(ran.stderr).error.code).toBe('unavailable');
    expect(calls).toEqual(['item.use granted', 'item.use.end error unavailable']);
    await policy('Api', { auth: 'bearer:password', hosts: ['127.0.0.1:1'] });
    const args = ['fetch', '--item', 'Api', 'http://127.0.0.1:1/v1/x'];
    const [down, entries] = await told(station, () => as('agent', args));
    expect(down).toMatchObject({ status: 1, stdout: '' });
    expect(entries).toEqual(['item.use granted', 'item.use.end error unavailable']);
  });
});

describe.each(CLIENTS.map(([name], n) => [name, n] as const))('http_request with %s', (_, n) => {
  test('makes the request without the credential in anything that comes back', async () => {
    const client = await connect('never', n);
    try {
      const listed = (await client.listTools()).tools.map(({ name }) => name);
      expect(listed).toContain('http_request');
      expect(listed).not.toContain('lend_item');
      const call = { item: 'Api', url: `http://${server.host}/v1/echo?q=1`, reason: REASON };
      const [result, calls] = await told(station, () => client.callTool({ name: 'http_request', arguments: call }));
      expect(result.structuredContent).toMatchObject({ status: 200, body: expect.stringContaining('concealed') });
      expectNoCanary(JSON.stringify(result));
      expect(seen[0]?.headers.authorization).toBe(`Bearer ${SECRET}`);
      expect(calls).toEqual(['item.use granted', 'item.use.end granted']);
      const noReason = { ...call, reason: undefined };
      const refused = await client.callTool({ name: 'http_request', arguments: noReason });
      expect(refused.structuredContent.error.code).toBe('reason_required');
      const lent = { vault: 'Work', item: 'Api', fields: ['password'], codes: [], exposure: 'shown', purpose: 'x' };
      const attack = await client
        .callTool({ name: 'lend_item', arguments: { ...lent, reason: REASON } })
        .catch((error: unknown) => ({ thrown: String(error) }));
      expectNoCanary(JSON.stringify(attack));
      expect(seen).toHaveLength(1);
    } finally {
      await client.close();
    }
  });
});

describe('what a grant says', () => {
  const request = () => ({ item: 'Api', url: `http://${server.host}/v1/echo` });

  test('it needs the scope use, and not reveal', async () => {
    const code = (name: string): Promise<string> =>
      withClient(name, async (call) => (await call('http_request', request())).error?.code ?? 'granted');
    expect([await code('narrow'), await code('reader')]).toEqual(['granted', 'forbidden']);
    expect(seen).toHaveLength(1);
  });

  test.each([
    ['thrice', 3],
    ['slow', 2],
  ])('%s: its limit counts requests', async (name, most) => {
    const codes = await withClient(name, async (call) => {
      const made: string[] = [];
      for (let n = 0; n <= most; n += 1) made.push((await call('http_request', request())).error?.code ?? 'granted');
      return made;
    });
    expect(codes).toEqual([...Array.from({ length: most }, () => 'granted'), 'limit_reached']);
    expect(seen).toHaveLength(most);
  });

  test('a word of the owner’s is for exactly that URL and body, once', async () => {
    await withClient('agent', async (call) => {
      const wanted = { item: 'Careful', url: `http://${server.host}/v1/pay`, method: 'POST', body: 'amount=1' };
      const asked = await call('http_request', wanted);
      expect(asked.error).toMatchObject({ code: 'approval_required', retry: { tool: 'http_request' } });
      expect(seen).toEqual([]);
      const card = await owner.showRequest(asked.error.request.id);
      expect(JSON.stringify(card)).toContain('amount=1');
      await owner.approveRequest(asked.error.request.id, {});
      for (const other of [
        { body: 'amount=1000' },
        { url: `http://${server.host}/v1/pay?x=1` },
        { headers: { 'x-extra': '1' } },
        { reason: 'Something else for OPS-43' },
      ])
        expect((await call('http_request', { ...wanted, ...other })).error.code).toBe('approval_required');
      expect(seen).toEqual([]);
      expect((await call(asked.error.retry.tool, asked.error.retry.arguments)).status).toBe(200);
      expect(seen.map(({ line, body }) => `${line} ${body}`)).toEqual(['POST /v1/pay amount=1']);
      expect((await call('http_request', wanted)).error.code).toMatch(/^(?:approval_required|limit_reached)$/);
    });
  });

  test('no token changes where a credential may go, nor takes an item with rules elsewhere', async () => {
    await withClient('editor', async (call) => {
      const rules = await owner.itemRules(item('Api'));
      for (const [tool, args] of [
        ['update_item', { item: 'Api', http: { hosts: ['evil.example.com'] } }],
        ['update_item', { item: 'Api', rules: { http: null } }],
        ['update_item', { item: 'Api', set: { http: 'evil' } }],
        ['create_item', { vault: 'Work', type: 'login', title: 'New', http: { hosts: ['evil.example.com'] } }],
      ] as const)
        expect((await call(tool, args)).error.code, tool).toMatch(/^(?:invalid_request|not_found|conflict)$/);
      const moved = await call('move_item', { item: 'Api', to: 'Other' });
      expect(moved.error.code).toMatch(/^(?:forbidden|invalid_request)$/);
      expect(await owner.itemRules(item('Api'))).toEqual(rules);
      // what it may do all the same keeps the owner's rules on the item
      expect((await call('update_item', { item: 'Api', urls: ['https://evil.example.com'] })).error).toBeUndefined();
      const elsewhere = await call('http_request', { item: 'Api', url: 'https://evil.example.com/v1/x' });
      expect(elsewhere.error.code).toBe('forbidden');
      expect(await owner.itemRules(item('Api'))).toEqual(rules);
    });
  });
});

test('a lockdown: a server that runs refuses its very next call, and serves again once the owner has lifted it', async () => {
  await withClient('agent', async (call) => {
    const request = { item: 'Api', url: `http://${server.host}/v1/x` };
    expect((await call('http_request', request)).status).toBe(200);
    expect(await station.run(['lockdown'], { env: { VOUCHSAFE_SESSION: undefined } })).toMatchObject({ status: 0 });
    try {
      for (const tool of ['http_request', 'http_request'])
        expect((await call(tool, request)).error).toMatchObject({ code: 'unauthenticated' });
      expect((await call('whoami', {})).error).toMatchObject({ code: 'unauthenticated' });
      const ran = await as('agent', ['fetch', '--item', 'Api', request.url]);
      expect(ran).toMatchObject({ status: 4, stdout: '' });
      expect(seen).toHaveLength(1);
    } finally {
      await owner.liftLockdown();
    }
    expect((await call('http_request', request)).status).toBe(200);
  });
});
