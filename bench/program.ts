/** The compiled program, with the types of its source. */
import type * as Door from '../src/gate/door.js';
import type * as Named from '../src/gate/named.js';
import type * as Open from '../src/gate/open.js';
import type * as OpenAgent from '../src/gate/open-agent.js';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Computed, since the type checker has no declarations of what is compiled. */
export const compiled = (path: string): string => new URL(`../dist/${path}`, import.meta.url).href;
export const { initSafe } = (await import(compiled('gate/open.js'))) as typeof Open;
export const { openAgent } = (await import(compiled('gate/open-agent.js'))) as typeof OpenAgent;

export const named = (text: string): Named.Reference => ({ by: 'name', text });

export const PASSWORD = 'correct horse battery staple 9';
export const ORIGIN: Door.Origin = { client: { name: 'bench', version: '0' }, transport: 'cli' };

export const VAULT = 'Production';
export const NEEDED = 'Orders database';
export const WANTED = {
  vault: VAULT,
  item: NEEDED,
  fields: ['password'],
  reason: 'Measure how long this takes',
} as const;

/** A safe on the disk that the checkout is on, with one vault, its items, and a token that may edit it. */
export interface BenchSafe {
  readonly places: Door.Places;
  readonly owner: Door.OwnerDoor;
  readonly token: string;
  readonly tokenFile: string;
  readonly databaseFile: string;
  readonly env: Record<string, string>;
  close(): Promise<void>;
}

export async function makeSafe(items: number): Promise<BenchSafe> {
  const { path: folder, remove } = newFolder();
  const places = placesIn(folder);
  const { owner } = await initSafe(places, { password: PASSWORD, withRecovery: false, origin: ORIGIN });
  await owner.createVault({ name: VAULT });
  await owner.createItem(named(VAULT), needed());
  await fill(owner, items - 1);
  const { token } = await owner.createToken({ name: 'bench', isAgent: true, vaults: [named(VAULT)], role: 'editor' });
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  return {
    places,
    owner,
    token,
    tokenFile,
    databaseFile: databaseIn(places),
    env: { VOUCHSAFE_HOME: places.home, VOUCHSAFE_STATE: places.state, XDG_RUNTIME_DIR: join(folder, 'run') },
    close: async () => {
      await owner.close();
      remove();
    },
  };
}

/** A folder on the disk that the checkout is on. It goes when the process ends, if not before. */
export function newFolder(): { readonly path: string; readonly remove: () => void } {
  const cache = join(root, 'node_modules', '.cache');
  mkdirSync(cache, { recursive: true });
  const path = mkdtempSync(join(cache, 'bench-'));
  const remove = (): void => rmSync(path, { recursive: true, force: true });
  process.once('exit', remove);
  return { path, remove };
}

export function placesIn(folder: string): Door.Places {
  return {
    home: join(folder, 'home'),
    state: join(folder, 'state'),
    runtime: join(folder, 'run', 'vouchsafe'),
  };
}

export const databaseIn = (places: Door.Places): string => join(places.home, 'safe.db');

async function fill(owner: Door.OwnerDoor, count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await owner.createItem(named(VAULT), login(i));
}

/** The item that is asked for. */
export function needed(): Door.NewItem {
  return {
    type: 'database',
    title: NEEDED,
    fields: [
      { name: 'host', value: 'db1.internal' },
      { name: 'username', value: 'orders' },
      { name: 'password', value: 'correct horse battery' },
    ],
  };
}

function login(number: number): Door.NewItem {
  return {
    type: 'login',
    title: `Service ${String(number)}`,
    urls: [`https://service-${String(number)}.example.com/login`],
    tags: [`team-${String(number % 20)}`],
    fields: [
      { name: 'username', value: `user${String(number)}@example.com` },
      { name: 'password', value: `made-up-secret-${String(number)}` },
    ],
  };
}
