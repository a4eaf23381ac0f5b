/**
 * `npm run test:clients [-- NAME…]`: the real clients, fetched into a temporary folder, each run without a person
 * against a stand-in of its model on the loopback address. Takes a minute, and a gigabyte while it runs.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endOnSignal } from './child.ts';
import { fetchClient } from './fetch.ts';
import { isolation } from './network.ts';
import { CLIENTS, type Plan } from './plan.ts';

const PLAY = fileURLToPath(new URL('play.ts', import.meta.url));

async function fetchAll(names: readonly string[], folder: string): Promise<Plan['scripts']> {
  const scripts: Record<string, string | null> = {};
  const fetched = new Map<string, string | null>();
  for (const client of CLIENTS.filter(({ name }) => names.includes(name))) {
    const known = fetched.get(client.package);
    if (known === undefined) process.stderr.write(`fetching ${client.package} ${client.version}\n`);
    const script = known === undefined ? await fetchClient(client, folder) : known;
    fetched.set(client.package, script);
    scripts[client.name] = script;
  }
  return scripts;
}

async function main(names: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-clients-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const alone = isolation();
  const plan: Plan = { folder, isIsolated: alone.length > 0, scripts: await fetchAll(names, folder) };
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  return play([...alone, process.execPath, PLAY, join(folder, 'plan.json')]);
}

function play([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  process.once('exit', () => child.kill());
  return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

endOnSignal();
const known = CLIENTS.map(({ name }) => name);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !known.includes(name));
if (unknown.length > 0) process.stderr.write(`The clients are ${known.join(', ')}.\n`);
process.exitCode = unknown.length > 0 ? 2 : await main(asked.length === 0 ? known : asked);
