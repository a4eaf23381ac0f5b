/**
 * Archiving where it may go wrong: cut at every entry, at marks that stay, while others work, with a disk that is full, a
 * commit that is told as failed, two owners at once, and a file that changes meanwhile.
 */
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OwnerDoor } from '../../src/gate/door.js';
import { openOwner } from '../../src/gate/open.js';
import { restoreSafe } from '../../src/gate/restore.js';
import { openAgent } from '../../src/gate/open-agent.js';
import {
  appendEntry,
  forgeRevision,
  gainedKeys,
  itemKeyFrom,
  mustHold,
  plant,
  signerOf,
  vaultKeysFrom,
} from '../support/attacker.js';
import { type Copy, copyOf } from '../support/copies.js';
import { judge } from '../support/damage.js';
import { faultyOwnerOf } from '../support/faulty-owner.js';
import { removeBetween, setCells } from '../support/forge.js';
import { captureStderr, expectVerified, refusedWith } from '../support/gate-rig.js';
import { type Raw, readRaw, rowsOf, withRaw } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

/** A disk that has room for so many more bytes; for ever, where it is not set. */
const disk = vi.hoisted(() => ({ room: Infinity }));
vi.mock('node:fs', async (original) => {
  const real = await original<typeof fs>();
  const writeSync = (file: number, data: Uint8Array, ...rest: number[]): number => {
    disk.room -= data.length;
    if (disk.room >= 0) return real.writeSync(file, data, ...rest);
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' });
  };
  return { ...real, writeSync, default: { ...real, writeSync } };
});

captureStderr();
let safe: TestSafe;
beforeEach(async () => {
  safe = await makeSafe();
});
afterEach(async () => {
  disk.room = Infinity;
  await safe.end();
});

const MINUTE = 60_000;
const put = async (title: string, vault = 'Personal'): Promise<string> => {
  const fields = [{ name: 'password', value: `of ${title}` }];
  return (await safe.owner.createItem(byName(vault), { type: 'login', title, fields })).id;
};
const file = (name: string): string => join(safe.places.home, `${name}.proof`);
const now = (): string => new Date((safe.clock.now += 1)).toISOString();
const archive = async (name: string, owner = safe.owner) => owner.archive({ before: now(), to: file(name) });
const seqs = (path = safe.file): readonly number[] =>
  readRaw(path, (db) => db.prepare('SELECT seq FROM entry ORDER BY seq').pluck().all() as number[]);
const stubs = (): number =>
  readRaw(safe.file, (db) => Number(db.prepare('SELECT count(*) FROM archive').pluck().get()));

/** Entries of a token, signed by it, past the gate: a thousand in no time. */
function fill(token: string, upTo: number): void {
  const { safeId, bundle, ...holder } = mustHold(safe.places, rowsOf(safe.file), token);
  const by = { safeId, ownerKey: bundle.ownerAgreementKey, signer: signerOf({ safeId, bundle, ...holder }) };
  withRaw(safe.file, (db) =>
    db.transaction(() => {
      for (let seq = 0; seq < upTo;) seq = appendEntry(db, by, { action: 'session.whoami' });
    })(),
  );
}

/** Whoever opens the file now finds everything in its place. */
async function expectAlive(
  of: Pick<Copy, 'places' | 'options'>,
  token: string,
  titles: readonly string[],
): Promise<void> {
  const owner = await openOwner(of.places, { password: PASSWORD }, { origin: ORIGIN, options: of.options });
  expect((await owner.verify({ full: true })).fault).toBeNull();
  expect((await owner.listItems({})).map(({ title }) => title).sort()).toEqual([...titles].sort());
  for (const title of titles)
    expect(JSON.stringify(await owner.viewItem({ item: byName(title) }, 'all'))).toContain(`of ${title}`);
  await owner.close();
  const side = { transport: 'cli', clock: of.options.clock } as const;
  const door = await openAgent(of.places, { kind: 'token', text: token }, side);
  for (const item of titles)
    expect(codeOf(await ask(door, 'get_item', { item, fields: ['password'] })), item).toBe('granted');
  await door.close();
}

/** The copies share the anchor of the state folder, which is of another one's end. */
function dropAnchor({ places }: TestSafe): void {
  for (const path of fs.readdirSync(places.state, { recursive: true, encoding: 'utf8' }))
    if (path.endsWith('anchor.json')) fs.rmSync(join(places.state, path));
}

describe('cut at every entry of a small log', () => {
  test('the rest verifies, and all that is current is read, written, rotated and counted on', async () => {
    const steps: (() => Promise<unknown>)[] = [];
    const { owner } = safe;
    const texts = { editor: '', reader: '', frozen: '' };
    const token = (name: keyof typeof texts, role: string) => async () =>
      (texts[name] = (await safe.token(name, ['Personal'], role)).token);
    const call = (name: keyof typeof texts, tool: string, input: object) => async () => {
      const door = await safe.agent(texts[name]);
      return ask(door, tool, { ...input });
    };
    const secret = { item: 'A', fields: ['password'] };
    steps.push(
      () => put('A'),
      token('editor', 'editor'),
      () => put('B'),
      token('reader', 'viewer'),
    );
    steps.push(call('reader', 'whoami', {}), () => put('C'), call('reader', 'get_item', secret));
    steps.push(call('editor', 'update_item', { item: 'A', set: { username: 'of A' } }), token('frozen', 'viewer'));
    steps.push(call('reader', 'whoami', {}), () => owner.freezeToken(byName('frozen')), call('reader', 'nothing', {}));
    steps.push(
      () => owner.updateItem({ item: byName('B') }, { set: { username: 'x' } }),
      () => owner.checkpoint(),
    );
    steps.push(() => owner.setSetting('item.keep_revisions', '3'), call('reader', 'get_item', secret));
    for (const step of steps) {
      safe.clock.now += MINUTE;
      await step();
    }
    const copy = copyOf(safe);
    const times = readRaw(
      safe.file,
      (db) => db.prepare('SELECT DISTINCT at FROM entry ORDER BY seq').pluck().all() as number[],
    );
    for (const [n, at] of times.slice(1).entries()) {
      copy.reset();
      dropAnchor(safe);
      const door = await openOwner(copy.places, { password: PASSWORD }, { origin: ORIGIN, options: copy.options });
      const to = join(copy.places.home, `cut-${n}.proof`);
      await door.archive({ before: new Date(at).toISOString(), to });
      await door.close();
      await expectAlive(copy, texts.reader, ['A', 'B', 'C']);
      const side = { transport: 'cli', clock: copy.options.clock } as const;
      const frozen = await openAgent(copy.places, { kind: 'token', text: texts.frozen }, side);
      expect(codeOf(await ask(frozen, 'whoami'))).toBe('unauthenticated');
      await frozen.close();
      const later = await openOwner(copy.places, { password: PASSWORD }, { origin: ORIGIN, options: copy.options });
      await later.deleteToken(byName('editor'), { rotate: n % 2 === 0 });
      expect((await later.verify({ full: true })).fault).toBeNull();
      await later.close();
      await expectAlive(copy, texts.reader, ['A', 'B', 'C']);
    }
    copy.end();
  });
});

describe('after an archive', () => {
  test('an item that a junk row blocks is repaired from what was kept', async () => {
    const item = await put('A');
    const { token } = await safe.token('editor', ['Personal'], 'editor');
    await safe.owner.updateItem({ item: byName('A') }, { set: { username: 'second' } });
    await archive('one');
    const rows = rowsOf(safe.file);
    const holder = mustHold(safe.places, rows, token);
    const keys = gainedKeys(holder, rows);
    await safe.owner.revoke({ token: byName('editor'), all: true, rotate: false });
    const key = itemKeyFrom(holder.safeId, keys, { rows, item });
    if (key === null) throw new Error('an editor has a key');
    withRaw(safe.file, (db) => {
      const content = { type: 'login' as const, title: 'A', tags: [], fields: [] };
      const titleKeys = vaultKeysFrom(keys, item.slice(0, 16));
      for (let n = 0; n < 2; n += 1)
        plant(db, forgeRevision(db, holder, { item, key, content, titleKeys }), { holder });
    });
    const owner = await safe.reopen();
    await refusedWith('integrity', owner.viewItem({ item: byId(item) }, 'all'));
    await owner.revertItem({ item: byId(item) }, 2);
    expect(await owner.viewItem({ item: byId(item) }, 'all')).toMatchObject({ title: 'A', username: 'second' });
  });

  test('a freeze of nobody stands, until the owner lifts it', async () => {
    const { token, id } = await safe.token('bot', ['Personal']);
    await put('A');
    const { safeId, bundle } = mustHold(safe.places, rowsOf(safe.file), token);
    const by = {
      safeId,
      ownerKey: bundle.ownerAgreementKey,
      signer: { kind: 'none', id: null, epoch: null, sign: null },
    } as const;
    const freeze = { kind: 'freeze', id, revision: 0, hash: null, before: null };
    withRaw(safe.file, (db) => appendEntry(db, by, { action: 'token.freeze', changes: [freeze] }));
    fill((await safe.token('other', ['Personal'])).token, 12);
    await archive('one');
    expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('unauthenticated');
    await safe.owner.unfreezeToken(byName('bot'));
    expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('granted');
    await archive('two');
    expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('granted');
    await expectVerified(safe);
  });

  test('receipts, a backup, unlocking and the list of what was read are what they were', async () => {
    const items = [await put('A'), await put('B')];
    const { token } = await safe.token('bot', ['Personal']);
    const door = await safe.agent(token);
    const receipts = [];
    for (const item of ['A', 'B', 'A', 'A'])
      receipts.push((await ask(door, 'get_item', { item, fields: ['password'] })).receipt);
    await ask(door, 'whoami');
    const lastUsed = (await safe.owner.findToken(byName('bot'))).last_used_at;
    await safe.owner.checkpoint();
    await archive('one');
    const [gone, , , kept] = receipts;
    if (gone == null || kept == null) throw new Error('no receipts');
    expect((await refusedWith('not_found', safe.owner.showEntry(gone.seq, gone.hash))).message).toMatch(/archived/);
    expect((await safe.owner.showEntry(kept.seq, kept.hash)).proof.verified).toBe(true);
    await refusedWith('integrity', safe.owner.showEntry(kept.seq, '00'.repeat(32)));
    expect((await safe.owner.findToken(byName('bot'))).last_used_at).toBe(lastUsed);
    await safe.owner.unlock(MINUTE);
    await safe.owner.backup(join(safe.places.home, 'backup.db'));
    const { read } = await safe.owner.deleteToken(byName('bot'), { rotate: true });
    expect(read.map(({ id }) => id).sort()).toEqual(items.sort());
    const places = {
      ...safe.places,
      home: join(safe.places.home, 'restored'),
      state: join(safe.places.state, 'other'),
    };
    await restoreSafe(places, join(safe.places.home, 'backup.db'), ORIGIN);
    await expectVerified(safe);
  });
});

/** Lets a door fail from its transaction `k` on. Gives the door. */
async function stoppingAt(k: number): Promise<OwnerDoor> {
  const { owner, faults } = await faultyOwnerOf(safe);
  let begun = 0;
  faults.beforeTransaction = () => {
    begun += 1;
    return begun < k ? Promise.resolve() : Promise.reject(new Error('the power went'));
  };
  return owner;
}

describe('a removal that stops where a mark stays', () => {
  test('verifies each time, also with what comes back, and is finished by the next', async () => {
    const { token } = await safe.token('bot', ['Personal']);
    fill(token, 499);
    await put('At the first mark');
    fill(token, 520);
    await put('The last');
    fill(token, 530);
    const titles = ['At the first mark', 'The last'];
    const before = '2099-01-01';
    safe.clock.now += MINUTE;
    const left: number[] = [];
    // the stub is signed; then one stretch goes after the other, and then what is loose
    for (const k of [2, 3, 4]) {
      const owner = await stoppingAt(k);
      await expect(owner.archive({ before, to: file(`stopped-${k}`) })).rejects.toThrow(/the power went/);
      await owner.close();
      left.push(seqs().length);
      await expectAlive(safe, token, titles);
      await safe.owner.importArchive(file(`stopped-${k}`));
      expect(seqs().length).toBeGreaterThan(530);
    }
    expect(left.map((count) => count > 520)).toEqual([true, false, false]);
    expect(left[1]).toBeGreaterThan(499);
    await safe.owner.archive({ before, to: file('next') });
    expect(seqs().length).toBeLessThan(80);
    await expectAlive(safe, token, titles);
  });
});

describe('what fails takes nothing away:', () => {
  let whole: readonly number[];
  beforeEach(async () => {
    await put('A');
    fill((await safe.token('bot', ['Personal'])).token, 60);
    await put('B');
    await safe.owner.createVault({ name: 'Last' });
    whole = seqs();
  });
  const expectUntouched = async (name: string): Promise<void> => {
    expect([fs.existsSync(file(name)), stubs(), seqs()]).toEqual([false, 0, whole]);
    await expectVerified(safe);
  };

  test.each([0, 20_000])('a disk that is full after %i bytes', async (room) => {
    disk.room = room;
    const refusal = await refusedWith('unavailable', archive('full'));
    expect(refusal.facts.next).toMatch(/space|file/i);
    disk.room = Infinity;
    await expectUntouched('full');
    expect((await archive('then')).removed).toBeGreaterThan(40);
  });

  test('a log that does not verify', async () => {
    withRaw(safe.file, (db) => setCells(db, 20, { at: 7 }));
    expect((await refusedWith('integrity', archive('bad'))).message).toMatch(/at entry 20/);
    expect([fs.existsSync(file('bad')), stubs(), seqs()]).toEqual([false, 0, whole]);
  });

  test.each([
    ['an entry that is changed', (db: Raw) => setCells(db, 20, { at: 7 })],
    ['an entry that is gone', (db: Raw) => removeBetween(db, 20, 20)],
  ])('%s once the log was verified', async (_what, make) => {
    const { owner, faults } = await faultyOwnerOf(safe);
    let reads = 0;
    // the log is verified on one snapshot; what comes after sees another file
    faults.afterRead = () => {
      if (reads++ === 1) withRaw(safe.file, make);
      return Promise.resolve();
    };
    await refusedWith('integrity', archive('changed', owner));
    await owner.close();
    expect([fs.existsSync(file('changed')), stubs()]).toEqual([false, 0]);
    expect(seqs().length).toBeGreaterThanOrEqual(whole.length - 1);
  });

  test('an owner who archives while another one does', async () => {
    const second = await safe.reopen();
    const results = await Promise.allSettled([archive('mine'), archive('theirs', second)]);
    const done = results.filter((result) => result.status === 'fulfilled');
    expect(done).toHaveLength(1);
    for (const result of results)
      if (result.status === 'rejected')
        expect(result.reason).toMatchObject({ code: expect.stringMatching(/conflict|not_found/) });
    const { fingerprint } = await safe.owner.info();
    const left = ['mine', 'theirs'].map(file).filter((path) => fs.existsSync(path));
    expect(left.length).toBeGreaterThan(0);
    for (const path of left) expect(await judge(path, fingerprint)).toMatchObject({ verified: true, from: 1 });
    await expectVerified(safe);
  });
});

test('a stub whose commit was told as failed keeps its file: its entries may go', async () => {
  await put('A');
  fill((await safe.token('bot', ['Personal'])).token, 60);
  await put('B');
  const { owner, faults } = await faultyOwnerOf(safe);
  faults.isTold = false;
  await expect(archive('told', owner)).rejects.toThrow();
  await owner.close();
  expect(stubs()).toBe(1);
  expect(fs.existsSync(file('told'))).toBe(true);
  const { fingerprint } = await safe.owner.info();
  expect(await judge(file('told'), fingerprint)).toMatchObject({ verified: true });
  await expectVerified(safe);
});

test('agents and a follower work on while the log is archived and brought back', async () => {
  await put('A');
  const { token } = await safe.token('bot', ['Personal'], 'editor');
  fill(token, 600);
  const doors = await Promise.all([1, 2, 3].map(async () => safe.agent(token)));
  const receipts: number[] = [];
  const followed: number[] = [];
  const abort = new AbortController();
  const begun = seqs().at(-1) ?? 0;
  const watcher = await safe.reopen();
  const following = watcher.followEntries({ query: '' }, { last: 0, signal: abort.signal }, (entries) =>
    followed.push(...entries.map(({ seq }) => seq)),
  );
  let isOver = false;
  const working = doors.map(async (door, n) => {
    for (let i = 0; !isOver; i += 1) {
      const input = i % 3 === n ? { item: 'A', set: { username: `${n} ${i}` } } : { item: 'A', fields: ['password'] };
      const answer = await ask(door, 'set' in input ? 'update_item' : 'get_item', input);
      expect(codeOf(answer)).toBe('granted');
      receipts.push(answer.receipt?.seq ?? 0);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  });
  try {
    const done = await archive('meanwhile');
    expect(done.removed).toBeGreaterThan(500);
    await safe.owner.importArchive(file('meanwhile'));
    await archive('again');
  } finally {
    isOver = true;
    await Promise.all(working);
  }
  const last = seqs().at(-1) ?? 0;
  await vi.waitFor(() => expect(followed.at(-1)).toBe(last), 5_000);
  abort.abort();
  await following;
  expect(followed).toEqual(Array.from({ length: last - followed[0]! + 1 }, (_, n) => followed[0]! + n));
  expect(followed[0]).toBe(begun + 1);
  expect(new Set(receipts).size).toBe(receipts.length);
  for (const seq of receipts) expect(followed).toContain(seq);
  await expectVerified(safe);
});
