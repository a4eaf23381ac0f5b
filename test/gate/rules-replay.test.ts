/**
 * What the owner demands of items, and recipes, outlive what is done around them: keys that rotate, tokens that are
 * renewed, a backup that is restored. And what does not open by then keeps nobody's access from ending.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openAgent } from '../../src/gate/open-agent.js';
import { openOwner } from '../../src/gate/open.js';
import { restoreSafe } from '../../src/gate/restore.js';
import type { Answer, LocalDoor } from '../../src/gate/call.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { allowRequests, type LoopbackServer, loopbackServer, scriptRecipe } from '../support/call-uses.js';
import { captureStderr, expectVerified, lastSeq } from '../support/gate-rig.js';
import { allOf, type Cells, insertRow, withRaw } from '../support/raw.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

captureStderr();
const TITLES = ['guarded', 'bait', 'service'] as const;
let safe: TestSafe;
let server: LoopbackServer;
let bot: string;

beforeEach(async () => {
  safe = await makeSafe();
  server = await loopbackServer();
  for (const title of TITLES) {
    const fields = [{ name: 'password', value: `pw-of-${title}` }];
    await safe.owner.createItem(byName('Personal'), { type: 'login', title, fields });
  }
  await safe.owner.changeItemRules({ item: byName('guarded') }, { approve: true });
  await safe.owner.changeItemRules({ item: byName('bait') }, { decoy: true });
  await allowRequests(safe, 'service', server.host);
  await scriptRecipe(safe, { name: 'deploy', vault: 'Personal', item: 'service' });
  bot = (await safe.token('bot', ['Personal'])).token;
});
afterEach(async () => {
  await server.close();
  await safe.end();
});

const read = async (door: LocalDoor, item: string): Promise<Answer> =>
  ask(door, 'get_item', { item, fields: ['password'] });

/** What the owner demands, as the owner sees it. */
async function demanded(owner: OwnerDoor): Promise<unknown> {
  const rules = await Promise.all(TITLES.map(async (title) => owner.itemRules({ item: byName(title) })));
  return { rules, recipes: await owner.listRecipes() };
}

/** An agent meets every rule, and has the use of what the owner set up. */
async function expectRules(door: LocalDoor, owner: OwnerDoor, file = safe.file): Promise<void> {
  expect(codeOf(await read(door, 'guarded'))).toBe('approval_required');
  expect(codeOf(await read(door, 'bait'))).toBe('granted');
  expect((await owner.showEntry(lastSeq(file))).entry.signals).toContain('decoy');
  const sent = server.seen.length;
  const answer = await ask(door, 'http_request', { item: 'service', url: `http://${server.host}/` });
  expect(codeOf(answer)).toBe('granted');
  expect(server.seen.slice(sent)).toEqual(['Bearer pw-of-service']);
  expect(codeOf(await ask(door, 'http_request', { item: 'service', url: 'https://other.example/' }))).toBe('forbidden');
  const ran = await ask(door, 'run_recipe', { recipe: 'deploy', values: { env: 'staging' } });
  expect(ran).toMatchObject({ ok: true, result: { exit_status: 0 } });
}

describe('rules and recipes stay', () => {
  test('when a vault’s keys rotate, twice', async () => {
    const before = await demanded(safe.owner);
    const door = await safe.agent(bot);
    await expectRules(door, safe.owner);
    for (const name of ['one', 'two']) {
      await safe.token(name, ['Personal']);
      await safe.owner.deleteToken(byName(name), { rotate: true });
      for (const met of [door, await safe.agent(bot)]) await expectRules(met, safe.owner);
    }
    expect(await demanded(safe.owner)).toEqual(before);
    await expectVerified(safe);
  });

  test('for a token that holds single items, too', async () => {
    const { token } = await safe.token('narrow');
    for (const title of TITLES)
      await safe.owner.grant({ token: byName('narrow'), vault: byName('Personal'), item: byName(title) });
    await expectRules(await safe.agent(token), safe.owner);
    await safe.owner.revoke({ token: byName('bot'), all: true, rotate: true });
    await expectRules(await safe.agent(token), safe.owner);
  });

  test('when a token is renewed', async () => {
    const { token } = await safe.owner.renewToken(byName('bot'), { rotate: true });
    await expectRules(await safe.agent(token), safe.owner);
  });

  test('when an item was in the trash', async () => {
    await safe.owner.trashItem({ item: byName('guarded') });
    await safe.owner.restoreItem({ item: byName('guarded') });
    await expectRules(await safe.agent(bot), safe.owner);
  });

  test('in a backup that is restored, and an approval that was used up stays so', async () => {
    const door = await safe.agent(bot);
    const asked = await read(door, 'guarded');
    await safe.owner.approveRequest(asked.ok ? '' : (asked.error.request?.id ?? ''), {});
    expect(codeOf(await read(door, 'guarded'))).toBe('granted');
    const before = await demanded(safe.owner);
    const backup = join(safe.places.state, 'backup.db');
    await safe.owner.backup(backup);
    await safe.owner.changeItemRules({ item: byName('guarded') }, { approve: false });
    const places = { ...safe.places, home: join(safe.places.home, 'restored') };
    mkdirSync(places.home, { mode: 0o700 });
    await restoreSafe(places, backup, ORIGIN);
    const { options } = safe;
    const owner = await openOwner(places, { password: PASSWORD, acceptRollback: true }, { origin: ORIGIN, options });
    const how = { transport: 'stdio', clock: options.clock, verifyAfterMs: 3_600_000 } as const;
    const restored = await openAgent(places, { kind: 'token', text: bot }, how);
    try {
      expect(codeOf(await read(restored, 'guarded'))).toBe('unauthenticated');
      await owner.liftLockdown();
      expect(await demanded(owner)).toEqual(before);
      await expectRules(restored, owner, join(places.home, 'safe.db'));
      expect((await owner.verify({ full: true })).fault).toBeNull();
    } finally {
      await restored.close();
      await owner.close();
    }
  });
});

test('rules from before a rotation, put back, open nothing', async () => {
  let old: readonly Cells[] = [];
  withRaw(safe.file, (db) => (old = allOf(db, 'document')));
  expect(old).toHaveLength(4);
  await safe.token('gone', ['Personal']);
  await safe.owner.deleteToken(byName('gone'), { rotate: true });
  const before = await demanded(safe.owner);
  withRaw(safe.file, (db) => {
    for (const row of old) insertRow(db, 'document', row, 'INSERT OR REPLACE');
  });
  const door = await safe.agent(bot);
  for (const title of TITLES) expect(codeOf(await read(door, title))).toBe('unavailable');
  expect(codeOf(await ask(door, 'run_recipe', { recipe: 'deploy', values: { env: 'staging' } }))).toBe('forbidden');
  expect(await demanded(safe.owner)).toEqual(before);
});

describe('a rule or recipe that does not open', () => {
  const DAMAGE: Readonly<Record<string, string>> = {
    gone: 'DELETE FROM document',
    changed: "UPDATE document SET signed = x'00'",
    'sealed to nobody': "UPDATE document SET owner_private = x'00', token_private = x'00'",
  };
  const cases = Object.entries(DAMAGE);

  test.each(cases)('(%s) keeps no token from ending, its vault’s keys rotated', async (_what, sql) => {
    const { token } = await safe.token('gone', ['Personal']);
    const [{ id: recipe } = { id: '' }] = await safe.owner.listRecipes();
    withRaw(safe.file, (db) => db.exec(sql));
    const { skipped } = await safe.owner.deleteToken(byName('gone'), { rotate: true });
    const items = await safe.owner.listItems({ vault: byName('Personal') });
    expect([...skipped].sort()).toEqual([...items.map(({ id }) => id), recipe].sort());
    expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('unauthenticated');
    const door = await safe.agent(bot);
    for (const title of TITLES) expect(codeOf(await read(door, title))).toBe('unavailable');
  });

  test.each(cases)('(%s) keeps no other vault from rotating', async (_what, sql) => {
    await safe.owner.createVault({ name: 'Work' });
    await safe.owner.createItem(byName('Work'), { type: 'login', title: 'other' });
    await safe.token('gone', ['Work']);
    withRaw(safe.file, (db) => db.exec(sql));
    await safe.owner.deleteToken(byName('gone'), { rotate: true });
    expect((await safe.owner.listVaults()).map(({ name }) => name).sort()).toEqual(['Personal', 'Work']);
  });

  test.each(cases)('(%s) keeps no vault from being deleted', async (_what, sql) => {
    withRaw(safe.file, (db) => db.exec(sql));
    await safe.owner.deleteVault(byName('Personal'), 'Personal');
    expect(await safe.owner.listVaults()).toEqual([]);
    expect(codeOf(await ask(await safe.agent(bot), 'whoami'))).toBe('granted');
  });
});
