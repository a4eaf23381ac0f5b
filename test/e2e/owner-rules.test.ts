/** What an owner says about uses, from a shell: rules, decoys, recipes, approvals, a lockdown, a compromised token. */
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Station, type Json, type Ran } from './station.js';

const REASON = 'Deploy the fix of OPS-42';
const KEY = 'k3y-4711-quiet-harbour';

let station: Station;
let agent: string;

beforeAll(async () => {
  station = await new Station('owner-rules').open();
  await station.ok(['vault', 'create', 'CI']);
  await keep('GitHub');
  agent = (await station.json(['agent', 'create', 'bot', '--vault', 'CI'])).token;
});

afterAll(() => station.end());

const keep = (title: string, ...flags: readonly string[]): Promise<string> =>
  station.ok(['item', 'create', 'api-key', '--vault', 'CI', '--title', title, '--secret', 'key', ...flags], {
    input: KEY,
  });

const asAgent = (args: readonly string[]): Promise<Ran> => station.asToken(agent, [...args, '--reason', REASON]);

const newest = async (query: string): Promise<Json> =>
  (await station.json(['audit', 'list', query, '--limit', '1'])).data[0];

/** A program in the station's folder; its path. */
function program(name: string, ...lines: readonly string[]): string {
  const path = join(station.folder, name);
  writeFileSync(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  chmodSync(path, 0o755);
  return path;
}

describe('an item that needs a word on each use', () => {
  test('is given to a token once the owner said so, and only then', async () => {
    await keep('Billing', '--approve');
    const read = ['item', 'view', 'CI/Billing', '--field', 'key'];
    const refused = await asAgent([...read, '--json']);
    expect(refused.status).toBe(7);
    const { id } = JSON.parse(refused.stderr).error.request;
    expect(await station.ok(['inbox', 'list'])).toMatch(new RegExp(`${id} .* use +bot +see key of Billing +${REASON}`));
    await station.ok(['inbox', 'approve', id]);
    expect(await asAgent(read)).toMatchObject({ status: 0, stdout: `${KEY}\n` });
    expect(await asAgent(read)).toMatchObject({ status: 7, stdout: '' });
  });

  test('needs none in a time that the owner set, which info tells, and needs it again at its end', async () => {
    const read = ['item', 'view', 'CI/Billing', '--field', 'key'];
    await station.ok(['inbox', 'bypass', '--agent', 'bot', '--for', '1h']);
    expect(await asAgent(read)).toMatchObject({ status: 0, stdout: `${KEY}\n` });
    expect(await station.ok(['info'])).toMatch(/^No approval:  bot needs none until \d{4}-/m);
    await station.ok(['inbox', 'bypass', '--agent', 'bot', '--end']);
    expect(await asAgent(read)).toMatchObject({ status: 7 });
    expect(await station.ok(['info'])).not.toContain('No approval');
  });

  test('has no rule that a token could see or set', async () => {
    expect(JSON.parse((await asAgent(['item', 'view', 'CI/Billing', '--json'])).stdout)).not.toHaveProperty('rules');
    expect((await station.json(['item', 'view', 'CI/Billing'])).rules).toEqual({
      ...{ approve: true, decoy: false, http: null },
    });
    expect(await asAgent(['item', 'update', 'CI/Billing', '--no-approve'])).toMatchObject({ status: 5 });
    expect(await asAgent(['item', 'policy', 'CI/Billing', '--no-approve'])).toMatchObject({ status: 4 });
    expect(await station.json(['item', 'policy', 'CI/Billing'])).toMatchObject({ approve: true });
  });
});

describe('a decoy', () => {
  test('looks like any item to a token, and marks the entry of whoever takes it', async () => {
    await station.ok(['item', 'create', 'api-key', '--vault', 'CI', '--title', 'GitHub admin', '--decoy']);
    expect(await station.ok(['item', 'list', '--vault', 'CI'])).toMatch(/^GitHub admin .* decoy /m);
    const seen = await asAgent(['item', 'list', '--vault', 'CI']);
    expect(seen.stdout).toContain('GitHub admin');
    expect(seen.stdout).not.toMatch(/decoy|RULES/);
    const { stdout } = await asAgent(['item', 'view', 'CI/GitHub admin', '--field', 'key']);
    expect(stdout).toMatch(/^ghp_[0-9A-Za-z]{36}\n$/);
    expect((await newest('action:item.read')).signals).toContain('decoy');
  });
});

describe('a recipe', () => {
  const run = ['recipe', 'run', 'deploy'];
  const script = (...more: readonly string[]): string =>
    program('deploy.sh', 'echo "to $2 with $KEY"; echo "said $KEY" >&2', ...more, '[ "$2" = staging ] || exit 7');

  beforeAll(async () => {
    script('[ "$2" = killed ] && kill -TERM $$', '[ "$2" = slow ] && exec sleep 30');
    const flags = ['--env', 'KEY=vouchsafe://CI/GitHub/key', '--allow', 'env=staging,broken,killed,slow'];
    const made = [
      'recipe',
      'create',
      'deploy',
      '--vault',
      'CI',
      ...flags,
      '--timeout',
      '2s',
      '--folder',
      station.folder,
    ];
    await station.ok([...made, '--', './deploy.sh', '--to', '{env}']);
  });

  const BOTH = [
    ['the owner', (args: readonly string[]) => station.run(args)],
    ['a token', asAgent],
  ] as const;

  test.each(BOTH)('runs for %s with its secrets unseen, and ends as its program did', async (_, as) => {
    const ran = await as([...run, 'env=staging']);
    expect(ran).toMatchObject({ status: 0, stdout: expect.stringMatching(/^to staging with /) });
    expect(ran.stdout + ran.stderr).not.toContain(KEY);
    expect(ran.stderr).toMatch(/^said .*\n$/);
    expect(await as([...run, 'env=broken'])).toMatchObject({ status: 7 });
    expect(await as([...run, 'env=killed'])).toMatchObject({ status: 143 });
    expect(await as([...run, 'env=slow'])).toMatchObject({ status: 124 });
    const json = await as([...run, 'env=broken', '--json']);
    expect([json.status, JSON.parse(json.stdout).exit_status]).toEqual([7, 7]);
  });

  test.each(BOTH)('takes no value from %s that it does not allow', async (_, as) => {
    for (const words of [['env=$(id)'], ['env=--help'], [], ['env=staging', 'more=x']])
      expect(await as([...run, ...words])).toMatchObject({ status: 2, stdout: '' });
  });

  test('whose program has changed runs for nobody until it is renewed', async () => {
    script('echo changed');
    for (const [, as] of BOTH) expect(await as([...run, 'env=staging'])).toMatchObject({ status: 6, stdout: '' });
    expect(await station.ok(['recipe', 'list'])).toMatch(/^deploy .* changed /m);
    const { sha256_before: old, command } = await station.json(['recipe', 'renew', 'deploy']);
    expect(command).toMatchObject({ state: 'current' });
    expect(command.sha256).not.toBe(old);
    expect((await asAgent([...run, 'env=staging'])).stdout).toContain('changed\n');
  });

  test('is the owner’s: a token neither lists nor makes nor renews one', async () => {
    for (const words of [['list'], ['renew', 'deploy'], ['delete', 'deploy', '--force'], ['create', 'x', '--', 'true']])
      expect(await asAgent(['recipe', ...words.slice(0, 1), '--no-input', ...words.slice(1)])).toMatchObject({
        ...{ status: 4, stdout: '' },
      });
  });

  test('that is gone can be run by nobody', async () => {
    expect(await station.run(['recipe', 'delete', 'deploy'])).toMatchObject({ status: 2 });
    await station.ok(['recipe', 'delete', 'deploy', '--force']);
    expect(await asAgent([...run, 'env=staging'])).toMatchObject({ status: 5 });
    expect(await station.run([...run, 'env=staging'])).toMatchObject({ status: 3 });
  });
});

describe('a recipe that is a request', () => {
  let server: Server;
  const got: { request: IncomingMessage; body: string }[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
      request.on('end', () => {
        got.push({ request, body });
        response.writeHead(request.url === '/v1/404' ? 404 : 200, { 'content-type': 'text/plain' });
        response.end(`you sent ${request.headers.authorization ?? 'nothing'}\n`);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const policy = ['--http-host', host, '--http-auth', 'bearer:key', '--http-allow-loopback', '--http-method', 'POST'];
    await station.ok(['item', 'policy', 'CI/GitHub', ...policy]);
    const json = ['--header', 'Content-Type: application/json', '--body', '{"id":"{n}"}', '--allow', 'n=/[0-9]+/'];
    await station.ok([
      ...['recipe', 'create', 'post', '--vault', 'CI', '--item', 'GitHub'],
      ...['--request', `POST http://${host}/v1/{n}`, ...json],
    ]);
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  test('is sent with the credential, which no answer brings back; an error of the server is exit 1', async () => {
    const sent = await asAgent(['recipe', 'run', 'post', 'n=12']);
    expect(sent).toMatchObject({ status: 0, stdout: expect.stringMatching(/^you sent /), stderr: 'Status: 200 OK\n' });
    expect(sent.stdout).not.toContain(KEY);
    expect(got.at(-1)).toMatchObject({ body: '{"id":"12"}', request: { url: '/v1/12', method: 'POST' } });
    expect(got.at(-1)?.request.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(await asAgent(['recipe', 'run', 'post', 'n=404'])).toMatchObject({ status: 1 });
  });
});

describe('a lockdown', () => {
  const whoami = (token: string): Promise<Ran> => station.asToken(token, ['vault', 'list', '--reason', REASON]);

  test('is anybody’s to begin, without a password, and the owner’s to lift', async () => {
    const [calm, iced] = [await station.token('calm', '--vault', 'CI'), await station.token('iced', '--vault', 'CI')];
    await station.ok(['pat', 'freeze', 'iced']);
    const bare = { VOUCHSAFE_SESSION: undefined };
    expect(await station.run(['lockdown'], { env: bare })).toMatchObject({ status: 0 });
    expect(await station.run(['lockdown'], { env: { CLAUDECODE: '1' } })).toMatchObject({ status: 0 });
    expect(await station.asToken(agent, ['lockdown'])).toMatchObject({ status: 0 });
    for (const token of [agent, calm, iced]) expect(await whoami(token)).toMatchObject({ status: 4 });
    expect(await station.ok(['info'])).toMatch(/^Lockdown: /m);

    await station.ok(['pat', 'unfreeze', 'calm']);
    expect([(await whoami(calm)).status, (await whoami(agent)).status]).toEqual([0, 4]);

    expect(await station.asToken(agent, ['lockdown', 'lift'])).toMatchObject({ status: 4 });
    expect(await station.run(['lockdown', 'lift', '--no-input'], { env: bare })).toMatchObject({ status: 4 });
    expect(await station.json(['lockdown', 'lift'])).toEqual({ lockdown: false, lifted: ['bot'], frozen: ['iced'] });
    expect([(await whoami(agent)).status, (await whoami(iced)).status]).toEqual([0, 4]);
    expect(await station.run(['lockdown', 'lift'])).toMatchObject({ status: 6 });
    expect(await station.ok(['info'])).not.toContain('Lockdown');
  });

  test('does not begin by a word that is misspelt', async () => {
    expect(await station.run(['lockdown', 'lfit'])).toMatchObject({ status: 2 });
    expect((await whoami(agent)).status).toBe(0);
  });
});

test('a compromised token is frozen, and what it was given stays on the list until all is changed', async () => {
  const leaked = (await station.json(['agent', 'create', 'leaked', '--vault', 'CI'])).token;
  const read = ['item', 'view', 'CI/GitHub', '--field', 'key', '--reason', REASON];
  expect(await station.asToken(leaked, read)).toMatchObject({ status: 0 });
  const { items, ...list } = await station.json(['pat', 'compromised', 'leaked']);
  expect(list).toMatchObject({ token: { name: 'leaked' }, frozen: true, open: true });
  expect(items).toMatchObject([{ title: 'GitHub', type: 'api-key', how: 'shown', done: false }]);
  expect(await station.asToken(leaked, read)).toMatchObject({ status: 4 });
  expect(await station.ok(['info'])).toContain('leaked (1 open) (vouchsafe pat compromised leaked)');

  await station.ok(['agent', 'delete', 'leaked', '--force']);
  expect((await station.json(['agent', 'compromised'])).data).toMatchObject([{ frozen: false, open: true, items }]);
  const over = await station.ok(['pat', 'compromised', 'leaked', '--done', 'GitHub']);
  expect(over).toMatch(/^\[x\] api-key GitHub[^]*the list is closed\.$/m);
  expect(await station.ok(['pat', 'compromised'])).toContain('There is no token');
  expect((await station.json(['info'])).compromised).toEqual([]);
});

test('ticking off an item leaves a token that was let work again as it is', async () => {
  await keep('GitLab');
  const back = (await station.json(['agent', 'create', 'back', '--vault', 'CI'])).token;
  const view = (item: string): readonly string[] => ['item', 'view', item, '--field', 'key', '--reason', REASON];
  for (const item of ['CI/GitHub', 'CI/GitLab'])
    expect(await station.asToken(back, view(item))).toMatchObject({ status: 0 });
  await station.ok(['pat', 'compromised', 'back']);
  await station.ok(['pat', 'unfreeze', 'back']);
  const ticked = await station.json(['pat', 'compromised', 'back', '--done', 'GitHub']);
  expect(ticked).toMatchObject({ frozen: false, open: true });
  expect(await station.asToken(back, view('CI/GitLab'))).toMatchObject({ status: 0 });
  expect(await station.json(['pat', 'compromised', 'back'])).toMatchObject({ frozen: true });
  expect(await station.asToken(back, view('CI/GitLab'))).toMatchObject({ status: 4 });
});
