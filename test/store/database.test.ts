/** The port to the database, on a real file: snapshots, one transaction at a time, all or nothing, durable when told. */
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Refusal } from '../../src/core/refusal.js';
import { openSafe, type Safe } from '../../src/gate/safe.js';
import { column, type Database, type Handle } from '../../src/store/database.js';
import { openDatabase } from '../../src/store/sqlite.js';
import { dump, expectVerified, withConnection } from '../support/gate-rig.js';
import { byName, makeSafe, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
let opened: Safe;
let database: Database;

beforeEach(async () => {
  safe = await makeSafe();
  opened = await openSafe(safe.places);
  ({ database } = opened);
});
afterEach(async () => {
  opened.close();
  await safe.end();
});

const put = async (handle: Handle, id: string): Promise<number> =>
  handle.run(
    'INSERT INTO retired_token (lookup_id, secret_hash, token, epoch) VALUES (?, ?, ?, 1)',
    id,
    Buffer.alloc(32),
    id,
  );
const ids = async (handle: Handle): Promise<readonly unknown[]> =>
  (await handle.all('SELECT lookup_id FROM retired_token ORDER BY lookup_id')).map((row) => row['lookup_id']);
const stored = (): unknown[] =>
  withConnection(safe.file, (connection) =>
    connection.prepare('SELECT lookup_id FROM retired_token ORDER BY 1').pluck().all(),
  );

test('a read sees one snapshot, whatever is committed meanwhile', async () => {
  const seen = await database.read(async (handle) => {
    const before = await ids(handle);
    await database.transaction(async (writing) => put(writing, 'a'));
    return [before, await ids(handle), await database.read(ids)];
  });
  expect(seen).toEqual([[], [], ['a']]);
});

test('transactions queue: each sees what the one before left, in the order in which they were asked for', async () => {
  const order: string[] = [];
  const results = await Promise.all(
    ['a', 'b', 'c', 'd'].map(async (id) =>
      database.transaction(async (handle) => {
        order.push(id);
        await put(handle, id);
        await Promise.resolve();
        return (await ids(handle)).length;
      }),
    ),
  );
  expect(results).toEqual([1, 2, 3, 4]);
  expect(order).toEqual(['a', 'b', 'c', 'd']);
});

test('what was told as done is on disk for everybody; what threw is gone, and the next one goes on', async () => {
  await database.transaction(async (handle) => put(handle, 'kept'));
  expect(stored()).toEqual(['kept']);
  const failing = database.transaction(async (handle) => {
    await put(handle, 'lost');
    throw new TypeError('a bug');
  });
  const following = database.transaction(async (handle) => put(handle, 'next'));
  await expect(failing).rejects.toThrow('a bug');
  await following;
  expect(stored()).toEqual(['kept', 'next']);
});

test('a transaction inside of a transaction is an error, not a wait without end', async () => {
  const nested = database.transaction(async (handle) => {
    await put(handle, 'outer');
    await database.transaction(async (inner) => put(inner, 'inner'));
  });
  await expect(nested).rejects.toThrow('inside a transaction');
  expect(stored()).toEqual([]);
  await database.transaction(async (handle) => put(handle, 'after'));
  expect(stored()).toEqual(['after']);
});

test('a handle is dead after its read or transaction, also after one that threw', async () => {
  const kept: Handle[] = [];
  await database.read(async (handle) => Promise.resolve(kept.push(handle)));
  await database.transaction(async (handle) => Promise.resolve(kept.push(handle)));
  await database
    .transaction(async (handle) => {
      kept.push(handle);
      return Promise.reject(new Error('no'));
    })
    .catch(() => undefined);
  expect(kept).toHaveLength(3);
  for (const handle of kept) {
    await expect(handle.get('SELECT 1')).rejects.toThrow('after its transaction');
    await expect(handle.run('DELETE FROM item')).rejects.toThrow('after its transaction');
  }
});

test.each([
  ['journal_mode', 'wal'],
  ['synchronous', 2],
  ['secure_delete', 1],
  ['foreign_keys', 1],
  ['trusted_schema', 0],
  ['cell_size_check', 1],
  ['mmap_size', 0],
  ['cache_size', -2048],
  ['temp_store', 2],
])('%s is %s on the connection that writes and on those that read', async (name, value) => {
  const ask = async (handle: Handle): Promise<unknown> => Object.values((await handle.get(`PRAGMA ${name}`)) ?? {})[0];
  expect(await database.transaction(ask)).toBe(value);
  expect(await Promise.all([database.read(ask), database.read(ask)])).toEqual([value, value]);
});

describe('the log only grows', () => {
  test.each(['entry', 'change', 'log_session', 'checkpoint'])(
    'rows of %s can be neither changed nor deleted',
    async (table) => {
      await safe.owner.createItem(byName('Personal'), { type: 'login', title: 'A' });
      await safe.owner.unlock(60_000);
      const before = dump(safe.file);
      for (const sql of [
        `DELETE FROM ${table}`,
        `UPDATE ${table} SET rowid = rowid`,
        `REPLACE INTO ${table} SELECT * FROM ${table}`,
      ])
        await expect(database.transaction(async (handle) => handle.run(sql))).rejects.toThrow();
      expect(dump(safe.file)).toBe(before);
      await expectVerified(safe);
    },
  );
});

test('a column of another type than the program wrote is an integrity failure', () => {
  const row = { text: 'x', whole: 7, large: 2 ** 60, half: 1.5, bytes: new Uint8Array(1), nothing: null };
  const wrong: (() => unknown)[] = [
    () => column.text(row, 'whole'),
    () => column.text(row, 'nothing'),
    () => column.text(row, 'absent'),
    () => column.textOrNull(row, 'bytes'),
    () => column.integer(row, 'text'),
    () => column.integer(row, 'large'),
    () => column.integer(row, 'half'),
    () => column.integerOrNull(row, 'text'),
    () => column.blob(row, 'text'),
    () => column.blobOrNull(row, 'whole'),
  ];
  for (const read of wrong) {
    let thrown: unknown;
    try {
      read();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(Refusal);
    expect(thrown).toMatchObject({ code: 'integrity' });
  }
  expect([
    column.textOrNull(row, 'nothing'),
    column.integerOrNull(row, 'nothing'),
    column.blobOrNull(row, 'nothing'),
  ]).toEqual([null, null, null]);
});

test('a copy is whole, private, and never in the place of another file', async () => {
  await database.transaction(async (handle) => put(handle, 'copied'));
  const path = join(safe.places.home, 'copy.db');
  await database.copyTo(path);
  expect(lstatSync(path).mode & 0o777).toBe(0o600);
  const copy = openDatabase(path);
  expect(await copy.read(ids)).toEqual(['copied']);
  copy.close();
  const other = join(safe.places.home, 'precious');
  writeFileSync(other, 'precious');
  await expect(database.copyTo(other)).rejects.toThrow();
  expect(lstatSync(other).size).toBe('precious'.length);
});

test('what was erased is not left in the write-ahead log or in the file', async () => {
  const { owner } = safe;
  const { token } = await owner.createToken({ name: 'bot', isAgent: true, vaults: [byName('Personal')] });
  const bundle = withConnection(
    safe.file,
    (connection) => connection.prepare('SELECT bundle FROM token').pluck().get() as Buffer,
  );
  expect(token).toMatch(/^vsp_/);
  opened.close();
  await owner.deleteToken(byName('bot'), { rotate: true });
  for (const suffix of ['', '-wal'])
    if (existsSync(safe.file + suffix))
      expect(readFileSync(safe.file + suffix).includes(bundle.subarray(40, 120))).toBe(false);
  opened = await openSafe(safe.places);
});

/** Has other statements executed, from now on until it is restored. */
function execAs(change: (sql: string) => string) {
  const original = Reflect.get(SqliteFile.prototype, 'exec');
  return vi.spyOn(SqliteFile.prototype, 'exec').mockImplementation(function (this: SqliteFile.Database, sql) {
    return Reflect.apply(original, this, [change(sql)]);
  });
}

describe('transactions that wait together', () => {
  const together = async (works: readonly ((handle: Handle) => Promise<unknown>)[]): Promise<unknown[]> =>
    (await Promise.allSettled(works.map(async (work) => database.transaction(work, { gathers: true })))).map((end) =>
      end.status === 'fulfilled' ? end.value : String(end.reason),
    );
  const commits = async (work: () => Promise<unknown>): Promise<number> => {
    const exec = vi.spyOn(SqliteFile.prototype, 'exec');
    await work();
    const count = exec.mock.calls.filter(([sql]) => sql === 'COMMIT').length;
    exec.mockRestore();
    return count;
  };

  test('share one commit, and each sees what those before it wrote', async () => {
    let seen: unknown[] = [];
    const works = ['a', 'b', 'c'].map((id) => async (handle: Handle) => {
      await put(handle, id);
      return (await ids(handle)).length;
    });
    expect(await commits(async () => (seen = await together(works)))).toBe(1);
    expect(seen).toEqual([1, 2, 3]);
    expect(stored()).toEqual(['a', 'b', 'c']);
  });

  test('one that fails takes nothing of the others with it, and leaves nothing', async () => {
    const fail = async (handle: Handle) => {
      await put(handle, 'lost');
      throw new Error('a bug');
    };
    const seen = await together([(h) => put(h, 'a'), fail, async (h) => (await put(h, 'c'), ids(h))]);
    expect(seen).toEqual([1, 'Error: a bug', ['a', 'c']]);
    expect(stored()).toEqual(['a', 'c']);
  });

  test('where the commit fails, none of them is told as done, and the next one goes on', async () => {
    const exec = execAs((sql) => {
      if (sql === 'COMMIT') throw new Error('no commit');
      return sql;
    });
    const seen = await together([(h) => put(h, 'a'), (h) => put(h, 'b')]);
    exec.mockRestore();
    expect(seen).toEqual(['Error: no commit', 'Error: no commit']);
    expect(stored()).toEqual([]);
    await database.transaction(async (handle) => put(handle, 'next'));
    expect(stored()).toEqual(['next']);
  });

  test('where the database takes everything back, none is told as done, and those after it are tried', async () => {
    // as SQLite does by itself on a full disk
    const exec = execAs((sql) => (sql.startsWith('ROLLBACK TO') ? 'ROLLBACK' : sql));
    const fail = async (handle: Handle) => {
      await put(handle, 'b');
      throw new Error('disk full');
    };
    const seen = await together([(h) => put(h, 'a'), fail, (h) => put(h, 'c')]);
    exec.mockRestore();
    expect(seen).toEqual([expect.stringContaining('unavailable'), 'Error: disk full', 1]);
    expect(stored()).toEqual(['c']);
  });

  test('one alone waits for nobody', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    await database.transaction(async (handle) => put(handle, 'a'), { gathers: true });
    expect(timers).not.toHaveBeenCalled();
    timers.mockRestore();
    expect(stored()).toEqual(['a']);
  });
});

describe('a glance', () => {
  const stamp = async (handle: Handle): Promise<string | null> => Promise.resolve(handle.stamp);
  const entry = 'INSERT INTO log_session (hash, signed) VALUES (?, ?)';

  test('has the same stamp as long as only the log grew, and another one after anything else', async () => {
    const first = await database.glance(stamp);
    expect(first).not.toBeNull();
    await database.transaction(async (handle) => handle.run(entry, Buffer.alloc(32, 1), Buffer.alloc(1)));
    expect(await database.glance(stamp)).toBe(first);
    await database.transaction(async (handle) => put(handle, 'a'));
    const second = await database.glance(stamp);
    expect(second).not.toBe(first);
    await database.transaction(async (handle) => put(handle, 'b')).catch(() => undefined);
    withConnection(safe.file, (connection) => connection.exec("DELETE FROM retired_token WHERE lookup_id = 'a'"));
    expect([first, second]).not.toContain(await database.glance(stamp));
  });

  test('has another stamp after something was taken back', async () => {
    const first = await database.glance(stamp);
    const failing = database.transaction(async (handle) => {
      await handle.run(entry, Buffer.alloc(32, 2), Buffer.alloc(1));
      throw new Error('a bug');
    });
    await expect(failing).rejects.toThrow('a bug');
    expect(await database.glance(stamp)).not.toBe(first);
  });

  test('cannot write', async () => {
    await expect(database.glance(async (handle) => put(handle, 'a'))).rejects.toThrow('only read');
  });

  test('is waited for by a transaction, which it does not see; others look aside meanwhile', async () => {
    let go: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    const looking = database.glance(async (handle) => {
      const before = await ids(handle);
      await held;
      return [before, await ids(handle)];
    });
    const writing = database.transaction(async (handle) => put(handle, 'a'));
    await new Promise(setImmediate);
    expect(await database.glance(async (handle) => [handle.stamp, await ids(handle)])).toEqual([null, []]);
    go();
    expect(await looking).toEqual([[], []]);
    await writing;
    expect(await database.glance(ids)).toEqual(['a']);
  });
});
