/** What docs/serving.md says of endpoints, figures and log lines is what the server has. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Metrics } from '../../src/serve/metrics.js';
import { codeWords, read, root, section, tableRows } from './pages.js';

const PAGE = 'docs/serving.md';
const firstColumn = (heading: string): (string | undefined)[] =>
  tableRows(section(PAGE, heading)).map(([cell]) => codeWords(cell!)[0]);

test('the table of figures has those that there are, with their labels', async () => {
  const metrics = new Metrics({
    connections: () => Promise.resolve(0),
    guests: () => 0,
    sessions: () => 0,
    isWhole: () => true,
  });
  const { text } = await metrics.print();
  const own = [...text.matchAll(/^# TYPE (vouchsafe_\w+)/gm)].map(([, name]) => name!);
  expect(own.length).toBeGreaterThan(5);
  expect(firstColumn('## Figures').sort()).toEqual(own.sort());
  const labels = [...read('src/serve/metrics.ts').matchAll(/name: '(\w+)',[^}]*?labelNames: \[([^\]]*)\]/g)];
  const told = tableRows(section(PAGE, '## Figures')).map(([name, words]) => [codeWords(name!)[0], codeWords(words!)]);
  for (const [, name, list] of labels) expect(Object.fromEntries(told)[name!]).toEqual(list!.match(/\w+/g));
  expect(labels.length).toBeGreaterThan(2);
});

test('the table of endpoints has those that there are', () => {
  const served = [...read('src/serve/server.ts').matchAll(/^ +\['(\/[\w/.-]+)', /gm)].map(([, path]) => path!);
  expect(firstColumn('## Endpoints')).toEqual(served);
});

test('the lines of the log are those that the server writes', () => {
  const files = readdirSync(join(root, 'src', 'serve')).map((name) => read(`src/serve/${name}`));
  const calls = files.flatMap((text) => text.match(/\blog\.(?:info|warn|error)\([^]*?\)[,;]?\n/g) ?? []);
  const written = calls.flatMap((call) => [...call.matchAll(/'([a-z][a-z ;]+)'/g)].map(([, line]) => line!));
  expect(firstColumn('## What it says').sort()).toEqual([...new Set(written)].sort());
});

test('the page sets up what the units use', () => {
  const page = read(PAGE);
  const service = read('systemd/vouchsafe.service');
  expect(page).toContain(`--home-dir /var/lib/${/^StateDirectory=(.*)$/m.exec(service)![1]!} `);
  const socket = read('systemd/vouchsafe.socket');
  for (const name of ['ListenStream', 'SocketGroup']) {
    expect(page).toContain(new RegExp(`^${name}=(.*)$`, 'm').exec(socket)![1]!);
  }
  const loaded = [...read('systemd/tls/service.conf').matchAll(/^LoadCredential=[\w-]+:(.*)$/gm)];
  expect(loaded).toHaveLength(2);
  for (const [, path] of loaded) expect(page).toContain(` ${path!}`);
});
