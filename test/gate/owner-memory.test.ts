/** What doors of one owner share of lists: always what the log says now, whoever changed it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { OwnerDoor } from '../../src/gate/door.js';
import { openOwner } from '../../src/gate/open.js';
import { OwnerMemory } from '../../src/gate/owner-memory.js';
import { captureStderr } from '../support/gate-rig.js';
import { withRaw } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

const stderr = captureStderr();
let safe: TestSafe;
let memory: OwnerMemory;

beforeEach(async () => {
  safe = await makeSafe();
  memory = new OwnerMemory();
  await safe.owner.createVault({ name: 'Work' });
  for (const title of ['A', 'B', 'C']) await make(title);
  expect(await titles()).toEqual(['A', 'B', 'C']);
});
afterEach(async () => {
  await safe.end();
});

const make = async (title: string) =>
  safe.owner.createItem(byName('Work'), {
    type: 'login',
    title,
    fields: [{ name: 'password', value: `canary-${title}` }],
  });

/** Does it with a door of its own that shares the memory, as each request of the console has one. */
async function withDoor<T>(work: (door: OwnerDoor) => Promise<T>): Promise<T> {
  const door = await openOwner(safe.places, { password: PASSWORD }, { origin: ORIGIN, options: safe.options, memory });
  try {
    return await work(door);
  } finally {
    await door.close();
  }
}

const titles = async () => withDoor(async (door) => (await door.listItems({})).map(({ title }) => title));

test('what others change, add, trash and delete is seen by the next door', async () => {
  await safe.owner.updateItem({ item: byName('A') }, { title: 'A2' });
  await make('D');
  await safe.owner.trashItem({ item: byName('B') });
  expect(await titles()).toEqual(['A2', 'C', 'D']);
  await safe.owner.restoreItem({ item: byName('B') });
  await safe.owner.deleteItem({ item: byName('C') });
  await safe.owner.updateVault(byName('Work'), { name: 'Works' });
  expect(await titles()).toEqual(['A2', 'B', 'D']);
  expect(await withDoor(async (door) => (await door.listVaults()).map(({ name }) => name))).toEqual([
    'Personal',
    'Works',
  ]);
});

test('items are the same after their keys were changed, and open', async () => {
  const { name } = await safe.token('bot', ['Work']);
  await safe.owner.deleteToken(byName(name), { rotate: true });
  expect(await titles()).toEqual(['A', 'B', 'C']);
  const shown = await withDoor(async (door) => door.viewItem({ item: byName('A') }, ['password']));
  expect(shown.fields.find((field) => field.name === 'password')?.value).toBe('canary-A');
});

test('what a token wrote counts no more once the state does not list it, unless the owner named it again', async () => {
  const { token, name } = await safe.token('bot', ['Work'], 'editor');
  const bot = await safe.agent(token);
  expect(codeOf(await ask(bot, 'update_item', { item: 'A', vault: 'Work', title: 'By the bot' }))).toBe('granted');
  expect(await titles()).toContain('By the bot');
  await safe.owner.deleteToken(byName(name), { rotate: false });
  expect(await titles()).toContain('By the bot');
});

test('a row that was put back does not bring the old title back', async () => {
  const { id } = await withDoor(async (door) => door.viewItem({ item: byName('A') }, []));
  await safe.owner.updateItem({ item: byId(id) }, { title: 'New' });
  expect(await titles()).toContain('New');
  withRaw(safe.file, (db) => db.prepare('DELETE FROM revision WHERE subject = ? AND number = 2').run(id));
  memory.forget();
  expect(await titles()).toEqual(['B', 'C']);
  expect(stderr.text()).toContain('1 items do not verify');
});

test('once it is forgotten, all is read anew', async () => {
  memory.forget();
  await make('D');
  expect(await titles()).toEqual(['A', 'B', 'C', 'D']);
});
