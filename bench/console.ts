/**
 * `npm run bench:console`: how long each page of the console takes in a safe with many items and a long log, asked over
 * HTTP of the program as it is run: the first time since it was unlocked, and then fifteen times. `--items N` and
 * `--entries N` say how many there are; `--quick` makes few, to see that it works.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type * as ItemContents from '../src/core/item-content.js';
import type * as Open from '../src/gate/open.js';
import type { OwnerDoor } from '../src/gate/door.js';
import { ConsoleVisitor } from './console-visitor.ts';
import { atMost, type Figure, median, noted, printFigures, show } from './figures.ts';
import { type LongLog, makeLongLog } from './long-log.ts';
import { compiled, openAgent, ORIGIN, PASSWORD, root } from './program.ts';

const { makeContent } = (await import(compiled('core/item-content.js'))) as typeof ItemContents;
const { openOwner } = (await import(compiled('gate/open.js'))) as typeof Open;

const ROUNDS = 15;
/** What a page may take, in ms. */
const LIMIT = 200;
const FULL_VAULT = 'Everything';

const { values: flags } = parseArgs({
  options: {
    items: { type: 'string', default: '10000' },
    entries: { type: 'string', default: '200000' },
    quick: { type: 'boolean', default: false },
  },
});
const items = flags.quick ? 500 : Number(flags.items);
const entries = flags.quick ? 2_000 : Number(flags.entries);

const tell = (text: string): void => void process.stderr.write(`bench: ${text}\n`);

interface Page {
  readonly name: string;
  readonly path: string;
  /** Reads more than a page may wait for; the page says so where it leads there. */
  readonly isWhole?: true;
}

async function fill(owner: OwnerDoor): Promise<void> {
  const plan = Array.from({ length: items }, (_, i) => ({
    vault: FULL_VAULT,
    content: makeContent({
      type: 'login',
      title: `Service ${String(i)}`,
      urls: [`https://service-${String(i)}.example.com/login`],
      tags: [`team-${String(i % 20)}`],
      fields: [
        { name: 'username', value: `user${String(i)}@example.com` },
        { name: 'password', value: `made-up-secret-${String(i)}` },
      ],
    }),
    history: [],
    isTrashed: false,
  }));
  await owner.importItems({ format: 'bench', items: plan, onDuplicate: 'keep-both' });
}

/** An agent asks for something, so that the inbox has a card. */
async function askFor(log: LongLog): Promise<void> {
  const agent = await openAgent(log.places, { kind: 'token', text: log.token }, { transport: 'cli' });
  const wanted = { vault: FULL_VAULT, role: 'viewer', reason: 'Rotate the secrets of the services of ticket OPS-42' };
  await agent.call({ tool: 'request_access', arguments: wanted, client: ORIGIN.client });
  await agent.close();
}

async function pagesOf(owner: OwnerDoor): Promise<readonly Page[]> {
  const vault = (await owner.listVaults()).find(({ name }) => name === FULL_VAULT)?.id ?? '';
  const [newest] = (await owner.listEntries({ query: 'agent:*', limit: 1 })).data;
  const found = await owner.listItems({ vault: { by: 'id', text: vault } });
  return [
    { name: 'help', path: '/help' },
    { name: 'overview', path: '/' },
    { name: 'vaults', path: '/vaults' },
    { name: `a vault of ${items.toLocaleString('en')} items`, path: `/vaults/${vault}` },
    { name: 'a search', path: '/vaults?q=service+77' },
    { name: 'an item', path: `/vaults/items/${found[0]?.id ?? ''}` },
    { name: 'tokens', path: '/tokens' },
    { name: 'a token', path: `/tokens/${newest?.actor.id ?? ''}` },
    { name: 'activity', path: '/activity' },
    { name: 'activity, text of a reason', path: '/activity?q=reason:rotation', isWhole: true },
    { name: 'an entry', path: `/activity/${String(newest?.seq ?? 1)}` },
    { name: 'plots', path: '/activity/plots' },
    { name: 'plots, a year', path: '/activity/plots?since=365d' },
    { name: 'unusual', path: '/activity/unusual' },
    { name: 'inbox', path: '/inbox' },
    { name: 'safety', path: '/safety' },
    { name: 'safety, access that nobody used', path: '/safety/access' },
    { name: 'settings', path: '/settings' },
    { name: 'plots, all of it', path: '/activity/plots?since=&q=seq:%3E%3D1', isWhole: true },
    { name: 'unusual, all of 30 days', path: '/activity/unusual?whole=1', isWhole: true },
  ];
}

function start(log: LongLog): ChildProcess {
  const { home, state, runtime } = log.places;
  const env = {
    PATH: process.env['PATH'],
    HOME: dirname(home),
    VOUCHSAFE_HOME: home,
    VOUCHSAFE_STATE: state,
    XDG_RUNTIME_DIR: dirname(runtime),
  };
  const args = ['--', join(root, 'bin', 'vouchsafe.js'), 'console', '--no-open', '--listen', '127.0.0.1:0'];
  return spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

function linkOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString('utf8');
      const link = /http:\S+\/open\/\S+/.exec(printed)?.[0];
      if (link !== undefined) resolve(link);
    });
    child.on('close', (code) => reject(new Error(`the console ended: ${String(code)}`)));
  });
}

interface Measured extends Page {
  readonly first: number;
  readonly times: readonly number[];
  readonly kib: number;
}

async function measure(visitor: ConsoleVisitor, page: Page): Promise<Measured> {
  const { status, ms: first, text } = await visitor.get(page.path);
  if (status !== 200) throw new Error(`${page.path} answers ${String(status)}`);
  const times: number[] = [];
  for (let round = 0; round < (page.isWhole === true ? 3 : ROUNDS); round += 1)
    times.push((await visitor.get(page.path)).ms);
  return { ...page, first, times, kib: Buffer.byteLength(text) / 1024 };
}

function figureOf({ name, first, times, kib, isWhole }: Measured, least: number): Figure {
  const middle = median(times);
  const words = `worst ${show(Math.max(...times))}, first ${show(first)} ms, ${show(middle / least)} × help, ${show(kib)} KiB`;
  const label = `${name.padEnd(32)} ${words}`;
  return isWhole === true ? noted(label, middle, 'ms') : atMost(label, middle, [LIMIT, 'ms']);
}

tell(`a safe with ${String(items)} items and ${String(entries)} entries`);
const log = await makeLongLog(entries, tell);
const owner = await openOwner(log.places, { session: log.session }, { origin: ORIGIN });
await fill(owner);
await askFor(log);
const pages = await pagesOf(owner);
await owner.close();

const child = start(log);
const link = await linkOf(child);
const visitor = new ConsoleVisitor(new URL(link).origin);
const startedAt = performance.now();
await visitor.enter(link, PASSWORD);
tell(`unlocked after ${show(performance.now() - startedAt)} ms; load average ${loadavg().map(show).join(', ')}`);
const measured: Measured[] = [];
for (const page of pages) {
  const found = await measure(visitor, page);
  tell(`${page.name}: ${show(median(found.times))} ms`);
  measured.push(found);
}
tell(`load average ${loadavg().map(show).join(', ')}`);
visitor.leave();
child.kill('SIGINT');
await new Promise((resolve) => child.once('close', resolve));
log.close();

const least = median(measured[0]?.times ?? []);
printFigures(measured.map((page) => figureOf(page, least)));
