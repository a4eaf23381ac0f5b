/**
 * `npm run bench:import`: the import of many items, by the command in a session, out of a CSV and a Bitwarden JSON: the
 * time of the whole command and the peak of its memory. `--quick` takes few items, to see that it works. Ends with 1
 * where a figure is missed.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { beginSession, runCommand } from './child.ts';
import { atLeast, atMost, printFigures, type Figure } from './figures.ts';
import { makeSafe, VAULT } from './program.ts';

const { values: flags } = parseArgs({ options: { quick: { type: 'boolean' } } });
const ITEMS = flags.quick === true ? 200 : 10_000;
const SECONDS = 15;
const MIB = 300;

const figures: Figure[] = [];

interface Kept {
  readonly name: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly note: string;
}

const kept = Array.from({ length: ITEMS }, (_, i): Kept => {
  return {
    name: `Service ${String(i)}`,
    url: `https://service-${String(i)}.example.com/login`,
    username: `user${String(i)}@example.com`,
    password: `made-up-secret-${String(i)}`,
    note: i % 4 === 0 ? `Ask the team ${String(i % 20)}, "first", before it is changed.\nThen tell them.` : '',
  };
});

/** As Chrome writes it. */
function csv(): string {
  const quote = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = kept.map((one) => [one.name, one.url, one.username, one.password, one.note].map(quote).join(','));
  return `name,url,username,password,note\n${rows.join('\n')}\n`;
}

/** As Bitwarden writes it, in twenty folders, each tenth item with an old password, each fifth with fields of its own. */
function bitwarden(): string {
  const folders = Array.from({ length: 20 }, (_, i) => ({ id: `folder-${String(i)}`, name: `Team ${String(i)}` }));
  const items = kept.map(({ name, url, username, password, note }, i) => ({
    id: `item-${String(i)}`,
    folderId: `folder-${String(i % folders.length)}`,
    type: 1,
    name,
    notes: note || null,
    favorite: false,
    login: { username, password, uris: [{ match: null, uri: url }], totp: null },
    fields: i % 5 === 0 ? [{ name: 'PIN', value: String(1000 + (i % 9000)), type: 1 }] : [],
    passwordHistory: i % 10 === 0 ? [{ lastUsedDate: '2025-01-01T00:00:00.000Z', password: `${password}-old` }] : null,
    creationDate: '2024-01-01T00:00:00.000Z',
    revisionDate: '2025-06-01T00:00:00.000Z',
  }));
  return JSON.stringify({ encrypted: false, folders, items });
}

async function measure(name: string, file: { readonly name: string; readonly text: string }): Promise<void> {
  process.stderr.write(`bench: ${name}\n`);
  const safe = await makeSafe(1);
  const path = join(safe.places.home, '..', file.name);
  writeFileSync(path, file.text, { mode: 0o600 });
  const env = { ...safe.env, VOUCHSAFE_SESSION: await beginSession(safe.env) };
  const { stdout, ms, peakMib } = await runCommand(['import', path, '--vault', VAULT, '--json'], { env });
  const { created } = JSON.parse(stdout) as { created: number };
  await safe.close();
  figures.push(atLeast(`${name}: items taken in`, created, [ITEMS, 'items']));
  figures.push(atMost(`${name}: the whole command`, ms / 1000, [SECONDS, 's']));
  figures.push(atMost(`${name}: peak of its resident memory`, peakMib, [MIB, 'MiB']));
}

// what was built goes with the process, also where it is stopped
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
await measure('CSV of Chrome', { name: 'passwords.csv', text: csv() });
await measure('Bitwarden JSON', { name: 'bitwarden.json', text: bitwarden() });
printFigures(figures);
process.exitCode = figures.some(({ isMet }) => isMet === false) ? 1 : 0;
