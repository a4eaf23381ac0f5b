/**
 * security.md, section 6, no. 3: random commands of the owner and of agents against a naive oracle; and replay: rows of
 * any older step, put back into a copy, give no token more than the oracle allows now.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AgentDoor } from '../../src/gate/call.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { copyOf } from '../support/copies.js';
import { allOf, insertRow, type Raw, readRaw, type Rows, rowsOf, withRaw } from '../support/raw.js';
import { ask, byId, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

const RUNS = Number(process.env['VOUCHSAFE_MODEL_RUNS'] ?? 5);
const DAY = 24 * 3_600_000;
const VAULTS = ['Work', 'Home'] as const;
const NAMES = ['ada', 'bob', 'cy'] as const;
const REPLAYED = ['token', 'certificate', 'grant_document', 'state', 'vault_key', 'item_key', 'item', 'revision'];

type Command =
  | { readonly do: 'create' | 'trash' | 'restore' | 'move' | 'delete'; readonly item: number; readonly vault: number }
  | {
      readonly do: 'grant' | 'revoke';
      readonly token: number;
      readonly vault: number;
      readonly item: number | null;
      readonly role: string;
      readonly rotate: boolean;
    }
  | { readonly do: 'renew' | 'freeze' | 'unfreeze' | 'end'; readonly token: number; readonly rotate: boolean }
  | { readonly do: 'write'; readonly token: number; readonly item: number }
  | { readonly do: 'wait' };

const small = fc.nat({ max: 5 });
const token = fc.nat({ max: NAMES.length - 1 });
const vault = fc.nat({ max: 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom('create', 'trash', 'restore', 'move', 'delete'), item: small, vault }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ do: fc.constantFrom('grant', 'grant', 'revoke'), token, vault, item: fc.option(small) },
      ...{ role: fc.constantFrom('viewer', 'editor'), rotate: fc.boolean() },
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('renew', 'freeze', 'unfreeze', 'end'), token, rotate: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('write' as const), token, item: small }) },
  { weight: 1, arbitrary: fc.constant({ do: 'wait' as const }) },
);

interface ModelItem {
  id: string;
  vault: string;
  value: string;
  isTrashed: boolean;
}
interface ModelToken {
  readonly name: string;
  readonly ended: string[];
  id: string;
  text: string;
  isFrozen: boolean;
  end: number;
  /** Role by vault's name or item's id. */
  grants: Map<string, { role: string; vault: string }>;
}

/** The naive oracle: what stands, in plain words. */
class World {
  readonly items: ModelItem[] = [];
  readonly tokens: ModelToken[] = [];
  made = 0;

  readonly safe: TestSafe;

  constructor(safe: TestSafe) {
    this.safe = safe;
  }

  item(at: number): ModelItem | undefined {
    return this.items[at % Math.max(1, this.items.length)];
  }
  roleOf(one: ModelToken, item: ModelItem): string | null {
    if (one.isFrozen || this.safe.clock.now >= one.end) return null;
    const roles = [one.grants.get(item.vault)?.role, one.grants.get(item.id)?.role];
    return roles.includes('editor') ? 'editor' : roles.includes('viewer') ? 'viewer' : null;
  }
  /** What a token may now, by item. What is in the trash is still found by its id. */
  allowed(one: ModelToken): ReadonlyMap<string, string> {
    return new Map(
      this.items.flatMap((item) => {
        const role = this.roleOf(one, item);
        return role === null ? [] : [[item.id, role] as const];
      }),
    );
  }
}

async function newToken(world: World, name: string): Promise<ModelToken> {
  const made = await world.safe.owner.createToken({ name, isAgent: true, expiration: '30d' });
  const end = Date.parse(made.expires_at ?? '');
  return { name, id: made.id, text: made.token, ended: [], isFrozen: false, end, grants: new Map() };
}

async function onItem(
  world: World,
  given: Extract<Command, { item: number; vault: number; do: 'create' | 'trash' | 'restore' | 'move' | 'delete' }>,
): Promise<void> {
  const { owner } = world.safe;
  const [item, to] = [world.item(given.item), VAULTS[given.vault] ?? 'Work'];
  const value = `value-${String((world.made += 1))}`;
  if (given.do === 'create' || item === undefined) {
    const made = await owner.createItem(byName(to), {
      type: 'login',
      title: `T${String(world.made)}`,
      fields: [{ name: 'password', value }],
    });
    world.items.push({ id: made.id, vault: to, value, isTrashed: false });
    return;
  }
  const reference = { item: byId(item.id) };
  if (given.do === 'trash' && !item.isTrashed) item.isTrashed = (await owner.trashItem(reference), true);
  if (given.do === 'restore' && item.isTrashed) item.isTrashed = (await owner.restoreItem(reference), false);
  const isMove = given.do === 'move' && !item.isTrashed && item.vault !== to;
  if (!isMove && given.do !== 'delete') return;
  for (const one of world.tokens) one.grants.delete(item.id);
  if (!isMove) {
    await owner.deleteItem(reference);
    world.items.splice(world.items.indexOf(item), 1);
    return;
  }
  item.id = (await owner.moveItem(reference, byName(to))).id;
  item.vault = to;
}

async function onGrant(world: World, given: Extract<Command, { role: string }>): Promise<void> {
  const { owner } = world.safe;
  const one = world.tokens[given.token];
  const item = given.item === null ? null : world.item(given.item);
  if (one === undefined || item === undefined || item?.isTrashed === true) return;
  const vaultName = item?.vault ?? VAULTS[given.vault] ?? 'Work';
  const on = { token: byId(one.id), vault: byName(vaultName), ...(item === null ? {} : { item: byId(item.id) }) };
  const key = item?.id ?? vaultName;
  if (given.do === 'grant') {
    await owner.grant({ ...on, role: given.role });
    one.grants.set(key, { role: given.role, vault: vaultName });
    return;
  }
  const isThere =
    item === null ? [...one.grants.values()].some((grant) => grant.vault === vaultName) : one.grants.has(key);
  if (!isThere) return;
  await owner.revoke({ ...on, rotate: given.rotate });
  for (const [name, grant] of one.grants)
    if (name === key || (item === null && grant.vault === vaultName)) one.grants.delete(name);
}

async function onToken(
  world: World,
  given: Extract<Command, { do: 'renew' | 'freeze' | 'unfreeze' | 'end' }>,
): Promise<void> {
  const { owner, clock } = world.safe;
  const one = world.tokens[given.token];
  if (one === undefined) return;
  if (given.do === 'renew' && clock.now < one.end) {
    const made = await owner.renewToken(byId(one.id), { expiration: '30d', rotate: given.rotate });
    one.ended.push(one.text);
    Object.assign(one, { text: made.token, end: Date.parse(made.expires_at ?? '') });
  }
  if (given.do === 'freeze' && !one.isFrozen) one.isFrozen = (await owner.freezeToken(byId(one.id)), true);
  if (given.do === 'unfreeze' && one.isFrozen) one.isFrozen = (await owner.unfreezeToken(byId(one.id)), false);
  if (given.do !== 'end') return;
  await owner.deleteToken(byId(one.id), { rotate: given.rotate });
  const next = await newToken(world, `${one.name}-${String((world.made += 1))}`);
  next.ended.push(...one.ended, one.text);
  world.tokens[given.token] = next;
}

async function perform(world: World, given: Command): Promise<void> {
  switch (given.do) {
    case 'wait':
      world.safe.clock.now += 11 * DAY;
      return;
    case 'write': {
      const [one, item] = [world.tokens[given.token], world.item(given.item)];
      if (one === undefined || item === undefined) return;
      const value = `value-${String((world.made += 1))}`;
      const door = await world.safe.agent(one.text);
      const isGranted =
        codeOf(await ask(door, 'update_item', { item: item.id, set: { password: value } })) === 'granted';
      await door.close();
      expect(isGranted, `${one.name} writes to ${item.id}`).toBe(world.roleOf(one, item) === 'editor');
      if (isGranted) item.value = value;
      return;
    }
    case 'grant':
    case 'revoke':
      return onGrant(world, given);
    case 'renew':
    case 'freeze':
    case 'unfreeze':
    case 'end':
      return onToken(world, given);
    default:
      return onItem(world, given);
  }
}

/** What a door gives: the value of each item that it reads, and whether it may write. */
async function learned(
  door: AgentDoor,
  items: readonly ModelItem[],
): Promise<ReadonlyMap<string, { value: string; role: string }>> {
  const found = new Map<string, { value: string; role: string }>();
  for (const { id } of items) {
    const read = await ask(door, 'get_item', { item: id, fields: ['password'] });
    const change = await ask(door, 'update_item', { item: id, set: { password: 'x' }, expected_revision: 9_999 });
    const role = codeOf(change) === 'conflict' ? 'editor' : 'viewer';
    if (read.ok) found.set(id, { value: /value-\d+/.exec(JSON.stringify(read.result))?.[0] ?? '', role });
    else expect(role, 'a write where no reading is').toBe('viewer');
  }
  return found;
}

/** Every token that lives does what the oracle says, no more and no less; every text that ended, nothing. */
async function compare(world: World): Promise<void> {
  for (const one of world.tokens) {
    const door = await world.safe.agent(one.text);
    const given = await learned(door, world.items);
    await door.close();
    const allowed = world.allowed(one);
    expect([...given].map(([id, { role }]) => [id, role])).toEqual([...allowed]);
    for (const item of world.items) if (allowed.has(item.id)) expect(given.get(item.id)?.value).toBe(item.value);
    for (const text of one.ended) {
      const dead = await world.safe.agent(text);
      expect(codeOf(await ask(dead, 'list_vaults'))).toBe('unauthenticated');
      await dead.close();
    }
  }
}

function putBack(db: Raw, table: string, old: Rows): void {
  if (table === 'state') db.prepare('DELETE FROM state').run();
  for (const row of old.get(table) ?? []) insertRow(db, table, row, 'INSERT OR REPLACE');
}

/** Puts rows of each older step back, a table at a time and all at once. Nobody gains anything that the oracle denies. */
async function replay(world: World, steps: readonly Rows[]): Promise<number> {
  const copy = copyOf(world.safe);
  let gained = 0;
  try {
    for (const old of steps)
      for (const tables of [...REPLAYED.map((table) => [table]), REPLAYED]) {
        copy.reset();
        withRaw(copy.file, (db) => {
          for (const table of tables) putBack(db, table, old);
        });
        for (const one of world.tokens)
          for (const text of [one.text, ...one.ended.slice(-1)]) {
            const door = await openAgent(
              copy.places,
              { kind: 'token', text },
              { transport: 'stdio', clock: copy.options.clock, verifyAfterMs: DAY },
            );
            const given = await learned(door, world.items);
            await door.close();
            const allowed = text === one.text ? world.allowed(one) : new Map<string, string>();
            for (const [id, { role, value }] of given) {
              expect(allowed.get(id), `${one.name} reads ${id} after ${tables.join()} came back`).toBeDefined();
              if (role === 'editor') expect(allowed.get(id), `${one.name} writes ${id}`).toBe('editor');
              expect(value, 'an old value').toBe(world.items.find((item) => item.id === id)?.value);
              gained += 1;
            }
          }
      }
  } finally {
    copy.end();
  }
  return gained;
}

const write = process.stderr.write.bind(process.stderr);
beforeAll(() => {
  process.stderr.write = () => true;
});
afterAll(() => {
  process.stderr.write = write;
});

let read = 0;

async function play(commands: readonly Command[]): Promise<void> {
  const world = new World(await makeSafe());
  try {
    for (const name of VAULTS) await world.safe.owner.createVault({ name });
    for (const name of NAMES) world.tokens.push(await newToken(world, name));
    for (const vaultAt of [0, 1]) await onItem(world, { do: 'create', item: 0, vault: vaultAt });
    for (const [at, vaultAt] of [
      [0, 0],
      [1, 1],
    ] as const)
      await onGrant(world, { do: 'grant', token: at, vault: vaultAt, item: null, role: 'editor', rotate: true });
    const steps: Rows[] = [rowsOf(world.safe.file)];
    for (const [n, given] of commands.entries()) {
      await perform(world, given);
      if (n % 8 === 7) steps.push(rowsOf(world.safe.file));
    }
    await compare(world);
    expect((await world.safe.owner.verify({ full: true })).fault).toBeNull();
    read += await replay(world, steps.slice(0, 3));
    expect(readRaw(world.safe.file, (db) => allOf(db, 'state'))).toHaveLength(1);
  } finally {
    await world.safe.end();
  }
}

test('whatever the owner and agents do, tokens may what the oracle says, and old rows give nothing back', async () => {
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 15, maxLength: 25 }), play), {
    ...{ numRuns: RUNS, endOnFailure: true, seed: Number(process.env['VOUCHSAFE_MODEL_SEED'] ?? 7) },
  });
  expect(read, 'replays in which something was still read').toBeGreaterThan(0);
});
