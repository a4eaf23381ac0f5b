/** What goes out of one safe in our own format, or as CXF, comes into another one the same: times and history too. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TransferItem } from '../../src/core/transfer.ts';
import { fitFile } from '../../src/exchange/fit.ts';
import { findReader } from '../../src/exchange/readers.ts';
import { findWriter } from '../../src/exchange/writers.ts';
import fc from 'fast-check';
import { items } from '../exchange/items.ts';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
let safes: TestSafe[] = [];
beforeEach(async () => {
  safes = [await makeSafe(), await makeSafe()];
});
afterEach(async () => {
  for (const safe of safes) await safe.end();
});

const nobody = { password: () => Promise.reject(new Error('asked for a password')) };

async function moved(items: readonly TransferItem[], format: string): Promise<readonly TransferItem[]> {
  const { bytes } = findWriter(format).write(items, Date.now());
  const reader = findReader(bytes);
  expect(reader.format).toBe(format);
  const file = fitFile(await reader.read(bytes, nobody), { vault: 'Other', isVaultPerFolder: true });
  expect([...file.skipped, ...file.lost]).toEqual([]);
  return file.items.map(({ item }) => item);
}

/** The items in an order of their own, since a safe has one by its ids. */
const inOrder = (all: readonly TransferItem[]) => all.map((item) => JSON.stringify(item)).sort();

test.each(['vouchsafe', 'cxf'])('as %s', async (format) => {
  const [first, second] = safes;
  if (first === undefined || second === undefined) throw new Error('no safes');
  const made = fc.sample(items, { numRuns: 12, seed: 7 });
  await first.owner.importItems({ format, items: made, onDuplicate: 'keep-both' });
  const out = await first.owner.exportItems({ format });
  expect(out).toHaveLength(made.length);
  expect(out.some(({ history }) => history.length > 1)).toBe(true);
  expect(out.some(({ isTrashed }) => isTrashed)).toBe(true);
  await second.owner.importItems({ format, items: await moved(out, format), onDuplicate: 'keep-both' });
  expect(inOrder(await second.owner.exportItems({ format }))).toEqual(inOrder(out));
  await expectVerified(second);
});
