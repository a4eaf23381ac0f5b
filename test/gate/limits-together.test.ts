/** One grant and several processes at once: its limits hold over all of them, and the log verifies. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LimitText } from '../../src/core/limits.js';
import { entriesAfter, expectVerified, lastSeq } from '../support/gate-rig.js';
import { type Child, endChildren, type Json, startChild } from '../support/processes.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

const SECRET = 'canary-limits-together-2c';
const EACH = 8;
let safe: TestSafe;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: SECRET }],
  });
});
afterEach(async () => {
  endChildren();
  await safe.end();
});

/** Each process reads the secret {@link EACH} times; all answers, once every process has ended. */
async function readTogether(processes: number, limits: LimitText): Promise<readonly Json[]> {
  const { token } = await safe.token('bot');
  await safe.owner.grant({ token: byName('bot'), vault: byName('Personal'), limits });
  const facts = { places: safe.places, token, count: EACH };
  const children = Array.from({ length: processes }, (): Child => startChild('read', facts));
  const ends = await Promise.all(children.map(async ({ ended }) => ended));
  expect(ends).toEqual(children.map(() => ({ code: 0, signal: null })));
  const answers = children.flatMap(({ lines }) => lines);
  expect(answers).toHaveLength(processes * EACH);
  return answers;
}

/** So many were granted and given the secret; all others met the limit, and gave nothing. */
function expectGranted(answers: readonly Json[], count: number): void {
  const granted = answers.filter(({ ok }) => ok);
  const refused = answers.filter(({ ok }) => !ok);
  expect(granted).toHaveLength(count);
  for (const answer of granted) expect(JSON.stringify(answer)).toContain(SECRET);
  expect(refused.map(({ error }) => error.code)).toEqual(refused.map(() => 'limit_reached'));
  for (const answer of refused) expect(JSON.stringify(answer)).not.toContain(SECRET);
}

test('max-uses: three processes at once are given just so many, numbered without a gap', async () => {
  const before = lastSeq(safe.file);
  expectGranted(await readTogether(3, { maxUses: '7' }), 7);
  const reads = entriesAfter(safe.file, before).filter(({ action }) => action === 'item.read');
  expect(reads).toHaveLength(3 * EACH);
  expect(reads.flatMap(({ uses }) => (uses === null ? [] : [uses]))).toEqual([1, 2, 3, 4, 5, 6, 7]);
  const [grant] = await safe.owner.listAccess(byName('bot'));
  expect(grant?.left).toEqual({ uses: 0 });
  await expectVerified(safe);
});

test('rate: two processes at once are given just so many, and all others are told one moment to wait for', async () => {
  const before = lastSeq(safe.file);
  const answers = await readTogether(2, { rate: '5/1h' });
  expectGranted(answers, 5);
  const [first] = entriesAfter(safe.file, before).filter(
    ({ outcome, actor_kind: kind }) => kind === 'token' && outcome === 'granted',
  );
  const opens = answers.flatMap(({ ok, error }) => (ok ? [] : [error.retry_at]));
  expect([...new Set(opens)]).toEqual([new Date((first?.at ?? 0) + 3_600_000).toISOString()]);
  await expectVerified(safe);
});
