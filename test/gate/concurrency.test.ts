/** Calls at once: on one door, on many doors, on one item, and against the owner. Ordered by their receipts. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const SECRET = 'canary-at-once-3e';
let safe: TestSafe;

beforeEach(async () => {
  safe = await makeSafe();
  for (const title of ['A', 'B'])
    await safe.owner.createItem(byName('Personal'), {
      type: 'login',
      title,
      fields: [
        { name: 'username', value: 'first' },
        { name: 'password', value: SECRET },
      ],
    });
});
afterEach(async () => safe.end());

const read = (door: AgentDoor): Promise<Answer> => ask(door, 'get_item', { item: 'A', fields: ['password'] });
const write = (door: AgentDoor, text: string): Promise<Answer> =>
  ask(door, 'update_item', { item: 'A', set: { username: text } });

async function editor(name: string): Promise<AgentDoor> {
  return safe.agent((await safe.token(name, ['Personal'], 'editor')).token);
}

/** Does `act` while `step` is repeated, which is stopped whatever happens. */
async function during(steps: readonly (() => Promise<unknown>)[], act: () => Promise<void>): Promise<void> {
  let isOver = false;
  const running = steps.map(async (step) => {
    while (!isOver) {
      await step();
      await new Promise(setImmediate);
    }
  });
  try {
    await act();
  } finally {
    isOver = true;
    await Promise.all(running);
  }
}

/** Waits until each list has grown by `count`. */
async function grown(lists: readonly (readonly Answer[])[], count: number): Promise<void> {
  const wanted = lists.map((list) => list.length + count);
  while (lists.some((list, n) => list.length < (wanted[n] ?? 0))) await new Promise(setImmediate);
}

function seqsOf(answers: readonly Answer[]): readonly number[] {
  return answers.map(({ receipt }) => receipt?.seq ?? 0);
}

/** Each answer has its own entry, and the entries are those and no others. */
function expectOneEach(answers: readonly Answer[], before: number): void {
  const rows = entriesAfter(safe.file, before);
  expect([...seqsOf(answers)].sort((a, b) => a - b)).toEqual(rows.map(({ seq }) => seq));
  const hashes = new Map(rows.map((row) => [row.seq, row.hash]));
  for (const { receipt } of answers) expect(hashes.get(receipt?.seq ?? 0)).toBe(receipt?.hash);
}

test('the first calls of a new door, all at once: one entry each, one session of the log', async () => {
  const door = await editor('bot');
  const before = lastSeq(safe.file);
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, n) => (n % 3 === 2 ? ask(door, 'nothing') : read(door))),
  );
  expect(answers.map(codeOf)).toEqual(answers.map((_, n) => (n % 3 === 2 ? 'invalid_request' : 'granted')));
  expectOneEach(answers, before);
  await expectVerified(safe);
});

test('a door that is closed while calls are under way answers each of them', async () => {
  const door = await editor('bot');
  expect(codeOf(await read(door))).toBe('granted');
  const before = lastSeq(safe.file);
  const calls = [read(door), ask(door, 'nothing'), read(door)];
  await Promise.all([...calls, door.close()]);
  const answers = await Promise.all(calls);
  for (const answer of answers) if (answer.receipt === null) expect(answer.ok).toBe(false);
  expectOneEach(
    answers.filter(({ receipt }) => receipt !== null),
    before,
  );
  await expectVerified(safe);
});

test('many doors and the owner at once: every call has its entry, every command its own', async () => {
  const doors = await Promise.all(Array.from({ length: 8 }, async (_, n) => editor(`bot-${String(n)}`)));
  const before = lastSeq(safe.file);
  const calls = doors.flatMap((door, n) =>
    Array.from({ length: 6 }, async (_, i) => {
      if (i % 3 === 0) return read(door);
      if (i % 3 === 1) return write(door, `by ${String(n)} ${String(i)}`);
      return ask(door, 'create_item', { vault: 'Personal', type: 'login', title: `${String(n)} ${String(i)}` });
    }),
  );
  const commands = Array.from({ length: 5 }, async (_, n) => safe.owner.createVault({ name: `Vault ${String(n)}` }));
  const [answers] = await Promise.all([Promise.all(calls), Promise.all(commands)]);
  expect(answers.map(codeOf)).toEqual(answers.map(() => 'granted'));
  const rows = entriesAfter(safe.file, before);
  expect(rows.filter((row) => row.actor_kind === 'owner')).toHaveLength(commands.length);
  const own = rows.filter((row) => row.actor_kind === 'token');
  expect(own.map(({ seq, hash }) => ({ seq, hash }))).toEqual(
    answers.map(({ receipt }) => receipt).sort((a, b) => (a?.seq ?? 0) - (b?.seq ?? 0)),
  );
  await expectVerified(safe);
});

test('two agents update one item with its revision: one is granted, the other is told of the conflict', async () => {
  const [one, other] = [await editor('one'), await editor('other')];
  const update = (door: AgentDoor, text: string): Promise<Answer> =>
    ask(door, 'update_item', { item: 'A', expected_revision: 1, set: { username: text } });
  const answers = await Promise.all([update(one, 'one'), update(other, 'other')]);
  expect(answers.map(codeOf).sort()).toEqual(['conflict', 'granted']);
  const winner = answers[0].ok ? 'one' : 'other';
  const item = await safe.owner.viewItem({ item: byName('A') }, []);
  expect(item).toMatchObject({ username: winner, revision: 2 });
  const [loser] = answers.filter((answer) => !answer.ok);
  expect(JSON.stringify(loser)).not.toContain('first');
  await expectVerified(safe);
});

test('two agents update one item without its revision: both are written, one after the other, nothing is mixed', async () => {
  const [one, other] = [await editor('one'), await editor('other')];
  const answers = await Promise.all([
    write(one, 'from one'),
    ask(other, 'update_item', { item: 'A', set: { password: 'from other' } }),
    write(one, 'from one again'),
  ]);
  expect(answers.map(codeOf)).toEqual(['granted', 'granted', 'granted']);
  const item = await safe.owner.viewItem({ item: byName('A') }, 'all');
  expect(item.revision).toBe(4);
  expect(item.fields).toContainEqual({ name: 'password', kind: 'secret', value: 'from other' });
  expect(item.username).toMatch(/^from one/);
  expect((await safe.owner.history({ item: byName('A') })).map(({ revision }) => revision)).toEqual([4, 3, 2, 1]);
  await expectVerified(safe);
});

test('an agent and the owner write one item: a lost update is refused to whoever gave an old revision', async () => {
  const door = await editor('one');
  await safe.owner.updateItem({ item: byName('A') }, { set: { username: 'owner' } });
  const late = await ask(door, 'update_item', { item: 'A', expected_revision: 1, set: { username: 'late' } });
  expect(codeOf(late)).toBe('conflict');
  expect(codeOf(await ask(door, 'update_item', { item: 'A', expected_revision: 2, set: { username: 'agent' } }))).toBe(
    'granted',
  );
  await expect(safe.owner.updateItem({ item: byName('A') }, { set: { username: 'owner 2' } }, 2)).rejects.toMatchObject(
    { code: 'conflict' },
  );
  expect((await safe.owner.viewItem({ item: byName('A') }, [])).username).toBe('agent');
});

test('one agent trashes what another updates: whichever comes second works on what the first left', async () => {
  const [one, other] = [await editor('one'), await editor('other')];
  const answers = await Promise.all([ask(one, 'trash_item', { item: 'A' }), write(other, 'still there')]);
  expect(codeOf(answers[0])).toBe('granted');
  expect(['granted', 'not_found']).toContain(codeOf(answers[1]));
  const shown = await safe.owner.viewItem({ item: byName('A'), trashed: true }, []);
  expect(shown.trashed_at).toBeDefined();
  expect(shown.username).toBe(answers[1].ok ? 'still there' : 'first');
  await expectVerified(safe);
});

test('an owner’s revoke races with readers: nothing is granted after its entry', async () => {
  const doors = [await editor('goes'), await safe.agent((await safe.token('stays', ['Personal'])).token)];
  const answers: Answer[][] = [[], []];
  let revokedAt = 0;
  const readers = doors.map((door, n) => async () => answers[n]?.push(await read(door)));
  await during(readers, async () => {
    await grown(answers, 3);
    const owner = await safe.reopen();
    await owner.deleteToken(byName('goes'), { rotate: true });
    const { data } = await owner.listEntries({ query: 'action:token.delete', limit: 1 });
    revokedAt = data[0]?.seq ?? 0;
    await grown(answers, 3);
  });
  expect(revokedAt).toBeGreaterThan(0);
  const [gone = [], kept = []] = answers;
  expect(gone.filter((answer) => (answer.receipt?.seq ?? 0) > revokedAt && answer.ok)).toEqual([]);
  expect(gone.filter((answer) => (answer.receipt?.seq ?? Infinity) < revokedAt && answer.ok).length).toBeGreaterThan(0);
  for (const answer of gone) if (!answer.ok) expect(JSON.stringify(answer)).not.toContain(SECRET);
  expect(kept.map(codeOf)).toEqual(kept.map(() => 'granted'));
  await expectVerified(safe);
});

test('a grant that is narrowed, a freeze and a lift race with writers: what counts is the order of the entries', async () => {
  const { token } = await safe.token('bot', ['Personal'], 'editor');
  const door = await safe.agent(token);
  const answers: Answer[] = [];
  const marks: { seq: number; may: boolean }[] = [];
  const settle = async (may: boolean): Promise<void> => {
    const { data } = await safe.owner.listEntries({ query: '-agent:bot', limit: 1 });
    marks.push({ seq: data[0]?.seq ?? 0, may });
    await grown([answers], 3);
  };
  const writer = async (): Promise<void> => void answers.push(await write(door, String(answers.length)));
  await during([writer], async () => {
    await settle(true);
    await safe.owner.grant({ token: byName('bot'), vault: byName('Personal'), role: 'viewer' });
    await settle(false);
    await safe.owner.grant({ token: byName('bot'), vault: byName('Personal'), role: 'editor' });
    await settle(true);
    await safe.owner.freezeToken(byName('bot'));
    await settle(false);
    await safe.owner.unfreezeToken(byName('bot'));
    await settle(true);
  });
  for (const answer of answers) {
    const seq = answer.receipt?.seq ?? 0;
    const before = marks.findLast((mark) => mark.seq < seq);
    if (answer.ok) expect(before?.may).toBe(true);
  }
  expect(answers.filter((answer) => !answer.ok).length).toBeGreaterThan(0);
  expect(answers.filter((answer) => answer.ok).length).toBeGreaterThan(0);
  await expectVerified(safe);
});

test('two owners’ commands at once: both are done, or one is told why not; nothing is lost', async () => {
  const second = await safe.reopen();
  const { token } = await safe.token('bot', ['Personal'], 'editor');
  const results = await Promise.allSettled([
    safe.owner.createVault({ name: 'Same' }),
    second.createVault({ name: 'same' }),
    safe.owner.createToken({ name: 'twin', isAgent: true }),
    second.createToken({ name: 'Twin', isAgent: true }),
    safe.owner.createVault({ name: 'One' }),
    second.createVault({ name: 'Two' }),
    safe.owner.deleteToken(byName('bot'), { rotate: true }),
    second.updateItem({ item: byName('A') }, { set: { username: 'second' } }),
  ]);
  const codes = results.map((result) =>
    result.status === 'fulfilled' ? 'done' : (result.reason as { code?: string }).code,
  );
  expect(codes.slice(0, 2).sort()).toEqual(['conflict', 'done']);
  expect(codes.slice(2, 4).sort()).toEqual(['conflict', 'done']);
  expect(codes.slice(4)).toEqual(['done', 'done', 'done', 'done']);
  const names = (await second.listVaults()).map(({ name }) => name);
  expect(names.map((name) => name.toLowerCase()).sort()).toEqual(['one', 'personal', 'same', 'two']);
  expect((await safe.owner.viewItem({ item: byName('A') }, [])).username).toBe('second');
  expect(codeOf(await ask(await safe.agent(token), 'whoami'))).toBe('unauthenticated');
  await expectVerified(safe);
});
