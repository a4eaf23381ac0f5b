/** The log's pages, over HTTP and in a browser. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { activityOf } from '../../src/console/activity/activity.js';
import { ask, byName, makeSafe, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks } from './browser.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

const HOSTILE = `<script>document.title='owned'</script>`;

/** Accesses and refusals of one token; gives its id. */
async function populate({ owner, ...safe }: TestSafe): Promise<string> {
  await owner.createVault({ name: 'Production' });
  const fields = [{ name: 'password', value: 'canary-activity-1' }];
  for (const title of ['Orders database', 'Status page'])
    await owner.createItem(byName('Production'), { type: 'login', title, fields });
  const bot = await safe.token('deploy-bot', ['Production']);
  const door = await safe.agent(bot.token);
  await ask(door, 'get_item', { item: 'Orders database', reason: 'Run the migration of release 4.2 on orders' });
  await ask(door, 'get_item', { item: 'Status page', reason: 'Post the maintenance window for tonight' });
  await ask(door, 'get_item', { item: 'Payroll', reason: HOSTILE });
  return bot.id;
}

describe('over HTTP', () => {
  let safe: TestSafe;
  let console: TestConsole;
  let visitor: Visitor;
  let bot: string;

  beforeAll(async () => {
    safe = await makeSafe();
    bot = await populate(safe);
    console = await consoleOn(safe);
    visitor = await unlockedOn(console);
  }, 60_000);
  afterAll(async () => {
    await console.end();
    await safe.end();
  });

  const decoded = (text: string): string =>
    text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&');
  const linked = (text: string, path: RegExp): string[] =>
    [...text.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => decoded(href)).filter((href) => path.test(href));
  const entriesIn = (text: string): string[] => [...new Set(linked(text, /^\/activity\/\d+$/))];

  test('lists accesses and refusals with their reasons, and a script in one is text', async () => {
    const { status, text } = await visitor.get('/activity?token=deploy-bot');
    expect(status).toBe(200);
    expect(text).toContain('Run the migration of release 4.2 on orders');
    expect(text).toContain('not_found');
    expect(text).toContain('&lt;script&gt;document.title=');
    expect(text).not.toContain('<script>document');
    expect(text).not.toContain('Older');
    expect(entriesIn(text)).toHaveLength(3);
  });

  test('takes a token by id, an outcome and a query', async () => {
    const { text } = await visitor.get(`/activity?token=${bot}&outcome=granted&q=title%3A%22Status+page%22`);
    expect(text).toContain('Activity of deploy-bot');
    expect(entriesIn(text)).toHaveLength(1);
    const none = await visitor.get('/activity?q=staging-nowhere');
    expect(none.text).toContain('No entry is like that.');
  });

  test.each([
    ['q', 'q=outcome:granted+colour:red', 'unknown qualifier', true],
    ['q', 'token=deploy-bot&q=vault:Nowhere', 'Nowhere', false],
    ['token', 'token=nobody', 'token', false],
    ['outcome', 'outcome=maybe', 'There is no such outcome.', false],
  ])('what is wrong stands beside %s (%s)', async (field, query, words, hasCaret) => {
    for (const path of ['/activity', '/activity/plots']) {
      const { status, text } = await visitor.get(`${path}?${query}`);
      expect(status).toBe(422);
      expect(text).toContain(`id="field-${field}-fault"`);
      expect(text).toContain(words);
      expect(text.includes(`${' '.repeat('outcome:granted '.length)}^</pre>`)).toBe(hasCaret);
    }
  });

  test('goes on by cursor', async () => {
    for (let n = 0; n < 55; n += 1) await safe.owner.createVault({ name: `Vault ${String(n)}` });
    const first = await visitor.get('/activity');
    const [older = ''] = linked(first.text, /cursor=/);
    const second = await visitor.get(older);
    const seen = [...entriesIn(first.text), ...entriesIn(second.text)];
    expect(new Set(seen).size).toBe(seen.length);
    expect(entriesIn(first.text)).toHaveLength(50);
    expect(second.text).toContain('>Newest</a>');
  });

  test('one entry has its facts, its neighbours and its proof', async () => {
    const [path = ''] = entriesIn((await visitor.get('/activity?q=title:Orders+agent:*')).text);
    const detail = await safe.owner.showEntry(Number(path.split('/').at(-1)));
    const { text } = await visitor.get(path);
    for (const part of [detail.entry.hash, detail.proof.prev, detail.proof.signature ?? '', 'verified', 'test-client'])
      expect(text).toContain(part);
    expect(entriesIn(text)).toEqual(
      expect.arrayContaining(detail.neighbours.map(({ seq }) => `/activity/${String(seq)}`)),
    );
    expect((await visitor.get('/activity/999999')).status).toBe(404);
    expect((await visitor.get('/activity/x')).status).toBe(404);
  });

  test('every cell of the plots leads to as many entries as it says', async () => {
    const { text } = await visitor.get(`/activity/plots?token=${bot}`);
    const cells = [...text.matchAll(/<a class="level-\d" href="([^"]+)"[^>]*>.*?<\/span>(\d+)<\/a>/gs)];
    expect(cells.length).toBeGreaterThanOrEqual(3);
    for (const [, href = '', count] of cells) {
      const behind = await visitor.get(decoded(href));
      expect(behind.status).toBe(200);
      expect(entriesIn(behind.text)).toHaveLength(Number(count));
    }
    const [day = ''] = linked(text, /created%3A\d+-\d+-\d+$/);
    expect(entriesIn((await visitor.get(day)).text)).toHaveLength(3);
  });

  test('of a long log, sums are drawn from the newest entries, which is said; all of it is a link away', async () => {
    for (let n = 0; n < 12; n += 1) await safe.owner.createVault({ name: `Shelf ${String(n)}` });
    const short = await consoleOn(safe, { areas: [activityOf({ counted: 10, opened: 5 })] });
    try {
      const reader = await unlockedOn(short);
      const { text } = await reader.get('/activity/plots');
      expect(text).toMatch(/Drawn from the newest 10 of \d+ entries\./);
      const counts = [...text.matchAll(/<a class="level-\d" href="([^"]+)"[^>]*>.*?<\/span>(\d+)<\/a>/gs)];
      expect(counts.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(10);
      const [, href = ''] = counts[0] ?? [];
      expect(decoded(href)).toContain('seq%3A%3E%3D');
      const [whole = ''] = linked(text, /^\/activity\/plots.*seq%3A%3E%3D1$/);
      expect((await reader.get(whole)).text).not.toContain('Drawn from');
      const asked = await reader.get('/activity/plots?q=seq%3A1..15');
      expect(asked.text).not.toContain('Drawn from');
      const unusual = await reader.get('/activity/unusual');
      expect(unusual.text).toMatch(/Drawn from the newest 5 of \d+ entries\./);
      expect((await reader.get('/activity/unusual?whole=1')).text).not.toContain('Drawn from');
    } finally {
      await short.end();
    }
    expect((await visitor.get('/activity/plots')).text).not.toContain('Drawn from');
  });

  test('exports what is shown, recorded', async () => {
    const answered = await visitor.post('/activity/export', {
      token: 'deploy-bot',
      outcome: 'granted',
      format: 'jsonl',
    });
    expect(answered.headers['content-disposition']).toMatch(/^attachment/);
    expect(answered.text.trim().split('\n')).toHaveLength(2);
    const { data } = await safe.owner.listEntries({ query: 'action:audit.export', limit: 1 });
    expect(data[0]?.transport).toBe('console');
    const wrong = await visitor.post('/activity/export', { q: 'colour:red' });
    expect(wrong.status).toBe(303);
  });

  test('the rows for the live tail come alone, and the page of what is unusual is there', async () => {
    const { text } = await visitor.get('/activity/rows?token=deploy-bot', { 'X-Background': '1' });
    expect(text).toMatch(/^<!doctype html>\n<div id="activity-rows" data-newest="\d+">/);
    expect(text).toContain('&lt;script&gt;');
    expect((await visitor.get('/activity/unusual')).status).toBe(200);
  });
});

browserTest(
  'the list follows what happens; plots lead to entries, an entry to its proof',
  async (stage) => {
    const { page, safe, go } = stage;
    await go('/activity');
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByText('Following').waitFor();
    await safe.owner.createVault({ name: 'Made while live' });
    await page.getByText('Made while live').waitFor();
    await page.getByRole('button', { name: 'Live' }).click();
    await page.getByLabel('Query').fill('outcome:refused agent:*');
    await page.keyboard.press('Enter');
    await page.getByText(HOSTILE).waitFor();
    await page.locator('#activity-rows a').first().click();
    await page.getByRole('heading', { name: 'Proof' }).waitFor();
    await go('/activity/plots');
    await page.locator('.activity-grid .level-4').first().click();
    await page.locator('#activity-rows table').waitFor();
  },
  {
    prepare: async (safe) => {
      await populate(safe);
    },
  },
);

browserTest(
  'its pages are sound in every size and colour',
  async (stage) => {
    const { page, go } = stage;
    await go('/activity?q=outcome:refused+agent:*');
    await page.locator('#activity-rows a').first().click();
    await page.getByRole('heading', { name: 'Proof' }).waitFor();
    const entry = new URL(page.url()).pathname;
    await expectGoodLooks(stage, '/activity', 'activity');
    await expectGoodLooks(stage, '/activity?q=outcome:granted+colour:red', 'activity-wrong');
    await expectGoodLooks(stage, '/activity/plots', 'activity-plots');
    await expectGoodLooks(stage, entry, 'activity-entry');
  },
  {
    prepare: async (safe) => {
      await populate(safe);
    },
  },
);
