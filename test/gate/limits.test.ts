/** Each limit of a grant, through the gate, on a real file: what counts, what is refused, and when it opens again. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LimitText } from '../../src/core/limits.js';
import type { GrantShape } from '../../src/core/shapes.js';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { randomBytes, randomId } from '../../src/crypto/bytes.js';
import { grantedKeyOf } from '../../src/gate/rotation.js';
import { issueGrant, listLeaf } from '../../src/gate/token-issue.js';
import { findOwned } from '../../src/gate/token-reader.js';
import { ownerCoreOf } from '../support/faulty-owner.js';
import { entriesAfter, expectVerified, lastSeq } from '../support/gate-rig.js';
import type { Json } from '../support/processes.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SECRETS = ['canary-limits-password-7b', 'canary-limits-key-7b', 'JBSWY3DPEHPK3PXP'] as const;
let safe: TestSafe;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Other' });
  for (const title of ['A', 'B', 'C']) await addItem('Personal', title);
  await addItem('Other', 'O');
});
afterEach(async () => {
  await expectVerified(safe);
  await safe.end();
});

async function addItem(vault: string, title: string): Promise<void> {
  const [password, key, seed] = SECRETS;
  await safe.owner.createItem(byName(vault), {
    type: 'login',
    title,
    fields: [
      { name: 'username', value: 'someone' },
      { name: 'password', value: password },
      { name: 'API key', value: key, kind: 'secret' },
      { name: 'one-time password', value: seed, kind: 'totp' },
    ],
  });
}

interface Given {
  readonly vault?: string;
  readonly item?: string;
  readonly purpose?: string;
  readonly role?: string;
}

const grant = async (limits: LimitText, { vault = 'Personal', item, ...more }: Given = {}): Promise<GrantShape> =>
  safe.owner.grant({
    token: byName('bot'),
    vault: byName(vault),
    limits,
    ...more,
    ...(item === undefined ? {} : { item: byName(item) }),
  });

/** The door of a new token `bot` with one grant. */
async function bot(limits: LimitText, given: Given = {}): Promise<AgentDoor> {
  const { token } = await safe.token('bot');
  await grant(limits, given);
  return safe.agent(token);
}

const read = (door: AgentDoor, item = 'A', fields: readonly string[] = ['password']): Promise<Answer> =>
  ask(door, 'get_item', { item, fields });
const look = (door: AgentDoor, item = 'A'): Promise<Answer> => ask(door, 'get_item', { item });
const code = (door: AgentDoor, item = 'A'): Promise<Answer> => ask(door, 'get_totp', { item });

/** Calls one after the other; of each, `granted` or the code of its refusal. */
async function codesOf(calls: readonly (() => Promise<Answer>)[]): Promise<readonly string[]> {
  const codes: string[] = [];
  for (const call of calls) codes.push(codeOf(await call()));
  return codes;
}

const times = (count: number, call: () => Promise<Answer>): readonly (() => Promise<Answer>)[] =>
  Array.from({ length: count }, () => call);

/** The error of a refusal; it has words and a next step, and gives no secret. */
function errorOf(answer: Answer): Json {
  if (answer.ok) throw new Error('granted');
  expect(answer.error.message).toMatch(/\S\.$/);
  expect(answer.error.next).toMatch(/\S/);
  for (const secret of SECRETS) expect(JSON.stringify(answer)).not.toContain(secret);
  return answer.error;
}

/** Refused by a limit that opens again at a moment: still closed one ms before it, open at it. */
async function expectOpensAt(moment: number, call: () => Promise<Answer>): Promise<void> {
  const expected = { code: 'limit_reached', retry_at: new Date(moment).toISOString() };
  expect(errorOf(await call())).toMatchObject(expected);
  safe.clock.now = moment - 1;
  expect(errorOf(await call())).toMatchObject(expected);
  safe.clock.now = moment;
  expect(codeOf(await call())).toBe('granted');
}

/** What the token is told of its grants. */
async function told(door: AgentDoor): Promise<Json> {
  const answer = await ask(door, 'whoami');
  if (!answer.ok) throw new Error('whoami was refused');
  return (answer.result as Json).grants;
}

/** What is left under the one grant on each vault, as the token and as the owner are told; both are told the same. */
async function left(door: AgentDoor): Promise<Json> {
  const rows = await told(door);
  const byGrant = (all: Json): Json => Object.fromEntries(all.map((row: Json) => [row.grant_id, row.left]));
  expect(byGrant(await safe.owner.listAccess(byName('bot')))).toEqual(byGrant(rows));
  return Object.fromEntries(rows.map((row: Json) => [row.item?.title ?? row.vault.name, row.left]));
}

/** The titles of a list over all that is granted. */
async function titles(door: AgentDoor): Promise<readonly string[]> {
  const answer = await ask(door, 'search_items');
  if (!answer.ok) throw new Error(`a list was refused: ${answer.error.code}`);
  return (answer.result as Json).items.map((item: Json) => item.title).sort();
}

/** The grants that the entries after `seq` name, and their running counts of uses. */
function named(seq: number): readonly (readonly [string | null, number | null])[] {
  return entriesAfter(safe.file, seq).map((row) => [row.grant_id, row.uses]);
}

describe('max-uses', () => {
  test('so many secrets and codes in all are given, and then none ever, and none is told when', async () => {
    const door = await bot({ maxUses: '3' });
    expect(
      await codesOf([() => read(door), () => code(door, 'B'), () => read(door, 'C', ['password', 'API key'])]),
    ).toEqual(['granted', 'granted', 'granted']);
    for (const refused of [await read(door), await code(door)]) {
      const error = errorOf(refused);
      expect(error.code).toBe('limit_reached');
      expect(error).not.toHaveProperty('retry_at');
      expect(error.message).toContain('3 uses');
    }
    safe.clock.now += 20 * DAY;
    expect(codeOf(await read(door))).toBe('limit_reached');
  });

  test('what gives no secret is no use: it passes with all spent, and spends nothing', async () => {
    const door = await bot({ maxUses: '1' });
    const plain = [() => look(door), () => read(door, 'A', ['username']), () => ask(door, 'search_items')];
    expect(await codesOf(plain)).toEqual(['granted', 'granted', 'granted']);
    expect(await left(door)).toEqual({ Personal: { uses: 1 } });
    expect(codeOf(await read(door))).toBe('granted');
    expect(await left(door)).toEqual({ Personal: { uses: 0 } });
    expect(await codesOf(plain)).toEqual(['granted', 'granted', 'granted']);
  });

  test('a refused call spends nothing, whatever refused it', async () => {
    const door = await bot({ maxUses: '2', fields: ['password'] });
    const refused = [
      () => read(door, 'A', ['API key']),
      () => code(door),
      () => read(door, 'no such item'),
      () => ask(door, 'get_item', { item: 'A', fields: ['password'], reason: '' }),
      () => read(door, 'A', ['no such field']),
      () => ask(door, 'trash_item', { item: 'A' }),
    ];
    expect(await codesOf(refused)).not.toContain('granted');
    expect(await left(door)).toEqual({ Personal: { uses: 2 } });
    expect(await codesOf(times(3, () => read(door)))).toEqual(['granted', 'granted', 'limit_reached']);
  });

  test('each use is numbered in its entry, across doors of the token', async () => {
    const { token } = await safe.token('bot');
    const { grant_id: id } = await grant({ maxUses: '3' });
    const doors = [await safe.agent(token), await safe.agent(token)];
    const before = lastSeq(safe.file);
    const codes: string[] = [];
    for (const n of [0, 1, 0, 1]) codes.push(codeOf(await read(doors[n] as AgentDoor)));
    expect(codes).toEqual(['granted', 'granted', 'granted', 'limit_reached']);
    expect(named(before)).toEqual([
      [id, 1],
      [id, 2],
      [id, 3],
      [null, null],
    ]);
  });
});

describe('rate', () => {
  test('so many calls of any kind within the time before each; it opens to the millisecond', async () => {
    const door = await bot({ rate: '3/1h' });
    const start = safe.clock.now;
    expect(codeOf(await look(door))).toBe('granted');
    safe.clock.now = start + 10 * MINUTE;
    expect(codeOf(await read(door))).toBe('granted');
    safe.clock.now = start + 20 * MINUTE;
    expect(codeOf(await ask(door, 'search_items', { vault: 'Personal' }))).toBe('granted');
    expect(await left(door)).toEqual({ Personal: { calls: 0 } });
    await expectOpensAt(start + HOUR, () => look(door));
    await expectOpensAt(start + 10 * MINUTE + HOUR, () => ask(door, 'search_items', { query: 'A' }));
    await expectOpensAt(start + 20 * MINUTE + HOUR, () => code(door));
  });

  test('whoami and refused calls neither count nor are held back', async () => {
    const door = await bot({ rate: '1/1h' });
    expect(await codesOf([() => look(door, 'no such item'), () => ask(door, 'whoami')])).toEqual([
      'not_found',
      'granted',
    ]);
    expect(await left(door)).toEqual({ Personal: { calls: 1 } });
    const start = safe.clock.now;
    expect(codeOf(await look(door))).toBe('granted');
    safe.clock.now += 50 * MINUTE;
    expect(await codesOf(times(3, () => look(door)))).toEqual(times(3, () => look(door)).map(() => 'limit_reached'));
    expect(codeOf(await ask(door, 'whoami'))).toBe('granted');
    await expectOpensAt(start + HOUR, () => look(door));
  });

  test('a door that is opened later counts what was before it', async () => {
    const { token } = await safe.token('bot');
    await grant({ rate: '2/1h' });
    const start = safe.clock.now;
    for (const offset of [0, 1]) {
      safe.clock.now = start + offset;
      const door = await safe.agent(token);
      expect(codeOf(await look(door))).toBe('granted');
      await door.close();
    }
    await expectOpensAt(start + HOUR, async () => look(await safe.agent(token)));
  });
});

test('distinct-items: one that was named may be named again, another waits until the oldest is out of the time', async () => {
  const door = await bot({ distinctItems: '2/1h' });
  const start = safe.clock.now;
  expect(codeOf(await read(door, 'A'))).toBe('granted');
  safe.clock.now = start + 10 * MINUTE;
  expect(codeOf(await look(door, 'B'))).toBe('granted');
  expect(await left(door)).toEqual({ Personal: { items: 0 } });
  expect(errorOf(await look(door, 'C')).retry_at).toBe(new Date(start + HOUR).toISOString());
  safe.clock.now = start + 20 * MINUTE;
  expect(await codesOf([() => read(door, 'A'), () => ask(door, 'search_items')])).toEqual(['granted', 'granted']);
  await expectOpensAt(start + 10 * MINUTE + HOUR, () => look(door, 'C'));
  expect(errorOf(await look(door, 'B')).retry_at).toBe(new Date(start + 20 * MINUTE + HOUR).toISOString());
});

describe('hours', () => {
  /** The next midnight of UTC with which a Monday begins. */
  const monday = (): number => Math.ceil((safe.clock.now / DAY - 4) / 7) * 7 * DAY + 4 * DAY;

  test('open from the first minute up to the last, on those days', async () => {
    const start = monday();
    safe.clock.now = start + 7 * HOUR;
    const door = await bot({ hours: '08:00-18:00', days: 'mon-fri' });
    await expectOpensAt(start + 8 * HOUR, () => look(door));
    safe.clock.now = start + 18 * HOUR - 1;
    expect(codeOf(await look(door))).toBe('granted');
    safe.clock.now += 1;
    await expectOpensAt(start + DAY + 8 * HOUR, () => ask(door, 'search_items'));
    safe.clock.now = start + 4 * DAY + 18 * HOUR;
    await expectOpensAt(start + 7 * DAY + 8 * HOUR, () => read(door));
  });

  test('while they are closed, a name that does not fit tells of none that does', async () => {
    const start = monday();
    await addItem('Personal', 'Reactor');
    await addItem('Other', 'Reacton');
    safe.clock.now = start + 7 * HOUR;
    const door = await bot({ hours: '08:00-18:00', days: 'mon-fri' });
    for (const given of [{ item: 'Reacto' }, { item: 'Reacto', vault: 'Personal' }])
      expect(codeOf(await ask(door, 'get_item', given))).toBe('limit_reached');
    await grant({}, { vault: 'Other' });
    expect(await ask(door, 'get_item', { item: 'Reacto' })).toMatchObject({
      error: { code: 'not_found', candidates: ['Reacton'] },
    });
    safe.clock.now += HOUR;
    expect(await ask(door, 'get_item', { item: 'Reacto', vault: 'Personal' })).toMatchObject({
      error: { code: 'not_found', candidates: ['Reactor'] },
    });
  });

  test('the clock is that of the zone; over midnight the day is that of the opening', async () => {
    const start = monday();
    const offset = 9 * HOUR;
    safe.clock.now = start - offset + 21 * HOUR;
    const door = await bot({ hours: '22:00-06:00', days: 'mon', tz: 'Asia/Tokyo' });
    await expectOpensAt(start - offset + 22 * HOUR, () => look(door));
    safe.clock.now = start - offset + 30 * HOUR - 1;
    expect(codeOf(await look(door))).toBe('granted');
    safe.clock.now += 1;
    await expectOpensAt(start - offset + 7 * DAY + 22 * HOUR, () => look(door));
  });
});

test('field: only the named secrets and codes are given, alone or with what is no secret', async () => {
  const door = await bot({ fields: ['api KEY'] });
  expect(await codesOf([() => read(door, 'A', ['API key']), () => read(door, 'A', ['username', 'API key'])])).toEqual([
    'granted',
    'granted',
  ]);
  const calls = [() => read(door), () => read(door, 'A', ['API key', 'password']), () => code(door)];
  for (const call of calls) {
    const error = errorOf(await call());
    expect(error.code).toBe('forbidden');
    expect(error.next.toLowerCase()).toContain('api key');
  }
  expect(codeOf(await look(door))).toBe('granted');
  const [password] = SECRETS;
  expect(JSON.stringify(await look(door))).not.toContain(password);
});

test('field: a code is given where its field is named', async () => {
  const door = await bot({ fields: ['one-time password'] });
  expect(await codesOf([() => code(door), () => read(door)])).toEqual(['granted', 'forbidden']);
});

test('reveal never: no secret and no code, with a next step; the rest is shown', async () => {
  const door = await bot({ reveal: 'never' });
  for (const refused of [await read(door), await read(door, 'A', ['username', 'API key']), await code(door)])
    expect(errorOf(refused)).toMatchObject({ code: 'forbidden', next: expect.stringContaining('without fields') });
  expect(await codesOf([() => look(door), () => read(door, 'A', ['username'])])).toEqual(['granted', 'granted']);
});

test('whoami and list-access tell purpose, limits and what is left, and the same', async () => {
  const typed = {
    maxUses: '5',
    rate: '20/1h',
    distinctItems: '4/1d',
    hours: '00:00-23:59',
    tz: 'Asia/Tokyo',
    fields: ['password'],
  };
  safe.clock.now = Math.ceil(safe.clock.now / DAY) * DAY + 6 * HOUR;
  const door = await bot(typed, { purpose: 'Migrate the staging database' });
  expect(await codesOf([() => read(door), () => look(door, 'B')])).toEqual(['granted', 'granted']);
  const expected = {
    purpose: 'Migrate the staging database',
    limits: {
      max_uses: 5,
      rate: '20/1h',
      distinct_items: '4/1d',
      hours: '00:00-23:59',
      tz: typed.tz,
      fields: ['password'],
    },
    left: { uses: 4, calls: 18, items: 2 },
  };
  const [own] = await told(door);
  const [owners] = await safe.owner.listAccess(byName('bot'));
  for (const row of [own, owners])
    expect({ purpose: row.purpose, limits: row.limits, left: row.left }).toEqual(expected);
});

describe('several grants', () => {
  test('a list over all counts for the rate of each; a closed one is left out; where all are closed it is refused', async () => {
    const door = await bot({ rate: '2/1h' });
    await grant({ rate: '3/1h' }, { vault: 'Other' });
    const start = safe.clock.now;
    expect(await titles(door)).toEqual(['A', 'B', 'C', 'O']);
    expect(await left(door)).toEqual({ Personal: { calls: 1 }, Other: { calls: 2 } });
    expect(codeOf(await look(door, 'A'))).toBe('granted');
    expect(await titles(door)).toEqual(['O']);
    const vaults = await ask(door, 'list_vaults');
    expect(JSON.stringify(vaults)).toContain('Other');
    expect(JSON.stringify(vaults)).not.toContain('Personal');
    expect(await left(door)).toEqual({ Personal: { calls: 0 }, Other: { calls: 0 } });
    for (const tool of ['search_items', 'list_vaults'])
      expect(errorOf(await ask(door, tool))).toMatchObject({ code: 'limit_reached' });
    await expectOpensAt(start + HOUR, () => ask(door, 'search_items'));
  });

  test('a spent item grant falls back to that of the vault, and the entry names the one that paid', async () => {
    const door = await bot({ maxUses: '2' });
    const narrow = await grant({ maxUses: '1' }, { item: 'A' });
    const [wide] = (await safe.owner.listAccess(byName('bot'))).filter(({ type }) => type === 'vault');
    const before = lastSeq(safe.file);
    const calls = times(4, () => read(door));
    expect(await codesOf(calls)).toEqual(['granted', 'granted', 'granted', 'limit_reached']);
    expect(named(before)).toEqual([
      [narrow.grant_id, 1],
      [wide?.grant_id, 1],
      [wide?.grant_id, 2],
      [null, null],
    ]);
    expect(await left(door)).toEqual({ A: { uses: 0 }, Personal: { uses: 0 } });
  });

  test('grants are not added up: what one forbids, another that allows it alone gives', async () => {
    const door = await bot({ reveal: 'never' });
    const { grant_id: id } = await grant({ fields: ['password'] }, { item: 'A' });
    const before = lastSeq(safe.file);
    expect(await codesOf([() => read(door, 'A'), () => read(door, 'B')])).toEqual(['granted', 'forbidden']);
    expect(named(before)).toEqual([
      [id, 1],
      [null, null],
    ]);
  });
});

describe('counts follow the id of a grant', () => {
  test('renewing the token keeps them', async () => {
    const door = await bot({ maxUses: '3', rate: '4/1h', distinctItems: '2/1h' });
    const [before] = await told(door);
    expect(await codesOf([() => read(door), () => read(door, 'B')])).toEqual(['granted', 'granted']);
    const { token } = await safe.owner.renewToken(byName('bot'), { rotate: false });
    const renewed = await safe.agent(token);
    const [after] = await told(renewed);
    expect(after.grant_id).toBe(before.grant_id);
    expect(await left(renewed)).toEqual({ Personal: { uses: 1, calls: 2, items: 0 } });
    expect(await codesOf([() => look(renewed, 'C'), ...times(2, () => read(renewed))])).toEqual([
      'limit_reached',
      'granted',
      'limit_reached',
    ]);
  });

  test('granting again begins anew', async () => {
    const door = await bot({ maxUses: '1', rate: '2/1h', distinctItems: '1/1h' });
    const [before] = await told(door);
    expect(await codesOf(times(2, () => read(door)))).toEqual(['granted', 'limit_reached']);
    const again = await grant({ maxUses: '1', rate: '2/1h', distinctItems: '1/1h' });
    expect(again.grant_id).not.toBe(before.grant_id);
    expect(await left(door)).toEqual({ Personal: { uses: 1, calls: 2, items: 1 } });
    expect(await codesOf([() => read(door, 'B'), () => read(door, 'B')])).toEqual(['granted', 'limit_reached']);
  });
});

test.each([
  ['a name that is not known', [{ name: 'colour', value: 'blue' }]],
  ['a value that is not known', [{ name: 'reveal', value: 'approved' }]],
  [
    'the same twice',
    [
      { name: 'max-uses', value: '5' },
      { name: 'max-uses', value: '9' },
    ],
  ],
])('a sealed limit with %s grants nothing, and known ones beside it neither', async (_, sealed) => {
  const { token } = await safe.token('bot');
  await sealGrant([{ name: 'rate', value: '9/1h' }, ...sealed]);
  const door = await safe.agent(token);
  expect(await told(door)).toEqual([]);
  for (const refused of [await look(door), await read(door), await code(door)])
    expect(['forbidden', 'not_found']).toContain(errorOf(refused).code);
  expect(await titles(door)).toEqual([]);
  expect(await safe.owner.listAccess(byName('bot'))).toMatchObject([{ limits: { unknown: true } }]);
  await sealGrant([{ name: 'rate', value: '9/1h' }]);
  expect(codeOf(await read(door))).toBe('granted');
});

/** A grant on the whole of Personal with limits as another version may have sealed them. */
async function sealGrant(limits: readonly { name: string; value: string }[]): Promise<void> {
  const { core } = await ownerCoreOf(safe);
  const vault = (await safe.owner.listVaults()).find(({ name }) => name === 'Personal')?.id ?? '';
  const { id } = await safe.owner.findToken(byName('bot'));
  try {
    await core.act('grant.create', async (work) => {
      const { leaf, certificate } = await findOwned(core, work, byId(id));
      const issued = await issueGrant(core, work, {
        token: { id, epoch: leaf.epoch, agreementKey: certificate.agreementKey },
        grant: {
          ...{ id: randomId(), vault, item: null, role: 'viewer', notAfter: null },
          ...{ since: work.decisions.version, sinceSeq: work.state.last.seq + 1 },
          private: { random: randomBytes(32), purpose: '', limits },
        },
        granted: await grantedKeyOf(core, work, { vault, item: null }),
        before: null,
      });
      await listLeaf(core, work, { ...leaf, grants: [...leaf.grants, issued] });
    });
  } finally {
    core.close();
  }
}
