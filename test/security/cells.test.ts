/**
 * security.md, section 6, no. 2: mutate, swap, delete and duplicate cells and rows of every table; the change is detected
 * or harmless, never a wrong plaintext, never a raised privilege. What touches the log, verification always tells.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agentLearns, type Copy, copyOf, ownerLearns } from '../support/copies.js';
import { allOf, type Cells, LOG_TABLES, type Raw, readRaw, tablesOf, withRaw } from '../support/raw.js';
import { ask, byName, makeSafe, type TestSafe } from '../support/safe.js';
import { openService } from '../../src/gate/service.js';
import { SCHEMA } from '../../src/store/schema.js';

type Cell = string | number | bigint | Uint8Array | null;
interface Column {
  readonly name: string;
  readonly type: string;
}
interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly rows: readonly Cells[];
}

const ROWS_AT_MOST = 2;
const TABLES = SCHEMA.flatMap((sql) => /^CREATE TABLE (\w+)/.exec(sql)?.[1] ?? []);

let safe: TestSafe;
let copy: Copy;
let items: readonly string[];
const tokens = new Map<string, string>();
const tables = new Map<string, Table>();
const ownersFacts = new Set<string>();
const agentsFacts = new Map<string, ReadonlySet<string>>();
const write = process.stderr.write.bind(process.stderr);

async function furnish(): Promise<void> {
  const { owner } = safe;
  for (const name of ['Work', 'Home']) await owner.createVault({ name, description: `all of ${name}` });
  const made: string[] = [];
  for (const [vault, title] of [
    ['Work', 'A'],
    ['Work', 'B'],
    ['Home', 'C'],
    ['Work', 'Binned'],
    ['Work', 'Gone'],
  ] as const)
    made.push(
      (
        await owner.createItem(byName(vault), {
          ...{ type: 'login', title, urls: [`https://${title}.example`] },
          fields: [
            { name: 'username', value: `user-of-${title}` },
            { name: 'password', value: `first-of-${title}` },
          ],
        })
      ).id,
    );
  const give = async (name: string, vaults: readonly string[], role?: string): Promise<void> => {
    tokens.set(name, (await safe.token(name, vaults, role)).token);
  };
  await give('viewer', ['Work']);
  await give('editor', ['Work'], 'editor');
  await give('one', []);
  await give('frozen', ['Work'], 'manager');
  await give('revoked', ['Home'], 'editor');
  await give('renewed', ['Home'], 'editor');
  await owner.grant({ token: byName('one'), vault: byName('Home'), item: byName('C'), role: 'editor' });
  await owner.grant({ token: byName('viewer'), vault: byName('Work'), item: byName('B') });
  await owner.updateItem({ item: byName('A') }, { set: { password: 'second-of-A' } });
  await owner.trashItem({ item: byName('Binned') });
  await owner.deleteItem({ item: byName('Gone') });
  await owner.checkpoint();
  await archive();
  await owner.deleteToken(byName('revoked'), { rotate: true });
  tokens.set('old text', tokens.get('renewed') ?? '');
  tokens.set('renewed', (await owner.renewToken(byName('renewed'), { rotate: false })).token);
  await owner.freezeToken(byName('frozen'));
  const one = await safe.agent(tokens.get('one') ?? '');
  for (const vault of ['Work', 'Nowhere']) {
    await ask(one, 'request_access', { vault });
    const [{ id } = { id: '' }] = await owner.listRequests({ all: false });
    if (vault === 'Work') await owner.approveRequest(id, { item: byName('A'), because: 'Only this one' });
    else await owner.denyRequest(id, 'There is no such vault');
  }
  await one.close();
  await owner.setSetting('item.keep_revisions', '40');
  const editor = await safe.agent(tokens.get('editor') ?? '');
  const set = { password: 'second-of-B' };
  await editor.call({
    tool: 'update_item',
    arguments: { item: 'B', set, reason: 'Change it for the tests' },
    client: { name: 'x', version: '1' },
  });
  await editor.close();
  await exchange();
  items = made;
}

/** Short-lived tokens: one that may read one vault and no secret, and one that was ended. */
async function exchange(): Promise<void> {
  const service = await openService(safe.places, { clock: safe.options.clock, verifyAfterMs: 3_600_000 });
  const client = { name: 'x', version: '1' };
  const credential = { kind: 'token', text: tokens.get('editor') ?? '' } as const;
  for (const name of ['narrowed', 'ended']) {
    const made = await service.exchange(credential, { client, scopes: ['read'], vault: 'Work' });
    tokens.set(name, made.ok ? made.token : '');
  }
  await service.endExchange({ kind: 'token', text: tokens.get('ended') ?? '' }, { client });
  await service.close();
}

/** A part of the log goes to a file: what it leaves behind has rows in every table of the log. */
async function archive(): Promise<void> {
  const bot = await safe.agent(tokens.get('viewer') ?? '');
  for (const item of ['A', 'B', 'A', 'B']) await ask(bot, 'get_item', { item, fields: ['password'] });
  await bot.close();
  const before = new Date((safe.clock.now += 1)).toISOString();
  await safe.owner.archive({ before, to: join(safe.places.home, 'archive.proof') });
}

function describeTables(db: Raw): void {
  for (const name of tablesOf(db)) {
    const info = db.pragma(`table_info("${name}")`) as { name: string; type: string; pk: number }[];
    const key = info.filter(({ pk }) => pk > 0).map((column) => column.name);
    tables.set(name, { name, columns: info, key, rows: allOf(db, name) });
  }
}

beforeAll(async () => {
  process.stderr.write = () => true;
  safe = await makeSafe();
  await furnish();
  await safe.owner.close();
  copy = copyOf(safe);
  readRaw(copy.file, describeTables);
  copy.reset();
  const owner = await ownerLearns(copy, items);
  expect(owner.faults).toEqual([]);
  expect(owner.verification?.fault).toBeNull();
  for (const fact of owner.facts) ownersFacts.add(fact);
  for (const [name, token] of tokens) {
    agentsFacts.set(name, (await agentLearns(copy, token, items)).facts);
  }
});
afterAll(async () => {
  process.stderr.write = write;
  copy.end();
  await safe.end();
});

// ---- one change of the file ----

interface Change {
  readonly what: string;
  /** False where there is nothing to change: the cells are equal. Throws where the schema itself refuses. */
  readonly make: (db: Raw) => boolean;
}

const EXTREMES: Readonly<Record<string, readonly Cell[]>> = {
  INTEGER: [2n ** 63n - 1n, -1, 2n ** 53n, 0, -(2n ** 63n), 1],
  TEXT: ['', 'x\u0000y', 'x'.repeat(10_000), '../../etc', 'owner', '\ufeff'],
  BLOB: [
    Buffer.alloc(0),
    Buffer.alloc(1),
    Buffer.alloc(100_000),
    Buffer.alloc(64, 255),
    Buffer.alloc(32),
    Buffer.alloc(16),
  ],
};

function flipped(value: Cell | undefined): Cell {
  if (value instanceof Uint8Array && value.length > 0) {
    const bytes = Uint8Array.from(value);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    return Buffer.from(bytes);
  }
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string' && value !== '') return value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  return Buffer.of(1);
}

function truncated(value: Cell | undefined): Cell {
  if (value instanceof Uint8Array) return Buffer.from(value.subarray(0, -1));
  return typeof value === 'string' ? value.slice(0, -1) : Math.trunc(Number(value) / 2);
}

/** What may stand in a cell in the place of what does: the next kinds where SQLite takes not the first. */
function replacements(
  table: Table,
  of: { row: Cells; column: Column; turn: number },
): readonly (readonly [string, Cell])[] {
  const { row, column, turn } = of;
  const value = row[column.name];
  const other = table.rows
    .map((one) => one[column.name])
    .find((one) => one !== undefined && !isSame(one, value ?? null));
  const extremes = EXTREMES[column.type] ?? [];
  const kinds: readonly (readonly [string, Cell])[] = [
    ['a flipped bit', flipped(value)],
    ['cut', truncated(value)],
    ['null', null],
    ['another row’s', other ?? null],
    ['an extreme', extremes[turn % extremes.length] ?? null],
  ];
  return kinds.map((_, n) => kinds[(n + turn) % kinds.length] ?? ['null', null]);
}

function isSame(a: Cell, b: Cell): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}

const where = (table: Table): string => table.key.map((name) => `"${name}" = ?`).join(' AND ');
const keyOf = (table: Table, row: Cells): readonly Cell[] => table.key.map((name) => row[name] ?? null);
const told = (table: Table, row: Cells): string =>
  `${table.name} ${keyOf(table, row)
    .map((key) => (key instanceof Uint8Array ? Buffer.from(key).toString('hex').slice(0, 8) : String(key)))
    .join('/')}`;

function put(db: Raw, table: Table, of: { row: Cells; values: Readonly<Record<string, Cell>> }): void {
  const names = Object.keys(of.values);
  const sql = `UPDATE "${table.name}" SET ${names.map((name) => `"${name}" = ?`).join(', ')} WHERE ${where(table)}`;
  expect(db.prepare(sql).run(...Object.values(of.values), ...keyOf(table, of.row)).changes).toBe(1);
}

/** Rows spread over the table: the first, the last, and between them. */
function sampled(table: Table, most: number, turn: number): readonly Cells[] {
  const { rows } = table;
  if (rows.length <= most) return rows;
  const step = rows.length / most;
  return Array.from({ length: most }, (_, n) => rows[Math.floor(n * step + (turn % Math.ceil(step)))]).filter(
    (row): row is Cells => row !== undefined,
  );
}

function cellChanges(table: Table): readonly Change[] {
  let turn = table.name.length;
  return table.columns.flatMap((column) =>
    sampled(table, ROWS_AT_MOST, (turn += 1)).map((row): Change => {
      const kinds = replacements(table, { row, column, turn: (turn += 1) });
      return {
        what: `${told(table, row)}.${column.name}: ${kinds.map(([kind]) => kind).join(', else ')}`,
        make: (db) =>
          kinds.some(
            ([, value]) =>
              !isSame(value, row[column.name] ?? null) && isTaken(db, table, { row, values: { [column.name]: value } }),
          ),
      };
    }),
  );
}

/** Whether SQLite takes a change: a constraint refuses others. */
function isTaken(db: Raw, table: Table, of: { row: Cells; values: Readonly<Record<string, Cell>> }): boolean {
  try {
    put(db, table, of);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CONSTRAINT')) return false;
    if (error instanceof Error && 'code' in error && error.code === 'SQLITE_MISMATCH') return false;
    throw error;
  }
}

function rowChanges(table: Table): readonly Change[] {
  const rows = sampled(table, ROWS_AT_MOST + 1, 1);
  const deleted = rows.map((row): Change => ({
    what: `${told(table, row)}: deleted`,
    make: (db) =>
      db.prepare(`DELETE FROM "${table.name}" WHERE ${where(table)}`).run(...keyOf(table, row)).changes === 1,
  }));
  const doubled = rows
    .slice(0, 3)
    .map((row): Change => ({ what: `${told(table, row)}: doubled`, make: (db) => isDoubled(db, table, row) }));
  const pairs = rows.slice(1).map((row, n) => [rows[n] ?? row, row] as const);
  const contents = table.columns.map(({ name }) => name).filter((name) => !table.key.includes(name));
  const swapped = pairs.map(([a, b]): Change => ({
    what: `${told(table, a)} and ${told(table, b)}: swapped`,
    make: (db) => areSwapped(db, table, { a, b, names: contents }),
  }));
  const crossed = pairs.slice(0, 1).flatMap(([a, b]) =>
    contents.map((name): Change => ({
      what: `${told(table, a)} and ${told(table, b)}: swapped ${name}`,
      make: (db) => areSwapped(db, table, { a, b, names: [name] }),
    })),
  );
  return [...deleted, ...doubled, ...swapped, ...crossed];
}

/** The row once more, under another key. */
function isDoubled(db: Raw, table: Table, row: Cells): boolean {
  const again: Record<string, Cell> = { ...row };
  const unique = table.name === 'token' ? [...table.key, 'lookup_id'] : table.key.slice(-1);
  for (const name of unique) again[name] = otherKey(row[name], table.rows.length);
  const names = Object.keys(again);
  try {
    db.prepare(
      `INSERT INTO "${table.name}" (${names.map((name) => `"${name}"`).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    ).run(...Object.values(again));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CONSTRAINT')) return false;
    throw error;
  }
}

function otherKey(value: Cell | undefined, rows: number): Cell {
  return typeof value === 'number' ? value + rows : flipped(value);
}

function areSwapped(db: Raw, table: Table, of: { a: Cells; b: Cells; names: readonly string[] }): boolean {
  const { a, b, names } = of;
  const [first, second] = [a, b].map((row) => Object.fromEntries(names.map((name) => [name, row[name] ?? null])));
  if (first === undefined || second === undefined || names.every((name) => isSame(a[name] ?? null, b[name] ?? null)))
    return false;
  // over a value that no row has, for columns that must be unique
  if (names.includes('lookup_id')) put(db, table, { row: a, values: { lookup_id: 'between' } });
  put(db, table, { row: b, values: first });
  put(db, table, { row: a, values: second });
  return true;
}

// ---- and what became of it ----

/** What shows less than it was: a token that cannot be read, a vault's name for those who hold its items alone. */
const isLess = (fact: string, known: ReadonlySet<string>): boolean => {
  const [kind, id, name, rest] = JSON.parse(fact) as readonly unknown[];
  if (kind === 'vault' && rest === '')
    return [...known].some((one) => one.startsWith(JSON.stringify([kind, id, name]).slice(0, -1)));
  return kind === 'token' && rest !== 'active' && rest !== 'expiring';
};

async function faultsOf(change: Change): Promise<readonly string[] | null> {
  copy.reset();
  if (!withRaw(copy.file, change.make)) return null;
  const { facts, faults, verification } = await ownerLearns(copy, items);
  const found = faults.map((fault) => `the owner met no refusal: ${fault}`);
  for (const fact of facts)
    if (!ownersFacts.has(fact) && !isLess(fact, ownersFacts)) found.push(`the owner learned ${fact}`);
  const [table = ''] = change.what.split(' ');
  if (LOG_TABLES.includes(table) && verification?.ok === true) found.push('verification found nothing');
  for (const [name, token] of tokens) {
    const learned = await agentLearns(copy, token, items);
    const known = agentsFacts.get(name) ?? new Set();
    for (const fact of learned.facts)
      if (!known.has(fact) && !isLess(fact, known)) found.push(`the agent "${name}" learned ${fact}`);
  }
  return found.map((fault) => `${change.what}: ${fault}`);
}

async function allFaults(changes: readonly Change[]): Promise<{ made: number; faults: readonly string[] }> {
  let made = 0;
  const all: string[] = [];
  for (const change of changes) {
    const faults = await faultsOf(change);
    if (faults !== null) made += 1;
    all.push(...(faults ?? []));
  }
  return { made, faults: all };
}

test('the template holds rows of every kind', () => {
  expect([...tables.keys()].sort()).toEqual([...TABLES].sort());
  for (const { name, rows } of tables.values()) expect(rows.length, name).toBeGreaterThan(0);
  expect(agentsFacts.get('viewer')?.size).toBeGreaterThan(4);
  expect([...(agentsFacts.get('viewer') ?? [])].join('\n')).not.toContain('"write"');
  expect([...(agentsFacts.get('editor') ?? [])].join('\n')).toContain('"write"');
  expect([...(agentsFacts.get('one') ?? [])].join('\n')).toContain('first-of-C');
  expect(agentsFacts.get('narrowed')?.size).toBe(1);
  expect([...(agentsFacts.get('narrowed') ?? [])].join('\n')).not.toMatch(/"write"|-of-/);
  for (const dead of ['frozen', 'revoked', 'old text', 'ended']) expect(agentsFacts.get(dead)?.size, dead).toBe(0);
  expect([...ownersFacts].join('\n')).toContain('second-of-B');
});

describe.each(TABLES)('%s:', (name) => {
  const table = (): Table => {
    const known = tables.get(name);
    if (known === undefined) throw new Error(`no table ${name}`);
    return known;
  };
  test('cells that were changed', async () => {
    const { made, faults } = await allFaults(cellChanges(table()));
    expect(faults).toEqual([]);
    expect(made).toBeGreaterThan(0);
  });

  test('rows that were deleted, doubled or swapped', async () => {
    const { made, faults } = await allFaults(rowChanges(table()));
    expect(faults).toEqual([]);
    expect(made).toBeGreaterThan(0);
  });
});
