/** security.md section 6 no. 4: one call, one entry, made from the tool catalogue and every code of a refusal. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT_STATUS } from '../../src/core/refusal.js';
import type { Answer } from '../../src/gate/call.js';
import { CATALOGUE } from '../../src/tools/catalogue.js';
import {
  CANARIES,
  type Case,
  casesOf,
  type Doors,
  GOOD_INPUT,
  openDoors,
  unknownToolCases,
} from '../support/call-cases.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq, type RawEntry } from '../support/gate-rig.js';
import { ask, byName, makeSafe, type TestSafe } from '../support/safe.js';

const stderr = captureStderr();
let safe: TestSafe;
let doors: Doors;
let count = 0;
const seen = new Set<string>();

beforeAll(async () => {
  safe = await makeSafe();
  doors = await openDoors(safe);
  await safe.owner.createItem(byName('Work'), { type: 'login', title: 'Again' });
  await safe.owner.trashItem({ item: byName('Again') });
});

afterAll(async () => {
  await doors.close();
  await safe.end();
});

function expectNothingLeaks(answer: Answer, one: Case): void {
  const text = JSON.stringify(answer);
  for (const canary of [CANARIES.seed, CANARIES.note, CANARIES.other]) expect(text).not.toContain(canary);
  const mayHoldPassword = answer.ok && one.tool === 'get_item';
  if (!mayHoldPassword) expect(text).not.toContain(CANARIES.password);
  expect(text).not.toMatch(/vsp_[0-9A-Za-z]{8}/);
  for (const token of doors.texts) expect(stderr.text()).not.toContain(token);
}

/** What the log must hold behind the entry of a call: nothing, or the end of what the call used. */
function expectEnd(one: Case, use: RawEntry | undefined, rest: readonly RawEntry[]): void {
  expect(rest).toHaveLength(one.end === null ? 0 : 1);
  if (one.end === null) return;
  expect(use).toMatchObject({ action: 'item.use', outcome: 'granted' });
  expect(use?.fields_count).toBeGreaterThan(0);
  expect(rest).toMatchObject([
    {
      ...{ seq: (use?.seq ?? 0) + 1, action: 'item.use.end', outcome: one.end },
      ...{ code: one.end === 'error' ? 'unavailable' : null },
      ...{ actor_kind: 'token', actor: use?.actor, item: use?.item, suppressed: 0 },
      ...{ fields_count: 0, uses: null, grant_id: null },
    },
  ]);
  expect(rest[0]?.signature).not.toBeNull();
}

/**
 * Makes the call and compares the one entry that it added with what it must say. A use adds a second one when it has
 * ended; the answer's receipt is that of the first.
 */
async function check(one: Case): Promise<void> {
  count += 1;
  const before = lastSeq(safe.file);
  const answer = await one.run(doors, count);
  const added = entriesAfter(safe.file, before);
  const [row, ...rest] = added;
  expect(row).toBeDefined();
  expectEnd(one, row, rest);
  expect(row).toMatchObject({
    seq: before + 1,
    action: one.action,
    outcome: one.outcome,
    code: one.code,
    actor_kind: one.actor,
    suppressed: 0,
  });
  expect(answer.receipt).toEqual({ seq: row?.seq, hash: row?.hash });
  expect(answer.ok ? 'granted' : answer.error.code).toBe(one.told);
  expect(row?.signature === null).toBe(one.actor === 'none');
  if (!answer.ok) {
    expect(answer.error.message).toMatch(/\S/);
    expect(answer.error.next).toMatch(/\S/);
    if (one.end === null) expect(row).toMatchObject({ fields_count: 0, uses: null, grant_id: null });
    expect(answer.error.request?.state).toBe(one.told === 'approval_required' ? 'pending' : undefined);
    expect(answer.error.ref === undefined).toBe(one.told !== 'unavailable');
  }
  expectNothingLeaks(answer, one);
  seen.add(one.code ?? 'granted');
}

test('every tool of the catalogue has its cases', () => {
  expect(Object.keys(GOOD_INPUT).sort()).toEqual(CATALOGUE.map(({ name }) => name).sort());
});

for (const tool of CATALOGUE)
  describe(tool.name, () => {
    test.each(casesOf(tool))('$name → $told, one entry', check);
  });

describe('what is no tool', () => {
  test.each(unknownToolCases())('$name → $told, one entry', check);
});

test('a request carried the credential, and nothing of it came back', async () => {
  expect(new Set(doors.server.seen)).toEqual(new Set([`Bearer ${CANARIES.password}`]));
  const answer = await ask(doors.manager, 'http_request', GOOD_INPUT['http_request']?.(1));
  expect(answer).toMatchObject({
    ok: true,
    result: { status: 200, body: expect.stringMatching(/^you sent <\S.*>$/) },
  });
  expect(JSON.stringify(answer)).not.toContain(CANARIES.password);
});

test('a recipe ran with the credential, and nothing of it came back', async () => {
  const answer = await ask(doors.manager, 'run_recipe', GOOD_INPUT['run_recipe']?.(1));
  expect(answer).toMatchObject({
    ok: true,
    result: { exit_status: 0, stdout: expect.stringMatching(/^\S+.* to staging$/) },
  });
  expect(JSON.stringify(answer)).not.toContain(CANARIES.password);
});

test('every code that a token can meet by now was met, and the log verifies with all signatures', async () => {
  const later = ['locked'];
  expect([...seen].sort()).toEqual(
    ['granted', ...Object.keys(EXIT_STATUS).filter((code) => !later.includes(code))].sort(),
  );
  await expectVerified(safe);
  for (const { entry, proof } of await Promise.all(sampled().map(async (seq) => safe.owner.showEntry(seq)))) {
    expect(proof.verified).toBe(true);
    expect(entry).toMatchObject({ client: { name: 'test-client', version: '1.0.0' }, transport: 'stdio' });
  }
});

/** The newest entry of each action, outcome and actor that the calls left. */
function sampled(): readonly number[] {
  const calls = entriesAfter(safe.file).filter((row) => row.actor_kind !== 'owner');
  return [...new Map(calls.map((row) => [`${row.action} ${row.outcome} ${row.actor_kind}`, row.seq])).values()];
}

test('what a tool throws reaches nobody but the owner’s error output', async () => {
  const throwing = {
    name: 'throwing',
    title: 'Throws',
    description: 'Throws.',
    action: 'item.read',
    hints: { readOnly: true, destructive: false, idempotent: true },
    needsReason: true,
    asksUser: false,
    output: {},
    inputSchema: () => ({ type: 'object', properties: {} }),
    prepare: () => async (view) => {
      const item = await view.show(await view.find({ item: 'Alpha' }, 'kept'), ['password']);
      throw new Error(`a secret: ${JSON.stringify(item)}`);
    },
  } satisfies (typeof CATALOGUE)[number];
  const catalogue = CATALOGUE as (typeof CATALOGUE)[number][];
  catalogue.push(throwing);
  try {
    const before = lastSeq(safe.file);
    const answer = await doors.manager.call({
      tool: 'throwing',
      arguments: { reason: 'Try it out' },
      client: { name: 'test-client', version: '1.0.0' },
    });
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'unavailable', ref: expect.stringMatching(/^[0-9a-z]{8}$/) },
    });
    expect(JSON.stringify(answer)).not.toContain(CANARIES.password);
    expect(entriesAfter(safe.file, before)).toMatchObject([
      { action: 'item.read', outcome: 'error', code: 'unavailable', actor_kind: 'token', fields_count: 0 },
    ]);
    const { entry, detail } = await safe.owner.showEntry(before + 1);
    expect(JSON.stringify([entry, detail])).not.toContain(CANARIES.password);
    expect(stderr.text()).toContain(answer.ok ? '' : (answer.error.ref ?? 'no reference'));
  } finally {
    catalogue.pop();
  }
});

test('a tool that keeps its view can do nothing with it after the call', async () => {
  const kept: Parameters<ReturnType<(typeof CATALOGUE)[number]['prepare']>>[0][] = [];
  const catalogue = CATALOGUE as (typeof CATALOGUE)[number][];
  const [whoami] = CATALOGUE;
  if (whoami === undefined) throw new Error('an empty catalogue');
  catalogue.push({
    ...whoami,
    name: 'keeping',
    prepare: () => async (view) => {
      kept.push(view);
      return view.identity();
    },
  });
  try {
    expect(
      (
        await doors.manager.call({
          tool: 'keeping',
          arguments: { reason: 'Keep it' },
          client: { name: 'x', version: '' },
        })
      ).ok,
    ).toBe(true);
    await expect(kept[0]?.find({ item: 'Alpha' }, 'kept')).rejects.toThrow(/after its (call|transaction)/);
    await expect(kept[0]?.items(undefined)).rejects.toThrow(/after its (call|transaction)/);
  } finally {
    catalogue.pop();
  }
});
