// npm run screenshots [-- FOLDER]
// Pictures of the console for the README and docs/console.md, of a made-up safe, into docs/images. Needs Debian's Chromium.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { compiled, makeScene, PASSWORD } from './scene.mjs';

const CHROMIUM = '/usr/bin/chromium';
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--disable-background-networking'];
const SIZE = { width: 1440, height: 900 };
const MOST_BYTES = 200_000;

/** The file's name, the page, and whether it is dark. */
const PICTURES = [
  ['overview', '/', 'light'],
  ['activity', '/activity?q=agent:*', 'light'],
  ['inbox', '/inbox', 'light'],
  ['plots', '/activity/plots?q=agent:*', 'dark'],
];

const folder = process.argv[2] ?? fileURLToPath(new URL('../docs/images', import.meta.url));
process.env.TZ = 'UTC';

/** The console on the scene's safe, at a port that is free. */
async function open({ places, options }) {
  const [{ startConsole }, ports] = await Promise.all([
    compiled('console/console.js'),
    compiled('cli/console-ports.js'),
  ]);
  const { instructions, clientSetups, exportFormats } = ports;
  const shown = { instructions, setups: (agent) => clientSetups({ HOME: '/home/owner' }, agent), exportFormats };
  return startConsole({ places, options, ports: shown }, { host: '127.0.0.1', port: 0 });
}

async function unlock(page, running) {
  await page.goto(running.newLink());
  await page.waitForURL(`${running.origin}/unlock`);
  await page.getByLabel('Master password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await page.waitForURL(`${running.origin}/`);
}

async function take(page, running) {
  mkdirSync(folder, { recursive: true });
  for (const [name, path, colorScheme] of PICTURES) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.goto(`${running.origin}${path}`);
    const file = join(folder, `console-${name}.png`);
    await page.screenshot({ path: file });
    const { size } = statSync(file);
    if (size > MOST_BYTES) throw new Error(`${file} has ${String(size)} bytes, more than ${String(MOST_BYTES)}`);
    console.log(`${file} ${String(Math.round(size / 1000))} kB`);
  }
}

const scene = await makeScene();
try {
  const running = await open(scene);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  try {
    const page = await browser.newPage({ viewport: SIZE });
    await unlock(page, running);
    await take(page, running);
  } finally {
    await browser.close();
    await running.close();
  }
} finally {
  scene.end();
}
