/**
 * security.md section 6 no. 5: no entry, no secret. A failure at each statement of a call and at its commit, a full
 * disk, a database that may not be written, and a hostile trigger or view: the answer is a refusal, it holds nothing,
 * nothing half done stays, and once the fault is gone the next call works.
 */
import { SCHEMA_VERSION } from '../../src/store/schema.js';
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AgentDoor, Answer } from '../../src/gate/call.js';
import { openAgent } from '../../src/gate/open-agent.js';
import { openSafe } from '../../src/gate/safe.js';
import {
  captureStderr,
  dump,
  dumpWithoutLog,
  entriesAfter,
  expectVerified,
  lastSeq,
  refusalOf,
  refusedWith,
  rigOf,
  type Rig,
  withConnection,
} from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, type TestSafe } from '../support/safe.js';

const stderr = captureStderr();
const SECRET = 'canary-secret-4411';
const SEED = 'JBSWY3DPEHPK3PXPCANARY22';
let safe: TestSafe;
let rig: Rig;

beforeEach(async () => {
  safe = await makeSafe();
  for (const title of ['A', 'B', 'Gone'])
    await safe.owner.createItem(byName('Personal'), {
      type: 'login',
      title,
      fields: [
        { name: 'password', value: SECRET },
        { name: 'totp', value: SEED },
      ],
    });
  await safe.owner.trashItem({ item: byName('Gone') });
  rig = await rigOf(safe, (await safe.token('bot', ['Personal'], 'editor')).token);
});

afterEach(async () => {
  rig.faults.clear();
  await rig.gate.close();
  await safe.end();
});

interface Try {
  readonly name: string;
  readonly call: (door: AgentDoor) => Promise<Answer>;
}

const tries: readonly Try[] = [
  { name: 'a secret that is read', call: (door) => ask(door, 'get_item', { item: 'A', fields: ['password'] }) },
  { name: 'a one-time code', call: (door) => ask(door, 'get_totp', { item: 'A' }) },
  { name: 'a list', call: (door) => ask(door, 'list_vault', { vault: 'Personal' }) },
  { name: 'who am I', call: (door) => ask(door, 'whoami') },
  {
    name: 'a new item',
    call: (door) =>
      ask(door, 'create_item', {
        vault: 'Personal',
        type: 'login',
        title: 'New',
        fields: [{ name: 'password', value: SECRET }],
      }),
  },
  {
    name: 'an update',
    call: (door) => ask(door, 'update_item', { item: 'B', set: { password: 'canary-secret-new' } }),
  },
  { name: 'a restored item', call: (door) => ask(door, 'restore_item', { item: 'Gone' }) },
  { name: 'a call without a reason', call: (door) => ask(door, 'get_item', { item: 'A', reason: ' ' }) },
];

function expectNothing(answer: Answer): void {
  expect(answer.ok).toBe(false);
  const text = JSON.stringify(answer);
  for (const canary of ['canary-secret', SEED]) expect(text).not.toContain(canary);
  expect(stderr.text()).not.toContain('canary-secret');
}

/** How many statements the call makes, on a rig of its own, so that caches are as cold as they will be. */
async function statementsOf(token: string, call: Try['call']): Promise<number> {
  const probe = await rigOf(safe, token);
  try {
    await call(probe.gate);
    return probe.faults.statements;
  } finally {
    await probe.gate.close();
  }
}

const ioError = (): Error => new SqliteFile.SqliteError('disk I/O error', 'SQLITE_IOERR_WRITE');
const bug = (): Error => new TypeError('not a function');

describe.each(tries)('$name', ({ call }) => {
  test('fails at each statement, once: a refusal that is recorded, or none; nothing half done', async () => {
    const { token } = await safe.token('own', ['Personal'], 'editor');
    const total = await statementsOf((await safe.token('probe', ['Personal'], 'editor')).token, call);
    expect(total).toBeGreaterThan(5);
    let failed = 0;
    for (let n = 1; n <= total; n += 1) {
      const cold = await rigOf(safe, token);
      const before = dumpWithoutLog(safe.file);
      const last = lastSeq(safe.file);
      cold.faults.arm(n, { after: n % 2 === 0, error: n % 3 === 0 ? bug : ioError });
      const answer = await call(cold.gate);
      expectNothing(answer);
      failed += cold.faults.statements >= n ? 1 : 0;
      const added = entriesAfter(safe.file, last);
      expect(added.map(({ seq }) => seq)).toEqual(answer.receipt === null ? [] : [answer.receipt.seq]);
      for (const row of added) expect(row.outcome).not.toBe('granted');
      expect(dumpWithoutLog(safe.file)).toBe(before);
      await cold.gate.close();
    }
    expect(failed).toBe(total);
    await expectVerified(safe);
  });

  test('fails from each statement on: no answer, no entry, not a row changed; then it works again', async () => {
    const { token } = await safe.token('own', ['Personal'], 'editor');
    const total = await statementsOf((await safe.token('probe', ['Personal'], 'editor')).token, call);
    const cold = await rigOf(safe, token);
    for (let n = 1; n <= total; n += 1) {
      const before = dump(safe.file);
      cold.faults.arm(n, { lasting: true, after: n % 2 === 0, error: ioError });
      const answer = await call(cold.gate);
      if (cold.faults.statements < n) break;
      expectNothing(answer);
      expect(answer).toMatchObject({ ok: false, receipt: null, error: { code: 'unavailable' } });
      expect(dump(safe.file)).toBe(before);
    }
    cold.faults.clear();
    const last = lastSeq(safe.file);
    const answer = await call(cold.gate);
    expect(['granted', 'reason_required', 'ambiguous', 'not_found']).toContain(codeOf(answer));
    expect(entriesAfter(safe.file, last)).toHaveLength(1);
    await cold.gate.close();
    await expectVerified(safe);
  });

  test('the commit fails, once and for good', async () => {
    for (const lasting of [false, true]) {
      const before = dumpWithoutLog(safe.file);
      const last = lastSeq(safe.file);
      rig.faults.arm('commit', { lasting, error: ioError });
      const answer = await call(rig.gate);
      expectNothing(answer);
      expect(dumpWithoutLog(safe.file)).toBe(before);
      const added = entriesAfter(safe.file, last);
      expect(added.map(({ seq }) => seq)).toEqual(answer.receipt === null ? [] : [answer.receipt.seq]);
      if (lasting) expect(answer).toMatchObject({ receipt: null, error: { code: 'unavailable' } });
      rig.faults.clear();
    }
    expect(entriesAfter(safe.file, lastSeq(safe.file))).toEqual([]);
    expect((await call(rig.gate)).receipt).not.toBeNull();
    await expectVerified(safe);
  });
});

test('a commit that was done and is told as failed: nothing is given, and the next call of the same door works', async () => {
  for (const { call } of tries) {
    rig.faults.isTold = false;
    const answer = await call(rig.gate);
    expectNothing(answer);
    const next = await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] });
    expect(codeOf(next)).toBe('granted');
    await expectVerified(safe);
  }
});

/** Runs a pragma on the connection that the gate writes with. */
async function onWriter(pragma: string): Promise<void> {
  await rig.database.transaction(async (handle) => handle.run(`PRAGMA ${pragma}`));
}

test('a full disk gives nothing, records nothing and breaks nothing; with space again the next call works', async () => {
  const big = 'x'.repeat(60_000);
  expect(codeOf(await ask(rig.gate, 'whoami'))).toBe('granted');
  const pages = withConnection(safe.file, (connection) => connection.pragma('page_count', { simple: true }) as number);
  await onWriter(`max_page_count = ${String(pages)}`);
  let refusedReads = 0;
  const before = dumpWithoutLog(safe.file);
  const write = await ask(rig.gate, 'create_item', {
    vault: 'Personal',
    type: 'note',
    title: 'Big',
    fields: [{ name: 'text', value: big }],
  });
  expect(refusalOf(write)).toBe('unavailable');
  expect(dumpWithoutLog(safe.file)).toBe(before);
  for (let i = 0; i < 400 && refusedReads < 3; i += 1) {
    const all = dump(safe.file);
    const answer = await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] });
    if (answer.ok) continue;
    refusedReads += 1;
    expectNothing(answer);
    if (answer.receipt === null) expect(dump(safe.file)).toBe(all);
  }
  expect(refusedReads).toBe(3);
  await onWriter('max_page_count = 1073741823');
  expect(codeOf(await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
  await expectVerified(safe);
});

test('a database that takes no writes gives nothing', async () => {
  expect(codeOf(await ask(rig.gate, 'whoami'))).toBe('granted');
  await onWriter('query_only = ON');
  const before = dump(safe.file);
  for (const { call } of tries) {
    const answer = await call(rig.gate);
    expectNothing(answer);
    expect(answer).toMatchObject({ receipt: null, error: { code: 'unavailable' } });
  }
  expect(dump(safe.file)).toBe(before);
  await expectVerified(safe);
});

const hostile: readonly (readonly [name: string, sql: string])[] = [
  ['a trigger that swallows entries', 'CREATE TRIGGER evil BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END'],
  ['a trigger that swallows changes', 'CREATE TRIGGER evil BEFORE INSERT ON change BEGIN SELECT RAISE(IGNORE); END'],
  [
    'a trigger that swallows sessions',
    'CREATE TRIGGER evil BEFORE INSERT ON log_session BEGIN SELECT RAISE(IGNORE); END',
  ],
  ['a trigger that swallows the state', 'CREATE TRIGGER evil BEFORE INSERT ON state BEGIN SELECT RAISE(IGNORE); END'],
  [
    'a trigger that deletes entries again',
    'DROP TRIGGER entry_refuses_delete; CREATE TRIGGER evil AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE seq = NEW.seq; END',
  ],
  ['a log that may be edited', 'DROP TRIGGER entry_refuses_update'],
  [
    'a view in the place of the log',
    'ALTER TABLE entry RENAME TO entry_old; CREATE VIEW entry AS SELECT * FROM entry_old; CREATE TRIGGER evil INSTEAD OF INSERT ON entry BEGIN SELECT 1; END',
  ],
  ['a view more', 'CREATE VIEW helper AS SELECT 1 AS one'],
  ['an index more', 'CREATE INDEX helper ON entry (at)'],
  ['a table more', 'CREATE TABLE helper (x)'],
  ['a column more', 'ALTER TABLE item ADD COLUMN helper TEXT'],
];

describe.each(hostile)('%s', (_name, sql) => {
  test('in the file before: nothing is opened, by nobody', async () => {
    const { token } = await safe.token('late', ['Personal']);
    withConnection(safe.file, (connection) => connection.exec(sql));
    await refusedWith('integrity', openSafe(safe.places));
    await refusedWith('integrity', safe.reopen());
    const door = await safe.agent(token);
    const answer = await ask(door, 'get_item', { item: 'A', fields: ['password'] });
    expectNothing(answer);
    expect(answer).toMatchObject({ receipt: null, error: { code: 'unavailable' } });
  });

  test('added during a run: nothing is given any more, and nothing is written', async () => {
    expect(codeOf(await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
    withConnection(safe.file, (connection) => connection.exec(sql));
    const before = dump(safe.file);
    for (const { call } of tries) {
      const answer = await call(rig.gate);
      expectNothing(answer);
      expect(answer.receipt).toBeNull();
    }
    await refusedWith('integrity', safe.owner.createItem(byName('Personal'), { type: 'login', title: 'X' }));
    expect(dump(safe.file)).toBe(before);
  });

  test('added during a run with the schema’s number put back: an answer that is granted has its entry on disk', async () => {
    expect(codeOf(await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
    withConnection(safe.file, (connection) => {
      const version = String(connection.pragma('schema_version', { simple: true }));
      connection.exec(sql);
      connection.pragma(`schema_version = ${version}`);
    });
    for (const { call } of tries) {
      const answer = await call(rig.gate);
      if (!answer.ok) expectNothing(answer);
      if (answer.receipt === null) continue;
      const { seq, hash } = answer.receipt;
      const rows = withConnection(safe.file, (connection) =>
        connection.prepare('SELECT lower(hex(hash)) AS hash FROM entry WHERE seq = ?').all(seq),
      );
      expect(rows).toEqual([{ hash }]);
    }
    await refusedWith('integrity', openSafe(safe.places));
  });
});

test('a file that another program made newer during a run gives nothing any more', async () => {
  expect(codeOf(await ask(rig.gate, 'whoami'))).toBe('granted');
  withConnection(safe.file, (connection) => connection.pragma('user_version = 99'));
  const answer = await ask(rig.gate, 'get_item', { item: 'A', fields: ['password'] });
  expectNothing(answer);
  expect(answer.receipt).toBeNull();
  withConnection(safe.file, (connection) => connection.pragma(`user_version = ${String(SCHEMA_VERSION)}`));
  const fresh = await openAgent(
    safe.places,
    { kind: 'token', text: (await safe.token('late', ['Personal'])).token },
    { transport: 'cli', clock: safe.options.clock },
  );
  expect(codeOf(await ask(fresh, 'get_item', { item: 'A', fields: ['password'] }))).toBe('granted');
  await fresh.close();
});

test('an entry that reads back otherwise than it was written is no entry', async () => {
  const token = (await safe.token('own', ['Personal'])).token;
  const cold = await rigOf(safe, token);
  const { database, faults } = cold;
  faults.onStatement = () => undefined;
  expect(codeOf(await ask(cold.gate, 'whoami'))).toBe('granted');
  const last = lastSeq(safe.file);
  // what a hostile trigger would do in the same transaction, past the check of the schema
  await database
    .transaction(async (handle) => {
      await handle.run(
        'CREATE TEMP TRIGGER evil AFTER INSERT ON entry BEGIN DELETE FROM main.entry WHERE seq = NEW.seq; END',
      );
      await handle.run('DROP TRIGGER main.entry_refuses_delete');
    })
    .catch(() => undefined);
  const answer = await ask(cold.gate, 'get_item', { item: 'A', fields: ['password'] });
  expectNothing(answer);
  expect(answer.receipt).toBeNull();
  expect(entriesAfter(safe.file, last)).toEqual([]);
  await cold.gate.close();
});
