/** Life goes on after an archive: what is current, counted, frozen and known stays so, and the log verifies at every step. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { isoTime } from '../../src/core/expiry.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';
import { readRaw } from '../support/raw.js';

const DAY_MS = 86_400_000;
let safe: TestSafe;
let tokens: Record<'reader' | 'writer' | 'frozen' | 'ended', string>;
let running: AgentDoor;
let files = 0;

const path = (): string => join(safe.places.home, `archive-${String((files += 1))}.jsonl`);
const whole = async (): Promise<void> => {
  expect((await safe.owner.verify({ full: true })).fault).toBeNull();
};
const tomorrow = (): string => isoTime(safe.clock.now + DAY_MS).slice(0, 10);
const read = async (door: AgentDoor, item: string): Promise<string> =>
  codeOf(await ask(door, 'get_item', { item, fields: ['password'] }));
const newest = async (): Promise<{ seq: number; signals: readonly string[]; uses: unknown }> => {
  const entry = (await safe.owner.listEntries({ query: '', limit: 1 })).data[0]!;
  const uses = readRaw(safe.file, (db) => db.prepare('SELECT uses FROM entry WHERE seq = ?').pluck().get(entry.seq));
  return { seq: entry.seq, signals: entry.signals, uses };
};
const countOf = (): number =>
  readRaw(safe.file, (db) => Number(db.prepare('SELECT count(*) FROM entry').pluck().get()));

beforeAll(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'V' });
  for (const title of ['A', 'B', 'C', 'D'])
    await safe.owner.createItem(byName('V'), {
      type: 'login',
      title,
      fields: [{ name: 'password', value: `of-${title}` }],
    });
  const made = async (name: string, role: string): Promise<string> => (await safe.token(name, ['V'], role)).token;
  tokens = {
    reader: await made('reader', 'viewer'),
    writer: await made('writer', 'editor'),
    frozen: await made('frozen', 'viewer'),
    ended: await made('ended', 'viewer'),
  };
  running = await safe.agent(tokens.reader);
  const writer = await safe.agent(tokens.writer);
  await read(await safe.agent(tokens.ended), 'C');
  for (let i = 0; i < 1_100; i += 1) await read(running, i % 2 === 0 ? 'A' : 'B');
  await ask(writer, 'update_item', { item: 'A', tags: ['changed'] });
  await ask(writer, 'create_item', { vault: 'V', type: 'note', title: 'By the writer' });
  await ask(writer, 'trash_item', { item: 'D' });
  await safe.owner.freezeToken(byName('frozen'));
  await safe.owner.deleteToken(byName('ended'), { rotate: false });
  await safe.owner.checkpoint();
}, 120_000);

afterAll(() => safe.end());

describe('an archive', () => {
  let first: string;
  let before: { entries: number; report: unknown; tokens: unknown };

  test('takes what is old to a file, and leaves a log that verifies', async () => {
    before = {
      entries: countOf(),
      report: (await safe.owner.report('30d')).read_by_ended,
      tokens: (await safe.owner.listTokens({ all: true, agentsOnly: false, limit: 50 })).data,
    };
    first = path();
    const done = await safe.owner.archive({ before: tomorrow(), to: first });
    expect(done).toMatchObject({ from: 1, fault: null });
    expect(done.removed).toBeGreaterThan(1_000);
    expect(countOf()).toBe(before.entries - done.removed + 1);
    await whole();
  });

  test('changes nothing of tokens and of what they have read', async () => {
    expect((await safe.owner.listTokens({ all: true, agentsOnly: false, limit: 50 })).data).toEqual(before.tokens);
    expect((await safe.owner.report('30d')).read_by_ended).toEqual(before.report);
  });

  test('a server that was running goes on, and its uses and signals are counted on', async () => {
    expect(await read(running, 'A')).toBe('granted');
    const { uses, signals } = await newest();
    expect(uses).toBe(1_101);
    expect(signals).toEqual(['repeat']);
    await whole();
  });

  test('a fresh server knows what was archived too', async () => {
    const fresh = await safe.agent(tokens.reader);
    expect(await read(fresh, 'B')).toBe('granted');
    expect((await newest()).signals).toEqual(['repeat']);
    expect(await read(fresh, 'C')).toBe('granted');
    expect((await newest()).signals).toEqual(['first-use', 'repeat']);
  });

  test('what is frozen stays frozen, what has ended stays ended', async () => {
    expect(await read(await safe.agent(tokens.frozen), 'A')).toBe('unauthenticated');
    expect(await read(await safe.agent(tokens.ended), 'A')).toBe('unauthenticated');
    await safe.owner.unfreezeToken(byName('frozen'));
    expect(await read(await safe.agent(tokens.frozen), 'A')).toBe('granted');
    await whole();
  });

  test('items that were written before are read, changed, restored, moved, rotated and deleted', async () => {
    const writer = await safe.agent(tokens.writer);
    expect(codeOf(await ask(writer, 'update_item', { item: 'A', tags: ['again'] }))).toBe('granted');
    expect(codeOf(await ask(writer, 'update_item', { item: 'By the writer', tags: ['x'] }))).toBe('granted');
    expect(codeOf(await ask(writer, 'restore_item', { item: 'D' }))).toBe('granted');
    await safe.owner.moveItem({ item: { by: 'any', text: 'B' } }, byName('Personal'));
    await safe.owner.revoke({ token: byName('writer'), all: true, rotate: true });
    await safe.owner.trashItem({ item: { by: 'any', text: 'C' } });
    await safe.owner.deleteItem({ item: { by: 'any', text: 'C' }, trashed: true });
    await safe.owner.renewToken(byName('frozen'), { rotate: true });
    expect(await read(running, 'A')).toBe('granted');
    expect((await safe.owner.history({ item: { by: 'any', text: 'A' } })).length).toBeGreaterThan(1);
    await whole();
  });

  test('a receipt from before says that its entry was archived', async () => {
    await expect(safe.owner.showEntry(500)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringMatching(/archived/),
    });
  });

  test('a second archive follows, and only the newest comes back first', async () => {
    safe.clock.now += 2 * DAY_MS;
    for (let i = 0; i < 600; i += 1) await read(running, 'A');
    safe.clock.now += 2 * DAY_MS;
    const second = path();
    const done = await safe.owner.archive({ before: isoTime(safe.clock.now).slice(0, 10), to: second });
    expect(done.from).toBeGreaterThan(1_000);
    await whole();
    expect(await read(running, 'A')).toBe('granted');
    await expect(safe.owner.importArchive(first)).rejects.toMatchObject({ code: 'conflict' });
    expect(await safe.owner.importArchive(second)).toEqual({ from: done.from, to: done.to });
    await whole();
    expect(await safe.owner.importArchive(first)).toMatchObject({ from: 1 });
    await whole();
    const { data } = await safe.owner.listEntries({ query: 'seq:1..3', limit: 5 });
    expect(data.map(({ seq }) => seq)).toEqual([3, 2, 1]);
    expect(await read(running, 'A')).toBe('granted');
    expect((await newest()).uses).toBe(1_706);
    await expect(safe.owner.importArchive(first)).rejects.toMatchObject({ code: 'conflict' });
  });

  test('and all of it again, on a log that was put back', async () => {
    safe.clock.now += 2 * DAY_MS;
    await safe.owner.archive({ before: tomorrow(), to: path() });
    await whole();
    expect(await read(running, 'A')).toBe('granted');
    expect((await newest()).uses).toBe(1_707);
    await whole();
  });
});

describe('what is refused', () => {
  test('a file that is there already, a day before all entries, a file that is no proof of this safe', async () => {
    const taken = path();
    writeFileSync(taken, 'mine');
    await expect(safe.owner.archive({ before: tomorrow(), to: taken })).rejects.toMatchObject({ code: 'conflict' });
    expect(readFileSync(taken, 'utf8')).toBe('mine');
    const none = path();
    await expect(safe.owner.archive({ before: '2020-01-01', to: none })).rejects.toMatchObject({ code: 'not_found' });
    expect(existsSync(none)).toBe(false);
    await expect(safe.owner.importArchive(taken)).rejects.toMatchObject({ code: 'integrity' });
    await whole();
  });
});
