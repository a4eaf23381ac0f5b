/** Tables hold together: by long names, and while they are renewed. */
import { expect } from 'vitest';
import { ask, byName, type TestSafe } from '../support/safe.js';
import { browserTest, expectSoundNow, type Stage } from './browser.js';

const LONG = `${'abcdefghij'.repeat(6)}-${'a-long-name-'.repeat(3)}`.slice(0, 100);

async function populate({ owner, ...safe }: TestSafe): Promise<void> {
  await owner.createVault({ name: 'Production' });
  await owner.createItem(byName('Production'), { type: 'note', title: 'Runbook of the orders database' });
  const vaults = [byName('Production')];
  const made = await owner.createToken({ name: LONG, isAgent: true, expiration: '2d', vaults });
  const door = await safe.agent(made.token);
  await ask(door, 'get_item', { item: 'Runbook of the orders database' });
  await ask(door, 'get_item', { item: 'Payroll', reason: 'Look up who approves the payments of the nightly run' });
}

/** Of the widest name column among the tables of the page, its share of its table. */
async function shareOfNames({ page }: Stage): Promise<number> {
  return page.evaluate<number>(
    `Math.max(...[...document.querySelectorAll('tbody .main')].map((cell) =>
       cell.getBoundingClientRect().width / cell.closest('table').getBoundingClientRect().width))`,
  );
}

browserTest(
  'a long name leaves the other columns their room',
  async (stage) => {
    const { page, go } = stage;
    for (const width of [1200, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      for (const path of ['/', '/tokens', '/activity']) {
        await go(path);
        const share = await shareOfNames(stage);
        expect(share, `${path} at ${String(width)}`).toBeGreaterThan(0.1);
        expect(share, `${path} at ${String(width)}`).toBeLessThan(0.25);
        const places = await page.locator('td[data-label="Where"]').all();
        for (const place of places) expect((await place.boundingBox())?.width).toBeGreaterThanOrEqual(128);
        await expectSoundNow(page, `long-name${path.replace('/', '-')}-${String(width)}`);
      }
    }
  },
  { prepare: populate },
);

browserTest(
  'the row that has the focus keeps it while newer ones come',
  async ({ page, go, safe }) => {
    await go('/activity');
    await page.getByRole('button', { name: 'Live' }).click();
    await page.locator('#activity-rows[data-newest]').waitFor();
    const row = page.locator('#activity-rows a').nth(1);
    const href = (await row.getAttribute('href')) ?? '';
    await row.focus();
    const placeOf = async (): Promise<number> =>
      page.evaluate<number>('document.activeElement.getBoundingClientRect().top');
    await page.setViewportSize({ width: 1280, height: 300 });
    await row.scrollIntoViewIfNeeded();
    const before = await placeOf();
    await safe.owner.createVault({ name: 'Made while live' });
    await page.getByText('Made while live').waitFor();
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe(href);
    expect(Math.abs((await placeOf()) - before)).toBeLessThan(2);
    for (let n = 0; n < 52; n += 1) await safe.owner.createVault({ name: `Vault ${String(n)}` });
    await page.getByText('Vault 51').waitFor();
    const left = page.locator('#activity-rows a');
    await page.waitForFunction(`document.querySelector('#activity-rows a[href="${href}"]') === null`);
    expect(await page.evaluate('document.activeElement.getAttribute("href")')).toBe(
      await left.last().getAttribute('href'),
    );
  },
  { prepare: populate },
);
