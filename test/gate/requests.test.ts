/** Requests for access: what the agent is told, what the owner is shown, and what either believes of a file that was changed. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS } from '../../src/core/expiry.js';
import type { RequestShape } from '../../src/core/shapes.js';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { captureStderr, entriesAfter, expectVerified, lastSeq, refusedWith } from '../support/gate-rig.js';
import { setCells } from '../support/forge.js';
import { withRaw } from '../support/raw.js';
import { ask, byName, codeOf, makeSafe, REASON, type TestSafe } from '../support/safe.js';

captureStderr();
const WEEK = 7 * DAY_MS;
let safe: TestSafe;
let agent: AgentDoor;
let token: string;
beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createVault({ name: 'Production' });
  await safe.owner.createItem(byName('Production'), {
    ...{ type: 'login', title: 'DB' },
    fields: [{ name: 'password', value: 'pw-of-db' }],
  });
  ({ token } = await safe.token('bot'));
  agent = await safe.agent(token);
});
afterEach(async () => safe.end());

function shapeIn(answer: Answer): RequestShape {
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.result['request'] as RequestShape;
}

const request = async (asked: object = { vault: 'Production' }, door = agent): Promise<RequestShape> =>
  shapeIn(await ask(door, 'request_access', { ...asked }));

const stateOf = async (id: string, door = agent): Promise<RequestShape> =>
  shapeIn(await ask(door, 'request_access', { request: id }));

const listed = async (): Promise<readonly string[]> =>
  (await safe.owner.listRequests({ all: true })).map(({ id }) => id);

const getPassword = async (door = agent): Promise<Answer> =>
  ask(door, 'get_item', { item: 'DB', fields: ['password'] });

describe('a request', () => {
  test('is its entry: the owner reads from it who asked, for what and why', async () => {
    const before = lastSeq(safe.file);
    const { id, state, expires_at } = await request({ vault: 'Production', item: 'DB', expiration: '1d', max_uses: 3 });
    const entries = entriesAfter(safe.file, before);
    expect(entries).toMatchObject([{ action: 'access.request', outcome: 'granted', seq: before + 1 }]);
    expect({ state, expires_at }).toEqual({
      state: 'pending',
      expires_at: new Date((entries[0]?.at ?? 0) + WEEK).toISOString(),
    });
    expect(await safe.owner.listRequests({ all: false })).toMatchObject([
      {
        ...{ id, kind: 'access', state: 'pending', seq: before + 1, expires_at, reason: REASON, transport: 'stdio' },
        token: { name: 'bot' },
        client: { name: 'test-client', version: '1.0.0' },
        asked: { vault: 'Production', item: 'DB', role: 'viewer', expiration: '1d', max_uses: 3 },
      },
    ]);
  });

  test('that is open already is that one; any difference makes another', async () => {
    const { id } = await request({ vault: 'Production', max_uses: 2 });
    expect((await request({ vault: 'Production', max_uses: 2 })).id).toBe(id);
    const others = [{ vault: 'Production' }, { vault: 'Production', max_uses: 3 }, { item: 'DB', max_uses: 2 }];
    for (const other of others) expect((await request(other)).id).not.toBe(id);
    expect(await listed()).toHaveLength(4);
  });

  test('of two doors at once for the same is one', async () => {
    const doors = [agent, await safe.agent(token)];
    const ids = await Promise.all(doors.map(async (door) => (await request({ vault: 'Production' }, door)).id));
    expect(new Set(ids).size).toBe(1);
    expect(await listed()).toEqual([ids[0]]);
  });

  test('of another token for the same is another', async () => {
    const other = await safe.agent((await safe.token('other')).token);
    expect((await request()).id).not.toBe((await request({ vault: 'Production' }, other)).id);
  });
});

describe('at most 5 stand open', () => {
  test('a sixth is refused until the oldest ends, and a decision makes room', async () => {
    const first = await request({ vault: 'V0' });
    safe.clock.now += 1000;
    for (const n of [1, 2, 3, 4]) await request({ vault: `V${String(n)}` });
    const answer = await ask(agent, 'request_access', { vault: 'V5' });
    expect(answer).toMatchObject({ ok: false, error: { code: 'limit_reached', retry_at: first.expires_at } });
    expect((await request({ vault: 'V4' })).state).toBe('pending');
    await safe.owner.denyRequest(first.id, 'No');
    await request({ vault: 'V5' });
    expect(codeOf(await ask(agent, 'request_access', { vault: 'V6' }))).toBe('limit_reached');
  });

  test('the oldest makes room the very moment that it ends', async () => {
    const { expires_at } = await request({ vault: 'V0' });
    safe.clock.now += 1000;
    for (const n of [1, 2, 3, 4]) await request({ vault: `V${String(n)}` });
    safe.clock.now = Date.parse(expires_at) - 1;
    expect(codeOf(await ask(agent, 'request_access', { vault: 'V5' }))).toBe('limit_reached');
    safe.clock.now += 1;
    expect((await request({ vault: 'V5' })).state).toBe('pending');
  });

  test('by two doors at once as well', async () => {
    for (const n of [1, 2, 3, 4]) await request({ vault: `V${String(n)}` });
    const doors = [agent, await safe.agent(token)];
    const answers = await Promise.all(doors.map(async (door, n) => ask(door, 'request_access', { vault: `W${n}` })));
    expect(answers.map(codeOf).sort()).toEqual(['granted', 'limit_reached']);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({ error: { retry_at: expect.any(String) } });
    expect(await listed()).toHaveLength(5);
  });
});

describe('the state', () => {
  test('is pending to the last millisecond of 7 days, then expired, for the agent and the owner', async () => {
    const { id, expires_at } = await request();
    safe.clock.now = Date.parse(expires_at) - 1;
    expect((await stateOf(id)).state).toBe('pending');
    expect(await safe.owner.listRequests({ all: false })).toMatchObject([{ id, state: 'pending' }]);
    safe.clock.now += 1;
    expect(await stateOf(id)).toEqual({ id, state: 'expired', expires_at });
    expect(await safe.owner.listRequests({ all: false })).toEqual([]);
    expect(await safe.owner.listRequests({ all: true })).toMatchObject([{ id, state: 'expired' }]);
    await refusedWith('conflict', safe.owner.approveRequest(id, {}));
    await refusedWith('conflict', safe.owner.denyRequest(id, 'No'));
    expect((await request()).id).not.toBe(id);
  });

  test('of a decided one is the decision, also after its time', async () => {
    const { id, expires_at } = await request();
    safe.clock.now += 5000;
    await safe.owner.denyRequest(id, 'Use staging');
    const decided_at = new Date(safe.clock.now).toISOString();
    const denied = { id, state: 'denied', because: 'Use staging', decided_at, expires_at };
    expect(await stateOf(id)).toEqual(denied);
    safe.clock.now = Date.parse(expires_at);
    expect(await stateOf(id)).toEqual(denied);
    expect(await safe.owner.listRequests({ all: true })).toMatchObject([denied]);
  });

  test('of another token’s and of none gets one answer, before and after the decision', async () => {
    const other = await safe.agent((await safe.token('other')).token);
    const { id } = await request();
    const errorOf = async (asked: string): Promise<unknown> => {
      const answer = await ask(other, 'request_access', { request: asked });
      return answer.ok ? answer : answer.error;
    };
    const unknown = await errorOf('law-hotel-shape-community');
    expect(unknown).toMatchObject({ code: 'not_found' });
    expect(await errorOf(id)).toEqual(unknown);
    await safe.owner.approveRequest(id, { because: 'For the night' });
    expect(await errorOf(id)).toEqual(unknown);
  });
});

test('what is there and what is not are answered alike', async () => {
  const cases = [{ vault: 'Production' }, { vault: 'Nowhere' }, { vault: 'Production', item: 'DB' }, { item: 'None' }];
  const answers = [];
  for (const asked of cases) answers.push(await ask(agent, 'request_access', asked));
  for (const answer of answers) {
    if (!answer.ok) throw new Error(answer.error.code);
    const { id, ...shape } = shapeIn(answer);
    expect(id).toMatch(/^[a-z]+(-[a-z]+){3}$/);
    expect({ ...answer.result, request: shape }).toEqual({
      request: { state: 'pending', expires_at: new Date(safe.clock.now + WEEK).toISOString() },
    });
  }
});

describe('the owner’s words', () => {
  test('reach the token and survive its renewal', async () => {
    const [denied, approved] = [await request({ vault: 'Elsewhere' }), await request()];
    await safe.owner.denyRequest(denied.id, 'Use the staging vault');
    await safe.owner.approveRequest(approved.id, { because: 'For the night' });
    const told = [await stateOf(denied.id), await stateOf(approved.id)];
    expect(told).toMatchObject([
      { state: 'denied', because: 'Use the staging vault' },
      { state: 'approved', because: 'For the night', grant_id: expect.any(String) },
    ]);
    const renewed = await safe.agent((await safe.owner.renewToken(byName('bot'), { rotate: true })).token);
    expect([await stateOf(denied.id, renewed), await stateOf(approved.id, renewed)]).toEqual(told);
    expect(codeOf(await getPassword(renewed))).toBe('granted');
  });

  test('stand in no answer to another token, and not in clear in the file', async () => {
    const other = await safe.agent((await safe.token('other', ['Production'], 'manager')).token);
    const { id } = await request();
    await safe.owner.approveRequest(id, { because: 'xylophone' });
    const answers = [
      await ask(other, 'request_access', { request: id }),
      await ask(other, 'whoami'),
      await ask(other, 'list_vaults'),
    ];
    expect(JSON.stringify(answers)).not.toMatch(/xylophone/);
    const cells = withRaw(safe.file, (db) =>
      db.prepare('SELECT signed, token_private, owner_private FROM document').all(),
    );
    expect(cells).toHaveLength(1);
    for (const cell of Object.values(cells[0] as Record<string, Buffer>))
      expect(cell.includes('xylophone')).toBe(false);
  });
});

describe('approving', () => {
  test('grants what was asked for, and the agent gets the secret', async () => {
    expect(codeOf(await getPassword())).not.toBe('granted');
    const { id } = await request({ vault: 'Production', item: 'DB', role: 'editor', expiration: '1d', max_uses: 1 });
    const { request: decided, grant } = await safe.owner.approveRequest(id, {});
    expect(grant).toMatchObject({
      ...{ type: 'item', role: 'editor', limits: { max_uses: 1 }, item: { title: 'DB' } },
      expires_at: new Date(safe.clock.now + DAY_MS).toISOString(),
    });
    expect(decided).toMatchObject({ id, state: 'approved', grant_id: grant?.grant_id });
    expect(await safe.owner.listAccess(byName('bot'))).toEqual([grant]);
    expect(await stateOf(id)).toMatchObject({ state: 'approved', grant_id: grant?.grant_id });
    expect(JSON.stringify(await getPassword())).toMatch(/pw-of-db/);
    expect(codeOf(await getPassword())).toBe('limit_reached');
    safe.clock.now += DAY_MS;
    expect(codeOf(await ask(agent, 'get_item', { item: 'DB' }))).not.toBe('granted');
  });

  test('grants what the owner gives in its place', async () => {
    const { id } = await request({ vault: 'Prod', role: 'manager', expiration: '30d', max_uses: 100 });
    const { grant } = await safe.owner.approveRequest(id, {
      ...{ vault: byName('Production'), role: 'viewer', expiration: '2d', limits: { maxUses: '3' } },
      purpose: 'Migration',
    });
    expect(grant).toMatchObject({
      ...{ type: 'vault', vault: { name: 'Production' }, role: 'viewer', limits: { max_uses: 3 } },
      ...{ purpose: 'Migration', expires_at: new Date(safe.clock.now + 2 * DAY_MS).toISOString() },
    });
    expect(codeOf(await getPassword())).toBe('granted');
    expect(codeOf(await ask(agent, 'update_item', { item: 'DB', title: 'X' }))).toBe('forbidden');
  });

  test('of what means nothing grants nothing, and leaves it open', async () => {
    const { id } = await request({ vault: 'Nowhere' });
    expect(await safe.owner.showRequest(id)).toMatchObject({ means: { vault: null, item: null }, access: [] });
    await refusedWith('not_found', safe.owner.approveRequest(id, {}));
    expect(await safe.owner.listAccess(byName('bot'))).toEqual([]);
    expect((await stateOf(id)).state).toBe('pending');
  });

  test.each(['approved', 'denied'])(
    'or denying what is %s already is a conflict and changes nothing',
    async (first) => {
      const { id } = await request();
      if (first === 'approved') await safe.owner.approveRequest(id, {});
      else await safe.owner.denyRequest(id, 'No');
      const told = await stateOf(id);
      const access = await safe.owner.listAccess(byName('bot'));
      await refusedWith('conflict', safe.owner.approveRequest(id, { role: 'manager' }));
      await refusedWith('conflict', safe.owner.denyRequest(id, 'Never'));
      expect(await stateOf(id)).toEqual(told);
      expect(await safe.owner.listAccess(byName('bot'))).toEqual(access);
    },
  );

  test('twice at once decides once', async () => {
    const { id } = await request();
    const second = await safe.reopen();
    const ended = await Promise.allSettled([safe.owner.approveRequest(id, {}), second.denyRequest(id, 'No')]);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const isApproved = ended[0].status === 'fulfilled';
    expect((await stateOf(id)).state).toBe(isApproved ? 'approved' : 'denied');
    expect(await safe.owner.listAccess(byName('bot'))).toHaveLength(isApproved ? 1 : 0);
  });
});

describe('a file that was changed', () => {
  let id: string;
  let seq: number;
  beforeEach(async () => {
    await safe.token('other');
    ({ id } = await request({ vault: 'Production', role: 'viewer' }));
    seq = lastSeq(safe.file);
    expect(await listed()).toEqual([id]);
  });

  const sql = (statement: string, ...values: readonly unknown[]): void =>
    withRaw(safe.file, (db) => expect(db.prepare(statement).run(...values).changes).toBeGreaterThan(0));

  const changes: readonly (readonly [string, () => Promise<void> | void])[] = [
    [
      'its actor',
      async () => {
        const other = (await safe.owner.findToken(byName('other'))).id;
        withRaw(safe.file, (db) => setCells(db, seq, { actor: other }));
      },
    ],
    ['its time', () => withRaw(safe.file, (db) => setCells(db, seq, { at: safe.clock.now + 5 }))],
    ['its payload', () => withRaw(safe.file, (db) => setCells(db, seq, { payload: new Uint8Array(200) }))],
    ['its hash', () => withRaw(safe.file, (db) => setCells(db, seq, { hash: new Uint8Array(32) }))],
    ['its signature', () => withRaw(safe.file, (db) => setCells(db, seq, { signature: new Uint8Array(64) }))],
    ['the id that it names', () => sql('UPDATE change SET subject = ? WHERE seq = ?', 'a-b-c-d', seq)],
    ['its tag', () => sql('UPDATE change SET hash = ? WHERE seq = ?', new Uint8Array(32), seq)],
  ];

  test.each(changes)('%s: no request of it is listed or can be decided', async (_what, change) => {
    await change();
    const owner = await safe.reopen();
    expect(await owner.listRequests({ all: true })).toEqual([]);
    for (const asked of [id, 'a-b-c-d']) await expect(owner.approveRequest(asked, {})).rejects.toThrow();
    await expect(owner.denyRequest(id, 'No')).rejects.toThrow();
  });

  const documents: readonly (readonly [string, string, readonly unknown[]])[] = [
    ['is gone', 'DELETE FROM document', []],
    ['has other signed bytes', 'UPDATE document SET signed = ?', [new Uint8Array(80)]],
    ['has another hash', 'UPDATE document SET hash = ?', [new Uint8Array(32)]],
    ['is of another kind', "UPDATE document SET kind = 'other'", []],
    ['has other words for the token', 'UPDATE document SET token_private = ?', [new Uint8Array(120)]],
    ['has the owner’s words for the token', 'UPDATE document SET token_private = owner_private', []],
  ];

  test.each(documents)('a decision that %s is not told as approved', async (_what, statement, values) => {
    await safe.owner.approveRequest(id, { because: 'Go on' });
    expect((await stateOf(id)).state).toBe('approved');
    sql(statement, ...values);
    for (const door of [agent, await safe.agent(token)])
      expect(JSON.stringify(await ask(door, 'request_access', { request: id }))).not.toMatch(/approved|Go on/);
  });

  test('a denial is not made an approval by another’s document', async () => {
    const { id: approved } = await request({ vault: 'Production', max_uses: 1 });
    await safe.owner.denyRequest(id, 'No');
    await safe.owner.approveRequest(approved, {});
    withRaw(safe.file, (db) => {
      const rows = db.prepare('SELECT * FROM document ORDER BY rowid').all() as { hash: Buffer; signed: Buffer }[];
      expect(rows).toHaveLength(2);
      db.prepare('UPDATE document SET signed = ? WHERE hash = ?').run(rows[1]?.signed, rows[0]?.hash);
    });
    expect(JSON.stringify(await ask(agent, 'request_access', { request: id }))).not.toMatch(/approved/);
  });
});

test('the log is whole with requests, decisions and refusals', async () => {
  const ids = [];
  for (const n of [1, 2, 3]) ids.push((await request({ vault: 'Production', max_uses: n })).id);
  const [first = '', second = ''] = ids;
  await safe.owner.approveRequest(first, { because: 'Yes' });
  await safe.owner.denyRequest(second, 'No');
  await refusedWith('conflict', safe.owner.denyRequest(second, 'No'));
  await ask(agent, 'request_access', { request: 'law-hotel-shape-community' });
  await safe.owner.renewToken(byName('bot'), { rotate: true });
  await expectVerified(safe);
  await safe.owner.deleteToken(byName('bot'), { rotate: true });
  await expectVerified(safe);
});
