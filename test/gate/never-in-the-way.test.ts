/**
 * The log is never in the way: writers in processes of their own, a follower, verification and checkpoints all at once;
 * and where nothing can be written any more, everything can still be read.
 */
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Receipt } from '../../src/core/shapes.js';
import type { OwnerDoor } from '../../src/gate/door.js';
import { faultyOwnerOf } from '../support/faulty-owner.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq, refusedWith } from '../support/gate-rig.js';
import { type Child, endChildren, pause, startChild } from '../support/processes.js';
import { ask, byName, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const WORK_MS = 2_500;
let safe: TestSafe;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    ...{ type: 'login', title: 'A' },
    fields: [{ name: 'password', value: 'pw' }],
  });
});
afterEach(async () => {
  endChildren();
  await safe.end();
});

/** Repeats a step of an owner's door of its own until told to stop; gives what each gave. */
async function repeated<T>(isOver: () => boolean, step: (owner: OwnerDoor, n: number) => Promise<T>): Promise<T[]> {
  const owner = await safe.reopen();
  const results: T[] = [];
  while (!isOver()) {
    results.push(await step(owner, results.length));
    await pause(20);
  }
  return results;
}

interface Told {
  readonly code: string;
  readonly receipt: Receipt | null;
}

/** What the writers were answered; each must have ended well. */
async function answersOf(children: readonly Child[]): Promise<readonly (readonly Told[])[]> {
  for (const child of children) expect(await child.ended, child.stderr()).toEqual({ code: 0, signal: null });
  return children.map(({ lines }) => lines as readonly Told[]);
}

test('four processes write while the log is followed, verified, listed and signed', async () => {
  const tokens = await Promise.all(['one', 'two'].map(async (name) => safe.token(name, ['Personal'], 'editor')));
  const begun = lastSeq(safe.file);
  let isOver = false;
  const over = (): boolean => isOver;
  const abort = new AbortController();
  const followed: number[] = [];
  const follower = await safe.reopen();
  const following = follower.followEntries({ query: '' }, { last: 0, signal: abort.signal }, (entries) =>
    followed.push(...entries.map(({ seq }) => seq)),
  );
  const verified = repeated(over, (owner, n) => owner.verify({ full: n % 2 === 0 }));
  const signed = repeated(over, async (owner) => {
    await pause(150);
    return owner.checkpoint();
  });
  const listed = repeated(over, (owner) => owner.listEntries({ query: '-reason:nothing', limit: 40 }));

  const children = [0, 1, 2, 3].map((n) =>
    startChild('work', { places: safe.places, token: tokens[n % 2]?.token, ms: WORK_MS, tag: `writer ${n}` }),
  );
  const told = await answersOf(children).finally(() => (isOver = true));
  const checkpoints = await signed;
  for (const { ok, fault } of await verified) expect({ ok, fault }).toEqual({ ok: true, fault: null });
  for (const { data } of await listed) {
    const seqs = data.map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, n) => (seqs[0] ?? 0) - n));
  }

  const last = lastSeq(safe.file);
  await vi.waitFor(() => expect(followed.at(-1)).toBe(last), { timeout: 5_000 }).finally(() => abort.abort());
  await following;
  expect(followed).toEqual(Array.from({ length: last - begun }, (_, n) => begun + 1 + n));

  const hashes = new Map(entriesAfter(safe.file, begun).map(({ seq, hash }) => [seq, hash]));
  const receipts = [...told.flat().map(({ receipt }) => receipt), ...checkpoints];
  for (const receipt of receipts) expect(hashes.get(receipt?.seq ?? 0)).toBe(receipt?.hash);
  expect(new Set(receipts.map((receipt) => receipt?.seq)).size).toBe(receipts.length);
  expect(hashes.size).toBe(receipts.length);
  for (const answers of told) {
    expect(answers.length).toBeGreaterThan(8);
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['granted', 'not_found']));
    expect(answers.map(({ code }) => code)).toEqual(answers.map((_, n) => (n % 4 === 3 ? 'not_found' : 'granted')));
  }
  await expectVerified(safe);
});

const STOPS = {
  'the disk is full': ['SQLITE_FULL', 'database or disk is full', /disk is full/, /space/],
  'the file is read-only': ['SQLITE_READONLY', 'attempt to write a readonly database', /cannot be written/, /mode/],
  'the disk fails': ['SQLITE_IOERR_WRITE', 'disk I/O error', /cannot be opened/, /mode/],
} as const;

describe.each(Object.entries(STOPS))('where %s', (_name, [code, words, says, next]) => {
  let owner: OwnerDoor;
  beforeEach(async () => {
    const door = await safe.agent((await safe.token('bot', ['Personal'])).token);
    for (let n = 0; n < 5; n += 1) await ask(door, 'get_item', { item: 'A', fields: ['password'] });
    const made = await faultyOwnerOf(safe);
    ({ owner } = made);
    made.faults.onStatement = (sql) => {
      if (/^(INSERT|UPDATE|DELETE)/.test(sql)) throw new SqliteFile.SqliteError(words, code);
    };
  });
  afterEach(async () => owner.close());

  test('the log is read, verified and counted as ever', async () => {
    const last = lastSeq(safe.file);
    expect((await owner.listEntries({ query: 'agent:bot', limit: 10 })).data).toHaveLength(5);
    expect((await owner.listEntries({ query: 'reason:nightly', limit: 10 })).data).toHaveLength(5);
    expect((await owner.showEntry(last)).proof.verified).toBe(true);
    expect((await owner.verify({ full: true })).fault).toBeNull();
    expect(await owner.stats({ query: 'agent:bot' }, 'item')).toMatchObject({ total: 5 });
    expect((await owner.report()).signals.map(({ signal }) => signal)).toContain('repeat');
    expect((await owner.tokenActivity()).flatMap(({ days }) => days).reduce((sum, n) => sum + n, 0)).toBe(5);
    const seen: number[] = [];
    const signal = AbortSignal.abort();
    await owner.followEntries({ query: '' }, { last: 3, signal }, (entries) =>
      seen.push(...entries.map(({ seq }) => seq)),
    );
    expect(seen).toEqual([last - 2, last - 1, last]);
    expect(lastSeq(safe.file)).toBe(last);
  });

  test('what must leave an entry is refused, says what to do, and gives nothing', async () => {
    const last = lastSeq(safe.file);
    let given = '';
    const take = (line: string): void => void (given += line);
    const attempts: readonly (() => Promise<unknown>)[] = [
      () => owner.exportEntries({ query: '' }, (entries) => take(JSON.stringify(entries))),
      () => owner.exportProof({ query: '' }, take),
      () => owner.checkpoint(),
      () => owner.archive({ before: '2099-01-01', to: `${safe.places.home}/never.proof` }),
      () => owner.viewItem({ item: byName('A') }, 'all'),
    ];
    for (const attempt of attempts) {
      const refusal = await refusedWith('unavailable', attempt());
      expect(refusal.message).toMatch(says);
      expect(refusal.facts.next).toMatch(next);
    }
    expect(given).toBe('');
    expect(lastSeq(safe.file)).toBe(last);
    await expectVerified(safe);
  });
});
