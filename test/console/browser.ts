/**
 * The console in Debian's Chromium. Without one, these tests are skipped and say so; where VOUCHSAFE_REQUIRE_BROWSER is 1,
 * as in the checks of every change, they fail. A test also fails by an error on the page's console, by a violation of its
 * policy, and by a request to another origin.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, expect, test } from 'vitest';
import type { Area } from '../../src/console/area.js';
import { makeSafe, PASSWORD, type TestSafe } from '../support/safe.js';
import { consoleOn } from './client.js';

const CHROMIUM = '/usr/bin/chromium';
const IS_REQUIRED = process.env['VOUCHSAFE_REQUIRE_BROWSER'] === '1';
const IS_THERE = existsSync(CHROMIUM);
const FLAGS = `--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
  --disable-component-update --disable-sync`.split(/\s+/);

if (!IS_THERE && !IS_REQUIRED)
  process.stderr.write(`Left out: the tests of the console in a browser. To run them: apt-get install chromium\n`);

let browser: Promise<Browser> | undefined;
afterAll(async () => (await browser)?.close());

function launch(): Promise<Browser> {
  if (!IS_THERE) throw new Error(`There is no ${CHROMIUM}: apt-get install chromium`);
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  return browser;
}

/** What a test in the browser is given: a safe of its own, and a page of the console on it, unlocked. */
export interface Stage {
  readonly safe: TestSafe;
  readonly page: Page;
  readonly origin: string;
  /** Leads the page to a path of the console. */
  readonly go: (path: string) => Promise<void>;
}

export interface StageHow {
  /** Puts into the safe what the pages shall show. */
  readonly prepare?: (safe: TestSafe) => Promise<void>;
  readonly areas?: readonly Area[];
  readonly idleMs?: number;
  /** Leaves it to the test to unlock. */
  readonly locked?: true;
}

/** A test in the browser. */
export function browserTest(name: string, body: (stage: Stage) => Promise<void>, how: StageHow = {}): void {
  test.skipIf(!IS_THERE && !IS_REQUIRED)(name, async () => {
    const safe = await makeSafe();
    const running = await consoleOn(safe, how);
    const context = await (await launch()).newContext();
    try {
      await how.prepare?.(safe);
      const page = await context.newPage();
      const faults = watch(page, running.origin);
      await page.goto(running.running.newLink());
      await page.waitForURL(`${running.origin}/unlock`);
      const go = async (path: string): Promise<void> => {
        await page.goto(`${running.origin}${path}`);
      };
      if (how.locked !== true) await unlock(page);
      await body({ safe, page, origin: running.origin, go });
      expect(faults).toEqual([]);
    } finally {
      await context.close();
      await running.end();
      await safe.end();
    }
  });
}

/** Types the master password, as a person does. */
export async function unlock(page: Page): Promise<void> {
  await page.getByLabel('Master password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname !== '/unlock');
}

/** What must not happen on any page, as it happens. An answer in words to a wrong form is no fault. */
function watch(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on('console', (message) => {
    const isStatus = /the server responded with a status of 4\d\d/.test(message.text());
    if (message.type() === 'error' && !isStatus) faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(`${origin}/`)) faults.push(`request to ${request.url()}`);
  });
  return faults;
}

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Axe finds nothing wrong with the page as it is shown now. */
export async function expectAccessible(page: Page): Promise<void> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(AXE);
  const found = await page.evaluate<{ id: string; nodes: { target: string[]; failureSummary: string }[] }[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  );
  expect(
    found.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`)),
  ).toEqual([]);
}

export const WIDTHS = [375, 768, 1440] as const;
export const SCHEMES = ['light', 'dark'] as const;

/**
 * A page as it is shown in light and dark at every width: accessible, and no wider than the window. Where
 * VOUCHSAFE_SCREENSHOTS names a folder, pictures are left there as NAME-WIDTH-SCHEME.png.
 */
export async function expectGoodLooks(
  { page, go }: Pick<Stage, 'page' | 'go'>,
  path: string,
  name: string,
): Promise<void> {
  await page.emulateMedia({ colorScheme: SCHEMES[0], reducedMotion: 'reduce' });
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await go(path);
    for (const colorScheme of SCHEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await expectSoundNow(page, `${name}-${String(width)}-${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: SCHEMES[0], reducedMotion: 'reduce' });
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 900 });
}

/** The page as it is now: accessible, no wider than the window, and a picture of it. */
export async function expectSoundNow(page: Page, name: string): Promise<void> {
  const folder = process.env['VOUCHSAFE_SCREENSHOTS'];
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  }
  await expectAccessible(page);
  const excess = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(excess, `${name} is wider than the window`).toBe(0);
}
