/** KeePass databases: what KeePassXC wrote is read whole, and what is wrong with a file is said in one sentence. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { KdbxCredentials, ProtectedValue, type Kdbx } from 'kdbxweb';
import { describe, expect, test } from 'vitest';
import { foldName } from '../../src/core/text.js';
import { keepassKdbx } from '../../src/exchange/kdbx.js';
import type { ParsedFile, ParsedItem } from '../../src/exchange/parsed.js';
import { newDatabase, PASSWORD, saved } from './kdbx-maker.js';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
const opening = (password: string, keyFile?: Uint8Array) => ({
  password: () => Promise.resolve(password),
  ...(keyFile && { keyFile }),
});
const itemOf = (file: ParsedFile, title: string): ParsedItem => file.items.find((item) => item.title === title)!;
const valuesOf = ({ fields }: Pick<ParsedItem, 'fields'>) =>
  fields.map(({ section, name, kind, value }) => [section === undefined ? name : `${section}/${name}`, kind, value]);

describe('a database of KeePassXC', () => {
  let whole: Promise<ParsedFile> | undefined;
  // Its key takes a moment, so it is opened once.
  const read = () => (whole ??= keepassKdbx.read(fixture('keepassxc.kdbx'), opening('correct horse')));

  test('is known by its first bytes', () => {
    expect(keepassKdbx.fits(fixture('keepassxc.kdbx'))).toBe(true);
    expect(keepassKdbx.fits(fixture('keepassxc.xml'))).toBe(false);
    expect(keepassKdbx.fits(new Uint8Array())).toBe(false);
  });

  test('gives everything of an entry', async () => {
    const file = await read();
    expect(file.skipped).toEqual([]);
    const bank = itemOf(file, 'Bank & Söhne');
    expect(bank).toMatchObject({
      type: 'login',
      folder: [],
      tags: ['bank', 'family'],
      urls: ['https://bank.example/login', 'https://cards.bank.example', 'https://app.bank.example'],
      isTrashed: false,
      createdAt: Date.UTC(2021, 2, 4, 5, 6, 7),
      place: 'entry 1',
    });
    expect(valuesOf(bank)).toEqual([
      ['username', 'text', 'ada@example.com'],
      ['password', 'secret', 'third <pass> wörd 🗝'],
      ['totp', 'totp', 'otpauth://totp/Bank:ada?secret=GEZDGNBVGY3TQOJQ&period=30&digits=6&issuer=Bank'],
      ['note', 'note', 'Line one\n\ttab and "quotes" line two'],
      ['Customer number', 'text', '4711'],
      ['Empty', 'text', ''],
      ['PIN', 'secret', '2580'],
      ['expires', 'date', '2031-01-02'],
      ['Override URL', 'text', 'cmd://firefox {URL}'],
      ['Auto-Type/enabled', 'text', 'no'],
      ['Auto-Type/sequence', 'secret', '{USERNAME}{TAB}{PASSWORD}{ENTER}'],
      ['Auto-Type/window', 'text', 'Bank - *'],
      ['Auto-Type/window sequence', 'secret', '{PASSWORD}{ENTER}'],
      ['Custom data/Browser note', 'secret', '{"Allow":["https://bank.example"]}'],
    ]);
  });

  test('gives the history, oldest first', async () => {
    const [first, second, ...later] = itemOf(await read(), 'Bank & Söhne').history;
    expect(first).toMatchObject({ at: Date.UTC(2021, 2, 4, 5, 6, 7), title: 'Bank' });
    expect(valuesOf(first!)).toEqual([
      ['url', 'url', 'http://bank.example'],
      ['username', 'text', 'ada'],
      ['password', 'secret', 'first pass'],
    ]);
    expect(second!.at).toBe(Date.UTC(2022, 0, 1));
    expect(valuesOf(second!)).toContainEqual(['PIN', 'secret', '0000']);
    // Adding two attachments made two more states.
    expect(later.map(({ fields }) => fields.filter(({ kind }) => kind === 'url').map(({ name }) => name))).toEqual([
      ['url', 'url-2', 'url-3'],
      ['url', 'url-2', 'url-3'],
    ]);
  });

  test('gives folders, types, trash and one-time passwords of every kind', async () => {
    const file = await read();
    expect(
      file.items.map(({ title, type, folder, isTrashed }) => [title, type, folder.join(' > '), isTrashed]),
    ).toEqual([
      ['Bank & Söhne', 'login', '', false],
      ['Where the key is', 'note', '', false],
      ['Added', 'login', 'Work', false],
      ['Old one-time password', 'login', 'Work > Servers / EU', false],
      ['Deploy', 'login', 'Work > Servers / EU', false],
      ['Gone', 'login', '', true],
    ]);
    expect(valuesOf(itemOf(file, 'Where the key is'))).toEqual([['text', 'note', 'Under the third stone']]);
    const totp = (title: string) => itemOf(file, title).fields.find(({ kind }) => kind === 'totp')!.value;
    expect(totp('Old one-time password')).toMatch(/\?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=8&period=60$/);
    expect(totp('Deploy')).toBe(
      'otpauth://totp/Deploy%3Agit?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA256&digits=8&period=45',
    );
  });

  test('names what is not taken', async () => {
    const { lost } = await read();
    expect(lost.map(({ place, title, what }) => [place, ...(title === undefined ? [] : [title]), what])).toEqual([
      ['database', 'the description of the database'],
      ['root group', 'the notes of a group'],
      ['Work/Empty', 'a group without entries'],
      ['entry 1', 'Bank & Söhne', 'an attachment (KeeAgent.settings, 37 bytes)'],
      ['entry 1', 'Bank & Söhne', 'an attachment (scan.txt, 21 bytes)'],
      [
        'Work/Servers / EU, entry 1',
        'Old one-time password',
        'what a reference to another entry stands for; it is kept as text (username, password)',
      ],
      ['database', 'the icon of an entry'],
      ['database', 'the colours of an entry'],
    ]);
  });

  test('opens with a key file and the password, and with neither alone', async () => {
    const [file, key] = [fixture('keepassxc-keyfile.kdbx'), fixture('keepassxc.keyx')];
    const { items } = await keepassKdbx.read(file, opening('battery staple', key));
    expect(valuesOf(items[0]!)).toEqual([
      ['username', 'text', 'lou'],
      ['password', 'secret', 'behind two locks'],
    ]);
    const fault = /does not open with this password and key file/;
    await expect(keepassKdbx.read(file, opening('battery staple'))).rejects.toThrow(fault);
    await expect(keepassKdbx.read(file, opening('', key))).rejects.toThrow(fault);
    await expect(keepassKdbx.read(file, opening('battery staple', new Uint8Array(32)))).rejects.toThrow(fault);
  });
});

describe('databases of other versions that KeePassXC keeps to', () => {
  test.each(['keepassxc-3.kdbx', 'keepassxc-41.kdbx'])('%s is read with AES, attachments and history', async (name) => {
    const { items, lost } = await keepassKdbx.read(fixture(name), opening('old horse'));
    expect(items[0]).toMatchObject({ title: 'Of the third', urls: ['https://third.example'], isTrashed: false });
    expect(valuesOf(items[0]!)).toEqual([
      ['username', 'text', 'thea'],
      ['password', 'secret', 'the second'],
      ['note', 'note', 'Kept in KDBX 3.1'],
    ]);
    expect(valuesOf(items[0]!.history[0]!)).toContainEqual(['password', 'secret', 'the first']);
    expect(lost).toEqual([{ place: 'entry 1', title: 'Of the third', what: 'an attachment (contract, 16 bytes)' }]);
  });

  test('what was thrown away is trashed', async () => {
    const { items } = await keepassKdbx.read(fixture('keepassxc-41.kdbx'), opening('old horse'));
    expect(items.map(({ title, folder, isTrashed }) => [title, folder, isTrashed])).toEqual([
      ['Of the third', [], false],
      ['Thrown away', [], true],
    ]);
  });
});

describe('a key file', () => {
  const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7));
  const xml = async (version: number) =>
    Buffer.from(await KdbxCredentials.createKeyFileWithHash(new Uint8Array(key).buffer, version));
  const kinds: [string, () => Promise<Uint8Array>][] = [
    ['XML of version 1', () => xml(1)],
    ['XML of version 2', () => xml(2)],
    ['hex', () => Promise.resolve(Buffer.from(key.toString('hex')))],
    ['raw', () => Promise.resolve(key)],
    ['any file', () => Promise.resolve(Buffer.from('<html>a picture, say'.repeat(9)))],
  ];

  test.each(kinds)('of the kind %s opens what kdbxweb locked with it', async (_, make) => {
    const keyFile = await make();
    const database = newDatabase(4);
    database.credentials = new KdbxCredentials(ProtectedValue.fromString('both'), new Uint8Array(keyFile).buffer);
    await database.credentials.ready;
    const { items } = await keepassKdbx.read(await saved(database), opening('both', keyFile));
    expect(items).toEqual([]);
  });

  test('opens alone where there is no password', async () => {
    const database = newDatabase(3);
    database.credentials = new KdbxCredentials(null, new Uint8Array(key).buffer);
    database.createEntry(database.getDefaultGroup()).fields.set('Title', 'Keyed');
    const { items } = await keepassKdbx.read(await saved(database), opening('', key));
    expect(items.map(({ title }) => title)).toEqual(['Keyed']);
  });

  test('of XML is refused where it is damaged', async () => {
    const database = await saved(newDatabase(4));
    const damaged = (await xml(2)).toString().replace(/Hash="../, 'Hash="00');
    await expect(keepassKdbx.read(database, opening('x', Buffer.from(damaged)))).rejects.toThrow(
      'The file cannot be opened, since the key file is damaged: its hash does not fit its data.',
    );
    const unknown = (await xml(1)).toString().replace('1.00', '3.0');
    await expect(keepassKdbx.read(database, opening('x', Buffer.from(unknown)))).rejects.toThrow(/not of a version/);
  });
});

const word = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[\r\0]/.test(text));
const tag = fc.stringMatching(/^[a-z]{1,8}$/);
const ownName = word.filter(
  (name) => !/^(?:Title|UserName|Password|URL|Notes|otp|KP2A_URL.*|.*OTP.*|.*Otp-.*)$/.test(name),
);
const written = fc.record({
  title: word,
  username: word,
  password: word,
  notes: word,
  url: fc.webUrl(),
  tags: fc.uniqueArray(tag, { maxLength: 3 }),
  own: fc.uniqueArray(fc.tuple(ownName, word, fc.boolean()), { maxLength: 4, selector: ([name]) => foldName(name) }),
  folder: fc.array(word, { maxLength: 3 }),
  formerPassword: fc.option(word),
  attachment: fc.option(fc.uint8Array({ minLength: 1, maxLength: 50 })),
});

type Written = typeof written extends fc.Arbitrary<infer T> ? T : never;

test.each([3, 4] as const)('random items written as KDBX %i are read back', async (version) => {
  const samples = fc.uniqueArray(written, { maxLength: 4, selector: ({ title }) => title });
  await fc.assert(
    fc.asyncProperty(samples, async (entries) => {
      const database = newDatabase(version);
      for (const entry of entries) await writeEntry(database, entry);
      const { items, lost, skipped } = await keepassKdbx.read(await saved(database), opening(PASSWORD));
      const byTitle = (title: string, folder: readonly string[]) => JSON.stringify([folder, title]);
      const found = new Map(items.map((item) => [byTitle(item.title, item.folder), item]));
      for (const entry of entries) {
        const item = found.get(byTitle(entry.title, entry.folder))!;
        expect(item).toMatchObject({ type: 'login', tags: entry.tags, urls: [entry.url] });
        expect(valuesOf(item)).toEqual([
          ['username', 'text', entry.username],
          ['password', 'secret', entry.password],
          ['note', 'note', entry.notes],
          ...entry.own.map(([name, value, isProtected]) => [name, isProtected ? 'secret' : 'text', value]),
        ]);
        const former = item.history.flatMap(({ fields }) => fields.filter(({ name }) => name === 'password'));
        expect(former.map(({ value }) => value)).toEqual(entry.formerPassword === null ? [] : [entry.formerPassword]);
      }
      expect(skipped).toEqual([]);
      expect(lost.filter(({ what }) => what.startsWith('an attachment')).map(({ what }) => what)).toEqual(
        expect.arrayContaining(entries.flatMap(({ attachment }) => (attachment === null ? [] : [sized(attachment)]))),
      );
    }),
    { numRuns: 10 },
  );
});

const sized = ({ length }: Uint8Array) => `an attachment (a file, ${length} ${length === 1 ? 'byte' : 'bytes'})`;

async function writeEntry(database: Kdbx, entry: Written) {
  let group = database.getDefaultGroup();
  for (const name of entry.folder)
    group = group.groups.find((one) => one.name === name) ?? database.createGroup(group, name);
  const made = database.createEntry(group);
  const set = (name: string, value: string, isProtected = false) =>
    made.fields.set(name, isProtected ? ProtectedValue.fromString(value) : value);
  set('Title', entry.title);
  set('UserName', entry.username);
  set('URL', entry.url);
  set('Notes', entry.notes);
  for (const [name, value, isProtected] of entry.own) set(name, value, isProtected);
  if (entry.formerPassword !== null) {
    set('Password', entry.formerPassword, true);
    made.pushHistory();
  }
  set('Password', entry.password, true);
  made.tags = [...entry.tags];
  if (entry.attachment !== null)
    made.binaries.set('a file', await database.createBinary(new Uint8Array(entry.attachment).buffer));
}

const hasKeepassxc = spawnSync('keepassxc-cli', ['--version']).status === 0;

test.skipIf(!hasKeepassxc)('what keepassxc-cli writes now is read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kdbx-'));
  const run = (args: readonly string[], input: string) =>
    execFileSync('keepassxc-cli', args, {
      input,
      stdio: 'pipe',
      env: { ...process.env, HOME: folder, QT_QPA_PLATFORM: 'offscreen' },
    });
  try {
    const path = join(folder, 'now.kdbx');
    run(['db-create', '-q', '-t', '100', '-p', path], 'now\nnow\n');
    run(['add', '-q', '-p', path, 'Fresh', '-u', 'fay', '--notes', 'a\ttab'], 'now\nof today\n');
    const { items } = await keepassKdbx.read(readFileSync(path), opening('now'));
    expect(items.map(valuesOf)).toEqual([
      [
        ['username', 'text', 'fay'],
        ['password', 'secret', 'of today'],
        ['note', 'note', 'a\ttab'],
      ],
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
