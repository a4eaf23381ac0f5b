/** A page of the console used by its keys alone. Wherever the focus stops, it must be seen. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** More stops than any page of the tests has. */
const STOPS_AT_MOST = 80;

/** What has the focus, as it is called: by its label, or by the text in it; nothing where nothing has it. */
const NAME = `(() => {
  const at = document.activeElement;
  if (at === document.body) return '';
  const label = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
  return label.replace(/\\s+/g, ' ').trim();
})()`;

/** Whether it shows that it has the focus, and is in the window. */
const IS_SEEN = `(() => {
  const at = document.activeElement;
  const { top, bottom, width, height } = at.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  // in a drawing that is stretched, the ground of a link is drawn round
  const ground = at.querySelector('rect.ground');
  const isDrawn = ground !== null && getComputedStyle(ground).stroke !== 'none';
  const isMarked = isDrawn || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2);
  return isMarked && width > 0 && height > 0 && bottom > 0 && top < innerHeight;
})()`;

/** The name of what has the focus. */
export async function focused(page: Page): Promise<string> {
  return page.evaluate<string>(NAME);
}

/** What has the focus is marked, and in the window. */
export async function expectSeen(page: Page): Promise<void> {
  expect(await page.evaluate(IS_SEEN), `the focus on ${await focused(page)} is not seen`).toBe(true);
}

/** Presses Tab, or Shift+Tab, until something has the focus that is called so; fails where nothing is. */
export async function tabTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < STOPS_AT_MOST; stop += 1) {
    await page.keyboard.press(key);
    const at = await focused(page);
    if (at !== '') await expectSeen(page);
    if (name.test(at)) return;
    passed.push(at.slice(0, 40));
  }
  throw new Error(`no stop is called ${String(name)}: ${passed.join(' | ')}`);
}

/** As {@link tabTo}, and then Enter, which leads to another page. */
export async function enter(page: Page, name: RegExp): Promise<void> {
  await tabTo(page, name);
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
}

/** Presses `g` and a letter, which leads to an area. */
export async function goBy(page: Page, letter: string): Promise<void> {
  await page.keyboard.press('g');
  await Promise.all([page.waitForEvent('load'), page.keyboard.press(letter)]);
}
