/** The pages of the foundation, as a person sees and uses them. */
import { expect } from 'vitest';
import { ask, byName, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks, expectSoundNow, SCHEMES, unlock, WIDTHS } from './browser.js';

const HOSTILE = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;

async function populate(safe: TestSafe): Promise<void> {
  const { owner } = safe;
  await owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: 'canary-console-1' }];
  for (const title of ['Orders database', 'Deploy key', 'Status page'])
    await owner.createItem(byName('Production'), { type: 'login', title, fields });
  const bot = await safe.token('deploy-bot', ['Production']);
  await safe.owner.createToken({
    name: 'nightly-report',
    isAgent: true,
    expiration: '2d',
    vaults: [byName('Production')],
  });
  const door = await safe.agent(bot.token);
  await ask(door, 'list_vaults');
  await ask(door, 'get_item', {
    item: 'Orders database',
    reason: 'Run the migration of release 4.2 against the orders database',
  });
  await ask(door, 'get_item', {
    item: 'Status page',
    fields: ['password'],
    reason: 'Post the maintenance window for tonight, as agreed in the release plan',
  });
  await ask(door, 'get_item', { item: 'Payroll', reason: HOSTILE });
  await ask(door, 'request_access', {
    vault: 'Personal',
    role: 'viewer',
    reason: 'Look up the account of the mail provider',
  });
}

browserTest('a new safe says what to do first', async (stage) => {
  await stage.page.getByRole('heading', { name: 'What to do first' }).waitFor();
  await expectGoodLooks(stage, '/', 'overview-empty');
});

browserTest(
  'the overview shows what waits, what ends and what happened',
  async (stage) => {
    const { page } = stage;
    expect(await page.title()).toBe('(1) Overview · Vouchsafe');
    await expectGoodLooks(stage, '/', 'overview');
    expect(await page.getByText('nightly-report').count()).toBeGreaterThan(0);
    expect(await page.getByText(HOSTILE).count()).toBe(1);
    expect(await page.title()).toBe('(1) Overview · Vouchsafe');
  },
  { prepare: populate },
);

browserTest(
  'locked: a wrong password stands beside its field, which has the focus; the right one goes on to where it was',
  async (stage) => {
    const { page, go, origin } = stage;
    await expectGoodLooks(stage, '/unlock', 'unlock');
    await go('/nowhere?a=1');
    expect(page.url()).toBe(`${origin}/unlock?to=%2Fnowhere%3Fa%3D1`);
    await page.getByLabel('Master password').fill('wrong');
    await page.getByRole('button', { name: 'Unlock' }).click();
    await page.getByText('That is not the master password.').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('field-password');
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme });
      await expectSoundNow(page, `unlock-wrong-${colorScheme}`);
    }
    await unlock(page);
    expect(page.url()).toBe(`${origin}/nowhere?a=1`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  },
  { locked: true },
);

browserTest('keys: ? tells them, g leads, Escape closes; the lock button locks', async ({ page, go, origin }) => {
  await go('/nowhere');
  await page.keyboard.press('?');
  await page.getByRole('heading', { name: 'Keys' }).waitFor();
  await expectSoundNow(page, 'keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('o');
  await page.waitForURL(`${origin}/`);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await page.evaluate('document.activeElement.id')).toBe('content');
  await page.getByRole('button', { name: 'Lock' }).click();
  await page.waitForURL(`${origin}/unlock`);
  await page.getByText('Locked.').waitFor();
});

browserTest('on a small screen the menu opens from its button', async ({ page }) => {
  await page.setViewportSize({ width: WIDTHS[0], height: 700 });
  expect(await page.getByRole('link', { name: 'Overview' }).isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Menu' }).click();
  await expectSoundNow(page, 'menu');
  await page.getByRole('link', { name: 'Overview' }).click();
});

browserTest(
  'without its owner it warns, and then locks by itself',
  async ({ page, origin, safe }) => {
    await page.getByText('The console locks in a minute.').waitFor();
    safe.clock.now += 5_000;
    await page.waitForURL(`${origin}/unlock?to=%2F`);
  },
  { idleMs: 4_000 },
);

browserTest(
  'a stolen link shows nothing, and says so',
  async ({ page, go }) => {
    await page.context().clearCookies();
    await go('/');
    await page.getByRole('heading', { name: 'Not this browser' }).waitFor();
    await expectSoundNow(page, 'stranger');
  },
  { locked: true },
);
