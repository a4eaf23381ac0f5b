/** The inbox, as a person sees it and decides in it. */
import { expect } from 'vitest';
import { ask, byName, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks, expectSoundNow } from './browser.js';

const HOSTILE = `Deploy release 4.2 <img src=x onerror="document.title='owned'">`;

async function populate(safe: TestSafe): Promise<void> {
  const { owner } = safe;
  await owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: 'canary-inbox-2' }];
  for (const title of ['Orders database', 'Status page'])
    await owner.createItem(byName('Production'), { type: 'login', title, fields });
  const { token } = await safe.token('deploy-bot');
  await owner.grant({ token: byName('deploy-bot'), vault: byName('Production'), limits: { reveal: 'approve' } });
  const bot = await safe.agent(token);
  const reveal = (item: string, reason: string) => ask(bot, 'get_item', { item, fields: ['password'], reason });
  await reveal('Status page', 'Post the maintenance window for tonight, as agreed in the release plan');
  const [first] = await owner.listRequests({ all: false });
  await owner.approveRequest(first?.id ?? '', {});
  await reveal('Status page', 'Post the maintenance window for tonight, as agreed in the release plan');
  safe.clock.now += 1_000;
  await ask(bot, 'request_access', { vault: 'Personal', role: 'editor', expiration: '7d', reason: HOSTILE });
  safe.clock.now += 1_000;
  await reveal('Orders database', 'Run the migration of release 4.2 against the orders database');
}

browserTest('an inbox in which nothing waits says what it is for', async (stage) => {
  await expectGoodLooks(stage, '/inbox', 'inbox-empty');
});

browserTest(
  'by keys alone: a use is approved once, access is denied with words, and both stand among what is decided',
  async (stage) => {
    const { page, safe, origin } = stage;
    await expectGoodLooks(stage, '/inbox', 'inbox');
    const [use, access] = await safe.owner.listRequests({ all: false });
    await expectGoodLooks(stage, `/inbox/${use?.id ?? ''}`, 'inbox-use');
    await expectGoodLooks(stage, `/inbox/${access?.id ?? ''}`, 'inbox-access');

    await page.keyboard.press('g');
    await page.keyboard.press('i');
    await page.waitForURL(`${origin}/inbox`);
    // a way that leads nowhere decides nothing
    await page.keyboard.press('j');
    await page.keyboard.press('g');
    await page.keyboard.press('x');
    await page.keyboard.press('a');
    await page.getByText('Approved for deploy-bot').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('d');
    await page.waitForURL(`${origin}/inbox/${access?.id ?? ''}#field-because`);
    await page.locator('#field-because:focus').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Say why: the agent is told').waitFor();
    await expectSoundNow(page, 'inbox-deny-wrong');
    // in a field the keys are letters
    await page.keyboard.type('a deploy needs no access to Personal');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('is told why when it asks').waitFor();
    expect(await safe.owner.showRequest(access?.id ?? '')).toMatchObject({
      state: 'denied',
      because: 'a deploy needs no access to Personal',
    });
    expect(await safe.owner.showRequest(use?.id ?? '')).toMatchObject({ state: 'approved', uses: 1 });
    await expectGoodLooks(stage, '/inbox/decided', 'inbox-decided');
    expect(await page.title()).toBe('Decided requests · Vouchsafe');
  },
  { prepare: populate },
);
