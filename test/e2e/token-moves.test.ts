/** What a token moves, deletes and renames from a shell: the tools that only some roles have. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findTool } from '../../src/tools/catalogue.js';
import { Station, type How, type Ran } from './station.js';
import { atTerminal, NO_TERMINAL } from './terminal.js';

const REASON = 'Tidy up for OPS-42';
const lacks = (tool: string): boolean => findTool(tool) === undefined;

let station: Station;
let manager: string;

beforeAll(async () => {
  station = await new Station('token-moves').open();
  for (const name of ['Work', 'Other']) await station.ok(['vault', 'create', name]);
  const create = ['agent', 'create', 'manager', '--vault', 'Work', '--vault', 'Other', '--role', 'manager'];
  manager = (await station.json(create)).token;
});

afterAll(() => station.end());

const asManager = (args: readonly string[], how: How = {}): Promise<Ran> =>
  station.asToken(manager, args, { ...how, env: { VOUCHSAFE_AGENT_REASON: REASON, ...how.env } });

async function item(title: string): Promise<string> {
  return (await station.json(['item', 'create', 'note', '--vault', 'Work', '--title', title])).id;
}

test('what is deleted for good is confirmed by its title, which is never looked up for whoever deletes', async () => {
  const id = await item('Kept');
  const refused = async (args: readonly string[], says: RegExp): Promise<void> => {
    const ran = await asManager(['item', 'delete', ...args]);
    expect(ran).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(says) });
  };
  await refused(['Work/Kept'], /no terminal to ask at\.\nAdd --confirm with its title\./);
  await refused(['Work/Kept', '--json'], /nobody is asked.*Add --confirm with its title\./);
  await refused([id, '--force'], /An id alone does not confirm/);
  await refused(['--item-id', id, '--force'], /An id alone does not confirm/);
  const { data } = await station.json(['audit', 'list', 'agent:manager']);
  expect(data).toEqual([]);
});

test('the owner confirms by the title as well, and a wrong one deletes nothing', async () => {
  const id = await item('Mine');
  expect(await station.run(['item', 'delete', id, '--confirm', 'Yours'])).toMatchObject({
    ...{ status: 2, stdout: '', stderr: expect.stringMatching(/^--confirm is not the title of this item\.\n/) },
  });
  expect(await station.ok(['item', 'delete', id, '--confirm', 'mine'])).toMatch(/^Deleted note Mine in Work/);
});

test('nothing to change is told before the call', async () => {
  expect(await asManager(['vault', 'update', 'Work'])).toMatchObject({
    ...{ status: 2, stdout: '', stderr: 'There is nothing to change.\nAdd --name or --description.\n' },
  });
});

describe.skipIf(lacks('move_item'))('move', () => {
  test('makes the item anew in the other vault', async () => {
    const id = await item('Moving');
    const ran = await asManager(['item', 'move', 'Work/Moving', '--to', 'Other', '--json']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const moved = JSON.parse(ran.stdout);
    expect(moved).toEqual(await station.json(['item', 'view', 'Other/Moving']));
    expect(moved.id).not.toBe(id);
    expect(await asManager(['item', 'move', moved.id, '--to', 'Work'])).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/^Moved note Moving in Work \([0-9a-z]{32}\)\n$/) },
    });
  });

  test('to a vault that is not granted is forbidden', async () => {
    await item('Staying');
    expect(await asManager(['item', 'move', 'Work/Staying', '--to', 'Personal'])).toMatchObject({
      status: 5,
      stdout: '',
    });
  });
});

describe.skipIf(lacks('delete_item'))('delete', () => {
  test('from the trash alone, with the title as confirmation', async () => {
    await item('Doomed');
    expect((await asManager(['item', 'delete', 'Work/Doomed', '--force'])).status).not.toBe(0);
    await asManager(['item', 'trash', 'Work/Doomed']);
    expect((await asManager(['item', 'delete', 'Work/Doomed', '--confirm', 'Other'])).status).not.toBe(0);
    expect(await asManager(['item', 'delete', 'Work/Doomed', '--force'])).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/^Deleted .*Doomed/) },
    });
    expect(await asManager(['item', 'restore', 'Work/Doomed'])).toMatchObject({ status: 3 });
  });

  test('by an id with --confirm', async () => {
    const id = await item('Gone');
    await asManager(['item', 'trash', id]);
    expect(await asManager(['item', 'delete', '--item-id', id, '--confirm', 'Gone'])).toMatchObject({ status: 0 });
  });

  test.skipIf(NO_TERMINAL !== undefined)('at a terminal the title is typed', async () => {
    await item('Typed');
    await asManager(['item', 'trash', 'Work/Typed']);
    const { status, stdout } = await atTerminal(station, {
      args: ['item', 'delete', 'Work/Typed', '--reason', REASON],
      env: { VOUCHSAFE_PERSONAL_ACCESS_TOKEN: manager, VOUCHSAFE_SESSION: undefined },
      steps: [['Type its title to go on:', 'Typed\r']],
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/Deleted .*Typed/) });
  });
});

describe.skipIf(lacks('update_vault'))('vault update', () => {
  test('gives it another name and description', async () => {
    expect(
      await asManager(['vault', 'update', 'Other', '--name', 'Archive', '--description', 'Old things']),
    ).toMatchObject({
      ...{ status: 0, stdout: expect.stringMatching(/^Changed the vault Archive/) },
    });
    const { data } = await station.json(['vault', 'list']);
    expect(data).toContainEqual(expect.objectContaining({ name: 'Archive', description: 'Old things' }));
  });
});
