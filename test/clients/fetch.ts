/** Clients as their makers publish them, in a folder of this run. */
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runChild } from './child.ts';
import type { Client } from './client.ts';

const TIME_MS = 300_000;

/** The script that starts the client, or null where it cannot be had here. No script of a package is run. */
export async function fetchClient(
  { name, package: source, version, script }: Client,
  folder: string,
): Promise<string | null> {
  const cwd = join(folder, name);
  mkdirSync(cwd, { recursive: true });
  const flags = [
    '--prefix',
    cwd,
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ];
  const command = [...npm(), 'install', ...flags, `${source}@${version}`];
  const { status } = await runChild(command, { cwd, env: environment(), timeoutMs: TIME_MS });
  const path = join(cwd, 'node_modules', source, script);
  return status === 0 && (await isWhole(path, version)) ? path : null;
}

/** Whether it starts: a package may lack the part for this kind of machine. */
async function isWhole(path: string, version: string): Promise<boolean> {
  const cwd = dirname(path);
  const env = { HOME: cwd, TMPDIR: cwd, PATH: '/usr/bin:/bin' };
  const { status, stdout } = await runChild([process.execPath, path, '--version'], { cwd, env, timeoutMs: TIME_MS });
  return status === 0 && stdout.includes(version);
}

/** The npm that runs this script, if one does. */
function npm(): readonly string[] {
  const own = process.env['npm_execpath'];
  return own === undefined ? ['npm'] : [process.execPath, own];
}

/** Without what the npm around says of this checkout. */
function environment(): Record<string, string> {
  const isForeign = (name: string): boolean => /^npm_(package|lifecycle|config_(local_)?prefix)/.test(name);
  const kept = Object.entries(process.env).filter(([name]) => !isForeign(name));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
