/** Backups that replace older ones, and what is told of one that is put back. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { restoreSafe } from '../../src/gate/restore.js';
import { byName, makeSafe, ORIGIN, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
let folder: string;

beforeEach(async () => {
  safe = await makeSafe();
  folder = join(safe.places.home, 'backups');
  mkdirSync(folder);
});
afterEach(async () => {
  await safe.end();
});

const nameOf = (day: number) => `vouchsafe-backup-202601${String(day).padStart(2, '0')}-000000.db`;
const backup = async (day: number, keep?: number) =>
  safe.owner.backup(join(folder, nameOf(day)), keep === undefined ? {} : { keep });
const names = () => readdirSync(folder).sort();

test('keeps the newest of this safe, and touches nothing else', async () => {
  const other = await makeSafe();
  await other.owner.backup(join(folder, nameOf(1)));
  await other.end();
  for (const name of [nameOf(2), 'vouchsafe-backup-20260103.db', 'mine.db']) writeFileSync(join(folder, name), 'mine');
  for (const day of [4, 5, 6]) await backup(day);
  const { removed } = await backup(7, 2);
  expect(removed).toEqual([join(folder, nameOf(5)), join(folder, nameOf(4))]);
  expect(names()).toEqual(
    [nameOf(1), nameOf(2), nameOf(6), nameOf(7), 'mine.db', 'vouchsafe-backup-20260103.db'].sort(),
  );
});

test('removes nothing where it is not asked to', async () => {
  for (const day of [1, 2]) expect((await backup(day)).removed).toEqual([]);
  expect(names()).toEqual([nameOf(1), nameOf(2)]);
});

test('a backup that is put back tells whether the log went on, and whether its tokens find their host share', async () => {
  await safe.token('bot');
  const { path } = await backup(1);
  const elsewhere = join(safe.places.home, 'elsewhere');
  const own = { ...safe.places, home: join(elsewhere, 'home') };
  expect(await restoreSafe(own, path, ORIGIN)).toMatchObject({ behind: null, tokens: 1, hasHostShare: true });
  await safe.owner.createItem(byName('Personal'), { type: 'note', title: 'Later' });
  await safe.owner.unlock(60_000);
  const behind = await restoreSafe({ ...own, home: join(elsewhere, 'again') }, path, ORIGIN);
  expect(behind.behind).toMatch(/the log is shorter than its anchor/);
  const foreign = { ...own, home: join(elsewhere, 'far'), state: join(elsewhere, 'state') };
  expect(await restoreSafe(foreign, path, ORIGIN)).toMatchObject({ behind: null, tokens: 1, hasHostShare: false });
});
