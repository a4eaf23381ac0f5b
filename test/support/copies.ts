/** Copies of a safe's file, to be changed and opened again, and everything that can be learned through the doors. */
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refusal } from '../../src/core/refusal.js';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import type { OwnerDoor, Places } from '../../src/gate/door.js';
import type { Verification } from '../../src/gate/log-door.js';
import { openOwner } from '../../src/gate/open.js';
import type { SafeOptions } from '../../src/gate/owner-proof.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { readRaw } from './raw.js';
import { ask, byId, ORIGIN, PASSWORD, type TestSafe } from './safe.js';

/** A copy of the file in a folder of its own; state and runtime folders are the safe's. */
export interface Copy {
  readonly places: Places;
  readonly file: string;
  readonly options: SafeOptions;
  /** Puts the template there again. */
  reset(): void;
  end(): void;
}

/** `template` is taken with what its write-ahead log holds. */
export function copyOf(safe: Pick<TestSafe, 'places' | 'options' | 'file'>): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-copy-'));
  const places = { ...safe.places, home: join(folder, 'home') };
  const [file, kept] = [join(places.home, 'safe.db'), join(folder, 'template.db')];
  mkdirSync(places.home, { mode: 0o700 });
  readRaw(safe.file, (db) => db.pragma('wal_checkpoint(TRUNCATE)'));
  copyFileSync(safe.file, kept);
  const reset = (): void => {
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    copyFileSync(kept, file);
  };
  reset();
  const end = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  return { places, file, options: safe.options, reset, end };
}

/** Facts, one text each, that someone learned; faults are errors that are no refusals. */
export interface Learned {
  readonly facts: Set<string>;
  readonly faults: string[];
}

async function refusable(learned: Learned, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refusal)) learned.faults.push(`${what}: ${String(error)}`);
  }
}

/** What the owner learns, and what verification says; null where it could not be opened. */
export async function ownerLearns(
  copy: Copy,
  items: readonly string[],
): Promise<Learned & { verification: Verification | null }> {
  const learned: Learned = { facts: new Set(), faults: [] };
  let verification: Verification | null = null;
  await refusable(learned, 'opening', async () => {
    const owner = await openOwner(copy.places, { password: PASSWORD }, { origin: ORIGIN, options: copy.options });
    try {
      await refusable(learned, 'verifying', async () => {
        verification = await owner.verify({ full: true });
      });
      await ask_(owner, items, learned);
    } finally {
      await owner.close();
    }
  });
  return { ...learned, verification };
}

async function ask_(owner: OwnerDoor, items: readonly string[], learned: Learned): Promise<void> {
  const note = (...parts: readonly unknown[]): void => void learned.facts.add(JSON.stringify(parts));
  await refusable(learned, 'vaults', async () => {
    for (const { id, name, description } of await owner.listVaults()) note('vault', id, name, description);
  });
  for (const trashed of [false, true])
    await refusable(learned, 'items', async () => {
      for (const one of await owner.listItems({ trashed }))
        note('listed', one.id, one.title, one.revision, trashed, one.urls, one.tags, one.username, one.fields);
    });
  for (const item of items)
    await refusable(learned, 'item', async () => {
      const shape = await owner.viewItem({ item: byId(item) }, 'all');
      for (const field of shape.fields) note('field', item, shape.title, shape.revision, field.name, field.value);
    });
  await refusable(learned, 'tokens', async () => {
    const { data } = await owner.listTokens({ all: true, agentsOnly: false, limit: 100 });
    for (const { id, name, status, scopes, expires_at } of data) {
      note('token', id, name, status, scopes, expires_at);
      await refusable(learned, 'access', async () => {
        for (const grant of await owner.listAccess(byId(id)))
          note('grant', id, grant.grant_id, grant.type, grant.vault.id, grant.item?.id, grant.role, grant.expires_at);
      });
    }
  });
  await refusable(learned, 'settings', async () => {
    for (const { name, value } of await owner.listSettings()) note('setting', name, value);
  });
}

/** What a token's holder learns through the gate, and whether it may write. */
export async function agentLearns(copy: Copy, token: string, items: readonly string[]): Promise<Learned> {
  const learned: Learned = { facts: new Set(), faults: [] };
  const note = (...parts: readonly unknown[]): void => void learned.facts.add(JSON.stringify(parts));
  const door = await openAgent(
    copy.places,
    { kind: 'token', text: token },
    { transport: 'stdio', clock: copy.options.clock, verifyAfterMs: 3_600_000 },
  );
  try {
    const vaults = await ask(door, 'list_vaults');
    if (!vaults.ok) return learned;
    for (const { id, name, description } of rowsIn(vaults, 'vaults')) note('vault', id, name, description);
    for (const item of items) await readAndWrite(door, item, note);
  } finally {
    await door.close();
  }
  return learned;
}

async function readAndWrite(door: AgentDoor, item: string, note: (...parts: unknown[]) => void): Promise<void> {
  const read = await ask(door, 'get_item', { item, fields: ['password'] });
  if (!read.ok) return;
  const shape = read.result['item'] as { title: string; revision: number; fields: { name: string; value?: string }[] };
  for (const field of shape.fields) note('field', item, shape.title, shape.revision, field.name, field.value);
  // a write that cannot be made: whoever may write hears of the conflict, and others that they may not
  const written = await ask(door, 'update_item', { item, set: { password: 'x' }, expected_revision: 999 });
  if (written.ok || written.error.code === 'conflict') note('write', item);
}

function rowsIn(answer: Answer, name: string): readonly Readonly<Record<string, unknown>>[] {
  const rows = answer.ok ? answer.result[name] : [];
  return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : [];
}
