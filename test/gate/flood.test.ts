/** security.md section 2: above so many refusals a minute they are counted, and the next entry states how many. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq, rigOf, type Rig } from '../support/gate-rig.js';
import { ask, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let rig: Rig;
let elapsed = 0;

beforeEach(async () => {
  safe = await makeSafe();
  elapsed = 0;
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + elapsed);
});

afterEach(async () => {
  await rig.gate.close().catch(() => undefined);
  await safe.end();
  vi.restoreAllMocks();
});

/** Calls `count` times and tells how many answers had a receipt. */
async function flood(door: AgentDoor, count: number, tool = 'nothing'): Promise<number> {
  let receipts = 0;
  for (let i = 0; i < count; i += 1) {
    const answer = await ask(door, tool);
    expect(answer.ok).toBe(false);
    if (answer.receipt !== null) receipts += 1;
  }
  return receipts;
}

async function anonymous(): Promise<AgentDoor> {
  rig = await rigOf(safe, '', { credential: { kind: 'absent', problem: 'none' } });
  return rig.gate;
}

async function holder(): Promise<AgentDoor> {
  rig = await rigOf(safe, (await safe.token('bot', ['Personal'])).token);
  return rig.gate;
}

test('without a usable token 60 a minute are recorded, and the next entry states how many were not', async () => {
  const door = await anonymous();
  const before = lastSeq(safe.file);
  expect(await flood(door, 67)).toBe(60);
  expect(entriesAfter(safe.file, before).map((row) => row.suppressed)).toEqual(Array<number>(60).fill(0));
  elapsed = 60_000;
  expect(await flood(door, 2)).toBe(2);
  expect(entriesAfter(safe.file, before + 60)).toMatchObject([{ suppressed: 7 }, { suppressed: 0 }]);
  expect((await safe.owner.showEntry(before + 61)).suppressed).toBe(7);
  await expectVerified(safe);
});

test('of a token 600 a minute are recorded; what is granted is recorded all the same and states how many were not', async () => {
  const door = await holder();
  const before = lastSeq(safe.file);
  expect(await flood(door, 603)).toBe(600);
  expect(entriesAfter(safe.file, before)).toHaveLength(600);
  const granted = await ask(door, 'list_vaults');
  expect(codeOf(granted)).toBe('granted');
  expect(granted.receipt?.seq).toBe(before + 601);
  expect(await flood(door, 2)).toBe(0);
  expect(codeOf(await ask(door, 'list_vaults'))).toBe('granted');
  expect(entriesAfter(safe.file, before + 600).map((row) => [row.outcome, row.suppressed])).toEqual([
    ['granted', 3],
    ['granted', 2],
  ]);
  await expectVerified(safe);
});

test('a count that could not be written is stated by the next entry that can', async () => {
  const door = await anonymous();
  const before = lastSeq(safe.file);
  expect(await flood(door, 64)).toBe(60);
  elapsed = 60_000;
  rig.faults.arm('commit');
  expect((await ask(door, 'nothing')).receipt).toBeNull();
  rig.faults.clear();
  expect(await flood(door, 1)).toBe(1);
  expect(entriesAfter(safe.file, before + 60).reduce((sum, row) => sum + row.suppressed, 0)).toBeGreaterThanOrEqual(4);
});

test.each([
  ['without a usable token', anonymous, 60],
  ['of a token', holder, 600],
] as const)(
  'a server that ends in the middle of a flood %s still states how many were not recorded',
  async (_name, open, most) => {
    const door = await open();
    const before = lastSeq(safe.file);
    expect(await flood(door, most + 5)).toBe(most);
    await door.close();
    expect(entriesAfter(safe.file, before + most)).toMatchObject([{ suppressed: 5, action: 'call.unknown' }]);
    await expectVerified(safe);
  },
);

test('a flood without a usable token takes nothing from the calls of a door that has one', async () => {
  const noisy = await anonymous();
  const noisyRig = rig;
  expect(await flood(noisy, 70)).toBe(60);
  const door = await holder();
  expect(codeOf(await ask(door, 'list_vaults'))).toBe('granted');
  expect((await ask(door, 'nothing')).receipt).not.toBeNull();
  await noisyRig.gate.close();
});
