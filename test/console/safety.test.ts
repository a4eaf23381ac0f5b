/** The pages of safety, over HTTP: what they show, what they do, and what they leave in the log. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalDoor } from '../../src/gate/call.js';
import { withRaw } from '../support/raw.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

let safe: TestSafe;
let console: TestConsole;
let visitor: Visitor;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouchsafe-safety-'));
  safe = await makeSafe();
  console = await consoleOn(safe);
  visitor = await unlockedOn(console);
});
afterEach(async () => {
  await console.end();
  await safe.end();
  rmSync(folder, { recursive: true, force: true });
});

const SECRET = 'canary-safety-1';

async function item(title: string, url?: string): Promise<void> {
  const fields = [{ name: 'password', value: SECRET }];
  const urls = url === undefined ? [] : [url];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title, fields, urls });
}

async function agent(name: string): Promise<LocalDoor> {
  return safe.agent((await safe.token(name, ['Personal'], 'editor')).token);
}

const read = async (door: LocalDoor, title: string): Promise<string> =>
  codeOf(await ask(door, 'get_item', { item: title, fields: ['password'] }));

async function idOf(name: string): Promise<string> {
  return (await safe.owner.findToken(byName(name))).id;
}

/** The page that a POST leads to. */
async function after(path: string, fields: Readonly<Record<string, string | string[]>> = {}): Promise<string> {
  const { status, headers } = await visitor.post(path, fields);
  expect(status).toBe(303);
  return (await visitor.get(headers.location ?? '')).text;
}

test('every page says what to do where there is nothing yet, and leaves no entry', async () => {
  const { entries } = await safe.owner.standing();
  const words = {
    '/safety': 'Verify now',
    '/safety/access': 'There is no token yet.',
    '/safety/compromised': 'Nothing is to be changed.',
    '/safety/lockdown': 'There is no token yet: nothing would change.',
    '/safety/rules': 'There is no decoy.',
    '/safety/recipes': 'There is no recipe yet.',
  };
  for (const [path, expected] of Object.entries(words)) {
    const { status, text } = await visitor.get(path);
    expect([status, text.includes(expected)], path).toEqual([200, true]);
  }
  expect((await safe.owner.standing()).entries).toBe(entries);
});

test('verified on request: the page and the overview say when', async () => {
  safe.clock.now += 3 * 60_000;
  expect((await visitor.get('/safety')).text).toContain('3 minutes ago');
  for (const fields of [{}, { full: 'on' }])
    expect(await after('/safety/verify', fields)).toContain('The log is whole');
  expect((await visitor.get('/')).text).toContain('verified just now');
});

test('a log that was changed is named with its entry, and nothing says any more that it is whole', async () => {
  await item('Mail');
  withRaw(safe.file, (db) => db.exec('UPDATE entry SET at = at + 1 WHERE seq = 2'));
  const { status, text } = await visitor.post('/safety/verify', { full: 'on' });
  expect([status, text.includes('The log is not whole')]).toEqual([409, true]);
  expect((await visitor.get('/')).text).not.toContain('>verified');
});

test('a checkpoint is signed, and listed', async () => {
  expect(await after('/safety/checkpoint')).toContain('Checkpoint: ');
  const { data } = await safe.owner.listEntries({ query: 'action:audit.checkpoint', limit: 5 });
  expect(data).toMatchObject([{ transport: 'console', outcome: 'granted' }]);
  const { text } = await visitor.get('/safety');
  expect(text).toContain(`href="/activity/${String(data[0]!.seq)}"`);
});

test('a lockdown needs the word, stops a server that runs, and is lifted, but for what was frozen by itself', async () => {
  await item('Mail');
  const [bot] = [await agent('bot'), await agent('other')];
  await safe.owner.freezeToken(byName('other'));
  const wrong = await visitor.post('/safety/lockdown', { confirm: 'yes' });
  expect([wrong.status, wrong.text.includes('Type the word: lockdown')]).toEqual([422, true]);
  expect(await read(bot, 'Mail')).toBe('granted');
  expect(await after('/safety/lockdown', { confirm: 'lockdown' })).toContain('Every token is frozen now');
  expect(await read(bot, 'Mail')).not.toBe('granted');
  expect((await visitor.get('/safety')).text).toContain('Lift the lockdown');
  const { data } = await safe.owner.listEntries({ query: 'action:safe.lockdown', limit: 1 });
  expect(data[0]).toMatchObject({ transport: 'console', client: { name: 'vouchsafe console' } });
  const lifted = await after('/safety/lockdown/lift');
  expect(lifted).toContain('Work again: bot. Stay frozen: other.');
  expect(await read(bot, 'Mail')).toBe('granted');
  expect(await after('/safety/lockdown/lift')).toContain('There is no lockdown.');
});

test('a form without its token changes nothing', async () => {
  await agent('bot');
  for (const path of ['/safety/lockdown', '/safety/verify', `/safety/compromised/${await idOf('bot')}`])
    expect((await visitor.post(path, { csrf: 'x', confirm: 'lockdown' })).status, path).toBe(403);
  expect((await safe.owner.standing()).lockdown).toBe(false);
});

test('the least is shown with its effect, and applied as shown', async () => {
  await item('Mail');
  await item('Bank');
  const bot = await agent('bot');
  await agent('idle');
  await read(bot, 'Mail');
  const id = await idOf('bot');
  const list = (await visitor.get('/safety/access')).text;
  expect([list.includes('Grants that were never used'), list.includes(`/tokens/${await idOf('idle')}/access`)]).toEqual(
    [true, true],
  );
  const shown = (await visitor.get(`/safety/access/${id}`)).text;
  for (const words of ['only these items', 'role viewer', 'Items: Mail', '1 call, 1 secret given'])
    expect(shown).toContain(words);
  const digest = /name="shown" value="([^"]+)"/.exec(shown)?.[1] ?? '';
  await read(bot, 'Bank');
  const late = await visitor.post(`/safety/access/${id}`, { since: '30d', shown: digest });
  expect([late.status, late.text.includes('no longer what you were shown'), late.text.includes('Mail, Bank')]).toEqual([
    422,
    true,
    true,
  ]);
  expect(await safe.owner.listAccess(byName('bot'))).toMatchObject([{ type: 'vault', role: 'editor' }]);
  const now = /name="shown" value="([^"]+)"/.exec(late.text)?.[1] ?? '';
  expect(await after(`/safety/access/${id}`, { since: '30d', shown: now })).toContain(
    'bot has only what it needs now.',
  );
  const access = await safe.owner.listAccess(byName('bot'));
  expect(access.map((grant) => [grant.type, grant.role, grant.item?.title]).sort()).toEqual([
    ['item', 'viewer', 'Bank'],
    ['item', 'viewer', 'Mail'],
  ]);
  expect([await read(bot, 'Mail'), await read(bot, 'Bank')]).toEqual(['granted', 'granted']);
});

test('a compromised token is frozen by its name, and its list is ticked off to the end', async () => {
  await item('Mail', 'https://mail.example.com/password');
  await item('Trap', 'javascript:alert(1)');
  const bot = await agent('bot');
  await read(bot, 'Mail');
  await read(bot, 'Trap');
  const path = `/safety/compromised/${await idOf('bot')}`;
  expect((await visitor.post(path, { confirm: 'other' })).status).toBe(422);
  expect(await read(bot, 'Mail')).toBe('granted');
  const list = await after(path, { confirm: 'bot' });
  expect(await read(bot, 'Mail')).not.toBe('granted');
  expect(list).toContain('href="https://mail.example.com/password"');
  expect(list).not.toMatch(/href="javascript/i);
  expect(list).not.toContain(SECRET);
  expect((await visitor.get('/safety')).text).toContain('Compromised: bot.');
  expect(await after(`${path}/changed`)).toContain('Nothing was chosen');
  const [first, second] = [...list.matchAll(/name="changed" value="([^"]+)"/g)].map(([, id]) => id ?? '');
  expect(await after(`${path}/changed`, { changed: [first!] })).toContain('1 of 2 are still to be changed.');
  expect(await after(`${path}/changed`, { changed: [second!] })).toContain('The list is closed.');
  await safe.owner.unfreezeToken(byName('bot'));
  expect(await after(`${path}/changed`, { changed: [second!] })).toContain('All of it was changed before.');
  expect(await read(bot, 'Mail')).toBe('granted');
});

test('what a token was given that has ended is still listed, and can be worked through', async () => {
  await item('Mail');
  await read(await agent('bot'), 'Mail');
  const id = await idOf('bot');
  await safe.owner.deleteToken(byName('bot'), { rotate: false });
  expect((await visitor.get('/safety/compromised')).text).toContain('Given to tokens that have ended');
  expect(await after(`/safety/compromised/${id}`, { confirm: 'bot' })).toContain('bot has ended. Now change');
  expect((await visitor.get('/safety/compromised/pat_nobody')).status).toBe(404);
});

test('policies, decoys and recipes are listed as text', async () => {
  const hostile = '<script>alert(1)</script>';
  await item(hostile);
  await item('Bait');
  const named = (title: string) => ({ item: byName(title) });
  const http = { hosts: ['api.example.com'], auth: 'bearer:password' };
  await safe.owner.changeItemRules(named(hostile), { approve: true, http });
  await safe.owner.changeItemRules(named('Bait'), { decoy: true });
  const rules = (await visitor.get('/safety/rules')).text;
  expect(rules).not.toContain(hostile);
  for (const words of ['GET, HEAD to api.example.com', 'each use', 'Bait', '&lt;script&gt;'])
    expect(rules).toContain(words);
  const path = join(folder, 'deploy.sh');
  writeFileSync(path, '#!/bin/sh\n');
  chmodSync(path, 0o755);
  const command = { argv: [path, '{env}'], environment: {}, folder, path: process.env['PATH'] ?? '' };
  await safe.owner.createRecipe({ name: 'deploy', vault: byName('Personal'), command, allow: ['env=staging,prod'] });
  expect((await visitor.get('/safety/recipes')).text).toContain('as pinned');
  writeFileSync(path, '#!/bin/sh\nexit 1\n');
  const recipes = (await visitor.get('/safety/recipes')).text;
  for (const words of ['changed', 'vouchsafe recipe renew deploy', '{env}', 'staging, prod'])
    expect(recipes).toContain(words);
});
