/** The page that explains the words: every link to a word leads to it, and every example of a query is one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLES } from '../../src/console/activity/query-words.js';
import { WORDS } from '../../src/console/help/words.js';
import { parseQuery } from '../../src/core/query.js';
import { makeSafe, type TestSafe } from '../support/safe.js';
import { browserTest, expectGoodLooks } from './browser.js';
import { consoleOn, type TestConsole, unlockedOn, type Visitor } from './client.js';

describe('over HTTP', () => {
  let safe: TestSafe;
  let console: TestConsole;
  let visitor: Visitor;

  beforeAll(async () => {
    safe = await makeSafe();
    console = await consoleOn(safe);
    visitor = await unlockedOn(console);
  });
  afterAll(async () => {
    await console.end();
    await safe.end();
  });

  test('explains each word once, at an anchor of its own', async () => {
    const { text } = await visitor.get('/help');
    for (const { id, word } of WORDS) {
      expect(text.split(`id="${id}"`)).toHaveLength(2);
      expect(text).toContain(`<a href="/help#${id}">${word}</a>`);
    }
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('links to it from pages lead to words that are there, and its own lead to pages', async () => {
    const pages = ['/settings', '/activity', '/help'];
    const texts = await Promise.all(pages.map(async (path) => (await visitor.get(path)).text));
    const anchors = new Set([...(texts[2] ?? '').matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = texts.flatMap((text) => [...text.matchAll(/href="(?:\/help)?#([^"]+)"/g)].map(([, id = '']) => id));
    expect(links.length).toBeGreaterThan(WORDS.length);
    expect(links.filter((id) => !anchors.has(id) && id !== 'content')).toEqual([]);
    for (const [, path = ''] of (texts[2] ?? '').matchAll(/href="(\/[a-z/]+)[?"#]/g))
      expect([path, (await visitor.get(path)).status]).toEqual([path, 200]);
  });

  test.each(EXAMPLES)('%s is a query', (query) => {
    expect(parseQuery(query).length).toBeGreaterThan(0);
  });
});

browserTest('help is reached from the dialog of keys, and is sound in every size and colour', async (stage) => {
  const { page, origin } = stage;
  await page.keyboard.press('?');
  await page.getByRole('link', { name: 'Help: the words' }).click();
  await page.waitForURL(`${origin}/help`);
  await expectGoodLooks(stage, '/help', 'help');
});
