/** The pages of tokens, over HTTP: what they show, what they do, and what they leave in the log. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeOf, ask, byId, byName, makeSafe, type TestSafe } from '../support/safe.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

let safe: TestSafe;
let console: TestConsole;
let visitor: Visitor;

beforeEach(async () => {
  safe = await makeSafe();
  console = await consoleOn(safe);
  visitor = await unlockedOn(console);
});
afterEach(async () => {
  await console.end();
  await safe.end();
});

const TOKEN = /vsp_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}/g;

function tokenIn(text: string): string {
  const [token, ...more] = text.match(TOKEN) ?? [];
  expect(more).toEqual([]);
  return token!;
}

async function vaultId(name: string): Promise<string> {
  return (await safe.owner.listVaults()).find((vault) => vault.name === name)!.id;
}

async function oneItem(): Promise<void> {
  const fields = [{ name: 'password', value: 'canary-tokens-1' }];
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Mail', fields });
}

test('without a token, the list says what to do first', async () => {
  const { status, text } = await visitor.get('/tokens');
  expect([status, text.includes('There is no token yet.')]).toEqual([200, true]);
});

test('a new token is shown once, with instructions, works, and is the owner’s doing in the log', async () => {
  await oneItem();
  const form = { name: 'deploy-bot', description: 'Deploys', expiration: '1w', agent: 'on', role: 'viewer' };
  const made = await visitor.post('/tokens', { ...form, vault: await vaultId('Personal') });
  expect([made.status, made.headers['cache-control']]).toEqual([200, 'no-store']);
  const value = tokenIn(made.text);
  expect(made.text).toContain('vouchsafe agent install deploy-bot --client claude-code --user --token-stdin');
  expect(codeOf(await ask(await safe.agent(value), 'get_item', { item: 'Mail' }))).toBe('granted');
  const { id, agent, expires_at: ends } = await safe.owner.findToken(byName('deploy-bot'));
  expect([agent, Math.round((Date.parse(ends!) - safe.clock.now) / 86_400_000)]).toEqual([true, 7]);
  for (const path of ['/tokens', `/tokens/${id}`, `/tokens/${id}/setup`, `/tokens/${id}/access`]) {
    const { status, text } = await visitor.get(path);
    expect([status, text.includes('deploy-bot'), text.match(TOKEN)], path).toEqual([200, true, null]);
  }
  expect((await visitor.get('/tokens')).text).toContain('Personal (viewer)');
  expect((await visitor.get(`/tokens/${id}`)).text).toContain('Run the nightly integration tests against staging');
  const { data } = await safe.owner.listEntries({ query: 'action:token.create', limit: 1 });
  expect(data[0]).toMatchObject({ transport: 'console', client: { name: 'vouchsafe console' } });
});

test('one that is no agent’s gets no instructions', async () => {
  const { text } = await visitor.post('/tokens', { name: 'ci', date: '', expiration: '1h' });
  expect([tokenIn(text).length > 0, text.includes('agent install')]).toEqual([true, false]);
});

test.each([
  [{ name: '', expiration: '1w' }, 'name', 'Give it a name'],
  [{ name: 'taken', expiration: '1w' }, 'name', 'There is a token of that name already.'],
  [{ name: 'new', date: '2001-01-01' }, 'date', 'The expiration is in the past.'],
  [{ name: 'new', date: '2999-01-01' }, 'date', 'The expiration'],
])('a wrong form is shown again, with the words beside the field: %j', async (fields, at, words) => {
  await safe.token('taken');
  const { status, text } = await visitor.post('/tokens', { ...fields, description: 'as <typed>' });
  expect([status, text.includes('as &lt;typed&gt;'), text.match(TOKEN)]).toEqual([422, true, null]);
  const fault = new RegExp(`id="field-${at}-fault">([^<]*)`).exec(text)?.[1];
  expect(fault).toContain(words);
});

test('access: an item with limits is added, and ended; what was read is to be changed', async () => {
  await oneItem();
  const { id, token } = await safe.token('bot');
  const path = `/tokens/${id}/access`;
  const vault = await vaultId('Personal');
  const limits = { maxUses: '5', rate: '10/1h', hours: '00:00-24:00', days: 'mon-sun', fields: 'password, pin' };
  const form = { vault, item: 'Mail', role: 'editor', expiration: '1d', purpose: 'Send the report', reveal: 'allow' };
  const added = await visitor.post(path, { ...form, ...limits });
  expect([added.status, added.headers.location]).toEqual([303, path]);
  const [grant] = await safe.owner.listAccess(byId(id));
  expect(grant).toMatchObject({ type: 'item', role: 'editor', purpose: 'Send the report' });
  expect(grant!.limits).toEqual({ max_uses: 5, rate: '10/1h', fields: ['password', 'pin'] });
  const shown = (await visitor.get(path)).text;
  for (const words of ['It reaches Mail in Personal as editor.', '5 uses in all, 5 left', 'Send the report'])
    expect(shown).toContain(words);
  const read = await ask(await safe.agent(token), 'get_item', { item: 'Mail', fields: ['password'] });
  expect(codeOf(read)).toBe('granted');
  expect((await visitor.post(`${path}/${encodeURIComponent(grant!.grant_id)}/end`)).status).toBe(303);
  expect((await visitor.get(path)).text).toContain('change them at their services: Mail.');
  expect(await safe.owner.listAccess(byId(id))).toEqual([]);
});

test.each([
  [{ vault: '' }, 'vault', 'Choose a vault.'],
  [{ item: 'Nowhere' }, 'item', ''],
  [{ rate: 'often' }, 'rate', 'This takes a number and a time. For example 10/1h'],
  [{ maxUses: '-1' }, 'maxUses', 'This takes a whole number'],
  [{ hours: 'noon' }, 'hours', 'The hours are no part of a day.'],
  [{ tz: 'Moon', hours: '08:00-18:00' }, 'tz', 'The time zone'],
  [{ tz: 'UTC' }, 'tz', 'A time zone without hours'],
  [{ cidr: 'here' }, 'cidr', 'This takes an address'],
  [{ date: '2001-01-01' }, 'date', 'The expiration is in the past.'],
])('access that cannot be given says why beside its field: %j', async (fields, at, words) => {
  const { id } = await safe.token('bot');
  const whole = { vault: await vaultId('Personal'), role: 'viewer', expiration: '', reveal: 'allow', ...fields };
  const { status, text } = await visitor.post(`/tokens/${id}/access`, whole);
  expect(status).toBe(422);
  expect(new RegExp(`id="field-${at}-fault">([^<]*)`).exec(text)?.[1]).toContain(words);
  expect(await safe.owner.listAccess(byId(id))).toEqual([]);
});

test('renewed, the new value is shown once and the old one is refused', async () => {
  const { id, token } = await safe.token('bot', ['Personal']);
  const { status, text } = await visitor.post(`/tokens/${id}/renew`, { expiration: '1m', rotate: 'on' });
  const value = tokenIn(text);
  expect([status, value === token]).toEqual([200, false]);
  await expect(safe.agent(token).then(async (door) => codeOf(await ask(door, 'list_vaults')))).resolves.not.toBe(
    'granted',
  );
  expect(codeOf(await ask(await safe.agent(value), 'list_vaults'))).toBe('granted');
});

test('renamed, frozen and unfrozen', async () => {
  const { id, token } = await safe.token('bot', ['Personal']);
  await safe.token('other');
  expect((await visitor.post(`/tokens/${id}/rename`, { name: 'other' })).status).toBe(422);
  expect((await visitor.post(`/tokens/${id}/rename`, { name: 'robot' })).status).toBe(303);
  expect((await visitor.get(`/tokens/${id}`)).text).toContain('It is called robot now.');
  const door = await safe.agent(token);
  await visitor.post(`/tokens/${id}/freeze`);
  expect((await visitor.get(`/tokens/${id}`)).text).toContain('robot is frozen.');
  expect(codeOf(await ask(door, 'list_vaults'))).not.toBe('granted');
  await visitor.post(`/tokens/${id}/unfreeze`);
  expect(codeOf(await ask(door, 'list_vaults'))).toBe('granted');
  await visitor.post(`/tokens/${id}/unfreeze`);
  expect((await visitor.get(`/tokens/${id}`)).text).toContain('The token is not frozen.');
});

test('deleted only when its name is typed, then at once and for good', async () => {
  const { id, token } = await safe.token('bot', ['Personal']);
  const door = await safe.agent(token);
  expect((await visitor.post(`/tokens/${id}/delete`, { confirm: 'bo' })).status).toBe(422);
  expect(codeOf(await ask(door, 'list_vaults'))).toBe('granted');
  const { status, headers } = await visitor.post(`/tokens/${id}/delete`, { confirm: 'bot' });
  expect([status, headers.location]).toEqual([303, '/tokens']);
  expect(codeOf(await ask(door, 'list_vaults'))).not.toBe('granted');
  expect((await visitor.get('/tokens')).text).toContain('bot is deleted.');
  expect((await visitor.get(`/tokens/${id}`)).status).toBe(404);
  expect((await visitor.get('/tokens?all=on')).text).toContain('revoked');
});

test('a token that is not there is not found, whatever is asked of it', async () => {
  for (const part of ['', '/setup', '/access', '/renew', '/rename', '/delete'])
    expect((await visitor.get(`/tokens/no-such-token-here${part}`)).status, part).toBe(404);
});

test('nothing is done without the token of the form', async () => {
  const { id } = await safe.token('bot');
  for (const path of ['/tokens', `/tokens/${id}/freeze`, `/tokens/${id}/delete`, `/tokens/${id}/renew`])
    expect((await visitor.post(path, { csrf: 'x', name: 'n', confirm: 'bot' })).status).toBe(403);
  expect((await safe.owner.findToken(byId(id))).status).toBe('active');
});

test('what is a script in a name or a purpose is text', async () => {
  const name = '<script>alert(1)</script>';
  const { id } = await safe.token(name, ['Personal']);
  const vault = await vaultId('Personal');
  await visitor.post(`/tokens/${id}/access`, { vault, role: 'viewer', purpose: '<img src=x>' });
  for (const part of ['', '/setup', '/access', '/renew', '/rename', '/delete']) {
    const { text } = await visitor.get(`/tokens/${id}${part}`);
    expect([text.includes('&lt;script&gt;'), text.includes(name), text.includes('<img')], part).toEqual([
      true,
      false,
      false,
    ]);
  }
});
