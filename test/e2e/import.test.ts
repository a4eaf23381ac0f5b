/** Files of other programs come in: what would, what does, what is there already, and what becomes of the file. */
import { existsSync, linkSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD, Station, type Json } from './station.js';

const HEADER = 'url,username,password,totp,extra,name,grouping,fav';
const LASTPASS = [
  HEADER,
  'https://a.example,ada,hunter2,,note,Shop,Work,1',
  'https://b.example,ada,hunter2,,,,,0',
  'http://sn,,,,only text,Memo,Work\\Deep,0',
  'too,few',
  '',
].join('\n');

let station: Station;
beforeAll(async () => (station = await new Station('import').open()));
afterAll(() => station.end());

const titles = async (vault: string): Promise<string[]> =>
  (await station.json(['item', 'list', '--vault', vault])).data.map(({ title }: Json) => title).sort();
const seq = async (): Promise<number> => (await station.json(['audit', 'list', '--limit', '1'])).data[0].seq;

test('a dry run says what would come in, and changes nothing', async () => {
  const file = station.file('lastpass.csv', LASTPASS);
  const before = await seq();
  const { stdout, stderr, status } = await station.run(['import', file, '--dry-run']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).not.toContain('hunter2');
  expect(stdout).toBe(
    `${[
      'Would be imported from LastPass CSV: 3 items',
      'In the file: 2 login, 1 note',
      '',
      'Skipped (1):',
      '  line 5: a row with 2 of 8 columns',
      '',
      'Weak passwords (2):',
      '  Shop in Personal: guessed in 1 second',
      '  b.example in Personal: guessed in 1 second',
      '',
      'Passwords used more than once (1):',
      '  Shop in Personal, b.example in Personal',
    ].join('\n')}\n`,
  );
  expect(await seq()).toBe(before);
  expect(await titles('Personal')).toEqual([]);
});

test('all of it comes in, once, and the file is advised to be deleted', async () => {
  const file = station.file('lastpass.csv', LASTPASS);
  const { stdout, stderr } = await station.run(['import', file]);
  expect(stdout).toContain('Imported from LastPass CSV: 3 items');
  expect(stderr).toBe(`The file still has all of it, for anyone who can read it. Delete it: rm '${file}'\n`);
  expect(await titles('Personal')).toEqual(['Memo', 'Shop', 'b.example']);
  const shop = await station.json(['item', 'view', 'Shop', '--reveal']);
  expect([shop.type, shop.tags, shop.urls]).toEqual(['login', ['Work', 'favorite'], ['https://a.example']]);
  expect(shop.fields.map(({ name, kind, value }: Json) => [name, kind, value])).toEqual([
    ['username', 'text', 'ada'],
    ['password', 'secret', 'hunter2'],
    ['note', 'note', 'note'],
    ['url', 'url', 'https://a.example'],
  ]);

  const again = await station.json(['import', file]);
  expect(again).toMatchObject({ format: 'lastpass-csv', dry_run: false, created: 0, updated: 0, unchanged: 3 });
  expect(again.skipped).toEqual([{ place: 'line 5', reason: 'a row with 2 of 8 columns' }]);
  expect(await titles('Personal')).toHaveLength(3);
});

describe('what is there already', () => {
  const changed = `${HEADER}\nhttps://a.example,ada,another one,,,Shop,,0\n`;

  test('is replaced or doubled where that is said', async () => {
    const file = station.file('changed.csv', changed);
    expect(await station.json(['import', file, '--on-duplicate', 'update'])).toMatchObject({ created: 0, updated: 1 });
    expect(await station.ok(['item', 'view', 'Shop', '--field', 'password'])).toBe('another one\n');
    expect(await station.json(['import', file, '--on-duplicate', 'keep-both'])).toMatchObject({ created: 1 });
    expect((await titles('Personal')).filter((title) => title === 'Shop')).toHaveLength(2);
  });

  test('is told by a dry run', async () => {
    const told = await station.json(['import', station.file('changed.csv', changed), '--dry-run']);
    expect(told).toMatchObject({ dry_run: true, unchanged: 1, weak_passwords: [], reused_passwords: [] });
    expect(told.duplicates).toEqual([{ vault: 'Personal', title: 'Shop', place: 'line 2' }]);
  });
});

test('a vault for each folder, and the rest into the default one', async () => {
  const made = await station.json(['import', station.file('lastpass.csv', LASTPASS), '--vault-per-folder']);
  expect(made.vaults_created).toEqual(['Work', 'Work - Deep']);
  expect(await titles('Work')).toEqual(['Shop']);
  expect(await titles('Work - Deep')).toEqual(['Memo']);
});

test('an environment file is called as its file; from stdin it comes too', async () => {
  await station.ok(['vault', 'create', 'CI']);
  await station.ok(['import', station.file('prod.env', 'A=1\nB="x y"\n'), '--vault', 'ci']);
  expect(await titles('CI')).toEqual(['prod.env']);
  expect(await station.ok(['item', 'view', 'CI/prod.env', '--field', 'B'])).toBe('x y\n');
  const piped = await station.json(['import', '-', '--vault', 'CI'], { input: 'A=1\n' });
  expect(piped).toMatchObject({ format: 'env', created: 1 });
});

test('what is no entry of an owner is refused, with its status', async () => {
  const file = station.file('chrome.csv', 'name,url,username,password\na,https://a.example,b,c\n');
  const status = async (...args: string[]): Promise<[number, string]> => {
    const ran = await station.run(['import', ...args]);
    return [ran.status, ran.stderr.split('\n')[0]!];
  };
  await station.ok(['settings', 'set', 'vault.default', 'Personal']);
  expect(await status(join(station.folder, 'gone'))).toEqual([3, `There is no file ${join(station.folder, 'gone')}.`]);
  expect(await status(station.folder)).toEqual([2, `${station.folder} is no file.`]);
  expect(await status(file, '--format', 'chrome')).toEqual([2, 'There is no such format.']);
  expect(await status(file, '--vault', 'Nowhere')).toEqual([3, 'There is no such vault.']);
  expect(await status(file, '--vault', 'CI', '--vault-per-folder')).toEqual([
    2,
    '--vault and --vault-per-folder say different things.',
  ]);
  expect(await status(file, '--dry-run', '--shred')).toEqual([2, 'A dry run changes nothing, so it shreds nothing.']);
  expect(await status('-', '--shred')).toEqual([2, 'There is no file to shred.']);
  expect(await status('-', '--password-stdin')).toEqual([2, 'Stdin cannot be both the file and the password.']);
  const token = await station.token('reader', '--vault', 'CI', '--role', 'manager');
  expect((await station.asToken(token, ['import', file])).status).toBe(4);
  expect(await titles('Personal')).not.toContain('a');
});

describe('shredding', () => {
  const text = 'name,url,username,password\nShredded,https://a.example,b,c\n';

  test('overwrites and deletes, and says what it cannot promise', async () => {
    const file = station.file('shred.csv', text);
    const { stderr, status } = await station.run(['import', file, '--shred']);
    expect({ status, isThere: existsSync(file) }).toEqual({ status: 0, isThere: false });
    expect(stderr).toContain(`Overwritten and deleted: ${file}\n`);
    expect(stderr).toContain('flash disks');
  });

  test('asks before something goes that was not taken', async () => {
    const file = station.file('shred.csv', `${text}too,few\n`);
    const refused = await station.run(['import', file, '--shred', '--on-duplicate', 'keep-both']);
    expect(refused.status).toBe(2);
    expect(existsSync(file)).toBe(true);
    expect((await titles('Personal')).filter((title) => title === 'Shredded')).toHaveLength(1);
    await station.ok(['import', file, '--shred', '--force']);
    expect(existsSync(file)).toBe(false);
  });

  test('leaves a file that has a second name, and a link', async () => {
    const file = station.file('shred.csv', text);
    const other = join(station.folder, 'second.csv');
    linkSync(file, other);
    expect((await station.run(['import', file, '--shred'])).stderr).toContain('has a second name');
    const link = join(station.folder, 'link.csv');
    symlinkSync(other, link);
    expect((await station.run(['import', link, '--shred'])).status).toBe(1);
    expect(readFileSync(other, 'utf8')).toBe(text);
  });
});

test('the password of the file is the next line of stdin, behind the master password', async () => {
  const file = station.file(
    'protected.json',
    JSON.stringify({
      encrypted: true,
      passwordProtected: true,
      salt: 'c2FsdA==',
      kdfType: 0,
      kdfIterations: 5000,
      encKeyValidation_DO_NOT_EDIT: `2.${'A'.repeat(22)}==|${'A'.repeat(22)}==|${'A'.repeat(43)}=`,
      data: '2.AA==|AA==|AA==',
    }),
  );
  const { status, stderr } = await station.run(['import', file, '--password-stdin'], { input: `${PASSWORD}\nwrong\n` });
  expect([status, stderr.split('\n')[0]]).toEqual([4, 'That is not the password of the file.']);
  const none = await station.run(['import', file]);
  expect([none.status, none.stderr.split('\n')[0]]).toEqual([2, 'The file needs a password.']);
});
