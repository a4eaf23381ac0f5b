/** A vault's name that a manager changes: seen by all at once, and what two vaults of one name mean to whom. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { captureStderr, dumpWithoutLog, expectVerified } from '../support/gate-rig.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let manager: AgentDoor;
let work: string;

beforeEach(async () => {
  safe = await makeSafe();
  work = (await safe.owner.createVault({ name: 'Work', description: 'all of it' })).id;
  for (const name of ['Home', 'Else']) await safe.owner.createVault({ name });
  await safe.owner.createItem(byName('Work'), { type: 'note', title: 'A' });
  await safe.owner.createItem(byName('Else'), { type: 'note', title: 'E' });
  manager = await safe.agent((await safe.token('manager', ['Work', 'Home'], 'manager')).token);
});

afterEach(async () => {
  try {
    await expectVerified(safe);
  } finally {
    await safe.end();
  }
});

const rename = async (input: object, door = manager): Promise<Answer> => ask(door, 'update_vault', { ...input });

async function namesBy(door: AgentDoor): Promise<readonly string[]> {
  const answer = await ask(door, 'list_vaults');
  if (!answer.ok) throw new Error(answer.error.code);
  return (answer.result['vaults'] as { name: string }[]).map(({ name }) => name).sort();
}

test('is the vault’s name in every door that is open, for grants on single items too', async () => {
  const viewer = await safe.agent((await safe.token('viewer', ['Work'])).token);
  const single = await safe.agent((await safe.token('single')).token);
  await safe.owner.grant({ token: byName('single'), vault: byName('Work'), item: byName('A') });
  const owner = await safe.reopen();
  for (const door of [viewer, single]) expect(await namesBy(door)).toEqual(['Work']);
  expect((await owner.listVaults()).map(({ name }) => name)).toContain('Work');

  expect(await rename({ vault: 'work', name: 'Labour' })).toMatchObject({
    result: { vault: { id: work, name: 'Labour', description: 'all of it' } },
  });
  for (const door of [viewer, single]) {
    expect(await namesBy(door)).toEqual(['Labour']);
    expect(codeOf(await ask(door, 'get_item', { vault: 'Labour', item: 'A' }))).toBe('granted');
    expect(codeOf(await ask(door, 'get_item', { vault: 'Work', item: 'A' }))).toBe('forbidden');
  }
  for (const door of [owner, safe.owner, await safe.reopen()])
    expect((await door.listVaults()).find(({ id }) => id === work)?.name).toBe('Labour');
});

test('that another vault has is a conflict among those that the token reaches, without regard to case', async () => {
  const before = dumpWithoutLog(safe.file);
  for (const name of ['Home', ' hOME '])
    expect(await rename({ vault: 'Work', name })).toMatchObject({ error: { code: 'conflict' } });
  expect(dumpWithoutLog(safe.file)).toBe(before);
  expect(codeOf(await rename({ vault: 'Work', name: 'WORK' }))).toBe('granted');
});

test('that a vault out of its reach has tells the token nothing, and is ambiguous for the owner', async () => {
  expect(codeOf(await rename({ vault: 'Work', name: 'Else' }))).toBe('granted');
  await expect(safe.owner.listItems({ vault: byName('Else') })).rejects.toMatchObject({ code: 'ambiguous' });
  expect(await safe.owner.listItems({ vault: byId(work) })).toHaveLength(1);
  const seen = await ask(manager, 'list_vault', { vault: 'Else' });
  expect(JSON.stringify(seen)).toContain('"A"');
  expect(JSON.stringify(seen)).not.toContain('"E"');
});

test('is refused to whoever manages less than the whole vault, in the words for a vault that does not exist', async () => {
  const editor = await safe.agent((await safe.token('editor', ['Work'], 'editor')).token);
  const single = await safe.agent((await safe.token('single')).token);
  await safe.owner.grant({ token: byName('single'), vault: byName('Work'), item: byName('A'), role: 'manager' });
  const none = await rename({ vault: 'There is none', name: 'X' });
  expect(codeOf(none)).toBe('forbidden');
  for (const door of [editor, single]) {
    const answer = await rename({ vault: 'Work', name: 'X' }, door);
    expect(!answer.ok && answer.error).toEqual(!none.ok && none.error);
  }
});

test.each([
  [{}],
  [{ name: '' }],
  [{ name: 'a\nb' }],
  [{ name: '\u202e' }],
  [{ name: 'x'.repeat(301) }],
  [{ title: 'X' }],
])('%j changes nothing', async (edit) => {
  const before = dumpWithoutLog(safe.file);
  expect(codeOf(await rename({ vault: 'Work', ...edit }))).toBe('invalid_request');
  expect(dumpWithoutLog(safe.file)).toBe(before);
});

test('two managers who name two vaults alike at once: one is told of the other', async () => {
  const other = await safe.agent((await safe.token('other', ['Work', 'Home'], 'manager')).token);
  const answers = await Promise.all([
    rename({ vault: 'Work', name: 'Same' }),
    rename({ vault: 'Home', name: 'Same' }, other),
  ]);
  expect(answers.map(codeOf).sort()).toEqual(['conflict', 'granted']);
});
