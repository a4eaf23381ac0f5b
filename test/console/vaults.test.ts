/** Vaults and their lists, over HTTP: what they show, what they do, and what they leave in the log. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

const SCRIPT = '<script>document.title="owned"</script>';

let safe: TestSafe;
let console_: TestConsole;
let owner: Visitor;

beforeEach(async () => {
  safe = await makeSafe();
  console_ = await consoleOn(safe);
  owner = await unlockedOn(console_);
});
afterEach(async () => {
  await console_.end();
  await safe.end();
});

async function vaultId(name: string): Promise<string> {
  return (await safe.owner.listVaults()).find((vault) => vault.name === name)!.id;
}

async function newest(action: string) {
  return (await safe.owner.listEntries({ query: `action:${action}`, limit: 10 })).data;
}

const faultAt = (text: string, at: string): string | undefined =>
  new RegExp(`id="field-${at}-fault">([^<]*)`).exec(text)?.[1];

/** Titles of the rows, in order. */
const rows = (text: string): readonly string[] =>
  [...text.matchAll(/<th scope="row" class="main"><a [^>]*>([^<]*)</g)].map(([, title = '']) => title);

describe('vaults', () => {
  test('are listed with their counts; the last one that goes leaves words of what to do first', async () => {
    await safe.owner.createItem(byName('Personal'), { type: 'note', title: 'One' });
    const { status, text } = await owner.get('/vaults');
    expect([status, rows(text), text.includes('>1</div>')]).toEqual([200, ['Personal'], true]);
    await owner.post(`/vaults/${await vaultId('Personal')}/delete`, { confirm: 'personal' });
    expect((await owner.get('/vaults')).text).toContain('There is no vault yet.');
  });

  test('are made, changed, and deleted by their name alone; all of it is in the log', async () => {
    const made = await owner.post('/vaults', { name: 'Production', description: 'What runs' });
    const id = await vaultId('Production');
    expect([made.status, made.headers.location]).toEqual([303, `/vaults/${id}`]);
    expect((await owner.get(`/vaults/${id}`)).text).toContain('There is nothing in this vault yet.');
    expect((await owner.get(`/vaults/${id}/edit`)).text).toContain('value="What runs"');
    await owner.post(`/vaults/${id}/edit`, { name: 'Live', description: '' });
    expect(await safe.owner.listVaults()).toEqual(
      expect.arrayContaining([expect.objectContaining({ id, name: 'Live', description: '' })]),
    );
    const wrong = await owner.post(`/vaults/${id}/delete`, { confirm: 'Production' });
    expect([wrong.status, faultAt(wrong.text, 'confirm')]).toEqual([422, 'Type its name: Live']);
    const right = await owner.post(`/vaults/${id}/delete`, { confirm: 'live' });
    expect([right.status, right.headers.location]).toEqual([303, '/vaults']);
    expect((await owner.get(`/vaults/${id}`)).status).toBe(404);
    for (const action of ['vault.create', 'vault.update', 'vault.delete'])
      expect((await newest(action))[0], action).toMatchObject({ transport: 'console', vault: { id } });
  });

  test.each([
    [{ name: '' }, 'name', 'Give it a name'],
    [{ name: 'personal' }, 'name', 'There is a vault of that name already.'],
    [{ name: 'x'.repeat(301) }, 'name', 'longer than 300'],
    [{ name: 'New', description: 'two\nlines' }, 'description', 'more than one line'],
  ])('a wrong form is shown again with what was typed: %j', async (fields, at, words) => {
    const { status, text } = await owner.post('/vaults', { description: 'as <typed>', ...fields });
    expect([status, faultAt(text, at)]).toEqual([422, expect.stringContaining(words)]);
    if (!('description' in fields)) expect(text).toContain('value="as &lt;typed&gt;"');
    expect(await newest('vault.create')).toHaveLength(1);
  });

  test('nothing is done without the token of the form', async () => {
    const id = await vaultId('Personal');
    for (const path of ['/vaults', `/vaults/${id}/edit`, `/vaults/${id}/delete`, `/vaults/${id}/new`])
      expect((await owner.post(path, { csrf: 'x', name: 'n', confirm: 'Personal' })).status, path).toBe(403);
    expect(await safe.owner.listVaults()).toHaveLength(1);
  });
});

describe('lists of items', () => {
  beforeEach(async () => {
    await safe.owner.createVault({ name: 'Production' });
    const fields = [
      { name: 'username', value: 'ops' },
      { name: 'password', value: 'canary-vaults-1' },
    ];
    const at = byName('Production');
    const urls = ['https://grafana.example.com/a?b=c', 'https://b.example.com'];
    await safe.owner.createItem(at, { type: 'login', title: 'Grafana', urls, tags: ['monitoring'], fields });
    await safe.owner.createItem(at, { type: 'note', title: 'Émile’s note' });
    await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'Mail', fields });
  });

  test('show title, type, user name, site and tags, and no secret', async () => {
    const { text } = await owner.get(`/vaults/${await vaultId('Production')}`);
    expect(rows(text)).toEqual(['Émile’s note', 'Grafana']);
    for (const part of ['Login', 'ops', 'grafana.example.com', 'and 1 more', 'monitoring'])
      expect(text).toContain(part);
    expect(text).not.toContain('canary');
  });

  test.each([
    ['q=grafana', ['Grafana']],
    ['q=OPS', ['Grafana', 'Mail']],
    ['q=emile+note', ['Émile’s note']],
    ['q=monitoring+example', ['Grafana']],
    ['type=login', ['Mail', 'Grafana']],
    ['type=login&q=mail', ['Mail']],
    ['q=canary', []],
  ])('a search over all vaults: %s', async (query, titles) => {
    const { status, text } = await owner.get(`/vaults?${query}`);
    expect([status, [...rows(text)].sort()]).toEqual([200, [...titles].sort()]);
    if (titles.length === 0) expect(text).toContain('No item is like that.');
  });

  test('a search in a vault stays in it, by type too', async () => {
    const path = `/vaults/${await vaultId('Production')}`;
    expect(rows((await owner.get(`${path}?q=ops`)).text)).toEqual(['Grafana']);
    expect(rows((await owner.get(`${path}?type=note`)).text)).toEqual(['Émile’s note']);
    expect(rows((await owner.get(`${path}?type=nonsense&page=-4`)).text)).toHaveLength(2);
  });

  test('the trash is a list of its own', async () => {
    const path = `/vaults/${await vaultId('Production')}`;
    expect((await owner.get(`${path}?trash=on`)).text).toContain('The trash is empty.');
    await safe.owner.trashItem({ item: byName('Grafana') });
    expect(rows((await owner.get(path)).text)).toEqual(['Émile’s note']);
    expect(rows((await owner.get(`${path}?trash=on`)).text)).toEqual(['Grafana']);
    expect(rows((await owner.get('/vaults?trash=on')).text)).toEqual(['Grafana']);
  });

  test('a vault and an item say which tokens reach them, and by what', async () => {
    const path = `/vaults/${await vaultId('Production')}`;
    expect((await owner.get(`${path}/access`)).text).toContain('No token reaches it.');
    await safe.token('whole', ['Production'], 'manager');
    await safe.token('elsewhere', ['Personal']);
    const { id } = await safe.token('single');
    await safe.owner.grant({ token: byName('single'), vault: byName('Production'), item: byName('Grafana') });
    const items = await safe.owner.listItems({ vault: byName('Production') });
    const of = async (title: string) =>
      rows((await owner.get(`/vaults/items/${items.find((item) => item.title === title)!.id}/access`)).text);
    const { text } = await owner.get(`${path}/access`);
    expect([[...rows(text)].sort(), text.includes(`/tokens/${id}`)]).toEqual([['single', 'whole'], true]);
    expect([...(await of('Grafana'))].sort()).toEqual(['single', 'whole']);
    expect(await of('Émile’s note')).toEqual(['whole']);
  });

  test('has pages of fifty', async () => {
    for (let n = 0; n < 60; n += 1)
      await safe.owner.createItem(byName('Personal'), { type: 'custom', title: `Item ${String(100 + n)}` });
    const path = `/vaults/${await vaultId('Personal')}`;
    const first = (await owner.get(path)).text;
    expect([rows(first).length, first.includes('1–50 of 61'), first.includes(`href="${path}?page=2"`)]).toEqual([
      50,
      true,
      true,
    ]);
    expect(rows((await owner.get(`${path}?page=2`)).text)).toHaveLength(11);
    expect(rows((await owner.get(`${path}?page=99&q=item`)).text)).toHaveLength(10);
  });

  test('leave no entry, and take what is a script in a name as text', async () => {
    const before = (await safe.owner.listEntries({ query: '', limit: 1 })).data[0]!.seq;
    await safe.owner.createVault({ name: `V ${SCRIPT}`, description: SCRIPT });
    const item = { type: 'login', title: `T ${SCRIPT}`, tags: [SCRIPT], urls: [`https://x/${SCRIPT}`] };
    const { vault_id: id } = await safe.owner.createItem(byName(`V ${SCRIPT}`), item);
    for (const path of ['/vaults', `/vaults/${id}`, '/vaults?q=script', `/vaults/${id}/new`, `/vaults/${id}/delete`]) {
      const { text } = await owner.get(path);
      expect([text.includes(SCRIPT), text.includes('&lt;script&gt;')], path).toEqual([false, true]);
    }
    expect((await safe.owner.listEntries({ query: '', limit: 1 })).data[0]!.seq).toBe(before + 2);
  });
});
