/**
 * What an owner's decision does to calls that are already on their way: none is granted after it, and the entry of each
 * is one that verifies. The moment of the decision is chosen exactly: between the snapshot and the lock.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq, rigOf, type Rig } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
let safe: TestSafe;
let rig: Rig;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: 'canary-a' }],
  });
  const { token } = await safe.token('bot', ['Personal'], 'editor');
  rig = await rigOf(safe, token);
  expect(codeOf(await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
});

afterEach(async () => {
  await rig.gate.close();
  await safe.end();
});

/** Has `decide` happen once, after the call has read its snapshot and before it takes the lock. */
function meanwhile(decide: () => Promise<unknown>): void {
  rig.faults.beforeTransaction = async () => {
    rig.faults.beforeTransaction = () => Promise.resolve();
    await decide();
  };
}

const decisions: [name: string, decide: () => Promise<unknown>, code: string, actor: string][] = [
  ['deleted', () => safe.owner.deleteToken(byName('bot'), { rotate: true }), 'unauthenticated', 'none'],
  [
    'deleted without rotation',
    () => safe.owner.deleteToken(byName('bot'), { rotate: false }),
    'unauthenticated',
    'none',
  ],
  ['renewed', () => safe.owner.renewToken(byName('bot'), { rotate: false }), 'unauthenticated', 'none'],
  ['frozen', () => safe.owner.freezeToken(byName('bot')), 'unauthenticated', 'token'],
  [
    'without its grants',
    () => safe.owner.revoke({ token: byName('bot'), all: true, rotate: true }),
    'not_found',
    'token',
  ],
];

const calls: [name: string, call: (door: AgentDoor) => ReturnType<typeof ask>, own: string | null][] = [
  ['a read that would be granted', (door) => ask(door, 'get_item', { item: 'A', fields: ['password'] }), null],
  ['a write that would be granted', (door) => ask(door, 'update_item', { item: 'A', set: { password: 'x' } }), null],
  ['a call without a reason', (door) => ask(door, 'get_item', { item: 'A', reason: '' }), 'reason_required'],
  ['a call of no tool', (door) => ask(door, 'nothing'), 'invalid_request'],
  ['a call for an item that is not there', (door) => ask(door, 'get_item', { item: 'Zebra' }), 'not_found'],
];

for (const [decided, decide, code, actor] of decisions) {
  test.each(calls)(
    `the token is ${decided} during %s: one entry, refused, and the log verifies`,
    async (_name, call, own) => {
      let decisionSeq = 0;
      meanwhile(async () => {
        await decide();
        decisionSeq = lastSeq(safe.file);
      });
      const answer = await call(rig.gate);
      expect(decisionSeq).toBeGreaterThan(0);
      expect(answer.ok).toBe(false);
      expect(JSON.stringify(answer)).not.toContain('canary-a');
      expect([code, own]).toContain(codeOf(answer));
      const after = entriesAfter(safe.file, decisionSeq);
      expect(after).toHaveLength(1);
      expect(after[0]).toMatchObject({ seq: answer.receipt?.seq, hash: answer.receipt?.hash, actor_kind: actor });
      expect(['refused', 'error']).toContain(after[0]?.outcome);
      await expectVerified(safe);
      expect((await safe.owner.viewItem({ item: byName('A') }, 'all')).fields).toContainEqual({
        name: 'password',
        kind: 'secret',
        value: 'canary-a',
      });
    },
  );
}

test('after such a race the owner can still unlock, and other tokens still work', async () => {
  const other = await safe.agent((await safe.token('other', ['Personal'])).token);
  meanwhile(() => safe.owner.deleteToken(byName('bot'), { rotate: true }));
  expect(codeOf(await ask(rig.gate, 'nothing'))).not.toBe('granted');
  await safe.owner.unlock(60_000);
  expect(codeOf(await ask(other, 'get_item', { item: 'A' }))).toBe('granted');
});
