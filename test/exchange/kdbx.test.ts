/** KeePass databases: what KeePassXC wrote is read whole, and what is wrong with a file is said in one sentence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { kdbxReader } from '../../src/exchange/kdbx.js';
import type { ParsedFile, ParsedItem } from '../../src/exchange/parsed.js';

const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
const opening = (password: string, keyFile?: Uint8Array) => ({
  password: () => Promise.resolve(password),
  ...(keyFile && { keyFile }),
});
const itemOf = (file: ParsedFile, title: string): ParsedItem => file.items.find((item) => item.title === title)!;
const valuesOf = ({ fields }: Pick<ParsedItem, 'fields'>) =>
  fields.map(({ section, name, kind, value }) => [section === undefined ? name : `${section}/${name}`, kind, value]);

describe('a database of KeePassXC', () => {
  const read = () => kdbxReader.read(fixture('keepassxc.kdbx'), opening('correct horse'));

  test('is known by its first bytes', () => {
    expect(kdbxReader.fits(fixture('keepassxc.kdbx'))).toBe(true);
    expect(kdbxReader.fits(fixture('keepassxc.xml'))).toBe(false);
    expect(kdbxReader.fits(new Uint8Array())).toBe(false);
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
    const { items } = await kdbxReader.read(file, opening('battery staple', key));
    expect(valuesOf(items[0]!)).toEqual([
      ['username', 'text', 'lou'],
      ['password', 'secret', 'behind two locks'],
    ]);
    const fault = /does not open with this password and key file/;
    await expect(kdbxReader.read(file, opening('battery staple'))).rejects.toThrow(fault);
    await expect(kdbxReader.read(file, opening('', key))).rejects.toThrow(fault);
    await expect(kdbxReader.read(file, opening('battery staple', new Uint8Array(32)))).rejects.toThrow(fault);
  });
});
