import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initSafe } from '../../src/gate/open.js';
import { call, INITIALIZE, modern, request, startServer, type RunningServer } from '../support/line-client.js';

const PROGRAM = fileURLToPath(new URL('../../bin/vouchsafe.js', import.meta.url));
const SECRET = 'canary-7f3a-orders';
const READ = { vault: 'Production', item: 'Orders', fields: ['password'], reason: 'Run the migration for OPS-42' };

let folder: string;
let token: string;
let tokenFile: string;

const named = (text: string): { by: 'name'; text: string } => ({ by: 'name', text });

function environment(more: Record<string, string> = {}, home = 'home'): NodeJS.ProcessEnv {
  const run = join(folder, 'run');
  mkdirSync(run, { recursive: true, mode: 0o700 });
  const places = { VOUCHSAFE_HOME: join(folder, home), VOUCHSAFE_STATE: join(folder, 'state'), XDG_RUNTIME_DIR: run };
  return { PATH: process.env['PATH'], HOME: folder, ...places, ...more };
}

function startMcp(env: NodeJS.ProcessEnv, args: readonly string[] = []): RunningServer {
  return startServer([PROGRAM, 'mcp', ...args], env);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-mcp-'));
  const places = {
    home: join(folder, 'home'),
    state: join(folder, 'state'),
    runtime: join(folder, 'run', 'vouchsafe'),
  };
  const origin = { client: { name: 'test', version: '0' }, transport: 'cli' } as const;
  const { owner } = await initSafe(places, { password: 'kitchen staple orbit 42 zebra', withRecovery: false, origin });
  await owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: SECRET }];
  await owner.createItem(named('Production'), { type: 'login', title: 'Orders', fields });
  ({ token } = await owner.createToken({ name: 'bot', isAgent: true, vaults: [named('Production')], role: 'viewer' }));
  await owner.close();
  tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the main job: a secret for a stated reason, with the token from the environment', async () => {
  const server = startMcp(environment({ VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token }));
  server.send(request('initialize', INITIALIZE, 1));
  server.send(call('get_item', READ, 2));
  server.end();
  expect(await server.ended).toEqual({ code: 0, signal: null });
  const answer = server.all.find(({ id }) => id === 2);
  expect(JSON.stringify(answer.result.structuredContent.item)).toContain(SECRET);
  expect(answer.result.structuredContent.receipt).toEqual({
    seq: expect.any(Number),
    hash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(server.stderr()).toBe('');
});

test('the same by the modern protocol, with a token file, which beats the environment', async () => {
  const env = environment({ VOUCHSAFE_PERSONAL_ACCESS_TOKEN: 'nonsense' });
  const server = startMcp(env, ['--token-file', tokenFile]);
  server.send(modern('tools/call', { name: 'get_item', arguments: READ }, 1));
  const [answer] = await server.lines(1);
  expect(JSON.stringify(answer)).toContain(SECRET);
  server.end();
  expect((await server.ended).code).toBe(0);
});

const unusable: [name: string, token: string | undefined, told: RegExp][] = [
  ['no token', undefined, /is not set/],
  ['an empty one', '', /empty/],
  ['a variable that the client did not replace', '${VOUCHSAFE_PERSONAL_ACCESS_TOKEN}', /name of a variable/],
  ['a malformed one', 'vsp_abc', /cannot be used/],
  ['one of another safe', `vsp_${'A'.repeat(64)}::${'B'.repeat(43)}`, /cannot be used/],
];

test.each(unusable)('%s: the server starts, lists its tools, and answers every call', async (_name, text, told) => {
  const server = startMcp(environment(text === undefined ? {} : { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: text }));
  server.send(request('initialize', INITIALIZE, 1));
  server.send(request('tools/list', {}, 2));
  server.send(call('whoami', {}, 3));
  server.send(call('get_item', READ, 4));
  const all = await server.lines(4);
  server.end();
  expect((await server.ended).code).toBe(0);
  const answers = new Map(all.map((message) => [message.id, message.result]));
  expect(answers.get(2).tools.length).toBeGreaterThanOrEqual(10);
  for (const id of [3, 4]) {
    expect(answers.get(id)).toMatchObject({ isError: true, structuredContent: { error: { code: 'unauthenticated' } } });
    expect(answers.get(id).structuredContent.error.next.length).toBeGreaterThan(20);
  }
  expect(server.stderr()).toMatch(told);
  expect(server.stderr()).not.toContain('vsp_A');
});

test('no safe at all is no reason not to start', async () => {
  const server = startMcp(environment({ VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token }, 'nowhere'));
  server.send(request('tools/list', {}, 1));
  server.send(call('whoami', {}, 2));
  const all = await server.lines(2);
  expect(all.find(({ id }) => id === 2)).toMatchObject({ result: { isError: true } });
  server.end();
  expect((await server.ended).code).toBe(0);
});

test('a token file that others can read, or that is missing, is not used, and the reason is told', async () => {
  const open = join(folder, 'open-token');
  writeFileSync(open, token);
  chmodSync(open, 0o644);
  for (const file of [open, join(folder, 'missing')]) {
    const server = startMcp(environment(), ['--token-file', file]);
    server.send(call('whoami', {}, 1));
    const [answer] = await server.lines(1);
    expect(answer.result.structuredContent.error.code).toBe('unauthenticated');
    expect(server.stderr()).toMatch(/token file/);
    server.end();
    await server.ended;
  }
});

test('it is never the owner: a session or password in the environment gives nothing', async () => {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, 'kitchen staple orbit 42 zebra\n', { mode: 0o600 });
  const server = startMcp(environment({ VOUCHSAFE_PASSWORD_FILE: passwordFile, VOUCHSAFE_SESSION: 'x' }));
  server.send(call('get_item', READ, 1));
  const [answer] = await server.lines(1);
  expect(answer.result.structuredContent.error.code).toBe('unauthenticated');
  server.end();
  await server.ended;
});

test('a hundred calls sent at once and then the end of input: every one is answered and has its entry', async () => {
  const server = startMcp(environment({ VOUCHSAFE_PERSONAL_ACCESS_TOKEN: token }));
  for (let id = 1; id <= 100; id += 1) server.send(call(id % 3 === 0 ? 'nothing' : 'get_item', READ, id));
  server.end();
  expect((await server.ended).code).toBe(0);
  const seqs = server.all.map(({ result }) => result.structuredContent.receipt.seq);
  expect(new Set(seqs).size).toBe(100);
});
