/** Every task of the owner, done by the keyboard alone: no pointer, and the focus is seen at every stop. */
import { expect } from 'vitest';
import { ask, byName, PASSWORD, type TestSafe } from '../support/safe.js';
import { browserTest, expectSoundNow } from './browser.js';
import { enter, expectSeen, focused, goBy, tabTo } from './keyboard.js';

async function populate({ owner, ...safe }: TestSafe): Promise<void> {
  await owner.createVault({ name: 'Production' });
  await owner.createItem(byName('Production'), { type: 'note', title: 'Runbook' });
  const bot = await safe.token('deploy-bot', ['Production']);
  const door = await safe.agent(bot.token);
  await ask(door, 'get_item', { item: 'Runbook' });
  const reason = 'Look up the account of the mail provider';
  for (const vault of ['Personal', 'Production']) await ask(door, 'request_access', { vault, role: 'editor', reason });
}

browserTest(
  'unlock; make a token with a vault; give it one more grant; freeze it',
  async ({ page, safe }) => {
    const { keyboard } = page;
    expect(await focused(page)).toBe('Master password');
    await expectSeen(page);
    await keyboard.type(PASSWORD);
    await Promise.all([page.waitForEvent('load'), keyboard.press('Enter')]);
    await keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await expectSoundNow(page, 'keyboard-skip');
    await goBy(page, 't');
    await enter(page, /^New token$/);
    await tabTo(page, /^Name$/);
    await keyboard.type('helper');
    await tabTo(page, /^Use for AI agent$/);
    expect(await page.evaluate('document.activeElement.checked')).toBe(true);
    await tabTo(page, /^Production/);
    await keyboard.press('Space');
    await tabTo(page, /^viewer/i);
    await keyboard.press('ArrowDown');
    await enter(page, /^Make the token$/);
    await page.getByRole('heading', { name: 'helper is ready' }).waitFor();
    const { id } = await safe.owner.findToken(byName('helper'));
    const [first] = await safe.owner.listAccess(byName('helper'));
    expect([first?.vault.name, first?.role]).toEqual(['Production', 'editor']);
    await enter(page, /^Done, to helper$/);
    await enter(page, /^Manage access$/);
    await tabTo(page, /^Vault(?!s)/);
    await keyboard.type('Personal');
    await enter(page, /^Add access$/);
    await page.getByRole('status').getByText('Personal').waitFor();
    expect(await safe.owner.listAccess(byName('helper'))).toHaveLength(2);
    await enter(page, /^helper$/);
    await enter(page, /^Freeze$/);
    await page.getByText('Frozen: it is refused everything').waitFor();
    expect((await safe.owner.findToken({ by: 'id', text: id })).status).toBe('frozen');
  },
  { locked: true, prepare: populate },
);

browserTest(
  'the inbox: approve one request, deny the other',
  async ({ page, safe }) => {
    const { keyboard } = page;
    await goBy(page, 'i');
    await keyboard.press('j');
    await expectSeen(page);
    await Promise.all([page.waitForEvent('load'), keyboard.press('a')]);
    const waits = async (): Promise<number> => (await safe.owner.listRequests({ all: false })).length;
    if (/^\/inbox\/./.test(new URL(page.url()).pathname)) await enter(page, /^Approve$/);
    expect(await waits()).toBe(1);
    await goBy(page, 'i');
    await keyboard.press('j');
    await Promise.all([page.waitForEvent('load'), keyboard.press('d')]);
    expect(await focused(page)).toBe('Why not');
    await expectSeen(page);
    await keyboard.type('Use the staging vault');
    await enter(page, /^Deny$/);
    expect(await waits()).toBe(0);
    const decided = await safe.owner.listRequests({ all: true });
    expect(decided.map(({ state }) => state).sort()).toEqual(['approved', 'denied']);
  },
  { prepare: populate },
);

browserTest(
  'activity: an entry from a plot',
  async ({ page }) => {
    await goBy(page, 'a');
    await enter(page, /^Plots$/);
    await tabTo(page, /^\d{4}-\d\d-\d\d: \d+ granted/);
    await expectSoundNow(page, 'keyboard-plot');
    await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
    await page.getByRole('heading', { name: 'Newest first' }).waitFor();
    await enter(page, /^just now$/);
    await page.getByRole('heading', { name: 'Proof' }).waitFor();
  },
  { prepare: populate },
);

browserTest(
  'safety: stop every token, and lift it again',
  async ({ page, safe }) => {
    await goBy(page, 's');
    await enter(page, /^Lockdown$/);
    await tabTo(page, /^To confirm/);
    await page.keyboard.type('lockdown');
    await enter(page, /^Stop every token$/);
    expect((await safe.owner.standing()).lockdown).toBe(true);
    await enter(page, /^Lift the lockdown$/);
    expect((await safe.owner.standing()).lockdown).toBe(false);
  },
  { prepare: populate },
);

browserTest('a setting is changed, and goes back; the dialog of keys gives the focus back', async ({ page, safe }) => {
  const { keyboard } = page;
  const value = async (): Promise<string> => (await safe.owner.getSetting('reason.policy')).value;
  await goBy(page, 'e');
  await tabTo(page, /^Mark them/);
  await keyboard.press('ArrowDown');
  await enter(page, /^Save Tokens and reasons$/);
  expect(await value()).toBe('strict');
  await enter(page, /^Reset to default Reasons/);
  expect(await value()).toBe('mark');
  await tabTo(page, /^Change the master password$/);
  await keyboard.press('?');
  await tabTo(page, /^Help: the words/);
  await keyboard.press('Escape');
  expect(await focused(page)).toBe('Change the master password');
});

browserTest('on a small screen: the menu opens, leads on and closes by keys', async ({ page, origin }) => {
  await page.setViewportSize({ width: 375, height: 700 });
  await tabTo(page, /^Menu$/);
  await page.keyboard.press('Enter');
  await tabTo(page, /^Help$/);
  await page.keyboard.press('Escape');
  expect(await page.getByRole('link', { name: 'Help' }).isVisible()).toBe(false);
  expect(await focused(page)).toBe('Menu');
  await page.keyboard.press('Enter');
  await enter(page, /^Tokens$/);
  expect(page.url()).toBe(`${origin}/tokens`);
});
