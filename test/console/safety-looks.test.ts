/** The pages of safety, as a person sees and uses them. */
import { expect } from 'vitest';
import { ask, byName, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks, expectSoundNow } from './browser.js';

const PAGES = ['', '/access', '/compromised', '/lockdown', '/rules', '/recipes'] as const;

async function populate(safe: TestSafe): Promise<void> {
  const { owner } = safe;
  await owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: 'canary-safety-2' }];
  const urls = ['https://accounts.example.com/a/long/way/to/where/the/password/is/changed'];
  for (const title of ['Orders database', 'Deploy key', 'Root account'])
    await owner.createItem(byName('Production'), { type: 'login', title, fields, urls });
  const bot = await safe.token('deploy-bot', ['Production'], 'editor');
  const door = await safe.agent(bot.token);
  for (const item of ['Orders database', 'Deploy key']) await ask(door, 'get_item', { item, fields: ['password'] });
  const named = (title: string) => ({ item: byName(title) });
  const http = {
    hosts: ['api.example.com', 'jira.example.com:8443'],
    auth: 'bearer:password',
    methods: ['GET', 'POST'],
  };
  await owner.changeItemRules(named('Deploy key'), { approve: true, http });
  await owner.changeItemRules(named('Root account'), { decoy: true });
  await safe.token('a-name-that-goes-on-and-on-'.repeat(4), ['Production', 'Personal']);
  const command = { argv: [process.execPath, '--version', '{env}'], environment: {}, folder: '/', path: '/usr/bin' };
  const allow = ['env=staging,prod'];
  const description = 'Deploys the newest release';
  await owner.createRecipe({ name: 'deploy', vault: byName('Production'), command, allow, description });
  await owner.checkpoint();
}

browserTest('a new safe: every page says what would stand there', async (stage) => {
  for (const path of PAGES) await expectGoodLooks(stage, `/safety${path}`, `safety${path.replace('/', '-')}-empty`);
});

browserTest(
  'every page with what an owner has',
  async (stage) => {
    for (const path of PAGES) await expectGoodLooks(stage, `/safety${path}`, `safety${path.replace('/', '-')}`);
    const { id } = await stage.safe.owner.findToken(byName('deploy-bot'));
    await expectGoodLooks(stage, `/safety/access/${id}`, 'safety-least');
  },
  { prepare: populate },
);

browserTest(
  'verify now; stop every token and lift it again; a compromised token and what it was given',
  async (stage) => {
    const { page, origin, safe } = stage;
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.waitForURL(`${origin}/safety`);
    await page.getByRole('button', { name: 'Verify now' }).click();
    await page.getByText('The log is whole:').waitFor();
    await page.getByRole('link', { name: 'Lockdown', exact: true }).click();
    await page.getByRole('button', { name: 'Stop every token' }).click();
    await page.getByText('Type the word: lockdown').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('field-confirm');
    await expectSoundNow(page, 'safety-lockdown-wrong');
    await page.keyboard.type('lockdown');
    await page.keyboard.press('Enter');
    await page.getByText('Every token is frozen now').waitFor();
    expect((await safe.owner.standing()).lockdown).toBe(true);
    await expectGoodLooks(stage, '/safety/lockdown', 'safety-lockdown-on');
    await page.getByRole('button', { name: 'Lift the lockdown' }).click();
    await page.getByText('The lockdown is lifted.').waitFor();
    expect((await safe.owner.standing()).lockdown).toBe(false);
    await stage.go('/safety/compromised');
    await page.getByRole('link', { name: 'It is compromised deploy-bot' }).click();
    await page.getByLabel('To confirm, type deploy-bot').fill('deploy-bot');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What deploy-bot was given' }).waitFor();
    await expectGoodLooks(stage, new URL(page.url()).pathname, 'safety-leak');
    await page.getByLabel('Orders database').check();
    await page.getByRole('button', { name: 'These are changed' }).click();
    await page.getByText('Ticked off. 1 of 2').waitFor();
  },
  { prepare: populate },
);
