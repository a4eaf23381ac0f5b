/** The pages of vaults and items, as a person sees and uses them. */
import { expect } from 'vitest';
import { byName, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks, expectSoundNow } from './browser.js';

const SEED = 'JBSWY3DPEHPK3PXP';

async function populate({ owner }: TestSafe): Promise<void> {
  await owner.createVault({ name: 'Production', description: 'What the services at example.com run with' });
  const at = byName('Production');
  await owner.createItem(at, {
    type: 'login',
    title: 'Grafana',
    urls: ['https://grafana.example.com/login', 'https://status.example.com'],
    tags: ['monitoring', 'ops'],
    fields: [
      { name: 'username', value: 'ops@example.com' },
      { name: 'password', value: 'canary-looks-1' },
      { name: 'totp', value: SEED },
      { section: 'Recovery', name: 'codes', kind: 'note', value: 'canary-looks-2\ncanary-looks-3' },
      { section: 'Recovery', name: 'phone', value: '+41 44 000 00 00' },
    ],
  });
  await owner.createItem(at, { type: 'note', title: 'Door code', fields: [{ name: 'text', value: 'canary-looks-4' }] });
  await owner.createItem(at, {
    type: 'database',
    title: 'Orders database',
    tags: ['billing'],
    fields: [
      { name: 'host', value: 'db.example.com' },
      { name: 'username', value: 'orders' },
      { name: 'password', value: 'canary-looks-5' },
    ],
  });
}

const path = async ({ owner }: TestSafe, title: string): Promise<string> => {
  const item = (await owner.listItems({})).find((one) => one.title === title)!;
  return `/vaults/items/${item.id}`;
};

browserTest('a new safe', async (stage) => {
  await expectGoodLooks(stage, '/vaults', 'vaults-empty');
});

browserTest(
  'ordinary',
  async (stage) => {
    const { safe, page } = stage;
    const vault = (await safe.owner.listVaults()).find(({ name }) => name === 'Production')!;
    await expectGoodLooks(stage, '/vaults', 'vaults');
    await expectGoodLooks(stage, `/vaults/${vault.id}`, 'vault');
    await expectGoodLooks(stage, `/vaults/${vault.id}/new`, 'item-type');
    await expectGoodLooks(stage, `/vaults/${vault.id}/new?type=login`, 'item-new');
    const item = await path(safe, 'Grafana');
    await expectGoodLooks(stage, item, 'item');
    await page.getByRole('button', { name: 'Reveal password' }).click();
    await page.getByText('canary-looks-1').waitFor();
    await page.getByRole('button', { name: 'Show the code' }).click();
    await page.getByText(/^holds for/).waitFor();
    await expectSoundNow(page, 'item-shown');
    expect(true).toBe(true);
  },
  { prepare: populate },
);
