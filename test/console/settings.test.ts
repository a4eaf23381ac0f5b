/** Settings and the master password, over HTTP and in a browser. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SECTIONS } from '../../src/console/settings/catalogue.js';
import { VERSION } from '../../src/gate/version.js';
import { byName, makeSafe, PASSWORD, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks, expectSoundNow } from './browser.js';
import { consoleOn, type Fields, type TestConsole, unlockedOn, type Visitor } from './client.js';

const NEW_PASSWORD = 'seven amber kettles drift northward';
const ALL = SECTIONS.flatMap(({ settings }) => settings);

describe('over HTTP', () => {
  let safe: TestSafe;
  let console: TestConsole;
  let visitor: Visitor;

  beforeEach(async () => {
    safe = await makeSafe();
    console = await consoleOn(safe);
    visitor = await unlockedOn(console);
  });
  afterEach(async () => {
    await console.end();
    await safe.end();
  });

  const valueOf = async (name: string): Promise<string> => (await safe.owner.getSetting(name)).value;
  /** The fields of a section as they stand, and what is typed over them; undefined is a switch that is off. */
  async function filled(id: string, typed: Readonly<Record<string, string | undefined>>): Promise<Fields> {
    const section = SECTIONS.find((one) => one.id === id)?.settings ?? [];
    const fields: Record<string, string> = {};
    for (const { name, control } of section) {
      const value = await valueOf(name);
      if (control.kind !== 'switch') fields[name] = value;
      else if (value === 'true') fields[name] = 'on';
    }
    const both = { ...fields, ...typed };
    return Object.fromEntries(Object.entries(both).filter((pair): pair is [string, string] => pair[1] !== undefined));
  }
  const sessions = (): readonly string[] => {
    const folder = join(safe.places.runtime, 'sessions', safe.owner.safeId);
    return existsSync(folder) ? readdirSync(folder) : [];
  };

  test('every setting of the command line is there, and what is told of its default is true', async () => {
    const listed = await safe.owner.listSettings();
    expect(ALL.map(({ name, fallback }) => [name, fallback]).sort()).toEqual(
      listed.map(({ name, value }) => [name, value]).sort(),
    );
    const { text } = await visitor.get('/settings');
    for (const { name } of listed) expect(text).toContain(`<code>${name}</code>`);
    for (const part of [VERSION, safe.places.home, safe.places.state]) expect(text).toContain(part);
  });

  test('sets what was changed, and nothing else, each as an entry of the console', async () => {
    const typed = { 'pat.max-expiration': '6m', 'pat.require-expiration': undefined, 'reason.policy': 'strict' };
    const { headers } = await visitor.post('/settings/tokens', await filled('tokens', typed));
    expect(headers.location).toBe('/settings#tokens');
    expect((await visitor.get('/settings')).text).toContain(
      'Saved: pat.max-expiration, pat.require-expiration, reason.policy.',
    );
    expect(await valueOf('pat.require-expiration')).toBe('false');
    const { data } = await safe.owner.listEntries({ query: 'action:settings.set transport:console', limit: 9 });
    expect(data).toHaveLength(3);
    await visitor.post('/settings/tokens', await filled('tokens', {}));
    expect((await visitor.get('/settings')).text).toContain('Nothing was changed.');
  });

  test.each([
    ['tokens', 'pat.default-expiration', 'soon', 'a duration such as 180d or 1y'],
    ['items', 'item.keep_revisions', '0', 'a number from 1 to 1000'],
    ['telling', 'notify.webhook', 'http://example.com', 'an https URL, or empty'],
    ['telling', 'console.url', 'ftp://127.0.0.1', 'an http one of this machine'],
    ['anchors', 'anchor.folder', 'here', 'an absolute path'],
    ['output', 'output.format', 'xml', 'human or json'],
  ])('%s: what is wrong stands beside %s', async (section, name, value, words) => {
    const before = await valueOf(name);
    const { status, text } = await visitor.post(`/settings/${section}`, await filled(section, { [name]: value }));
    expect(status).toBe(422);
    expect(text).toContain(`id="field-${name}-fault"`);
    expect(text).toContain(words);
    expect(await valueOf(name)).toBe(before);
  });

  test('what is right in a form is saved, and said so, beside what is wrong', async () => {
    const typed = { 'vault.default': '', 'item.keep_revisions': '0' };
    await safe.owner.setSetting('vault.default', 'Personal');
    const { status, text } = await visitor.post('/settings/items', typed);
    expect(status).toBe(422);
    expect(text).toContain('Saved: vault.default.');
    expect(await valueOf('vault.default')).toBe('');
  });

  test('a setting goes back to its default, and one of another kind is not found', async () => {
    await safe.owner.setSetting('item.keep_revisions', '7');
    expect((await visitor.get('/settings')).text).toContain('Reset to default');
    await visitor.post('/settings/defaults', { name: 'item.keep_revisions' });
    expect(await valueOf('item.keep_revisions')).toBe('50');
    const { text } = await visitor.get('/settings');
    expect(text).toContain('item.keep_revisions is at its default again.');
    expect(text).not.toContain('Reset to default');
    expect((await visitor.post('/settings/defaults', { name: 'notify.key' })).status).toBe(404);
    expect((await visitor.post('/settings/nowhere', {})).status).toBe(404);
  });

  test('a vault that was deleted since is named so', async () => {
    const { id } = await safe.owner.createVault({ name: 'Short' });
    await safe.owner.setSetting('vault.default', 'Short');
    await safe.owner.deleteVault(byName('Short'), 'Short');
    expect((await visitor.get('/settings')).text).toContain(`${id} (deleted)`);
  });

  test('a command is taken with the master password alone; clearing it needs none', async () => {
    const fields = await filled('programs', { 'notify.command': 'cat' });
    const without = await visitor.post('/settings/programs', fields);
    expect(without.status).toBe(422);
    expect(without.text).toContain('id="field-password-fault"');
    const wrong = await visitor.post('/settings/programs', { ...fields, password: 'not it at all' });
    expect(wrong.text).toContain('That is not the master password.');
    expect(await valueOf('notify.command')).toBe('');
    const right = await visitor.post('/settings/programs', { ...fields, password: PASSWORD });
    expect(right.status).toBe(303);
    expect(await valueOf('notify.command')).toBe('cat');
    expect(right.text + wrong.text).not.toContain(PASSWORD);
    await visitor.post('/settings/programs', await filled('programs', { 'notify.command': '' }));
    expect(await valueOf('notify.command')).toBe('');
  });

  test('wrong passwords make the next ones wait, here as at the lock', async () => {
    const fields = { ...(await filled('programs', { 'notify.command': 'cat' })), password: 'not it at all' };
    for (let n = 0; n < 3; n += 1) await visitor.post('/settings/programs', fields);
    const { text } = await visitor.post('/settings/programs', { ...fields, password: PASSWORD });
    expect(text).toContain('Too many wrong passwords.');
    const { status } = await visitor.post('/settings/password', { current: PASSWORD, next: 'x', again: 'x' });
    expect(status).toBe(422);
  });

  test.each([
    ['current', { current: '', next: NEW_PASSWORD, again: NEW_PASSWORD }, 'that it is now'],
    ['current', { current: 'wrong one', next: NEW_PASSWORD, again: NEW_PASSWORD }, 'not the master password'],
    ['next', { current: PASSWORD, next: 'short', again: 'short' }, 'fewer than 10 characters'],
    ['again', { current: PASSWORD, next: NEW_PASSWORD, again: 'another' }, 'not the same'],
  ])('another master password: what is wrong stands beside %s', async (field, fields, words) => {
    const { status, text } = await visitor.post('/settings/password', fields);
    expect(status).toBe(422);
    expect(text).toContain(`id="field-${field}-fault"`);
    expect(text).toContain(words);
    expect(text).not.toContain(PASSWORD);
    await (await safe.reopen()).close();
  });

  test('another master password ends every session, and is the only one that opens it then', async () => {
    await safe.owner.unlock(60_000);
    expect(sessions()).toHaveLength(2);
    const fields = { current: PASSWORD, next: NEW_PASSWORD, again: NEW_PASSWORD };
    expect((await visitor.post('/settings/password', fields)).headers.location).toBe('/unlock');
    expect(sessions()).toEqual([]);
    expect((await visitor.get('/settings')).status).toBe(303);
    expect((await visitor.get('/unlock')).text).toContain('The master password is changed');
    expect((await visitor.unlock()).status).toBe(422);
    expect((await visitor.unlock(NEW_PASSWORD)).status).toBe(303);
    await expect(safe.reopen()).rejects.toThrow();
    const { data } = await safe.owner.listEntries({ query: 'action:safe.passwd', limit: 1 });
    expect(data[0]?.transport).toBe('console');
  });

  test('ends every session, those of terminals too', async () => {
    await safe.owner.unlock(60_000);
    await visitor.post('/settings/sessions');
    expect(sessions()).toEqual([]);
    expect((await visitor.get('/unlock')).text).toContain('The session was ended.');
  });
});

browserTest(
  'a wrong value has the focus and words; the page is sound in every size and colour',
  async (stage) => {
    const { page, safe } = stage;
    await expectGoodLooks(stage, '/settings', 'settings');
    await page.getByLabel('The longest that a token may last').fill('soon');
    await page.keyboard.press('Enter');
    await page.getByText('pat.max-expiration takes a duration').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('field-pat.max-expiration');
    await expectSoundNow(page, 'settings-wrong');
    await page.getByLabel('The longest that a token may last').fill('3m');
    await page.keyboard.press('Enter');
    await page.getByText('Saved: pat.max-expiration.').waitFor();
    expect((await safe.owner.getSetting('pat.max-expiration')).value).toBe('3m');
    await page.getByRole('button', { name: 'Reset to default The longest' }).click();
    await page.getByText('pat.max-expiration is at its default again.').waitFor();
    await expectGoodLooks(stage, '/settings/password', 'settings-password');
    await page.getByLabel('New master password, again').press('Enter');
    await page.getByText('Type the master password that it is now.').waitFor();
    await expectSoundNow(page, 'settings-password-wrong');
  },
  {
    prepare: async ({ owner }) => {
      await owner.createVault({ name: 'A vault whose name goes on and on-'.repeat(3) });
      await owner.setSetting('vault.default', 'Personal');
      await owner.setSetting('notify.webhook', `https://hooks.example.com/${'long'.repeat(40)}`);
      await owner.setSetting('notify.command', 'notify-send Vouchsafe "An agent asks for your approval"');
    },
  },
);
