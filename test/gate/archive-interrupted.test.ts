/** An archive, or its way back, that stops anywhere: the log verifies there, agents go on, and the next one finishes it. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OwnerDoor } from '../../src/gate/door.js';
import { openOwner } from '../../src/gate/open.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { type Copy, copyOf } from '../support/copies.js';
import { faultyOwnerOf } from '../support/faulty-owner.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';
import { readRaw } from '../support/raw.js';

const BEFORE = '2099-01-01';
let safe: TestSafe;
let token: string;
let copy: Copy;
let archived: Copy;
let archivePath: string;

beforeAll(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: 'of-A' }],
  });
  ({ token } = await safe.token('bot', ['Personal'], 'editor'));
  const door = await safe.agent(token);
  for (let i = 0; i < 1_150; i += 1) await ask(door, 'whoami');
  await ask(door, 'update_item', { item: 'A', tags: ['x'] });
  copy = copyOf(safe);
  archivePath = join(safe.places.home, 'archive.jsonl');
  await safe.owner.archive({ before: BEFORE, to: archivePath });
  archived = copyOf(safe);
}, 120_000);

afterAll(async () => {
  copy.end();
  archived.end();
  await safe.end();
});

async function withOwner<T>(of: Copy, work: (owner: OwnerDoor) => Promise<T>): Promise<T> {
  const owner = await openOwner(of.places, { password: PASSWORD }, { origin: ORIGIN, options: of.options });
  try {
    return await work(owner);
  } finally {
    await owner.close();
  }
}

/** Lets `work` fail at its transaction `k`; gives whether there was one. */
async function stopAt(of: Copy, k: number, work: (owner: OwnerDoor) => Promise<unknown>): Promise<boolean> {
  const { owner, faults } = await faultyOwnerOf(of);
  let begun = 0;
  faults.beforeTransaction = async () => {
    begun += 1;
    if (begun >= k) throw new Error('the power went');
    return Promise.resolve();
  };
  try {
    await work(owner);
    return false;
  } catch {
    return true;
  } finally {
    await owner.close();
  }
}

async function expectAlive(of: Copy): Promise<void> {
  const door = await openAgent(
    of.places,
    { kind: 'token', text: token },
    { transport: 'cli', clock: of.options.clock },
  );
  expect(codeOf(await ask(door, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
  await door.close();
}

/** Copies share one state folder: what one of them left there as its anchor is not the other's. */
function resetTo(of: Copy): void {
  of.reset();
  for (const folder of readdirSync(of.places.state))
    rmSync(join(of.places.state, folder, 'anchor.json'), { force: true });
}

const entriesOf = (of: Copy): number =>
  readRaw(of.file, (db) => Number(db.prepare('SELECT count(*) FROM entry').pluck().get()));

describe('an archive that stops', () => {
  test('at any transaction', async () => {
    const left = new Set<number>();
    for (let k = 1; ; k += 1) {
      resetTo(copy);
      const to = join(copy.places.home, `stopped-${String(k)}.jsonl`);
      const isStopped = await stopAt(copy, k, (owner) => owner.archive({ before: BEFORE, to }));
      const isSigned =
        readRaw(copy.file, (db) => Number(db.prepare('SELECT count(*) FROM archive').pluck().get())) === 1;
      // a file whose entries may have gone stays; one that nothing was signed for does not
      expect(existsSync(to)).toBe(isSigned);
      await withOwner(copy, async (owner) => expect((await owner.verify({ full: true })).fault).toBeNull());
      await expectAlive(copy);
      left.add(entriesOf(copy));
      await withOwner(copy, async (owner) => {
        const second = await owner.archive({ before: BEFORE, to: join(copy.places.home, `after-${String(k)}.jsonl`) });
        expect(second.from > 1).toBe(isSigned);
        expect((await owner.verify({ full: true })).fault).toBeNull();
      });
      await expectAlive(copy);
      if (!isStopped) break;
    }
    // before it, at each mark, and after it
    expect(left.size).toBeGreaterThanOrEqual(4);
  }, 120_000);
});

describe('an archive on its way back that stops', () => {
  test('at any transaction', async () => {
    const left = new Set<number>();
    for (let k = 1; ; k += 1) {
      resetTo(archived);
      const isStopped = await stopAt(archived, k, (owner) => owner.importArchive(archivePath));
      left.add(entriesOf(archived));
      await withOwner(archived, async (owner) => expect((await owner.verify({ full: true })).fault).toBeNull());
      await expectAlive(archived);
      if (!isStopped) break;
      await withOwner(archived, async (owner) => {
        await owner.importArchive(archivePath);
        expect((await owner.verify({ full: true })).fault).toBeNull();
        expect((await owner.listEntries({ query: 'seq:1', limit: 1 })).data).toHaveLength(1);
      });
      await expectAlive(archived);
    }
    expect(left.size).toBeGreaterThanOrEqual(4);
  }, 120_000);
});
