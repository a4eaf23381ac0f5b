/** A real disk that is full and real folders that may not be written: whole processes under a limit, or as another user. */
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Places } from '../../src/gate/door.js';
import { entriesAfter, expectVerified, lastSeq } from '../support/gate-rig.js';
import { endChildren, type Json, mayBeRunByOthers, startChild } from '../support/processes.js';
import { ask, byName, codeOf, makeSafe, PASSWORD, type TestSafe } from '../support/safe.js';

/** The user that owns nothing; used where the tests run as root, to whom every folder may be written. */
const NOBODY = 65534;
const SECRET = 'canary-disk-1d2c';
/** More reads than fit. */
const COUNT = 150;
let safe: TestSafe;
let token: string;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: SECRET }],
  });
  ({ token } = await safe.token('bot', ['Personal']));
});
afterEach(async () => {
  endChildren();
  await safe.end();
});

function giveAway(folder: string): void {
  if (process.getuid?.() !== 0) return;
  chownSync(folder, NOBODY, NOBODY);
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    chownSync(join(entry.parentPath, entry.name), NOBODY, NOBODY);
}

test('a file that cannot grow: nothing is given without its entry, what was acknowledged stays, and then it goes on', async () => {
  const first = lastSeq(safe.file);
  const child = startChild('read', { places: safe.places, token, count: COUNT }, { blocks: 2_048 });
  expect((await child.ended).code).toBe(0);
  const answers: Json[] = child.lines;
  expect(answers).toHaveLength(COUNT);
  const granted = answers.filter((answer) => answer.ok === true);
  const refused = answers.filter((answer) => answer.ok === false);
  expect(granted.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(answer.error.code).toBe('unavailable');
    expect(JSON.stringify(answer)).not.toContain(SECRET);
  }
  const hashes = new Map(entriesAfter(safe.file, first).map((row) => [row.seq, row.hash]));
  for (const { receipt } of answers.filter((answer) => answer.receipt !== null))
    expect(hashes.get(receipt.seq)).toBe(receipt.hash);
  const acknowledged = answers.filter((answer) => answer.receipt !== null).length;
  expect(hashes.size).toBe(acknowledged);
  await expectVerified(safe);
  const door = await safe.agent(token);
  expect(codeOf(await ask(door, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
});

test('a safe that is made on a full disk is refused in one sentence and leaves nothing in the way of the next try', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-full-'));
  try {
    const places: Places = { home: join(folder, 'home'), state: join(folder, 'state'), runtime: join(folder, 'run') };
    for (const blocks of [8, 64, 128]) {
      const child = startChild('init', { places, password: PASSWORD }, { blocks });
      await child.ended;
      expect(child.lines[0], `at ${String(blocks)} blocks`).toMatchObject({
        ok: false,
        name: 'Refusal',
        code: 'unavailable',
      });
      expect(existsSync(join(places.home, 'safe.db')), `left behind at ${String(blocks)} blocks`).toBe(false);
    }
    const again = startChild('init', { places, password: PASSWORD });
    await again.ended;
    expect(again.lines[0]).toEqual({ ok: true });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a backup for which there is no room is refused in one sentence and leaves no half of one', async () => {
  const text = 'x'.repeat(60_000);
  for (let n = 0; n < 30; n += 1)
    await safe.owner.createItem(byName('Personal'), {
      type: 'note',
      title: `Note ${String(n)}`,
      fields: [{ name: 'text', value: text }],
    });
  const path = join(safe.places.home, 'backup.db');
  const child = startChild('backup', { places: safe.places, password: PASSWORD, path }, { blocks: 512 });
  await child.ended;
  expect(child.lines[0]).toMatchObject({ ok: false, name: 'Refusal', code: 'unavailable' });
  expect(existsSync(path)).toBe(false);
  await expectVerified(safe);
  expect((await safe.owner.backup(path)).entries).toBeGreaterThan(30);
});

const readOnly: [name: string, folder: number, file: number][] = [
  ['a folder', 0o500, 0o600],
  ['a file', 0o700, 0o400],
  ['a folder and a file', 0o500, 0o400],
];

test.skipIf(!mayBeRunByOthers()).each(readOnly)(
  '%s that may not be written gives nothing and says what to look at',
  async (_name, folder, file) => {
    await safe.owner.close();
    const { home } = safe.places;
    for (const name of readdirSync(home)) chmodSync(join(home, name), file);
    chmodSync(home, folder);
    const above = dirname(home);
    giveAway(above);
    try {
      const reading = startChild('read', { places: safe.places, token, count: 2 }, { uid: NOBODY });
      await reading.ended;
      expect(reading.lines).toHaveLength(2);
      for (const answer of reading.lines) {
        expect(answer).toMatchObject({ ok: false, receipt: null, error: { code: 'unavailable' } });
        expect(JSON.stringify(answer)).not.toContain(SECRET);
      }
      const opening = startChild('open', { places: safe.places, password: PASSWORD }, { uid: NOBODY });
      await opening.ended;
      if (opening.lines[0].ok !== true) {
        expect(opening.lines[0]).toMatchObject({ name: 'Refusal', code: 'unavailable' });
        expect(opening.lines[0].facts.next).toContain('VOUCHSAFE_HOME');
      }
    } finally {
      chmodSync(home, 0o700);
    }
  },
);

test.skipIf(!mayBeRunByOthers())('a safe in a folder that may not be written is refused in one sentence', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-ro-'));
  try {
    const home = join(folder, 'home');
    mkdirSync(home, { mode: 0o700 });
    giveAway(folder);
    chmodSync(home, 0o500);
    const places: Places = { home, state: join(folder, 'state'), runtime: join(folder, 'run') };
    for (const where of [places, { ...places, home: join(home, 'deeper') }]) {
      const child = startChild('init', { places: where, password: PASSWORD }, { uid: NOBODY });
      await child.ended;
      expect(child.lines[0]).toMatchObject({ ok: false, name: 'Refusal', code: 'unavailable' });
    }
    expect(readdirSync(home)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
