/** The owner's word on single uses: for exactly one call of one token, as often and as long as the owner says. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer, LocalDoor } from '../../src/gate/call.js';
import { ask, byName, CLIENT, makeSafe, REASON, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
let bot: LocalDoor;

beforeEach(async () => {
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    ...{ type: 'login', title: 'DB' },
    fields: [
      { name: 'username', value: 'app' },
      { name: 'password', value: 'pw-of-db' },
    ],
  });
  await safe.owner.createItem(byName('Personal'), {
    ...{ type: 'login', title: 'Mail' },
    fields: [{ name: 'password', value: 'pw-of-mail' }],
  });
  const { token } = await safe.token('bot');
  await safe.owner.grant({ token: byName('bot'), vault: byName('Personal'), limits: { reveal: 'approve' } });
  bot = await safe.agent(token);
});
afterEach(async () => safe.end());

const get = async (input: object = {}): Promise<Answer> =>
  ask(bot, 'get_item', { item: 'DB', fields: ['password'], ...input });
const codeOf = (answer: Answer): string => (answer.ok ? 'granted' : answer.error.code);

/** The id of the request that a call was answered with. */
function requested(answer: Answer): string {
  expect(codeOf(answer)).toBe('approval_required');
  return answer.ok ? '' : (answer.error.request?.id ?? '');
}

describe('a call that the owner has a word on', () => {
  test('waits for nothing, names its request, and passes word for word once it is approved', async () => {
    const first = await get();
    const id = requested(first);
    if (first.ok) throw new Error('granted');
    expect(first.error.request).toEqual({
      ...{ id, state: 'pending' },
      expires_at: new Date(safe.clock.now + 600_000).toISOString(),
    });
    expect(JSON.stringify(first)).not.toContain('pw-of-db');
    expect(await safe.owner.listRequests({ all: false })).toMatchObject([
      {
        id,
        kind: 'use',
        state: 'pending',
        reason: REASON,
        use: { tool: 'get_item', item: { title: 'DB' }, fields: ['password'] },
      },
    ]);
    await safe.owner.approveRequest(id, {});
    const { retry } = first.error;
    expect(retry).toEqual({ tool: 'get_item', arguments: { item: 'DB', fields: ['password'], reason: REASON } });
    const again = await bot.call({ tool: retry?.tool ?? '', arguments: retry?.arguments, client: CLIENT });
    expect(JSON.stringify(again)).toContain('pw-of-db');
    expect(codeOf(await get())).toBe('approval_required');
    expect((await safe.owner.verify({ full: true })).fault).toBeNull();
  });

  test('is not asked about without a secret in it', async () => {
    expect(codeOf(await ask(bot, 'get_item', { item: 'DB' }))).toBe('granted');
    expect(codeOf(await ask(bot, 'list_vault', { vault: 'Personal' }))).toBe('granted');
  });

  test('is one request, however often it is sent', async () => {
    const ids = [requested(await get()), requested(await get()), requested(await get())];
    expect(new Set(ids).size).toBe(1);
    expect(await safe.owner.listRequests({ all: true })).toHaveLength(1);
  });

  test('is another one with another reason, item, field, tool or token', async () => {
    await safe.owner.approveRequest(requested(await get()), { uses: '5' });
    expect(codeOf(await get({ reason: 'Something else altogether, for the same deploy' }))).toBe('approval_required');
    expect(codeOf(await get({ item: 'Mail' }))).toBe('approval_required');
    expect(codeOf(await get({ fields: ['password', 'username'] }))).toBe('granted');
    const lent = await bot.lend({
      arguments: { item: 'DB', fields: ['password'], codes: [], exposure: 'masked', purpose: 'run: x', reason: REASON },
      client: CLIENT,
    });
    expect(lent.ok).toBe(false);
    const { token } = await safe.token('other');
    await safe.owner.grant({ token: byName('other'), vault: byName('Personal'), limits: { reveal: 'approve' } });
    expect(codeOf(await ask(await safe.agent(token), 'get_item', { item: 'DB', fields: ['password'] }))).toBe(
      'approval_required',
    );
  });

  test('passes as often and as long as the owner says', async () => {
    await safe.owner.approveRequest(requested(await get()), { for: '1h', uses: '2' });
    safe.clock.now += 3_000_000;
    expect([codeOf(await get()), codeOf(await get()), codeOf(await get())]).toEqual([
      ...['granted', 'granted', 'approval_required'],
    ]);
    await safe.owner.approveRequest(requested(await get()), { for: '15min', uses: '2' });
    safe.clock.now += 901_000;
    expect(codeOf(await get())).toBe('approval_required');
  });

  test('that was denied hears the owner’s words, and does not ask again for an hour', async () => {
    const id = requested(await get());
    await safe.owner.denyRequest(id, 'Use the staging database');
    const answer = await get();
    expect(answer).toMatchObject({ error: { code: 'forbidden', request: { id, state: 'denied' } } });
    expect(answer.ok ? '' : answer.error.message).toContain('Use the staging database');
    expect(await safe.owner.listRequests({ all: true })).toHaveLength(1);
    safe.clock.now += 3_600_001;
    expect(requested(await get())).not.toBe(id);
  });

  test('that nobody decided in ten minutes is told so, and is a new request', async () => {
    const id = requested(await get());
    safe.clock.now += 600_001;
    expect(await ask(bot, 'request_access', { request: id })).toMatchObject({
      result: { request: { state: 'expired' } },
    });
    await expect(safe.owner.approveRequest(id, {})).rejects.toMatchObject({ code: 'conflict' });
    const again = await get();
    expect(requested(again)).not.toBe(id);
    expect(again.ok ? '' : again.error.message).toContain('expired');
  });

  test('is refused for what no word of the owner’s would mend, without a request', async () => {
    await safe.owner.grant({
      token: byName('bot'),
      vault: byName('Personal'),
      limits: { reveal: 'approve', fields: ['pin'] },
    });
    expect(codeOf(await get())).toBe('forbidden');
    expect(await safe.owner.listRequests({ all: true })).toEqual([]);
  });

  test('stands behind five others at most', async () => {
    for (const word of ['one', 'two', 'three', 'four', 'five'])
      requested(await get({ reason: `Deploy number ${word} to staging` }));
    expect(codeOf(await get())).toBe('limit_reached');
    expect(await safe.owner.listRequests({ all: true })).toHaveLength(5);
  });

  test('keeps its approval when the token is renewed', async () => {
    const id = requested(await get());
    await safe.owner.approveRequest(id, {});
    const { token } = await safe.owner.renewToken(byName('bot'), { rotate: false });
    const renewed = await safe.agent(token);
    expect(codeOf(await ask(renewed, 'get_item', { item: 'DB', fields: ['password'] }))).toBe('granted');
  });
});

describe('an item whose owner demands it', () => {
  test('needs the owner’s word under every grant, and only for its secrets', async () => {
    await safe.owner.grant({ token: byName('bot'), vault: byName('Personal') });
    expect(codeOf(await get())).toBe('granted');
    await safe.owner.changeItemRules({ item: byName('DB') }, { approve: true });
    expect(codeOf(await get())).toBe('approval_required');
    expect(codeOf(await ask(bot, 'get_item', { item: 'DB' }))).toBe('granted');
    expect(codeOf(await get({ item: 'Mail' }))).toBe('granted');
    await safe.owner.changeItemRules({ item: byName('DB') }, { approve: false });
    expect(codeOf(await get())).toBe('granted');
  });

  test('keeps its rules when keys rotate, and when the owner moves it', async () => {
    await safe.owner.grant({ token: byName('bot'), vault: byName('Personal') });
    await safe.owner.changeItemRules({ item: byName('DB') }, { approve: true });
    await safe.token('gone', ['Personal']);
    await safe.owner.deleteToken(byName('gone'), { rotate: true });
    expect(codeOf(await get())).toBe('approval_required');
    await safe.owner.createVault({ name: 'Work' });
    await safe.owner.grant({ token: byName('bot'), vault: byName('Work') });
    await safe.owner.moveItem({ item: byName('DB') }, byName('Work'));
    expect(codeOf(await get())).toBe('approval_required');
    expect((await safe.owner.verify({ full: true })).fault).toBeNull();
  });
});

describe('a recipe whose owner demands it', () => {
  test('needs the owner’s word for each run, also where it uses no secret', async () => {
    const command = { argv: ['sh', '-c', 'echo "$0"', '{who}'], environment: {}, folder: '/', path: '/usr/bin:/bin' };
    const vault = byName('Personal');
    await safe.owner.createRecipe({ name: 'greet', vault, command, allow: ['who=all,one'], approve: true });
    const greet = async (who: string): Promise<Answer> => ask(bot, 'run_recipe', { recipe: 'greet', values: { who } });
    const id = requested(await greet('all'));
    expect(await safe.owner.showRequest(id)).toMatchObject({ use: { tool: 'run_recipe', item: null, fields: [] } });
    await safe.owner.approveRequest(id, {});
    expect([codeOf(await greet('one')), codeOf(await greet('all')), codeOf(await greet('all'))]).toEqual([
      ...['approval_required', 'granted', 'approval_required'],
    ]);
    expect((await safe.owner.verify({ full: true })).fault).toBeNull();
  });

  test('masks what is secret of an item, and leaves the rest readable', async () => {
    const environment = {
      U: 'vouchsafe://Personal/DB/username',
      P: 'vouchsafe://Personal/DB/password',
    };
    const command = { argv: ['sh', '-c', 'echo "$U $P"'], environment, folder: '/', path: '/usr/bin:/bin' };
    await safe.owner.createRecipe({ name: 'show', vault: byName('Personal'), command });
    const shown = { stdout: 'app <concealed by vouchsafe>\n' };
    expect(await ask(bot, 'run_recipe', { recipe: 'show' })).toMatchObject({ ok: true, result: shown });
    expect(await safe.owner.runRecipe('show', {})).toMatchObject(shown);
  });
});
