/** Items over HTTP: made, read, changed, moved and ended; which entries that leaves, and that no secret is where nobody asked for it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ITEM_TYPES } from '../../src/core/model.js';
import { standardFields } from '../../src/core/item-type.js';
import type { ItemShape } from '../../src/core/shapes.js';
import { byId, byName, makeSafe, type TestSafe } from '../support/safe.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

const SCRIPT = '<script>document.title="owned"</script>';
const SEED = 'JBSWY3DPEHPK3PXP';
const JSON_ONLY = { accept: 'application/json' };

let safe: TestSafe;
let console_: TestConsole;
let owner: Visitor;
let vault: string;

beforeEach(async () => {
  safe = await makeSafe();
  vault = (await safe.owner.listVaults())[0]!.id;
  console_ = await consoleOn(safe);
  owner = await unlockedOn(console_);
});
afterEach(async () => {
  await console_.end();
  await safe.end();
});

const faultAt = (text: string, at: string): string | undefined =>
  new RegExp(`id="field-${at}-fault">([^<]*)`).exec(text)?.[1];

const seq = async (): Promise<number> => (await safe.owner.listEntries({ query: '', limit: 1 })).data[0]!.seq;
const since = async (from: number) =>
  (await safe.owner.listEntries({ query: `seq:${String(from + 1)}..`, limit: 50 })).data;
const all = async (id: string): Promise<ItemShape> => safe.owner.viewItem({ item: byId(id) }, 'all');
const valueOf = ({ fields }: ItemShape, name: string): string | undefined =>
  fields.find((field) => field.name === name)?.value;
const pathOf = (id: string, part = ''): string => `/vaults/items/${id}${part}`;

async function login(title = 'Mail'): Promise<ItemShape> {
  return safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title,
    urls: ['https://mail.example.com', 'https://imap.example.com'],
    tags: ['mail'],
    fields: [
      { name: 'username', value: 'me' },
      { name: 'password', value: 'canary-item-1' },
      { name: 'totp', value: SEED },
      { section: 'Recovery', name: 'a code/b', kind: 'note', value: 'canary-item-2\n  two  ' },
      { section: 'Recovery', name: 'phone', value: '+41 44' },
      { name: 'portal', kind: 'url', value: 'https://portal.example.com' },
    ],
  });
}

/** What the form of an item sends if nobody touches it. */
async function untouched(id: string): Promise<Record<string, string>> {
  const { text } = await owner.get(pathOf(id, '/edit'));
  const main = /<form[^>]*id="item-form".*?<\/form>/s.exec(text)![0];
  const inputs = [...main.matchAll(/<input type="(?:text|hidden|password)"[^>]*>/g)].map(([tag]) => tag);
  const attribute = (tag: string, name: string): string => new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? '';
  const areas = [...main.matchAll(/<textarea[^>]* name="([^"]*)"[^>]*>([^<]*)</g)];
  return Object.fromEntries([
    ...inputs.map((tag): [string, string] => [attribute(tag, 'name'), attribute(tag, 'value')]),
    ...areas.map(([, name = '', value = '']): [string, string] => [name, value]),
  ]);
}

describe('a new item', () => {
  test('has a form for each type, with its standard fields; no concealed one has a value', async () => {
    expect((await owner.get(`/vaults/${vault}/new`)).text).toContain(`/vaults/${vault}/new?type=ssh-key`);
    for (const type of ITEM_TYPES) {
      const { status, text } = await owner.get(`/vaults/${vault}/new?type=${type}`);
      expect(status, type).toBe(200);
      for (const { name } of standardFields(type)) expect(text, type).toContain(`name="f-${name}"`);
    }
  });

  test('is kept with all that was typed', async () => {
    const made = await owner.post(`/vaults/${vault}/new`, {
      type: 'login',
      title: ' Grafana ',
      'f-username': 'ops',
      'f-password': ' exact canary-item-3 ',
      'f-totp': SEED,
      sites: 'https://a.example.com\r\n\r\n https://b.example.com ',
      tags: 'ops\nmonitoring, all of it',
      'x0-name': 'pin',
      'x0-section': 'Phone',
      'x0-kind': 'secret',
      'x0-value': 'canary-item-4',
      'x1-name': '',
      'x1-kind': 'text',
      'x2-name': 'since',
      'x2-kind': 'date',
      'x2-value': '2024-05',
    });
    const [{ id } = { id: '' }] = await safe.owner.listItems({});
    expect([made.status, made.headers.location]).toEqual([303, pathOf(id)]);
    const item = await all(id);
    expect([item.title, item.urls, item.tags]).toEqual([
      'Grafana',
      ['https://a.example.com', 'https://b.example.com'],
      ['ops', 'monitoring, all of it'],
    ]);
    expect(item.fields.map(({ section, name, kind, value }) => [section, name, kind, value])).toEqual([
      [undefined, 'username', 'text', 'ops'],
      [undefined, 'password', 'secret', ' exact canary-item-3 '],
      [undefined, 'totp', 'totp', SEED],
      ['Phone', 'pin', 'secret', 'canary-item-4'],
      [undefined, 'since', 'date', '2024-05'],
      [undefined, 'url', 'url', 'https://a.example.com'],
      [undefined, 'url-2', 'url', 'https://b.example.com'],
    ]);
    const { text } = await owner.get(pathOf(id));
    expect(text).not.toContain('canary');
    expect(text).not.toContain(SEED);
  });

  test('can have a secret that the program makes', async () => {
    const form = { type: 'login', title: 'Made', 'make-f-password': 'on' };
    await owner.post(`/vaults/${vault}/new`, { ...form, made: 'password', 'made-length': '40', 'made-plain': 'on' });
    const [{ id } = { id: '' }] = await safe.owner.listItems({});
    expect(valueOf(await all(id), 'password')).toMatch(/^[A-Za-z0-9]{40}$/);
  });

  test.each([
    [{ title: '' }, 'title', 'Give it a title.'],
    [{ tags: 'x'.repeat(301) }, 'tags', 'longer than 300'],
    [{ sites: 'https://a\u202e' }, 'sites', 'invisible'],
    [{ 'f-totp': 'no seed!' }, 'f-totp', 'not base32'],
    [{ 'x0-kind': 'date', 'x0-name': 'since', 'x0-value': 'yesterday' }, 'x0-value', 'is not a date'],
    [{ 'x0-value': 'lonely', 'x0-name': '' }, 'x0-name', 'Give the field a name.'],
    [{ 'f-username': 'a', 'x0-name': 'USERNAME', 'x0-value': 'b' }, 'x0-name', 'of that name already'],
    [{ 'make-f-password': 'on', 'made-length': '3' }, 'made-length', '8 to 256'],
    [{ 'make-f-password': 'on', made: 'words', 'made-words': 'many' }, 'made-words', 'no whole number'],
  ])('with a fault the form is shown again, without its secrets: %j', async (fields, at, words) => {
    const form = { type: 'login', title: 'T', 'f-password': 'canary-item-5', 'f-username': 'typed <b>' };
    const { status, text } = await owner.post(`/vaults/${vault}/new`, { ...form, ...fields });
    expect([status, faultAt(text, at)]).toEqual([422, expect.stringContaining(words)]);
    expect(text).toContain('they must be typed again');
    expect(text).not.toContain('canary');
    if (!('f-username' in fields)) expect(text).toContain('typed &lt;b&gt;');
    expect(await safe.owner.listItems({})).toEqual([]);
  });

  test('that is too large is refused in words', async () => {
    const form = { type: 'note', title: 'Big', 'f-text': 'x'.repeat(70_000) };
    const { status, text } = await owner.post(`/vaults/${vault}/new`, form);
    expect([status, text.includes('larger than 64 KiB'), text.includes('xxxx')]).toEqual([422, true, false]);
  });

  test('the generator answers the script with what was asked for, and keeps nothing', async () => {
    const before = await seq();
    const make = async (fields: Record<string, string>) =>
      owner.post('/vaults/generate', fields, JSON_ONLY).then(({ text }) => JSON.parse(text) as { value: string });
    expect((await make({})).value).toHaveLength(24);
    expect((await make({ made: 'words', 'made-words': '4' })).value.split(/[^a-z]+/i).length).toBeGreaterThan(3);
    const wrong = await owner.post('/vaults/generate', { 'made-length': '1000' }, JSON_ONLY);
    expect([wrong.status, wrong.text.includes('8 to 256')]).toEqual([422, true]);
    expect((await owner.post('/vaults/generate', { csrf: 'x' })).status).toBe(403);
    expect(await seq()).toBe(before);
  });
});

describe('a secret', () => {
  test('is given for one field at a time, and each time is one entry', async () => {
    const { id } = await login();
    const before = await seq();
    for (const part of ['', '/edit', '/history', '/move', '/delete'])
      expect((await owner.get(pathOf(id, part))).text, part).not.toContain('canary');
    expect(await seq()).toBe(before);
    const given = await owner.post(pathOf(id, '/reveal'), { field: 'password' }, JSON_ONLY);
    expect([JSON.parse(given.text), given.headers['cache-control']]).toEqual([{ value: 'canary-item-1' }, 'no-store']);
    const entries = await since(before);
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ action: 'item.read', fields: ['password'], transport: 'console' });
    expect(JSON.stringify(entries)).not.toContain('canary');
  });

  test('without script is a page that is kept nowhere and goes back by itself', async () => {
    const { id } = await login();
    const page = await owner.post(pathOf(id, '/reveal'), { field: 'Recovery/a code/b' });
    expect([page.status, page.headers['cache-control'], page.headers['refresh']]).toEqual([
      200,
      'no-store',
      `30; url=${pathOf(id)}`,
    ]);
    expect(page.text).toContain('canary-item-2\n  two  ');
    expect(/<title>([^<]*)/.exec(page.text)![1]).not.toContain('canary');
    expect(page.text).not.toContain('canary-item-1');
  });

  test.each([
    ['', 422],
    ['nothing', 404],
  ])('of a field that is not there: %j', async (field, status) => {
    const { id } = await login();
    const before = await seq();
    expect((await owner.post(pathOf(id, '/reveal'), { field })).status).toBe(status);
    expect(await seq()).toBe(before);
  });

  test('is not given without the token of the form, or by GET', async () => {
    const { id } = await login();
    const before = await seq();
    for (const part of ['/reveal', '/code'])
      expect((await owner.post(pathOf(id, part), { csrf: 'x', field: 'password' }, JSON_ONLY)).status).toBe(403);
    for (const part of ['/reveal?field=password', '/code'])
      expect((await owner.get(pathOf(id, part))).status).toBe(404);
    expect(await seq()).toBe(before);
  });

  test('one-time codes come one at a time, each with its entry', async () => {
    const { id } = await login();
    const before = await seq();
    const given = await owner.post(pathOf(id, '/code'), {}, JSON_ONLY);
    const code = JSON.parse(given.text) as { code: string; seconds_left: number };
    expect([/^\d{6}$/.test(code.code), code.seconds_left > 0 && code.seconds_left <= 30]).toEqual([true, true]);
    const page = await owner.post(pathOf(id, '/code'));
    expect(page.text).toContain(code.code);
    expect((await since(before)).map(({ action }) => action)).toEqual(['item.totp', 'item.totp']);
    const { id: bare } = await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Bare' });
    expect((await owner.post(pathOf(bare, '/code'), {}, JSON_ONLY)).status).toBe(404);
  });
});

describe('an edit', () => {
  test('of nothing changes nothing, also where a value has what nobody sees', async () => {
    const { id } = await login();
    await safe.owner.updateItem({ item: byId(id) }, { set: { username: '\nme\u202e\ttoo\r\nand\rthree' } });
    const sent = await untouched(id);
    const before = await seq();
    const { status, headers } = await owner.post(pathOf(id, '/edit'), sent);
    expect([status, headers.location, await seq()]).toEqual([303, pathOf(id), before]);
  });

  test('changes what was typed and nothing else; a secret that is left empty stays', async () => {
    const { id } = await login();
    const sent = await untouched(id);
    const before = await seq();
    const further = { 'x0-name': 'extra', 'x0-kind': 'secret', 'x0-value': 'canary-item-6' };
    const typed = { title: 'Post', 'f-username': '', 'f-totp': '', sites: 'https://new.example.com', ...further };
    const { status } = await owner.post(pathOf(id, '/edit'), { ...sent, ...typed, 'drop-f-totp': 'on' });
    expect(status).toBe(303);
    const item = await all(id);
    expect(item.fields.map(({ section, name, value }) => [section, name, value])).toEqual([
      [undefined, 'password', 'canary-item-1'],
      ['Recovery', 'a code/b', 'canary-item-2\n  two  '],
      ['Recovery', 'phone', '+41 44'],
      [undefined, 'portal', 'https://portal.example.com'],
      [undefined, 'url', 'https://new.example.com'],
      [undefined, 'extra', 'canary-item-6'],
    ]);
    expect([item.title, item.tags, item.revision]).toEqual(['Post', ['mail'], 2]);
    expect((await since(before)).filter(({ transport }) => transport === 'console')).toHaveLength(1);
  });

  test('takes new secrets, typed or made, and more sites', async () => {
    const { id } = await login();
    const sent = await untouched(id);
    await owner.post(pathOf(id, '/edit'), {
      ...sent,
      'f-password': 'canary-item-7',
      sites: `${sent['sites']!}\nhttps://third.example.com`,
    });
    const item = await all(id);
    expect([valueOf(item, 'password'), item.urls.length, valueOf(item, 'url-3')]).toEqual([
      'canary-item-7',
      4,
      'https://third.example.com',
    ]);
    await owner.post(pathOf(id, '/edit'), { ...(await untouched(id)), 'make-f-password': 'on' });
    expect(valueOf(await all(id), 'password')).toMatch(/^\S{24}$/);
  });

  test('after a change by somebody else is told, and what was typed is kept, but for secrets', async () => {
    const { id } = await login();
    const sent = await untouched(id);
    await safe.owner.updateItem({ item: byId(id) }, { set: { username: 'theirs' } });
    const typed = { ...sent, 'f-username': 'mine', 'f-password': 'canary-item-8' };
    const { status, text } = await owner.post(pathOf(id, '/edit'), typed);
    expect([status, text.includes('is at revision 2 now'), text.includes('value="mine"')]).toEqual([409, true, true]);
    expect(text).toContain('It is “theirs” now.');
    expect(text).not.toContain('canary');
    expect(valueOf(await all(id), 'username')).toBe('theirs');
    const again = await owner.post(pathOf(id, '/edit'), { ...typed, revision: '2' });
    expect([again.status, valueOf(await all(id), 'password')]).toEqual([303, 'canary-item-8']);
  });

  test('with a fault is shown again at its field', async () => {
    const { id } = await login();
    const sent = await untouched(id);
    const typed = { ...sent, 'f-portal': 'x\u200bx', 'f-totp': 'no!', 'f-password': 'canary-item-9' };
    const { status, text } = await owner.post(pathOf(id, '/edit'), typed);
    expect([status, faultAt(text, 'f-portal'), faultAt(text, 'f-totp')]).toEqual([
      422,
      expect.stringContaining('invisible'),
      expect.stringContaining('base32'),
    ]);
    expect(text).not.toContain('canary');
  });
});

describe('the life of an item', () => {
  test('its history is shown without values, and goes back by POST', async () => {
    const { id } = await login();
    await safe.owner.updateItem({ item: byId(id) }, { title: 'Second', set: { password: 'canary-item-10' } });
    const { text } = await owner.get(pathOf(id, '/history'));
    expect([text.includes('2 revisions'), text.includes('Second'), text.includes('canary')]).toEqual([
      true,
      true,
      false,
    ]);
    const back = await owner.post(pathOf(id, '/revert'), { revision: '1' });
    expect([back.status, back.headers.location]).toEqual([303, pathOf(id)]);
    const item = await all(id);
    expect([item.title, valueOf(item, 'password'), item.revision]).toEqual(['Mail', 'canary-item-1', 3]);
    await owner.post(pathOf(id, '/revert'), { revision: '77' });
    expect((await owner.get(pathOf(id, '/history'))).text).toContain('There is no such revision any more.');
  });

  test('it moves to another vault', async () => {
    const { id } = await login();
    expect((await owner.get(pathOf(id, '/move'))).text).toContain('There is no other vault yet.');
    const { id: to } = await safe.owner.createVault({ name: 'Work' });
    const wrong = await owner.post(pathOf(id, '/move'), { vault: '' });
    expect([wrong.status, faultAt(wrong.text, 'vault')]).toEqual([422, 'Choose a vault.']);
    const { status, headers } = await owner.post(pathOf(id, '/move'), { vault: to });
    const [moved] = await safe.owner.listItems({ vault: byId(to) });
    expect([status, headers.location]).toEqual([303, pathOf(moved!.id)]);
    expect((await owner.get(pathOf(id))).status).toBe(404);
  });

  test('it goes to the trash, back, and is deleted by its title alone', async () => {
    const { id, vault_id: at } = await login();
    expect((await owner.post(pathOf(id, '/trash'))).headers.location).toBe(`/vaults/${at}`);
    const { text } = await owner.get(pathOf(id));
    expect([text.includes('It is in the trash.'), text.includes('/edit"')]).toEqual([true, false]);
    expect((await owner.post(pathOf(id, '/restore'))).headers.location).toBe(pathOf(id));
    await owner.post(pathOf(id, '/trash'));
    const wrong = await owner.post(pathOf(id, '/delete'), { confirm: 'Main' });
    expect([wrong.status, faultAt(wrong.text, 'confirm')]).toEqual([422, 'Type its title: Mail']);
    const before = await seq();
    expect((await owner.post(pathOf(id, '/delete'), { confirm: 'mail' })).headers.location).toBe(`/vaults/${at}`);
    expect((await since(before)).map(({ action }) => action)).toEqual(['item.delete']);
    expect((await owner.get(pathOf(id))).status).toBe(404);
  });

  test('nothing is done without the token of the form', async () => {
    const { id, revision } = await login();
    for (const part of ['edit', 'trash', 'restore', 'delete', 'move', 'revert'])
      expect((await owner.post(pathOf(id, `/${part}`), { csrf: 'x', confirm: 'Mail' })).status, part).toBe(403);
    expect((await all(id)).revision).toBe(revision);
  });

  test('what is a script in it is text on every page', async () => {
    const fields = [
      { section: SCRIPT, name: SCRIPT, value: SCRIPT },
      { name: `s${SCRIPT}`, kind: 'secret' as const, value: SCRIPT },
    ];
    const item = { type: 'custom', title: SCRIPT, tags: [SCRIPT], urls: [`javascript:alert(1)//${SCRIPT}`], fields };
    const { id } = await safe.owner.createItem(byName('Personal'), item);
    await safe.owner.updateItem({ item: byId(id) }, { title: `${SCRIPT} 2` });
    for (const part of ['', '/edit', '/history', '/move', '/delete']) {
      const { status, text } = await owner.get(pathOf(id, part));
      expect([status, text.includes(SCRIPT), text.includes('href="javascript')], part).toEqual([200, false, false]);
    }
    const shown = await owner.post(pathOf(id, '/reveal'), { field: `s${SCRIPT}` });
    expect([shown.status, shown.text.includes(SCRIPT)]).toEqual([200, false]);
  });

  test('one that is not there is not found, whatever is asked of it', async () => {
    for (const id of ['x'.repeat(32), 'Mail', '%2e%2e'])
      for (const part of ['', '/edit', '/history', '/move', '/delete'])
        expect((await owner.get(pathOf(id, part))).status, `${id}${part}`).toBe(404);
  });
});
