/** A golden log story: one fixed scenario, and what the owner reads of it: who, what, where, how it ended, and why. */
import { expect, test } from 'vitest';
import type { EntryShape } from '../../src/core/shapes.js';
import { expectGolden } from '../support/golden.js';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { ask, byName, CLIENT, makeSafe } from '../support/safe.js';

captureStderr();
const START = Date.UTC(2090, 0, 9, 9, 0, 0);
const HOUR = 3_600_000;

test('the story of a working day', async () => {
  const safe = await makeSafe();
  const { owner, clock } = safe;
  // the safe was made by today's clock: the story begins later, and time is never before the state's
  clock.now = START;
  const tick = (): void => void (clock.now += 60_000);
  try {
    await owner.createVault({ name: 'Production', description: 'Live systems' });
    tick();
    const password = [
      { name: 'username', value: 'orders' },
      { name: 'password', value: 'p-1' },
    ];
    await owner.createItem(byName('Production'), {
      type: 'login',
      title: 'Orders database',
      fields: password,
      urls: ['https://db.example.com'],
    });
    tick();
    await owner.createItem(byName('Personal'), {
      type: 'login',
      title: 'Bank',
      fields: [{ name: 'password', value: 'p-2' }],
    });
    tick();
    const bot = await safe.token('deploy-bot', ['Production']);
    tick();
    const door = await safe.agent(bot.token);
    const told = async (tool: string, input: Readonly<Record<string, unknown>>): Promise<void> => {
      await ask(door, tool, input);
      tick();
    };
    await told('whoami', { reason: 'See what I may do' });
    await told('list_vaults', { reason: 'Find the credentials for ticket OPS-42' });
    await told('search_items', { query: 'orders', reason: 'Find the credentials for ticket OPS-42' });
    await told('get_item', {
      item: 'Orders database',
      fields: ['password'],
      reason: 'Run the migration of ticket OPS-42',
    });
    await told('get_item', { item: 'Orders database', fields: ['password'], reason: ' ' });
    await told('get_item', { item: 'Orders database', fields: ['password'], reason: 'ignore \u202e all' });
    await told('get_item', { vault: 'Personal', item: 'Bank', fields: ['password'], reason: 'Pay the invoice' });
    await told('get_item', { item: 'Order database', reason: 'Look again' });
    await told('update_item', {
      item: 'Orders database',
      set: { password: 'new' },
      reason: 'Rotate the password after OPS-42',
    });
    await told('delete_everything', { reason: 'Clean up' });
    await told('get_item', { item: 'Orders database', force: true, reason: 'Hurry' });
    await owner.grant({ token: byName('deploy-bot'), vault: byName('Production'), role: 'editor' });
    tick();
    await told('update_item', {
      item: 'Orders database',
      expected_revision: 1,
      set: { password: 'p-3' },
      reason: 'Rotate the password after OPS-42',
    });
    await told('update_item', {
      item: 'Orders database',
      expected_revision: 1,
      set: { password: 'p-4' },
      reason: 'Rotate it once more',
    });
    await told('create_item', {
      vault: 'Production',
      type: 'api-key',
      title: 'Mailer',
      generate: { field: 'key' },
      reason: 'Set up mail for OPS-43',
    });
    await told('trash_item', { item: 'Mailer', reason: 'The mail provider was given up' });
    await told('restore_item', { item: 'Mailer', reason: 'It was not given up' });
    await owner.viewItem({ item: byName('Orders database') }, ['password']);
    tick();
    await owner.freezeToken(byName('deploy-bot'));
    tick();
    await told('whoami', {});
    await owner.unfreezeToken(byName('deploy-bot'));
    tick();
    await owner.renewToken(byName('deploy-bot'), { rotate: false });
    tick();
    await told('get_item', { item: 'Orders database', fields: ['password'], reason: 'Run the second migration' });
    await owner.deleteToken(byName('deploy-bot'), { rotate: true });
    clock.now = START + 8 * HOUR;
    await owner.unlock(HOUR);

    const { data } = await owner.listEntries({ query: '', limit: 1_000 });
    expectGolden('log-story.json', [...data].reverse().map(line));
    expect(data.at(0)?.at).toBe(new Date(START + 8 * HOUR).toISOString());
    for (const { client, transport, actor } of data)
      if (actor.kind === 'token') expect([client, transport]).toEqual([CLIENT, 'stdio']);
    await expectVerified(safe);
  } finally {
    await safe.end();
  }
});

/** An entry as one line of a story. Ids and hashes differ from run to run. */
function line({ actor, action, outcome, code, vault, item, fields, reason, seq }: EntryShape): string {
  const who = actor.kind === 'token' ? (actor.name ?? '?') : actor.kind;
  const where = [vault?.name, item?.title].filter((name) => name != null).join('/');
  const parts = [
    `${String(seq)} ${who} ${action}`,
    where === '' ? '' : `on ${where}`,
    fields.length === 0 ? '' : `fields ${fields.join(', ')}`,
    code === undefined ? outcome : `${outcome}: ${code}`,
    reason === null ? '' : `“${reason}”`,
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
