/** `tighten`: afterwards all that was done is still granted, nothing is wider than before, and counts stay. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Limits, type LimitText, parseLimits } from '../../src/core/limits.js';
import type { PolicyGrant } from '../../src/core/policy.js';
import type { GrantShape } from '../../src/core/shapes.js';
import { isAsTight } from '../../src/core/tightness.js';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import type { NewGrant } from '../../src/gate/door.js';
import { captureStderr, expectVerified } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

captureStderr();
const DAY = 86_400_000;
let safe: TestSafe;
let bot: AgentDoor;

beforeEach(async () => {
  safe = await makeSafe();
  for (const vault of ['Work', 'Home']) {
    await safe.owner.createVault({ name: vault });
    for (const title of ['A', 'B', 'C'])
      await safe.owner.createItem(byName(vault), {
        ...{ type: 'login', title: `${vault} ${title}` },
        fields: [
          { name: 'username', value: 'u' },
          { name: 'password', value: `canary-${title}` },
          { name: 'pin', kind: 'secret', value: '1' },
          { name: 'code', kind: 'totp', value: 'JBSWY3DPEHPK3PXP' },
        ],
      });
  }
  bot = await safe.agent((await safe.token('bot')).token);
});
afterEach(async () => {
  await expectVerified(safe);
  await safe.end();
});

async function grant(vault: string, limits: LimitText = {}, more: Partial<NewGrant> = {}): Promise<string> {
  return (await safe.owner.grant({ token: byName('bot'), vault: byName(vault), limits, ...more })).grant_id;
}

type Call = readonly [tool: string, input: Readonly<Record<string, unknown>>];
const call = async ([tool, input]: Call): Promise<Answer> => ask(bot, tool, input);
const read = (item: string, ...fields: readonly string[]): Call => ['get_item', { item, fields }];

function asPolicy({ grant_id: id, vault, item, role, expires_at, limits }: GrantShape): PolicyGrant {
  const { max_uses: uses, distinct_items: distinctItems, ...others } = limits;
  const read: Limits = parseLimits({
    ...others,
    distinctItems,
    maxUses: uses === undefined ? undefined : String(uses),
  });
  const notAfter = expires_at === null ? null : Date.parse(expires_at);
  return { id, vault: vault.id, item: item?.id ?? null, role, notAfter, limits: read };
}

/** Whether each grant that there is now is as tight as one of before that reached as far. */
function expectNoneWider(before: readonly GrantShape[], after: readonly GrantShape[]): void {
  const beside = { usage: new Map(), tokenEnd: null };
  for (const inner of after.map(asPolicy)) {
    const outers = before
      .map(asPolicy)
      .filter(({ vault, item }) => vault === inner.vault && (item ?? inner.item) === inner.item);
    expect(outers.some((outer) => isAsTight(inner, outer, beside))).toBe(true);
  }
}

/** Makes the calls, tightens after some days, and makes them again. */
async function replayed(calls: readonly Call[], again = calls): Promise<readonly string[]> {
  for (const one of calls) expect(codeOf(await call(one))).toBe('granted');
  safe.clock.now += 10 * DAY;
  const before = await safe.owner.listAccess(byName('bot'));
  const planned = await safe.owner.tighten(byName('bot'), { apply: false });
  expect(await safe.owner.listAccess(byName('bot'))).toEqual(before);
  const done = await safe.owner.tighten(byName('bot'), { apply: true });
  expect(done.grants.map(({ change }) => change)).toEqual(planned.grants.map(({ change }) => change));
  const after = await safe.owner.listAccess(byName('bot'));
  expectNoneWider(before, after);
  const codes = [];
  for (const one of again) codes.push(codeOf(await call(one)));
  expect(codes).toEqual(again.map(() => 'granted'));
  return done.grants.map(({ change }) => change);
}

describe('what was done is still granted', () => {
  test('where all items of a vault are listed, and one secret is read', async () => {
    await grant('Work', {}, { role: 'manager' });
    expect(await replayed([['list_vault', { vault: 'Work' }], read('Work A', 'password')])).toEqual(['narrow']);
    expect(codeOf(await call(read('Work A', 'pin')))).toBe('forbidden');
    expect(codeOf(await call(read('Work B', 'password')))).toBe('granted');
    expect(codeOf(await call(['update_item', { item: 'Work A', set: { username: 'x' } }]))).toBe('forbidden');
  });

  test('where single items of a vault were needed: it is split', async () => {
    await grant('Work', { reveal: 'allow' }, { role: 'editor' });
    const calls = [read('Work A', 'password'), ['update_item', { item: 'Work B', set: { username: 'x' } }]] as const;
    expect(await replayed(calls)).toEqual(['split']);
    expect(codeOf(await call(['get_item', { item: 'Work C' }]))).toBe('not_found');
    expect((await safe.owner.listAccess(byName('bot'))).map(({ type }) => type)).toEqual(['item', 'item']);
  });

  test('where a code, a note and a text field were given', async () => {
    await grant('Work');
    await replayed([['get_totp', { item: 'Work A' }], read('Work A', 'username'), ['list_vault', { vault: 'Work' }]]);
    expect(codeOf(await call(read('Work A', 'password')))).toBe('forbidden');
  });

  test('where several vaults are listed at once', async () => {
    for (const vault of ['Work', 'Home']) await grant(vault);
    await replayed([['list_vaults', {}], ['search_items', { query: 'A' }], read('Home A', 'pin')]);
    expect(await ask(bot, 'list_vaults')).toMatchObject({ result: { vaults: [{}, {}] } });
  });

  test('where items are made and put in the trash', async () => {
    await grant('Work', {}, { role: 'manager' });
    const calls: readonly Call[] = [
      ['create_item', { vault: 'Work', type: 'note', title: 'N' }],
      ['trash_item', { item: 'Work A' }],
      ['restore_item', { item: 'Work A' }],
    ];
    await replayed(calls);
    expect(await safe.owner.listAccess(byName('bot'))).toMatchObject([{ role: 'editor', limits: { reveal: 'never' } }]);
  });

  test('where a vault is searched by its name', async () => {
    await grant('Work');
    await replayed([['search_items', { vault: 'Work', query: 'A' }], read('Work A', 'password')]);
  });

  test('where items are moved', async () => {
    for (const vault of ['Work', 'Home']) await grant(vault, {}, { role: 'editor' });
    await replayed(
      [
        ['get_item', { item: 'Work B' }],
        ['move_item', { item: 'Work A', to_vault: 'Home' }],
      ],
      [['move_item', { item: 'Work B', to_vault: 'Home' }]],
    );
  });

  test('where one of the items that were read was deleted since', async () => {
    await grant('Work');
    for (const title of ['Work A', 'Work B']) expect(codeOf(await call(read(title, 'password')))).toBe('granted');
    await safe.owner.deleteItem({ item: byName('Work A') });
    await safe.owner.tighten(byName('bot'), { apply: true }).catch(() => undefined);
    expect(codeOf(await call(read('Work B', 'password')))).toBe('granted');
  });
});

describe('nothing is wider', () => {
  test('where a text field was given beside a secret under a limit of fields', async () => {
    await grant('Work', { fields: ['password'] });
    await replayed([['list_vault', { vault: 'Work' }], read('Work A', 'username', 'password')]);
    expect(await safe.owner.listAccess(byName('bot'))).toMatchObject([{ limits: { fields: ['password'] } }]);
  });

  test('where nothing was done with it for a week: it ends; a new one stays', async () => {
    await grant('Work');
    expect((await safe.owner.tighten(byName('bot'), { apply: true })).grants).toMatchObject([{ change: 'keep' }]);
    safe.clock.now += 8 * DAY;
    expect((await safe.owner.tighten(byName('bot'), { apply: true })).grants).toMatchObject([{ change: 'end' }]);
    expect(await safe.owner.listAccess(byName('bot'))).toEqual([]);
  });

  test('and limits, ends and purposes stay', async () => {
    const limits = { maxUses: '9', rate: '9/1h', hours: '00:00-23:59', tz: 'Europe/Zurich' };
    safe.clock.now = Date.parse('2027-02-01T12:00:00Z');
    await safe.owner
      .renewToken(byName('bot'), { rotate: false })
      .then(async ({ token }) => (bot = await safe.agent(token)));
    const id = await grant('Work', limits, { role: 'editor', expiration: '20d', purpose: 'Nightly' });
    const [before] = await safe.owner.listAccess(byName('bot'));
    await replayed([read('Work A', 'password')]);
    const [after] = await safe.owner.listAccess(byName('bot'));
    const narrowed = { role: 'viewer', limits: { ...before?.limits, fields: ['password'] } };
    expect(after).toEqual({ ...before, ...narrowed, left: { uses: 7, calls: 8 } });
    expect(after?.grant_id).toBe(id);
  });

  test('and doing it twice changes nothing more', async () => {
    await grant('Work', { maxUses: '5' }, { role: 'manager' });
    await replayed([['list_vault', { vault: 'Work' }], read('Work A', 'password')]);
    const { grants } = await safe.owner.tighten(byName('bot'), { apply: true });
    expect(grants.map(({ change }) => change)).toEqual(['keep']);
  });
});
