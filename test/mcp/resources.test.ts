/** Resources tell what a token reaches, in recorded calls, and nothing of items. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { found } from '../support/canaries.js';
import { fakeDoor } from '../support/fake-door.js';
import { captureStderr, entriesAfter, lastSeq } from '../support/gate-rig.js';
import { expectGolden } from '../support/golden.js';
import type { Json } from '../support/line-client.js';
import { connected, ERAS, type Requests } from '../support/requests.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();

const CANARIES = [
  { name: 'secret', value: 'canary-3e1d-password' },
  { name: 'title of an item', value: 'canary-title-8fa2' },
  { name: 'title of a granted item', value: 'canary-granted-title-77b0' },
  { name: 'note', value: 'canary-note-19cc' },
];
const GRANTS = 'vouchsafe-safe:///grants';
const NOT_FOUND = {
  code: -32602,
  message: 'not_found: Read vouchsafe-safe:///grants, or call whoami, to see what you may reach.',
};

let safe: TestSafe;
let token: string;
const ids = new Map<string, string>();

beforeAll(async () => {
  safe = await makeSafe();
  for (const name of ['Production', 'Shared', 'Private']) ids.set(name, (await safe.owner.createVault({ name })).id);
  const fields = [
    { name: 'password', value: 'canary-3e1d-password' },
    { name: 'notes', kind: 'note' as const, value: 'canary-note-19cc' },
  ];
  await safe.owner.createItem(byName('Production'), { type: 'login', title: 'canary-title-8fa2', fields });
  await safe.owner.createItem(byName('Shared'), { type: 'login', title: 'canary-granted-title-77b0', fields });
  ({ token } = await safe.token('bot', ['Production'], 'editor'));
  const item = byName('canary-granted-title-77b0');
  await safe.owner.grant({ token: byName('bot'), vault: byName('Shared'), item, role: 'viewer' });
});

afterAll(() => safe.end());

const vaultUri = (text: string): string => `vouchsafe-safe:///vaults/${text}`;
const read = async (on: Requests, uri: unknown): Promise<Json> => on.send('resources/read', { uri });
const factsOf = (answer: Json): Json => JSON.parse(answer.result.contents[0].text);

/** Ids of this safe by what they stand for, so that a listing can be compared. */
function withoutIds(value: Json): Json {
  let text = JSON.stringify(value);
  for (const [name, id] of ids) text = text.replaceAll(id, `id-of-${name}`);
  return JSON.parse(
    text.replace(/"receipt":\{[^}]*\}/g, '"receipt":"RECEIPT"').replace(/"(ttlMs|cacheScope)":[^,}]*,?/g, ''),
  );
}

describe.each(ERAS)('by the protocol of %s', (era) => {
  let on: Requests;
  let door: AgentDoor;
  beforeEach(async () => {
    door = await safe.agent(token);
    on = await connected(door, era);
  });
  afterEach(() => on.end());

  test('the list is the grants and each vault that is reached, as in the golden file', async () => {
    const { result } = await on.send('resources/list');
    const byUri = (a: Json, b: Json): number => (a.uri < b.uri ? -1 : 1);
    expectGolden('resources.json', withoutIds(result.resources).sort(byUri));
    expect(result._meta.receipt).toEqual({ seq: lastSeq(safe.file), hash: entriesAfter(safe.file).at(-1)!.hash });
    const templates = await on.send('resources/templates/list');
    expectGolden('resource-templates.json', templates.result.resourceTemplates);
  });

  test('the grants tell the token, its grants and how to go on', async () => {
    const facts = factsOf(await read(on, GRANTS));
    expect(facts.token).toMatchObject({ name: 'bot', agent: true });
    expect(facts.grants).toHaveLength(2);
    expect(facts.grants).toContainEqual({
      grant_id: expect.any(String),
      type: 'vault',
      role: 'editor',
      expires_at: expect.any(String),
      limits: {},
      left: {},
      vault: { id: ids.get('Production'), name: 'Production' },
    });
    expect(facts.next).toMatch(/search_items with a reason/);
    expect(facts.receipt).toEqual({ seq: lastSeq(safe.file), hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  test('a vault is read by its id or its name, and says whether to list or to search it', async () => {
    const whole = factsOf(await read(on, vaultUri(ids.get('Production')!)));
    expect(whole).toMatchObject({ id: ids.get('Production'), name: 'Production', grants: [{ role: 'editor' }] });
    expect(whole.next).toMatch(/^Call list_vault /);
    expect(factsOf(await read(on, vaultUri('pRODUCTION'))).id).toBe(whole.id);
    const single = factsOf(await read(on, vaultUri(ids.get('Shared')!)));
    expect(single.grants).toMatchObject([{ type: 'item', item: { id: expect.any(String) }, role: 'viewer' }]);
    expect(single.next).toMatch(/search_items/);
  });

  test('what is not and what is not granted get the same words, and none of what was sent', async () => {
    const bad = ['Private', ids.get('Private')!, 'no-such-vault', '%E0%A4%A', '', 'Production/x'].map(vaultUri);
    for (const uri of [...bad, 'vouchsafe-safe:///', 'file:///etc/passwd', 'canary']) {
      expect([uri, (await read(on, uri)).error]).toEqual([uri, NOT_FOUND]);
    }
    expect((await read(on, 7)).error).toEqual({
      code: -32602,
      message: 'invalid_request: Send uri: one of those in resources/list.',
    });
  });

  test('no secret and no title of an item is in any of it', async () => {
    const uris = [GRANTS, ...[...ids.values()].map(vaultUri)];
    const answers = [await on.send('resources/list'), await on.send('resources/templates/list')];
    for (const uri of uris) answers.push(await read(on, uri));
    expect(found(CANARIES, JSON.stringify(answers))).toEqual([]);
    const whoami = await on.send('tools/call', { name: 'whoami', arguments: {} });
    expect(found(CANARIES, JSON.stringify(whoami))).toEqual(['title of a granted item (raw)']);
  });

  test('each request that tells of the safe is one entry of whoami, and a static one none', async () => {
    const before = lastSeq(safe.file);
    await on.send('resources/list');
    await read(on, GRANTS);
    await read(on, vaultUri('Private'));
    await on.send('resources/templates/list');
    await read(on, 'vouchsafe-safe:///other');
    const entries = entriesAfter(safe.file, before);
    expect(entries.map(({ action, outcome }) => [action, outcome])).toEqual(
      Array<readonly string[]>(3).fill(['session.whoami', 'granted']),
    );
  });
});

test('an ended token: the list is the grants alone, and reading says code and next step and nothing else', async () => {
  const made = await safe.token('ended', ['Production']);
  const on = await connected(await safe.agent(made.token));
  await safe.owner.deleteToken(byName('ended'), { rotate: false });
  const before = lastSeq(safe.file);
  const { result } = await on.send('resources/list');
  expect(result.resources.map(({ uri }: Json) => uri)).toEqual([GRANTS]);
  for (const uri of [GRANTS, vaultUri(ids.get('Production')!)]) {
    const { error } = await read(on, uri);
    expect(Object.keys(error)).toEqual(['code', 'message']);
    expect(error).toMatchObject({ code: -32600, message: expect.stringMatching(/^unauthenticated: \S.*\.$/) });
  }
  expect(entriesAfter(safe.file, before).map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused']);
  await on.end();
});

test('without a token it is the same', async () => {
  const absent = { kind: 'absent', problem: 'none' } as const;
  const door = await openAgent(safe.places, absent, { transport: 'stdio', verifyAfterMs: 3_600_000 });
  const on = await connected(door);
  expect((await on.send('resources/list')).result.resources).toHaveLength(1);
  expect((await read(on, GRANTS)).error.message).toMatch(/^unauthenticated: /);
  await on.end();
});

test('what was revoked is gone at once, and the client is told of its tools', async () => {
  const made = await safe.token('brief', ['Private'], 'editor');
  const on = await connected(await safe.agent(made.token));
  await on.send('tools/list');
  expect((await on.send('resources/list')).result.resources).toHaveLength(2);
  await safe.owner.revoke({ token: byName('brief'), all: true, rotate: false });
  expect((await on.send('resources/list')).result.resources).toHaveLength(1);
  await on.told('notifications/tools/list_changed');
  expect((await read(on, vaultUri(ids.get('Private')!))).error).toEqual(NOT_FOUND);
  await on.end();
});

/** A door that answers as the gate would for these grants, since a safe with so many takes long to make. */
function doorWith(grants: readonly object[]): AgentDoor {
  const receipt = { seq: 1, hash: '0'.repeat(64) };
  return { ...fakeDoor(), call: () => Promise.resolve({ ok: true, result: { token: {}, grants }, receipt }) };
}

const grantOn = (vault: string, n: number): object => ({
  grant_id: `g${n}`,
  type: 'vault',
  vault: { id: vault, name: null },
});

test('many vaults come in pages, each once; a cursor of another kind is refused', async () => {
  const many = Array.from({ length: 230 }, (_, n) => grantOn(`v${String((n * 7) % 230).padStart(3, '0')}`, n));
  const on = await connected(doorWith(many));
  const uris: string[] = [];
  let cursor: string | undefined;
  do {
    const { result } = await on.send('resources/list', cursor === undefined ? {} : { cursor });
    uris.push(...result.resources.map(({ uri }: Json) => uri));
    cursor = result.nextCursor;
  } while (cursor !== undefined);
  expect(uris).toHaveLength(231);
  expect(new Set(uris).size).toBe(231);
  expect((await on.send('resources/list', { cursor: 'a b' })).error.message).toMatch(/^invalid_request: /);
  expect((await on.send('resources/list', { cursor: 7 })).error.code).toBe(-32602);
  await on.end();
});

test('many grants on one vault are cut, and the rest is counted', async () => {
  const on = await connected(doorWith(Array.from({ length: 250 }, (_, n) => grantOn('v1', n))));
  const facts = factsOf(await read(on, vaultUri('v1')));
  expect([facts.grants.length, facts.grants_left_out]).toEqual([100, 150]);
  await on.end();
});

test('a door that throws, or tells what nobody expects, tells the client nothing', async () => {
  const broken = await connected({ ...fakeDoor(), call: () => Promise.reject(new Error('a secret detail')) });
  for (const method of ['resources/list', 'resources/read']) {
    const { error } = await broken.send(method, { uri: GRANTS });
    expect(error).toEqual({ code: -32603, message: expect.stringMatching(/^unavailable: /) });
  }
  expect(broken.reports.join()).toContain('a secret detail');
  await broken.end();
  const strange = await connected(doorWith([{ vault: 7 }, 'text', { vault: { id: 3 } }] as unknown as object[]));
  expect(factsOf(await read(strange, GRANTS)).grants).toEqual([]);
  await strange.end();
});
