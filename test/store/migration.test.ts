/** A safe of an older format: only its owner brings it here, after a copy of it was made. */
import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import SqliteFile from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { initSafe } from '../../src/gate/open.js';
import { restoreSafe } from '../../src/gate/restore.js';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../src/store/schema.js';
import { formatOf, migrate, OLD_FORMATS, schemaOf } from '../../src/store/migration.js';
import { refusedWith } from '../support/gate-rig.js';
import { ask, byName, codeOf, makeSafe, ORIGIN, PASSWORD, type TestSafe } from '../support/safe.js';

let safe: TestSafe;
let token: string;

/** What the older program would have left: the same rows in its own tables. */
function makeOld(file: string, format: number): void {
  const fresh = `${file}.old`;
  const old = new SqliteFile(fresh);
  old.pragma(`application_id = ${String(APPLICATION_ID)}`);
  for (const statement of schemaOf(format)) old.exec(statement);
  old.pragma(`user_version = ${String(format)}`);
  old.prepare('ATTACH ? AS new').run(file);
  const tables = old.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table'").pluck().all() as string[];
  for (const table of tables) old.exec(`INSERT INTO main.${table} SELECT * FROM new.${table}`);
  old.close();
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  renameSync(fresh, file);
}

const privately = (): void => void process.umask(0o077);

beforeEach(async () => {
  privately();
  safe = await makeSafe();
  await safe.owner.createItem(byName('Personal'), {
    type: 'login',
    title: 'Mail',
    fields: [{ name: 'password', value: 'tide-and-lantern' }],
  });
  ({ token } = await safe.token('bot', ['Personal']));
  await safe.owner.close();
});

afterEach(() => safe.end());

const readMail = async (): Promise<string> =>
  codeOf(await ask(await safe.agent(token), 'get_item', { item: 'Mail', fields: ['password'] }));

describe.each(OLD_FORMATS)('of format %i', (format) => {
  beforeEach(() => {
    makeOld(safe.file, format);
  });

  test('agents get nothing from it, a session and a wrong password do not touch it', async () => {
    expect(await readMail()).toBe('unavailable');
    await refusedWith('locked', safe.reopen({ password: 'quite another password 5' }));
    await expect(safe.reopen({ session: 'x' })).rejects.toThrow();
    expect(formatOf(safe.file)).toBe(format);
    expect(existsSync(`${safe.file}.format-${String(format)}`)).toBe(false);
  });

  test('the owner brings it here whole, and a copy of the old one stays', async () => {
    const owner = await safe.reopen({ password: PASSWORD });
    expect((await owner.verify({ full: true })).fault).toBeNull();
    expect(await readMail()).toBe('granted');
    expect(formatOf(`${safe.file}.format-${String(format)}`)).toBe(format);
    const { data } = await owner.listEntries({ query: 'item:Mail', limit: 10 });
    expect(data.map(({ action }) => action)).toEqual(['item.read', 'item.create']);
  });

  test('a copy that a killed try left is made again', async () => {
    const copy = new SqliteFile(`${safe.file}.format-${String(format)}`);
    copy.exec('CREATE TABLE half (done)');
    copy.close();
    await safe.reopen();
    expect(formatOf(`${safe.file}.format-${String(format)}`)).toBe(format);
  });

  test('a guard that was taken away is not brought along unnoticed', async () => {
    const file = new SqliteFile(safe.file);
    file.exec('DROP TRIGGER entry_refuses_delete');
    file.close();
    await refusedWith('integrity', safe.reopen());
    expect(() => {
      migrate(safe.file);
    }).toThrow(/tables of the safe were changed/);
    expect(formatOf(safe.file)).toBe(format);
  });

  test('a backup of the older format is restored in this one, and stays as it is', async () => {
    const backup = join(safe.places.home, 'backup.db');
    renameSync(safe.file, backup);
    await restoreSafe(safe.places, backup, ORIGIN);
    expect(formatOf(backup)).toBe(format);
    expect((await (await safe.reopen()).verify({ full: true })).fault).toBeNull();
  });
});

test('a safe that is made now is of this format', async () => {
  const places = { ...safe.places, home: join(safe.places.home, 'new') };
  const made = await initSafe(places, { password: PASSWORD, withRecovery: false, origin: ORIGIN }, safe.options);
  await made.owner.close();
  expect(formatOf(join(places.home, 'safe.db'))).toBe(SCHEMA_VERSION);
});
