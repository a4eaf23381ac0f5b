/** Items that come in from files and go out: all of them or none, one entry, and what goes out comes in the same. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeContent } from '../../src/core/item-content.ts';
import type { ImportPlan, TransferItem } from '../../src/core/transfer.ts';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const DAY = 86_400_000;
let safe: TestSafe;

beforeEach(async () => {
  safe = await makeSafe();
});
afterEach(async () => {
  await safe.end();
});

const contentOf = (title: string, password: string, username = 'ada') =>
  makeContent({
    type: 'login',
    title,
    tags: ['moved'],
    urls: ['https://example.com/'],
    fields: [
      { name: 'username', value: username },
      { name: 'password', value: password },
      { section: 'More', name: 'answer', kind: 'secret', value: `${password}-answer` },
    ],
  });
const login = (title: string, password = 'canary-1', more: Partial<TransferItem> = {}): TransferItem => ({
  vault: 'Work',
  content: contentOf(title, password),
  history: [],
  isTrashed: false,
  ...more,
});
const plan = (items: readonly TransferItem[], onDuplicate: ImportPlan['onDuplicate'] = 'skip'): ImportPlan => ({
  format: 'bitwarden-json',
  items,
  onDuplicate,
});
const newest = async () => (await safe.owner.listEntries({ query: '', limit: 1 })).data[0];
const titles = async (trashed = false) =>
  (await safe.owner.listItems({ trashed })).map(({ vault, title }) => `${vault}/${title}`);

describe('importItems', () => {
  test('makes the vaults and the items with one entry, and says what it did', async () => {
    const before = (await safe.owner.info()).entries;
    const report = await safe.owner.importItems(plan([login('A'), login('B'), login('C', 'x', { vault: 'Home' })]));
    expect(report).toEqual({ outcomes: ['created', 'created', 'created'], vaults: ['Work', 'Home'] });
    expect(await titles()).toEqual(['Home/C', 'Work/A', 'Work/B']);
    expect((await safe.owner.info()).entries).toBe(before + 1);
    expect(await newest()).toMatchObject({ action: 'import', outcome: 'granted', actor: { kind: 'owner' } });
    const item = await safe.owner.viewItem({ item: { by: 'name', text: 'A' } }, 'all');
    expect(item).toMatchObject({ username: 'ada', tags: ['moved'], urls: ['https://example.com/'] });
    expect(item.fields.map(({ value }) => value)).toEqual([
      'ada',
      'canary-1',
      'canary-1-answer',
      'https://example.com/',
    ]);
    await expectVerified(safe);
  });

  test('names the vault in the entry where there is only one', async () => {
    await safe.owner.importItems(plan([login('A')]));
    expect(await newest()).toMatchObject({ vault: { name: 'Work' } });
  });

  test('keeps history and times as the file says them, none after now and none before the one before', async () => {
    const now = safe.clock.now;
    const history = [
      { at: now - 3 * DAY, content: contentOf('A', 'canary-old') },
      { at: now - 9 * DAY, content: contentOf('A', 'canary-mid') },
    ];
    const times = { createdAt: now - 30 * DAY, updatedAt: now + DAY };
    await safe.owner.importItems(plan([login('A', 'canary-new', { history, ...times })]));
    const kept = await safe.owner.history({ item: byName('A') });
    const iso = (at: number) => new Date(at).toISOString();
    expect(kept.map(({ revision, at }) => [revision, at])).toEqual([
      [3, iso(now)],
      [2, iso(now - 3 * DAY)],
      [1, iso(now - 3 * DAY)],
    ]);
    expect(await safe.owner.viewItem({ item: byName('A') }, [])).toMatchObject({ created_at: iso(now - 30 * DAY) });
    await safe.owner.revertItem({ item: byName('A') }, 1);
    const reverted = await safe.owner.viewItem({ item: byName('A') }, ['password']);
    expect(reverted.fields.find(({ name }) => name === 'password')?.value).toBe('canary-old');
    await expectVerified(safe);
  });

  test('keeps no more revisions than the setting says', async () => {
    await safe.owner.setSetting('item.keep_revisions', '3');
    const history = Array.from({ length: 10 }, (_, n) => ({ at: n + 1, content: contentOf('A', `old-${String(n)}`) }));
    await safe.owner.importItems(plan([login('A', 'now', { history })]));
    expect((await safe.owner.history({ item: byName('A') })).length).toBe(3);
    await expectVerified(safe);
  });

  test('puts what was in the trash into the trash', async () => {
    await safe.owner.importItems(plan([login('A', 'x', { isTrashed: true }), login('B')]));
    expect(await titles()).toEqual(['Work/B']);
    expect(await titles(true)).toEqual(['Work/A']);
  });

  test.each([true, false])('a second run adds nothing, twins in the file or not (%s)', async (hasTwins) => {
    const items = [login('A', 'one'), login(hasTwins ? 'A' : 'B', 'two'), login('C', 'x', { isTrashed: true })];
    await safe.owner.importItems(plan(items));
    const again = await safe.owner.importItems(plan([...items].reverse()));
    expect(again).toEqual({ outcomes: ['skipped', 'skipped', 'skipped'], vaults: [] });
    expect((await titles()).length).toBe(2);
  });

  test('skips, updates or doubles what is called the same', async () => {
    await safe.owner.importItems(plan([login('A', 'one')]));
    const passwords = async () => {
      const items = await safe.owner.listItems({});
      const shown = items.map(({ id }) => safe.owner.viewItem({ item: { by: 'id', text: id } }, ['password']));
      return (await Promise.all(shown)).map(({ fields }) => fields.find(({ name }) => name === 'password')?.value);
    };
    expect((await safe.owner.importItems(plan([login('a', 'two')], 'skip'))).outcomes).toEqual(['skipped']);
    expect(await passwords()).toEqual(['one']);
    expect((await safe.owner.importItems(plan([login('A', 'two')], 'update'))).outcomes).toEqual(['updated']);
    expect((await safe.owner.importItems(plan([login('A', 'two')], 'update'))).outcomes).toEqual(['skipped']);
    expect(await passwords()).toEqual(['two']);
    expect((await safe.owner.history({ item: byName('A') })).length).toBe(2);
    expect((await safe.owner.importItems(plan([login('A', 'two')], 'keep-both'))).outcomes).toEqual(['created']);
    expect(await passwords()).toEqual(['two', 'two']);
    await expectVerified(safe);
  });

  test('another user name, type or vault is no duplicate', async () => {
    const other = { ...login('A'), content: contentOf('A', 'canary-1', 'grace') };
    const note = { ...login('A'), content: makeContent({ type: 'note', title: 'A' }) };
    await safe.owner.importItems(plan([login('A')]));
    const report = await safe.owner.importItems(plan([other, note, login('A', 'canary-1', { vault: 'Home' })]));
    expect(report.outcomes).toEqual(['created', 'created', 'created']);
  });

  test('takes in nothing where one item is not fit', async () => {
    const bad = makeContent({ type: 'login', title: 'B', fields: [{ name: 'totp', kind: 'totp', value: 'AAAA' }] });
    const broken = { ...bad, fields: [{ name: 'totp', kind: 'totp' as const, value: 'no seed' }] };
    const before = (await safe.owner.info()).entries;
    await expect(safe.owner.importItems(plan([login('A'), login('B', 'x', { content: broken })]))).rejects.toThrow();
    expect(await titles()).toEqual([]);
    expect((await safe.owner.info()).entries).toBe(before);
  });

  test('is read by a token that holds the vault, and by no other', async () => {
    await safe.owner.createVault({ name: 'Work' });
    await safe.owner.createVault({ name: 'Home' });
    const [worker, other] = [await safe.token('worker', ['Work']), await safe.token('other', ['Home'])];
    const history = [{ at: 1, content: contentOf('A', 'older') }];
    await safe.owner.importItems(plan([login('A', 'canary-1', { history })]));
    const read = await ask(await safe.agent(worker.token), 'get_item', {
      item: 'A',
      vault: 'Work',
      fields: ['password'],
    });
    expect(JSON.stringify(read)).toContain('canary-1');
    expect(codeOf(await ask(await safe.agent(other.token), 'get_item', { item: 'A', vault: 'Work' }))).not.toBe(
      'granted',
    );
  });

  test('starts over where the vault changes meanwhile', async () => {
    await safe.owner.importItems(plan([login('A')]));
    const second = await safe.reopen();
    let trashing: Promise<unknown> | undefined;
    const report = await safe.owner.importItems(plan([login('A'), login('B')]), () => {
      // under way while the snapshot is read, so that it may be overtaken
      trashing ??= second.trashItem({ item: byName('A') });
    });
    await trashing;
    expect(await titles()).toContain('Work/B');
    expect(report.outcomes.length).toBe(2);
    await expectVerified(safe);
  });
});

describe('planImport', () => {
  test('says what would be done and does nothing', async () => {
    await safe.owner.importItems(plan([login('A')]));
    const before = (await safe.owner.info()).entries;
    const report = await safe.owner.planImport(plan([login('A'), login('B'), login('C', 'x', { vault: 'New' })]));
    expect(report).toEqual({ outcomes: ['skipped', 'created', 'created'], vaults: ['New'] });
    expect(await titles()).toEqual(['Work/A']);
    expect((await safe.owner.info()).entries).toBe(before);
  });
});

describe('exportItems', () => {
  test('leaves an entry for each vault, and gives what comes in the same elsewhere', async () => {
    const history = [{ at: safe.clock.now - DAY, content: contentOf('A', 'older') }];
    await safe.owner.importItems(
      plan([
        login('A', 'one', { history }),
        login('B', 'two', { isTrashed: true }),
        login('C', 'x', { vault: 'Home' }),
      ]),
    );
    safe.clock.now += DAY;
    await safe.owner.updateItem({ item: byName('A') }, { set: { password: 'three' } });
    const before = (await safe.owner.info()).entries;
    const items = await safe.owner.exportItems({ format: 'vouchsafe' });
    expect((await safe.owner.info()).entries).toBe(before + 2);
    expect(await newest()).toMatchObject({ action: 'export', vault: { name: 'Work' } });
    const a = items.find(({ content }) => content.title === 'A');
    expect(a?.history.map(({ content }) => content.fields[1]?.value)).toEqual(['older', 'one']);
    const other = await makeSafe();
    try {
      other.clock.now = safe.clock.now;
      await other.owner.importItems(plan(items));
      const sorted = (all: readonly TransferItem[]) => all.map((item) => JSON.stringify(item)).sort();
      expect(sorted(await other.owner.exportItems({ format: 'vouchsafe' }))).toEqual(sorted(items));
      await expectVerified(other);
    } finally {
      await other.end();
    }
  });

  test('of one vault gives that alone', async () => {
    await safe.owner.importItems(plan([login('A'), login('C', 'x', { vault: 'Home' })]));
    const items = await safe.owner.exportItems({ vault: byName('Home'), format: 'cxf' });
    expect(items.map(({ content }) => content.title)).toEqual(['C']);
  });
});
