/** Completions give names of what is granted, in recorded calls, and no title of an item without a task. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { AgentDoor, Answer, Call } from '../../src/gate/call.js';
import { found } from '../support/canaries.js';
import { fakeDoor } from '../support/fake-door.js';
import { captureStderr, entriesAfter, lastSeq } from '../support/gate-rig.js';
import type { Json } from '../support/line-client.js';
import { connected, ERAS, type Requests } from '../support/requests.js';
import { byName, makeSafe, REASON, type TestSafe } from '../support/safe.js';

captureStderr();

const SECRET = { name: 'secret', value: 'canary-5b2e-password' };
const OTHER = { name: 'title that is not granted', value: 'Orders of others 4410' };
const NOTHING = { values: [], total: 0, hasMore: false };
const PROMPT = { type: 'ref/prompt', name: 'draft_reason' };
const TEMPLATE = { type: 'ref/resource', uri: 'vouchsafe-safe:///vaults/{vault}' };

let safe: TestSafe;
let token: string;
let elapsedMs = 0;
vi.spyOn(performance, 'now').mockImplementation(() => elapsedMs);

beforeAll(async () => {
  safe = await makeSafe();
  for (const name of ['Production', 'Products', 'Shared', 'Private']) await safe.owner.createVault({ name });
  const item = async (vault: string, title: string): Promise<void> => {
    const fields = [{ name: 'password', value: SECRET.value }];
    await safe.owner.createItem(byName(vault), { type: 'login', title, fields });
  };
  for (const title of ['Orders', 'orders replica', 'ÖRDERS', 'Billing of orders']) await item('Production', title);
  await item('Products', 'Order book');
  await item('Private', OTHER.value);
  ({ token } = await safe.token('bot', ['Production', 'Products']));
});

afterEach(() => (elapsedMs += 60_000));
afterAll(async () => {
  vi.restoreAllMocks();
  await safe.end();
});

interface Typing {
  readonly ref?: object;
  readonly name?: string;
  readonly value?: string;
  readonly filled?: object;
}

async function complete(on: Requests, { ref = PROMPT, name = 'item', value = '', filled }: Typing): Promise<Json> {
  const context = filled === undefined ? {} : { context: { arguments: filled } };
  return on.send('completion/complete', { ref, argument: { name, value }, ...context });
}

const completion = async (on: Requests, typing: Typing): Promise<Json> =>
  (await complete(on, typing)).result.completion;

async function within<T>(work: (on: Requests) => Promise<T>, door?: AgentDoor): Promise<T> {
  const on = await connected(door ?? (await safe.agent(token)));
  try {
    return await work(on);
  } finally {
    await on.end();
  }
}

/** What was recorded meanwhile: action, outcome and code. */
async function recorded(work: () => Promise<unknown>): Promise<readonly string[]> {
  const before = lastSeq(safe.file);
  await work();
  return entriesAfter(safe.file, before).map(({ action, outcome, code }) =>
    [action, outcome, code ?? ''].join(' ').trim(),
  );
}

describe.each(ERAS)('by the protocol of %s', (era) => {
  test('a vault is completed from what is granted, by its beginning, without regard to case', async () => {
    const on = await connected(await safe.agent(token), era);
    for (const ref of [PROMPT, TEMPLATE]) {
      expect(await completion(on, { ref, name: 'vault', value: '' })).toEqual({
        values: ['Production', 'Products'],
        total: 2,
        hasMore: false,
      });
      expect((await completion(on, { ref, name: 'vault', value: 'PRODUCTI' })).values).toEqual(['Production']);
      expect(await completion(on, { ref, name: 'vault', value: 'Pri' })).toEqual(NOTHING);
      expect(await completion(on, { ref, name: 'vault', value: 'duct' })).toEqual(NOTHING);
    }
    await on.end();
  });

  test('an item is completed for the task that is filled in, which is the reason of the entry', async () => {
    const on = await connected(await safe.agent(token), era);
    const { result } = await complete(on, { value: 'ord', filled: { task: ` ${REASON} ` } });
    expect(result.completion).toEqual({ values: ['Order book', 'Orders', 'orders replica'], total: 3, hasMore: false });
    const { data } = await safe.owner.listEntries({ query: 'agent:bot', limit: 1 });
    expect(data[0]).toMatchObject({ action: 'item.search', reason: REASON, outcome: 'granted' });
    expect(result._meta.receipt).toEqual({ seq: data[0]!.seq, hash: data[0]!.hash });
    const inVault = await completion(on, { value: 'ord', filled: { task: REASON, vault: 'products' } });
    expect(inVault.values).toEqual(['Order book']);
    await on.end();
  });
});

test('without a task no title is given, and nothing is asked', async () => {
  const entries = await recorded(() =>
    within(async (on) => {
      for (const filled of [undefined, {}, { task: '' }, { task: '  ' }, { task: 7 }, { vault: 'Production' }]) {
        expect(await completion(on, { value: 'ord', ...(filled === undefined ? {} : { filled }) })).toEqual(NOTHING);
      }
    }),
  );
  expect(entries).toEqual([]);
});

test('a task that is no reason, a vault that is not granted and an ended token give nothing, each in one entry', async () => {
  const entries = await recorded(() =>
    within(async (on) => {
      for (const filled of [{ task: '!' }, { task: 'two\nlines' }, { task: REASON, vault: 'Private' }]) {
        expect(await completion(on, { value: 'ord', filled })).toEqual(NOTHING);
      }
    }),
  );
  expect(entries).toEqual([
    'item.search refused reason_required',
    'item.search refused reason_required',
    'item.search refused forbidden',
  ]);
  const made = await safe.token('ended', ['Production']);
  const door = await safe.agent(made.token);
  await safe.owner.deleteToken(byName('ended'), { rotate: false });
  const refused = await recorded(() =>
    within(async (on) => {
      expect(await completion(on, { name: 'vault' })).toEqual(NOTHING);
      expect(await completion(on, { value: 'o', filled: { task: REASON } })).toEqual(NOTHING);
    }, door),
  );
  expect(refused).toEqual(['session.whoami refused unauthenticated', 'item.search refused unauthenticated']);
});

test('no secret and no title that is not granted is in any of it', async () => {
  const answers = await within(async (on) => [
    await complete(on, { filled: { task: REASON } }),
    await complete(on, { value: 'Orders', filled: { task: REASON, vault: 'Production' } }),
    await complete(on, { value: SECRET.value, filled: { task: REASON } }),
    await complete(on, { name: 'vault' }),
  ]);
  expect(found([SECRET, OTHER], JSON.stringify(answers))).toEqual([]);
  expect(JSON.stringify(answers)).toContain('Orders');
});

test('a word that is typed is one entry; going back, another task or a pause is another', async () => {
  const task = { task: REASON };
  const type = (on: Requests, values: readonly string[], filled: object): Promise<readonly Json[]> =>
    Promise.all(values.map((value) => completion(on, { value, filled })));
  await within(async (on) => {
    const typed = await recorded(async () => {
      const all = await type(on, ['o', 'or', 'orders', 'orders r', 'orders x'], task);
      expect(all.map(({ values }) => values.length)).toEqual([3, 3, 2, 1, 0]);
    });
    expect(typed).toEqual(['item.search granted']);
    expect(await recorded(() => type(on, ['b'], task))).toHaveLength(1);
    expect(await recorded(() => type(on, ['bi'], { ...task, vault: 'Production' }))).toHaveLength(1);
    expect(await recorded(() => type(on, ['bil'], { task: `${REASON}, again`, vault: 'Production' }))).toHaveLength(1);
    elapsedMs += 5_001;
    expect(await recorded(() => type(on, ['bill'], { task: `${REASON}, again`, vault: 'Production' }))).toHaveLength(1);
    expect(
      await recorded(async () => {
        for (const value of ['p', 'pr', '', 's']) await completion(on, { name: 'vault', value });
      }),
    ).toEqual(['session.whoami granted']);
  });
  expect(await recorded(() => within((on) => completion(on, { name: 'vault' })))).toHaveLength(1);
});

/** A door whose search gives so many items, with a further page or none. */
function doorWith(count: number, hasMore: boolean): AgentDoor & { calls: Call[] } {
  const door = fakeDoor();
  const items = Array.from({ length: count }, (_, n) => ({ title: `Item ${String(n).padStart(3, '0')}` }));
  const receipt = { seq: 1, hash: '0'.repeat(64) };
  const call = (one: Call): Promise<Answer> => {
    door.calls.push(one);
    return Promise.resolve({ ok: true, result: { items, next_cursor: hasMore ? 'more' : null }, receipt });
  };
  return { ...door, call };
}

test('at most 100 values are given, with the number of all where it is known', async () => {
  const first = async (door: AgentDoor): Promise<Json> =>
    within((on) => completion(on, { value: 'item', filled: { task: REASON } }), door);
  const many = await first(doorWith(150, false));
  expect([many.values.length, many.values[99], many.total, many.hasMore]).toEqual([100, 'Item 099', 150, true]);
  const exact = await first(doorWith(100, false));
  expect([exact.values.length, exact.total, exact.hasMore]).toEqual([100, 100, false]);
  const unknown = await first(doorWith(200, true));
  expect([unknown.values.length, unknown.hasMore, 'total' in unknown]).toEqual([100, true, false]);
});

test('an answer that was cut is not narrowed, since it may lack what is asked for now', async () => {
  const door = doorWith(200, true);
  await within(async (on) => {
    for (const value of ['i', 'it', 'it']) await completion(on, { value, filled: { task: REASON } });
  }, door);
  expect(door.calls.map(({ arguments: given }) => given)).toEqual([
    { query: 'i', reason: REASON, limit: 200 },
    { query: 'it', reason: REASON, limit: 200 },
  ]);
});

test('a very long text is searched by its beginning', async () => {
  const door = doorWith(1, false);
  await within(async (on) => {
    expect(await completion(on, { value: '😀'.repeat(5_000), filled: { task: REASON } })).toEqual(NOTHING);
  }, door);
  expect(door.calls[0]?.arguments).toMatchObject({ query: '😀'.repeat(150) });
});

test('what cannot be completed has no values, and what is not is an error without what was sent', async () => {
  const door = fakeDoor();
  await within(async (on) => {
    expect(await completion(on, { name: 'task', value: 'x' })).toEqual(NOTHING);
    expect(await completion(on, { ref: TEMPLATE, name: 'item', value: 'x', filled: { task: REASON } })).toEqual(
      NOTHING,
    );
    expect(await completion(on, { ref: { ...PROMPT, name: 'work_with_this_safe' }, name: 'vault' })).toEqual(NOTHING);
    for (const ref of [{ ...PROMPT, name: 'canary' }, { ...TEMPLATE, uri: 'canary' }, { type: 'canary' }, {}]) {
      const { error } = await complete(on, { ref, name: 'vault' });
      expect(error).toEqual({ code: -32602, message: expect.stringMatching(/^invalid_request: /) });
      expect(error.message).not.toContain('canary');
    }
    expect((await on.send('completion/complete', { ref: PROMPT, argument: { name: 'vault' } })).error.code).toBe(
      -32602,
    );
  }, door);
  expect(door.calls).toEqual([]);
});

test('a door that throws tells the client nothing, and the next key asks again', async () => {
  let count = 0;
  const call = (): Promise<Answer> => {
    count += 1;
    return Promise.reject(new Error('a secret detail'));
  };
  await within(
    async (on) => {
      for (const value of ['p', 'pr']) {
        const { error } = await complete(on, { name: 'vault', value });
        expect(error).toEqual({ code: -32603, message: expect.stringMatching(/^unavailable: /) });
      }
      expect(on.reports.join()).toContain('a secret detail');
    },
    { ...fakeDoor(), call },
  );
  expect(count).toBe(2);
});
