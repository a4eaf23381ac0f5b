/** What a token moves, deletes and renames: never to where it may do more, and seen by every door at once. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../src/core/expiry.js';
import type { NewGrant } from '../../src/gate/door.js';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { captureStderr, dumpWithoutLog, expectVerified, refusalOf, refusedWith } from '../support/gate-rig.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let agent: AgentDoor;
let id: string;
beforeEach(async () => {
  safe = await makeSafe();
  for (const name of ['Here', 'There']) await safe.owner.createVault({ name });
  ({ id } = await safe.owner.createItem(byName('Here'), {
    ...{ type: 'login', title: 'DB' },
    fields: [{ name: 'password', value: 'pw-of-db' }],
  }));
  agent = await safe.agent((await safe.token('bot')).token);
});
afterEach(async () => safe.end());

type Terms = Omit<NewGrant, 'token' | 'vault'>;

async function grantBoth(here: Terms, there: Terms): Promise<void> {
  await safe.owner.grant({ token: byName('bot'), vault: byName('Here'), ...here });
  await safe.owner.grant({ token: byName('bot'), vault: byName('There'), ...there });
}

const move = async (): Promise<Answer> => ask(agent, 'move_item', { item: id, to_vault: 'There' });

function itemIn(answer: Answer): { id: string; vault: string } {
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.result['item'] as { id: string; vault: string };
}

const editor = (limits: NewGrant['limits'] = {}): Terms => ({ role: 'editor', limits });

describe('a moved item', () => {
  test('has a new id, and the old one is none', async () => {
    await grantBoth(editor(), editor());
    const moved = itemIn(await move());
    expect(moved).toMatchObject({ vault: 'There' });
    expect(moved.id).not.toBe(id);
    expect(refusalOf(await ask(agent, 'get_item', { item: id }))).toMatch(/^(not_found|forbidden)$/);
    await refusedWith('not_found', safe.owner.viewItem({ item: byId(id) }, []));
    expect(JSON.stringify(await ask(agent, 'get_item', { item: moved.id, fields: ['password'] }))).toMatch(/pw-of-db/);
    await expectVerified(safe);
  });

  test('is not reached by a grant on what it was', async () => {
    await grantBoth(editor(), editor());
    const one = await safe.agent((await safe.token('one')).token);
    await safe.owner.grant({ token: byName('one'), vault: byName('Here'), item: byId(id) });
    expect(codeOf(await ask(one, 'get_item', { item: id }))).toBe('granted');
    const moved = itemIn(await move());
    for (const item of [id, moved.id, 'DB'])
      expect(refusalOf(await ask(one, 'get_item', { item, fields: ['password'] }))).toMatch(/^(not_found|forbidden)$/);
    await expectVerified(safe);
  });
});

test('no more different items are moved than may be named', async () => {
  await safe.owner.createItem(byName('Here'), { type: 'login', title: 'Second' });
  const limits = { distinctItems: '1/1d' };
  await grantBoth(editor(limits), editor(limits));
  expect(codeOf(await move())).toBe('granted');
  const before = dumpWithoutLog(safe.file);
  const second = await ask(agent, 'move_item', { vault: 'Here', item: 'Second', to_vault: 'There' });
  expect(codeOf(second)).toBe('limit_reached');
  expect(dumpWithoutLog(safe.file)).toBe(before);
  await expectVerified(safe);
});

describe('a move is refused, and changes nothing, where the target has', () => {
  const wider: readonly (readonly [string, Terms, Terms])[] = [
    ['a higher role', editor(), { role: 'manager' }],
    ['a later end', { ...editor(), expiration: '1d' }, { ...editor(), expiration: '2d' }],
    ['more uses', editor({ maxUses: '2' }), editor({ maxUses: '3' })],
    ['uses without end', editor({ maxUses: '2' }), editor()],
    ['a higher rate', editor({ rate: '5/1h' }), editor({ rate: '6/1h' })],
    ['a shorter window', editor({ rate: '5/1h' }), editor({ rate: '5/30min' })],
    ['more hours', editor({ hours: '00:00-23:58' }), editor({ hours: '00:00-23:59' })],
    ['other fields', editor({ fields: ['password'] }), editor({ fields: ['password', 'pin'] })],
    ['shown secrets', editor({ reveal: 'never' }), editor()],
  ];

  test.each(wider)('%s; the other way it is done', async (_what, narrow, wide) => {
    safe.clock.now = Math.floor(safe.clock.now / DAY_MS) * DAY_MS + DAY_MS + DAY_MS / 2;
    await grantBoth(narrow, wide);
    const before = dumpWithoutLog(safe.file);
    expect(refusalOf(await move())).toBe('forbidden');
    expect(dumpWithoutLog(safe.file)).toBe(before);
    await grantBoth(wide, narrow);
    expect(itemIn(await move())).toMatchObject({ vault: 'There' });
    await expectVerified(safe);
  });

  test('more uses left, though as many in all', async () => {
    await grantBoth(editor({ maxUses: '3' }), editor({ maxUses: '3' }));
    expect(codeOf(await ask(agent, 'get_item', { item: id, fields: ['password'] }))).toBe('granted');
    const before = dumpWithoutLog(safe.file);
    expect(refusalOf(await move())).toBe('forbidden');
    expect(dumpWithoutLog(safe.file)).toBe(before);
  });
});

test('delete_item takes only what is in the trash, and only with its exact title', async () => {
  await grantBoth({ role: 'manager' }, editor());
  const remove = async (title: string): Promise<string> =>
    codeOf(await ask(agent, 'delete_item', { vault: 'Here', item: id, confirm_title: title }));
  expect(await remove('DB')).toBe('conflict');
  await ask(agent, 'trash_item', { item: id });
  for (const title of ['db', 'DB2', '']) expect(await remove(title)).toBe('invalid_request');
  expect(await remove('DB')).toBe('granted');
  expect(await remove('DB')).toMatch(/^(not_found|forbidden)$/);
  await refusedWith('not_found', safe.owner.viewItem({ item: byId(id), trashed: true }, []));
  await expectVerified(safe);
});

test('a new name of a vault is seen by the other doors at once', async () => {
  await grantBoth({ role: 'manager' }, editor());
  const other = await safe.agent((await safe.token('other', ['Here'])).token);
  expect(codeOf(await ask(other, 'list_vault', { vault: 'Here' }))).toBe('granted');
  expect(codeOf(await ask(agent, 'update_vault', { vault: 'Here', name: 'Now' }))).toBe('granted');
  expect(codeOf(await ask(other, 'list_vault', { vault: 'Now' }))).toBe('granted');
  expect(codeOf(await ask(other, 'list_vault', { vault: 'Here' }))).not.toBe('granted');
  expect((await safe.owner.listVaults()).map(({ name }) => name)).toContain('Now');
  await expectVerified(safe);
});

test('a name is taken among what the token reaches; beyond, the owner has to say which', async () => {
  await grantBoth({ role: 'manager' }, editor());
  const rename = async (name: string): Promise<string> =>
    codeOf(await ask(agent, 'update_vault', { vault: 'Here', name }));
  expect(await rename('tHERE')).toBe('conflict');
  expect(await rename('Personal')).toBe('granted');
  await refusedWith('ambiguous', safe.owner.updateVault(byName('Personal'), { description: 'x' }));
  await expectVerified(safe);
});
