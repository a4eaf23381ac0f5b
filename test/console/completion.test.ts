/** The field of the query offers what could stand in it. */
import { expect, test } from 'vitest';
import { ACTIONS } from '../../src/core/model.js';
import { parseQuery, QUALIFIERS } from '../../src/core/query.js';
import { ask, byName, makeSafe, type TestSafe } from '../support/safe.js';
import { browserTest, expectSoundNow, type Stage } from './browser.js';
import { consoleOn, unlockedOn } from './client.js';

async function populate({ owner, ...safe }: TestSafe): Promise<void> {
  await owner.createVault({ name: 'Production' });
  await owner.createVault({ name: 'Çelik and "Söhne"' });
  await owner.createItem(byName('Production'), { type: 'note', title: 'Runbook' });
  const bot = await safe.token('deploy-bot', ['Production']);
  await safe.token('nightly report');
  await ask(await safe.agent(bot.token), 'get_item', { item: 'Runbook' });
}

test('every text that is offered can be a query, and only the owner is told them', async () => {
  const safe = await makeSafe();
  const console = await consoleOn(safe);
  try {
    await populate(safe);
    const locked = await (await console.visit()).get('/activity/completion');
    expect(locked.status).toBe(303);
    expect(locked.text).not.toContain('deploy-bot');
    const { text } = await (await unlockedOn(console)).get('/activity/completion');
    const { qualifiers, values } = JSON.parse(text);
    expect(qualifiers.map(([name]: string[]) => name)).toEqual(QUALIFIERS);
    for (const [name, candidates] of Object.entries<string[][]>(values))
      for (const [value] of candidates)
        expect(parseQuery(`${name}:"${value?.replaceAll('"', '\\"') ?? ''}"`)).toHaveLength(1);
    expect(values.action.map(([action]: string[]) => action)).toEqual(expect.arrayContaining([...ACTIONS, 'item.*']));
    const names = values.agent.map(([name]: string[]) => name);
    expect(names.sort()).toEqual(['deploy-bot', 'nightly report']);
    expect(values.vault.map(([name]: string[]) => name)).toContain('Çelik and "Söhne"');
  } finally {
    await console.end();
    await safe.end();
  }
});

const query = async ({ page }: Stage): Promise<string> => page.getByLabel('Query').inputValue();
const activeText = async ({ page }: Stage): Promise<string | null> =>
  page.evaluate(
    'document.getElementById(document.activeElement.getAttribute("aria-activedescendant"))?.textContent ?? null',
  );

browserTest(
  'by keyboard: arrows choose, Tab and Enter accept, Escape closes; Enter with nothing chosen sends',
  async (stage) => {
    const { page, go, origin } = stage;
    const { keyboard } = page;
    const field = page.getByRole('combobox', { name: 'Query' });
    const list = page.getByRole('listbox');
    await go('/activity');
    await keyboard.press('/');
    await keyboard.type('ou');
    await list.waitFor();
    expect(await field.getAttribute('aria-expanded')).toBe('true');
    expect(await activeText(stage)).toBe(null);
    await keyboard.press('ArrowDown');
    expect(await activeText(stage)).toContain('outcome:');
    await expectSoundNow(page, 'completion');
    await keyboard.press('Tab');
    expect(await query(stage)).toBe('outcome:');
    await list.getByRole('option', { name: 'granted' }).waitFor();
    await keyboard.press('ArrowUp');
    expect(await activeText(stage)).toBe('error');
    await keyboard.press('ArrowUp');
    await keyboard.press('ArrowUp');
    await keyboard.press('Enter');
    expect(await query(stage)).toBe('outcome:granted');
    expect(await list.isVisible()).toBe(false);
    await keyboard.type(' -vault:celik');
    await keyboard.press('ArrowDown');
    await keyboard.press('Tab');
    expect(await query(stage)).toBe('outcome:granted -vault:"Çelik and \\"Söhne\\""');
    await keyboard.type(' agent:"nightly r');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    expect(await query(stage)).toMatch(/ agent:"nightly report"$/);
    await keyboard.type(',');
    await list.waitFor();
    await keyboard.press('Escape');
    expect(await list.isVisible()).toBe(false);
    expect(await query(stage)).toMatch(/,$/);
    await keyboard.press('Backspace');
    await keyboard.press('Escape');
    await field.fill('agent:deploy-bot');
    await list.waitFor({ state: 'hidden' });
    await keyboard.press('Enter');
    await page.waitForURL(`${origin}/activity?*q=agent%3Adeploy-bot*`);
    await page.getByText('Runbook').waitFor();
  },
  { prepare: populate },
);

browserTest('in the middle of a query, it completes the term that the caret is in', async (stage) => {
  const { page, go } = stage;
  await go('/activity');
  const field = page.getByRole('combobox', { name: 'Query' });
  await page.setViewportSize({ width: 375, height: 700 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await field.fill('action:');
  await page.keyboard.press('ArrowUp');
  await page.getByRole('listbox').getByRole('option', { selected: true }).waitFor();
  expect(await activeText(stage)).toBe(ACTIONS.at(-1));
  await expectSoundNow(page, 'completion-375-dark');
  await field.fill('act:item.read outcome:granted');
  await page.evaluate('document.activeElement.setSelectionRange(2, 2)');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('listbox').getByRole('option', { selected: true }).waitFor();
  expect(await activeText(stage)).toContain('action:');
  await page.keyboard.press('Enter');
  expect(await query(stage)).toBe('action:item.read outcome:granted');
  expect(await page.evaluate('document.activeElement.selectionStart')).toBe('action:'.length);
  await page.getByRole('option', { name: 'item.*' }).click();
  expect(await query(stage)).toBe('action:item.* outcome:granted');
});

browserTest('the caret stands where the query goes wrong', async ({ page, go }) => {
  await go('/activity?q=outcome:granted+colour:red');
  await page.getByText('An unknown qualifier stands').waitFor();
  expect(await page.evaluate('document.activeElement.id')).toBe('field-q');
  expect(await page.evaluate('document.activeElement.selectionStart')).toBe('outcome:granted '.length);
});
