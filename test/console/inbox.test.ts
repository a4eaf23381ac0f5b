/** The inbox, over HTTP: cards, approval with the least first, denial with words, and what is shown as text. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LocalDoor } from '../../src/gate/call.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

const SCRIPT = '<script>document.title="owned"</script>';
const WHY = 'Look up the account of the mail provider for release 4.2';

let safe: TestSafe;
let console_: TestConsole;
let owner: Visitor;
let bot: LocalDoor;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: 'canary-inbox-1' }];
  await safe.owner.createItem(byName('Production'), { type: 'login', title: 'Orders', fields });
  await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Mail', fields });
  const { token } = await safe.token('bot');
  await safe.owner.grant({ token: byName('bot'), vault: byName('Production'), limits: { reveal: 'approve' } });
  bot = await safe.agent(token);
  console_ = await consoleOn(safe);
  owner = await unlockedOn(console_);
});
afterEach(async () => {
  await console_.end();
  await safe.end();
});

const reveal = async () => ask(bot, 'get_item', { item: 'Orders', fields: ['password'] });
const requestAccess = async (input: object = {}) =>
  ask(bot, 'request_access', { vault: 'Personal', role: 'editor', reason: WHY, ...input });

async function newest(): Promise<string> {
  return (await safe.owner.listRequests({ all: false }))[0]?.id ?? '';
}

describe('the list', () => {
  test('says what to expect where nothing waits, and that nothing was decided', async () => {
    expect((await owner.get('/inbox')).text).toContain('No agent asks for anything.');
    expect((await owner.get('/inbox/decided')).text).toContain('Nothing was decided yet.');
  });

  test('has a card for each request, with what the agent wrote as text, and its number in the title', async () => {
    await reveal();
    await requestAccess({ reason: `${WHY} ${SCRIPT}` });
    const { text } = await owner.get('/inbox');
    expect(text).toContain('<title>(2) Inbox');
    expect(text).toContain('bot asks to see password of Orders');
    expect(text).toContain('bot asks for editor on vault Personal');
    expect(text).toContain('all items of the vault Personal');
    expect(text).toContain('test-client 1.0.0');
    expect(text).toContain('&lt;script&gt;document.title');
    expect(text).not.toContain(SCRIPT);
    expect(text).not.toContain('canary-inbox-1');
  });

  test('tells the script how many wait, and nothing of them', async () => {
    await reveal();
    const told: unknown = JSON.parse((await owner.get('/inbox/waiting', { 'x-background': '1' })).text);
    expect(told).toEqual({ requests: 1, newest: await newest() });
  });
});

describe('a use', () => {
  test('is approved once unless more is said', async () => {
    await reveal();
    const id = await newest();
    const answered = await owner.post(`/inbox/${id}/approve`, { uses: '1', for: '10min' });
    expect([answered.status, answered.headers.location]).toEqual([303, '/inbox']);
    expect((await owner.get('/inbox')).text).toContain('Approved for bot: it asks to see password of Orders.');
    expect([codeOf(await reveal()), codeOf(await reveal())]).toEqual(['granted', 'approval_required']);
    expect((await owner.get('/inbox/decided')).text).toContain(`href="/inbox/${id}"`);
    expect((await owner.get(`/inbox/${id}`)).text).not.toContain('id="approve-form"');
  });

  test('is shown again with each fault beside its field, and what was typed', async () => {
    await reveal();
    const id = await newest();
    const { status, text } = await owner.post(`/inbox/${id}/approve`, { uses: '0', for: '2w', words: 'Only today' });
    expect(status).toBe(422);
    expect(text).toContain('id="field-uses-fault"');
    expect(text).toContain('id="field-for-fault"');
    expect(text).toContain('value="Only today"');
    for (const time of ['0min', '999999999y', 'soon'])
      expect((await owner.post(`/inbox/${id}/approve`, { uses: '1', for: time })).status).toBe(422);
    expect(codeOf(await reveal())).toBe('approval_required');
  });

  test('is denied with words that the agent hears; without words it is not', async () => {
    await reveal();
    const id = await newest();
    const without = await owner.post(`/inbox/${id}/deny`, { because: ' ' });
    expect(without.status).toBe(422);
    expect(without.text).toContain('id="field-because-fault"');
    expect((await owner.post(`/inbox/${id}/deny`, { because: 'Use the replica' })).status).toBe(303);
    const heard = await reveal();
    expect(heard.ok ? '' : heard.error.message).toContain('Use the replica');
  });
});

describe('access', () => {
  test('is given for a day where no end was asked for, on what the card said', async () => {
    await requestAccess();
    const id = await newest();
    const { text } = await owner.get(`/inbox/${id}`);
    expect(text).toContain('value="1d"');
    expect(text).not.toContain('<option value="manager"');
    const vault = /name="vault" value="([^"]+)"/.exec(text)?.[1] ?? '';
    await owner.post(`/inbox/${id}/approve`, { vault, role: 'viewer', expiration: '1d', max_uses: '2' });
    const card = await safe.owner.showRequest(id);
    expect(card.state).toBe('approved');
    expect(
      card.kind === 'access' ? card.access.find(({ vault: { name } }) => name === 'Personal') : null,
    ).toMatchObject({
      role: 'viewer',
      limits: { max_uses: 2 },
      expires_at: new Date(safe.clock.now + 86_400_000).toISOString(),
    });
  });

  test('is never wider than what was asked for', async () => {
    await requestAccess({ role: 'viewer', item: 'Mail' });
    const id = await newest();
    const wider = await owner.post(`/inbox/${id}/approve`, { vault: 'Personal', role: 'editor', expiration: '1d' });
    expect(wider.status).toBe(422);
    expect(wider.text).toContain('or a tighter one');
    expect((await safe.owner.showRequest(id)).state).toBe('pending');
  });

  test('to what is called so nowhere is given only where the owner says what is meant', async () => {
    await requestAccess({ vault: 'Staging' });
    const id = await newest();
    expect((await owner.get('/inbox')).text).toContain('Choose and approve');
    const unsaid = await owner.post(`/inbox/${id}/approve`, { role: 'viewer', expiration: '1d' });
    expect(unsaid.text).toContain('id="field-vault-fault"');
    const said = await owner.post(`/inbox/${id}/approve`, { vault: 'Personal', role: 'viewer', expiration: '1d' });
    expect(said.status).toBe(303);
  });

  test('that is decided already says so', async () => {
    await requestAccess();
    const id = await newest();
    await safe.owner.denyRequest(id, 'No');
    const late = await owner.post(`/inbox/${id}/approve`, { vault: 'Personal', role: 'viewer', expiration: '1d' });
    expect([late.status, late.headers.location]).toEqual([303, `/inbox/${id}`]);
    expect((await owner.get(`/inbox/${id}`)).text).toContain('The request is denied already.');
  });
});

test('a request that there is not is not found, and a form without its token changes nothing', async () => {
  expect((await owner.get('/inbox/no-such-request-here')).status).toBe(404);
  await reveal();
  const id = await newest();
  expect((await owner.post(`/inbox/${id}/approve`, { csrf: 'x', uses: '1', for: '10min' })).status).toBe(403);
  expect((await safe.owner.showRequest(id)).state).toBe('pending');
});
