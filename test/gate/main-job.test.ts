import { afterEach, beforeEach, expect, test } from 'vitest';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
beforeEach(async () => {
  safe = await makeSafe();
});
afterEach(async () => {
  await safe.end();
});

test('an agent gets a granted secret for a stated reason, and the owner reads who, what and why', async () => {
  await safe.owner.createVault({ name: 'Production' });
  const secret = 'correct-horse-battery';
  await safe.owner.createItem(byName('Production'), {
    type: 'login',
    title: 'DB password',
    fields: [{ name: 'password', value: secret }],
  });
  const token = await safe.token('deploy-bot', ['Production']);
  const agent = await safe.agent(token.token);

  const answer = await ask(agent, 'get_item', { vault: 'production', item: 'db PASSWORD', fields: ['password'] });
  expect(answer.ok && JSON.stringify(answer.result)).toContain(secret);

  expect(
    codeOf(
      await agent.call({ tool: 'get_item', arguments: { item: 'DB password' }, client: { name: 'x', version: '1' } }),
    ),
  ).toBe('reason_required');
  expect(codeOf(await ask(agent, 'get_item', { vault: 'Personal', item: 'x' }))).toBe('forbidden');

  const { data } = await safe.owner.listEntries({ query: 'agent:deploy-bot outcome:granted', limit: 10 });
  expect(data).toHaveLength(1);
  expect(data[0]).toMatchObject({
    action: 'item.read',
    fields: ['password'],
    item: { title: 'DB password' },
    hash: answer.receipt?.hash,
  });
  expect((await safe.owner.verify({ full: true })).fault).toBeNull();
});

test('revocation reaches a running agent at once and rotates what it held', async () => {
  await safe.owner.createVault({ name: 'Production' });
  await safe.owner.createItem(byName('Production'), {
    type: 'login',
    title: 'A',
    fields: [{ name: 'password', value: 'pw-a' }],
  });
  const gone = await safe.agent((await safe.token('gone', ['Production'], 'editor')).token);
  const stays = await safe.agent((await safe.token('stays', ['Production'])).token);
  expect(codeOf(await ask(gone, 'update_item', { item: 'A', set: { password: 'pw-b' } }))).toBe('granted');
  expect(codeOf(await ask(stays, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');

  const ended = await safe.owner.deleteToken(byName('gone'), { rotate: true });
  expect(ended.rotated).toEqual([{ vault: 'Production', items: 1 }]);
  expect(ended.skipped).toEqual([]);

  expect(codeOf(await ask(gone, 'get_item', { item: 'A' }))).toBe('unauthenticated');
  const after = await ask(stays, 'get_item', { item: 'A', fields: ['password'] });
  expect(after.ok && JSON.stringify(after.result)).toContain('pw-b');
  expect((await safe.owner.verify({ full: true })).fault).toBeNull();
});

test('renewing keeps the grants and kills the old token; what it wrote stays', async () => {
  const token = await safe.token('bot', ['Personal'], 'editor');
  const old = await safe.agent(token.token);
  expect(
    codeOf(
      await ask(old, 'create_item', {
        vault: 'Personal',
        type: 'note',
        title: 'N',
        fields: [{ name: 'text', value: 'hello' }],
      }),
    ),
  ).toBe('granted');
  const renewed = await safe.owner.renewToken(byName('bot'), { rotate: false });
  expect(renewed.id).toBe(token.id);
  expect(codeOf(await ask(old, 'get_item', { item: 'N' }))).toBe('unauthenticated');
  const fresh = await safe.agent(renewed.token);
  expect(codeOf(await ask(fresh, 'get_item', { item: 'N', fields: ['text'] }))).toBe('granted');
  expect((await safe.owner.verify({ full: true })).fault).toBeNull();
});

test('an item grant opens that item alone', async () => {
  for (const title of ['A', 'B'])
    await safe.owner.createItem(byName('Personal'), {
      type: 'login',
      title,
      fields: [{ name: 'password', value: `pw-${title}` }],
    });
  const token = await safe.token('one');
  await safe.owner.grant({ token: byName('one'), vault: byName('Personal'), item: byName('A'), role: 'editor' });
  const agent = await safe.agent(token.token);
  expect(codeOf(await ask(agent, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
  expect(codeOf(await ask(agent, 'get_item', { item: 'B' }))).toBe('not_found');
  expect(codeOf(await ask(agent, 'get_item', { vault: 'Personal', item: 'B' }))).toBe('forbidden');
  expect(codeOf(await ask(agent, 'update_item', { item: 'A', set: { password: 'new' } }))).toBe('granted');
  await safe.owner.revoke({ token: byName('one'), all: true, rotate: true });
  expect(codeOf(await ask(agent, 'get_item', { item: 'A' }))).toBe('not_found');
  expect((await safe.owner.viewItem({ item: byName('A') }, 'all')).fields).toContainEqual({
    name: 'password',
    kind: 'secret',
    value: 'new',
  });
  expect((await safe.owner.verify({ full: true })).fault).toBeNull();
});

test('a frozen token is refused until the owner lifts it, an expired one for good', async () => {
  const agent = await safe.agent((await safe.token('bot', ['Personal'])).token);
  await safe.owner.freezeToken(byName('bot'));
  expect(codeOf(await ask(agent, 'list_vaults'))).toBe('unauthenticated');
  await safe.owner.unfreezeToken(byName('bot'));
  expect(codeOf(await ask(agent, 'list_vaults'))).toBe('granted');
  safe.clock.now += 400 * 24 * 3_600_000;
  expect(codeOf(await ask(agent, 'list_vaults'))).toBe('unauthenticated');
  const report = await safe.owner.unlock(60_000);
  expect(report.swept).toEqual(['token bot']);
  expect((await safe.owner.listTokens({ all: true, agentsOnly: false, limit: 10 })).data[0]?.status).toBe('expired');
});
