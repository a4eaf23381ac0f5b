/** The pages of tokens, as a person sees and uses them. */
import { expect } from 'vitest';
import { ask, byName, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks, expectSoundNow } from './browser.js';

async function populate(safe: TestSafe): Promise<void> {
  const { owner } = safe;
  const fields = [{ name: 'password', value: 'canary-tokens-2' }];
  for (const name of ['Production', 'Continuous integration']) {
    await owner.createVault({ name });
    await owner.createItem(byName(name), { type: 'login', title: 'Orders database', fields });
  }
  const bot = await safe.token('deploy-bot', ['Production', 'Continuous integration']);
  await owner.grant({
    token: byName('deploy-bot'),
    vault: byName('Production'),
    item: byName('Orders database'),
    role: 'editor',
    expiration: '2d',
    purpose: 'Migrate the orders database before the release',
    limits: { maxUses: '5', rate: '10/1h', hours: '08:00-18:00', days: 'mon-sun', fields: ['password'] },
  });
  const door = await safe.agent(bot.token);
  for (let n = 0; n < 3; n += 1)
    await ask(door, 'get_item', { item: 'Orders database', vault: 'Continuous integration' });
  await owner.createToken({ name: 'nightly-report', isAgent: false, expiration: '2d' });
  await safe.token('a-name-that-goes-on-and-on-'.repeat(4));
  await owner.freezeToken(byName('nightly-report'));
}

browserTest('from a new token to its end, as a person does it', async (stage) => {
  const { page, go, origin, safe } = stage;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
  await go('/tokens');
  await page.getByRole('link', { name: 'New token' }).first().click();
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByText('Give it a name').waitFor();
  expect(await page.evaluate('document.activeElement.id')).toBe('field-name');
  await page.getByLabel('Name', { exact: true }).fill('helper');
  await page.getByLabel('Ends after').selectOption('1 week');
  await page.getByLabel('Personal').check();
  expect(await page.getByLabel('Use for AI agent').isChecked()).toBe(true);
  await page.getByRole('button', { name: 'Make the token' }).click();
  await page.getByRole('heading', { name: 'helper is ready' }).waitFor();
  await page.getByRole('button', { name: 'Copy the token' }).click();
  const token = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(token).toMatch(/^vsp_/);
  for (const width of [375, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await expectSoundNow(page, `token-made-${String(width)}`);
  }
  await page.getByText('Claude Code', { exact: true }).click();
  await page.getByText('agent install helper --client claude-code').waitFor();
  await expectSoundNow(page, 'token-made-client');
  await page.getByRole('link', { name: 'Done, to helper' }).click();
  expect((await page.content()).includes(token)).toBe(false);
  await page.getByRole('link', { name: 'Renew' }).click();
  await page.getByRole('button', { name: 'Renew' }).click();
  await page.getByRole('heading', { name: 'helper is renewed' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'helper', exact: true }).waitFor();
  expect((await safe.owner.listEntries({ query: 'action:token.renew', limit: 9 })).data).toHaveLength(1);
  await page.getByRole('link', { name: 'Manage access' }).click();
  await page.getByLabel('Vault', { exact: true }).selectOption('Personal');
  await page.getByText('Limits', { exact: true }).last().click();
  await page.getByLabel('Calls within a time').fill('often');
  await page.getByRole('button', { name: 'Add access' }).click();
  await page.getByText('This takes a number and a time.').waitFor();
  await expectSoundNow(page, 'token-access-wrong');
  await page.getByLabel('Calls within a time').fill('10/1h');
  await page.getByRole('button', { name: 'Add access' }).click();
  await page.getByText('calls 10/1h, 10 left').waitFor();
  await page.getByRole('button', { name: 'End access to Personal' }).click();
  await page.getByText('It reaches nothing.').waitFor();
  await page.getByRole('main').getByRole('link', { name: 'helper', exact: true }).click();
  await page.getByRole('link', { name: 'Delete' }).click();
  await page.getByLabel('To confirm, type helper').fill('helper');
  await page.getByRole('button', { name: 'Delete for good' }).click();
  await page.getByText('helper is deleted.').waitFor();
  expect((await safe.owner.listTokens({ all: false, agentsOnly: false, limit: 9 })).data).toEqual([]);
  await expectGoodLooks(stage, '/tokens', 'tokens-empty');
});

browserTest(
  'the pages are sound in every size and colour',
  async (stage) => {
    const { id } = await stage.safe.owner.findToken(byName('deploy-bot'));
    await expectGoodLooks(stage, '/tokens', 'tokens');
    await expectGoodLooks(stage, '/tokens/new', 'tokens-new');
    await expectGoodLooks(stage, `/tokens/${id}`, 'token');
    await expectGoodLooks(stage, `/tokens/${id}/access`, 'token-access');
    for (const part of ['setup', 'renew', 'rename', 'delete']) {
      await stage.go(`/tokens/${id}/${part}`);
      await expectSoundNow(stage.page, `token-${part}`);
    }
  },
  { prepare: populate },
);
