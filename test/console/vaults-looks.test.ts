/** The pages of vaults and items, as a person sees and uses them. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { byId, byName, type TestSafe } from '../support/safe.js';
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
  const fields = [
    { name: 'host', value: 'db.example.com' },
    { name: 'username', value: 'orders' },
    { name: 'password', value: 'canary-looks-5' },
  ];
  await owner.createItem(at, { type: 'database', title: 'Orders database', tags: ['billing'], fields });
  await owner.createItem(at, { type: 'ssh-key', title: 'Deploy key', tags: ['ci'] });
  await owner.createToken({ name: 'deploy-bot', isAgent: true, vaults: [at], role: 'editor' });
  const { id } = await owner.createItem(at, { type: 'api-key', title: 'Old key' });
  await owner.trashItem({ item: byId(id) });
}

async function vaultPath({ owner }: TestSafe, name: string): Promise<string> {
  return `/vaults/${(await owner.listVaults()).find((vault) => vault.name === name)!.id}`;
}

async function itemPath({ owner }: TestSafe, title: string): Promise<string> {
  return `/vaults/items/${(await owner.listItems({})).find((item) => item.title === title)!.id}`;
}

browserTest('a new safe: every list says what would stand there', async (stage) => {
  const vault = await vaultPath(stage.safe, 'Personal');
  await expectGoodLooks(stage, '/vaults', 'vaults-empty');
  await expectGoodLooks(stage, vault, 'vault-empty');
  await stage.go(`${vault}?trash=on`);
  await expectSoundNow(stage.page, 'trash-empty');
});

browserTest(
  'lists and forms in every size and colour',
  async (stage) => {
    const { safe, page, go } = stage;
    const vault = await vaultPath(safe, 'Production');
    await expectGoodLooks(stage, '/vaults', 'vaults');
    await expectGoodLooks(stage, vault, 'vault');
    for (const [name, path] of [
      ['item-type', `${vault}/new`],
      ['found', '/vaults?q=example'],
      ['trash', `${vault}?trash=on`],
      ['vault-new', '/vaults/new'],
      ['vault-delete', `${vault}/delete`],
      ['vault-access', `${vault}/access`],
      ['item-new-key', `${vault}/new?type=ssh-key`],
    ] as const) {
      await go(path);
      await expectSoundNow(page, name);
    }
  },
  { prepare: populate },
);

browserTest(
  'the form of an item in every size and colour',
  async (stage) => {
    const vault = await vaultPath(stage.safe, 'Production');
    await expectGoodLooks(stage, `${vault}/new?type=login`, 'item-new');
    await stage.page.getByText('How passwords are generated').click();
    await stage.page.getByText('Further fields').click();
    await stage.page.getByRole('button', { name: 'Add another field' }).click();
    await stage.page.locator('#field-x0-kind').selectOption('secret');
    await expectSoundNow(stage.page, 'item-new-open');
    await expectGoodLooks(stage, `${await itemPath(stage.safe, 'Grafana')}/edit`, 'item-edit');
  },
  { prepare: populate },
);

browserTest(
  'an item and what is done with it',
  async (stage) => {
    const { safe, page, go } = stage;
    const item = await itemPath(safe, 'Grafana');
    await expectGoodLooks(stage, item, 'item');
    for (const part of ['history', 'move', 'delete', 'access']) {
      await go(`${item}/${part}`);
      await expectSoundNow(page, `item-${part}`);
    }
    await go(`${item}/edit`);
    await safe.owner.updateItem({ item: byName('Grafana') }, { set: { username: 'someone@example.com' } });
    await page.getByLabel('User name').fill('me@example.com');
    await page.getByText('Further fields').click();
    await page.getByRole('button', { name: 'Add another field' }).click();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('It was changed meanwhile').waitFor();
    await page.getByText('It is “someone@example.com” now.').waitFor();
    for (const width of [375, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await expectSoundNow(page, `item-conflict-${String(width)}`);
    }
  },
  { prepare: populate },
);

browserTest(
  'far too much: pages of items, with very long names',
  async (stage) => {
    const { safe, page } = stage;
    const vault = await vaultPath(safe, 'Personal');
    await expectGoodLooks(stage, `${vault}?page=2`, 'vault-much');
    await page.getByText('51–70 of 70').waitFor();
    await page.getByRole('link', { name: 'Before' }).click();
    await page.getByText('1–50 of 70').waitFor();
    const [first] = await safe.owner.listItems({ vault: byName('Personal') });
    for (const part of ['', '/edit', '/history']) {
      await page.setViewportSize({ width: 375, height: 900 });
      await stage.go(`/vaults/items/${first!.id}${part}`);
      await expectSoundNow(page, `item-much${part.replace('/', '-')}`);
    }
  },
  {
    prepare: async ({ owner }) => {
      const long = 'a-name-that-goes-on-and-on-'.repeat(8);
      for (let n = 0; n < 70; n += 1)
        await owner.createItem(byName('Personal'), {
          type: n % 2 === 0 ? 'login' : 'api-key',
          title: n % 3 === 0 ? `Item ${String(n)} ${long}` : `Item ${String(n)}, ${'a title of many words '.repeat(9)}`,
          tags:
            n === 0 ? Array.from({ length: 40 }, (_, at) => `tag-${String(at)}-${long}`) : [long.slice(0, 80), 'ci'],
          urls: [`https://${'long-host.'.repeat(12)}example.com/${long}`],
          fields: [
            { name: 'username', value: `${long}@example.com` },
            { name: 'password', value: 'canary-looks-6' },
            { section: long, name: long, value: long.repeat(20) },
          ],
        });
    },
  },
);

async function focusedName(page: Page): Promise<string> {
  return page.evaluate<string>(`(() => {
    const at = document.activeElement;
    return (at?.labels?.[0] ?? at)?.textContent?.trim().replace(/\\s+/g, ' ') ?? '';
  })()`);
}

/** Tab, until what has the focus is called that. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press('Tab');
    if (name.test(await focusedName(page))) return;
  }
  throw new Error(`the keyboard does not come to ${String(name)}`);
}

browserTest(
  'by the keyboard alone: a vault, an item with a made password, revealed, copied, found, changed, trashed',
  async (stage) => {
    const { page, origin, safe } = stage;
    const { keyboard } = page;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await keyboard.press('g');
    await keyboard.press('v');
    await page.waitForURL(`${origin}/vaults`);
    await keyboard.press('?');
    await page.getByRole('dialog').getByText('New vault').waitFor();
    await keyboard.press('Escape');
    await keyboard.press('n');
    await page.waitForURL(`${origin}/vaults/new`);
    await keyboard.type('Work');
    await keyboard.press('Enter');
    await page.getByText('Work is made.').waitFor();
    await keyboard.press('n');
    await page.getByRole('heading', { name: 'New item' }).waitFor();
    await tabTo(page, /^Login$/);
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'New login' }).waitFor();
    // an empty title costs nothing that was typed
    await tabTo(page, /^User name$/);
    await keyboard.type('me');
    await keyboard.press('Enter');
    expect(await focusedName(page)).toBe('Title');
    await keyboard.type('Mail');
    await tabTo(page, /^Generate Password$/);
    await keyboard.press('Enter');
    await page.locator('#field-f-password[type="text"]').waitFor();
    const made = await page.getByLabel('Password', { exact: true }).inputValue();
    expect(made).toHaveLength(24);
    await tabTo(page, /^One-time code$/);
    await keyboard.type(SEED);
    await keyboard.press('Enter');
    await page.getByText('Mail is kept.').waitFor();
    expect((await page.content()).includes(made)).toBe(false);
    await tabTo(page, /^Reveal password$/);
    await keyboard.press('Enter');
    await page.getByText(made, { exact: true }).waitFor();
    await page.getByText('Shown for 30 seconds.').waitFor();
    expect(await focusedName(page)).toBe('Hide password');
    await keyboard.press('Enter');
    expect((await page.content()).includes(made)).toBe(false);
    await keyboard.press('c');
    await page.getByText('Copied. The clipboard is cleared').waitFor();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe(made);
    await tabTo(page, /^Show the code$/);
    await keyboard.press('Enter');
    await page.getByText(/^holds for \d+ s$/).waitFor();
    await expectSoundNow(page, 'item-code');
    const { data } = await safe.owner.listEntries({ query: 'action:item.read,item.totp', limit: 9 });
    expect(data.map(({ action, fields }) => [action, fields])).toEqual([
      ['item.totp', ['totp']],
      ['item.read', ['password']],
      ['item.read', ['password']],
    ]);
    await keyboard.press('e');
    await page.getByRole('heading', { name: 'Edit Mail' }).waitFor();
    await tabTo(page, /^Title$/);
    await keyboard.press('ControlOrMeta+a');
    await keyboard.type('Post');
    await keyboard.press('Enter');
    await page.getByText('Post is changed.').waitFor();
    await keyboard.press('g');
    await keyboard.press('v');
    await page.waitForURL(`${origin}/vaults`);
    await keyboard.press('/');
    await keyboard.type('post');
    await keyboard.press('Enter');
    await page.getByText('1 item found').waitFor();
    await keyboard.press('j');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Post' }).waitFor();
    await tabTo(page, /^Move to the trash$/);
    await keyboard.press('Enter');
    await page.getByText('Post is in the trash.').waitFor();
    expect(await safe.owner.listItems({ trashed: true })).toHaveLength(1);
  },
);

browserTest(
  'what is revealed is concealed after half a minute, the clipboard is cleared, and a code ends',
  async (stage) => {
    const { page, origin, safe, go } = stage;
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    await page.clock.install({ time: new Date() });
    await go(await itemPath(safe, 'Grafana'));
    const clipboard = () => page.evaluate<string>('navigator.clipboard.readText()');
    await page.getByRole('button', { name: 'Reveal password' }).click();
    await page.getByText('canary-looks-1').waitFor();
    await page.getByRole('button', { name: 'Copy password' }).click();
    await page.getByText('Copied. The clipboard is cleared').waitFor();
    expect(await clipboard()).toBe('canary-looks-1');
    await page.clock.fastForward(29_000);
    expect([await clipboard(), await page.getByText('canary-looks-1').count()]).toEqual(['canary-looks-1', 1]);
    await page.clock.fastForward(2_000);
    await page.getByText('The clipboard is cleared.').waitFor();
    expect([await clipboard(), await page.getByText('canary-looks-1').count()]).toEqual(['', 0]);
    await page.getByRole('button', { name: 'Copy password' }).click();
    await page.getByText('Copied. The clipboard is cleared').waitFor();
    await page.evaluate('navigator.clipboard.writeText("of another")');
    await page.clock.fastForward(31_000);
    await page.getByText('holds something else by now').waitFor();
    expect(await clipboard()).toBe('of another');
    // a browser that lets it write there and not read
    await page.context().clearPermissions();
    await page.context().grantPermissions(['clipboard-write'], { origin });
    await page.getByRole('button', { name: 'Copy Recovery/codes' }).click();
    await page.getByText('Copied. The clipboard is cleared').waitFor();
    await page.clock.fastForward(31_000);
    await page.getByText('does not let the console look into the clipboard').waitFor();
    await page.getByRole('button', { name: 'Clear the clipboard' }).click();
    await page.getByText('The clipboard is cleared.').waitFor();
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin });
    expect(await clipboard()).toBe('');
    await page.getByRole('button', { name: 'Show the code' }).click();
    const code = await page.getByText(/^\d{6}$/).textContent();
    await page.getByRole('button', { name: 'Copy the code' }).click();
    await page.getByText('Copied. The clipboard is cleared').waitFor();
    expect(await clipboard()).toBe(code);
    await page.clock.fastForward(31_000);
    await page.getByText('That code has ended.').waitFor();
    expect(await page.getByText(/^\d{6}$/).count()).toBe(0);
    // read once and copied twice; a code that is shown is copied without another entry
    const { data } = await safe.owner.listEntries({ query: 'action:item.read,item.totp', limit: 9 });
    expect(data.map(({ fields }) => fields[0])).toEqual(['totp', 'Recovery/codes', 'password', 'password', 'password']);
  },
  { prepare: populate },
);

browserTest(
  'without script: a secret on a page of its own, a made password, further fields, the trash',
  async ({ page, origin, safe }) => {
    const storageState = await page.context().storageState();
    const context = await page.context().browser()!.newContext({ javaScriptEnabled: false, storageState });
    try {
      const plain = await context.newPage();
      await plain.goto(`${origin}${await itemPath(safe, 'Grafana')}`);
      expect(await plain.getByRole('button', { name: 'Copy' }).count()).toBe(0);
      await plain.getByRole('button', { name: 'Reveal password' }).click();
      await plain.getByText('canary-looks-1').waitFor();
      await plain.getByRole('link', { name: 'Back to Grafana' }).click();
      await plain.getByRole('button', { name: 'Show the code' }).click();
      await plain.getByText(/^It holds for \d+ more seconds?\.$/).waitFor();
      await plain.goto(`${origin}${await vaultPath(safe, 'Production')}/new?type=api-key`);
      await plain.getByLabel('Title').fill('Made here');
      await plain.getByLabel('Make one when it is saved (Key)').check();
      await plain.getByText('Further fields').click();
      await plain.getByRole('group', { name: 'Further field 2' }).getByLabel('Name').fill('project');
      await plain.getByRole('group', { name: 'Further field 2' }).getByLabel('Value').fill('alpha');
      await plain.getByRole('button', { name: 'Keep it' }).click();
      await plain.getByText('Made here is kept.').waitFor();
      const { fields } = await safe.owner.viewItem({ item: byName('Made here') }, 'all');
      expect(fields.map(({ name, value = '' }) => [name, value.length])).toEqual([
        ['key', 24],
        ['project', 5],
      ]);
      await plain.getByRole('button', { name: 'Move to the trash' }).click();
      await plain.getByText('Made here is in the trash.').waitFor();
    } finally {
      await context.close();
    }
  },
  { prepare: populate },
);
