/** What agents write never reaches the log raw: no token, nothing hidden, nothing long; and never a value of a field. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { captureStderr, expectVerified, withConnection } from '../support/gate-rig.js';
import { ask, byName, CLIENT, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

const stderr = captureStderr();
let safe: TestSafe;
let door: AgentDoor;
let token: string;
const SECRET = 'canary-secret-0b7e';

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: SECRET }],
  });
  ({ token } = await safe.token('bot', ['Personal'], 'editor'));
  door = await safe.agent(token);
});
afterEach(async () => safe.end());

async function newest(): Promise<string> {
  const { data } = await safe.owner.listEntries({ query: '', limit: 1 });
  const [entry] = data;
  if (entry === undefined) throw new Error('an empty log');
  return JSON.stringify([entry, await safe.owner.showEntry(entry.seq)]);
}

const hidden = 'a\u202eb\u001b[31mc\u200bd';
const places: [name: string, tool: string, input: (text: string) => Record<string, unknown>][] = [
  ['the reason', 'get_item', (text) => ({ item: 'A', reason: text })],
  ['an item', 'get_item', (text) => ({ item: text })],
  ['a vault', 'list_vault', (text) => ({ vault: text })],
  ['a field', 'get_item', (text) => ({ item: 'A', fields: [text] })],
  ['a field to set', 'update_item', (text) => ({ item: 'A', set: { [text]: 'x' } })],
  ['a new name', 'create_item', (text) => ({ vault: 'Personal', type: 'login', title: text })],
  ['an unknown argument', 'get_item', (text) => ({ item: 'A', [text]: 1 })],
  ['a cursor', 'list_vault', (text) => ({ vault: 'Personal', cursor: text })],
];

test.each(places)(
  'a token in %s is refused, and stands neither in the log nor in the answer',
  async (_name, tool, input) => {
    const answer = await ask(door, tool, input(`see ${token}`));
    expect(answer.ok).toBe(false);
    expect(JSON.stringify(answer)).not.toContain(token.slice(0, 30));
    expect(await newest()).not.toContain(token.slice(4, 30));
    expect(stderr.text()).not.toContain(token.slice(4, 30));
  },
);

test.each(places)('hidden characters in %s are refused and stand escaped in the log', async (_name, tool, input) => {
  const answer = await ask(door, tool, input(hidden));
  expect(answer.ok).toBe(false);
  const kept = `${await newest()}${JSON.stringify(answer)}`;
  expect(kept).not.toMatch(/[\u202e\u200b]|\\u001b/u);
});

test.each(places)('100,000 characters in %s are refused and do not stand in the log', async (_name, tool, input) => {
  const answer = await ask(door, tool, input('long '.repeat(20_000)));
  expect(answer.ok).toBe(false);
  expect(JSON.stringify(answer).length).toBeLessThan(2_000);
  expect((await newest()).length).toBeLessThan(10_000);
});

test('the name of a tool that holds a token, or is long, is kept cut and without it', async () => {
  for (const tool of [`get ${token}`, 'x'.repeat(100_000)]) {
    expect(codeOf(await ask(door, tool))).toBe('invalid_request');
    const kept = await newest();
    expect(kept).not.toContain(token.slice(4, 30));
    expect(kept.length).toBeLessThan(10_000);
  }
});

test('a reason that was refused is kept, escaped, beside the refusal', async () => {
  expect(codeOf(await ask(door, 'get_item', { item: 'A', reason: 'deploy \u202enow' }))).toBe('reason_required');
  const { data } = await safe.owner.listEntries({ query: '', limit: 1 });
  expect(data[0]).toMatchObject({ reason: 'deploy \\u{202e}now', code: 'reason_required', outcome: 'refused' });
});

test('no value that was given, stored or generated stands in the log, in the file or on stderr', async () => {
  const set = 'canary-set-51aa';
  const made = await ask(door, 'create_item', {
    vault: 'Personal',
    type: 'login',
    title: 'B',
    generate: { field: 'password', length: 40 },
  });
  expect(codeOf(made)).toBe('granted');
  expect(codeOf(await ask(door, 'update_item', { item: 'A', set: { password: set } }))).toBe('granted');
  expect(codeOf(await ask(door, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
  const generated = await ask(door, 'get_item', { item: 'B', fields: ['password'] });
  const value = /"value":"([^"]{40})"/.exec(JSON.stringify(generated))?.[1] ?? '';
  expect(value).toHaveLength(40);
  const log = JSON.stringify((await safe.owner.listEntries({ query: '', limit: 50 })).data);
  const rows = withConnection(safe.file, (connection) => {
    connection.pragma('wal_checkpoint(TRUNCATE)');
    return connection.serialize().toString('latin1');
  });
  for (const canary of [SECRET, set, value, 'Run the nightly integration', 'password']) {
    if (canary.startsWith('canary') || canary === value) expect(log).not.toContain(canary);
    if (canary !== 'password') expect(rows).not.toContain(canary);
    expect(stderr.text()).not.toContain(canary);
  }
  expect(log).toContain('password');
  await expectVerified(safe);
});

test('what a client says of itself is its own word, kept as it is but apart from everything else', async () => {
  const name = 'client "quoted" ünïcode';
  const answer = await door.call({ tool: 'whoami', arguments: {}, client: { name, version: '1' }, requestId: '42' });
  expect(codeOf(answer)).toBe('granted');
  const { data } = await safe.owner.listEntries({ query: '', limit: 1 });
  expect(data[0]?.client).toEqual({ name, version: '1' });
  expect((await safe.owner.showEntry(data[0]?.seq ?? 0)).requestId).toBe('42');
  expect(CLIENT.name).not.toBe(name);
});
