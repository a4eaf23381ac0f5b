/** Random items are written in each format, as its program would, and read back: whatever is in them comes out. */
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import type { ImportFormat } from '../../src/exchange/parsed.js';
import { READERS } from '../../src/exchange/readers.js';
import { bytesOf, csv, read, unlockingWith } from './reading.js';

interface Login {
  readonly title: string;
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly note: string;
  readonly custom: string;
}

/** Text of any kind, with what is special in CSV, JSON and environment files; a NUL is in no export. */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 6 }),
      fc.constantFrom('"', ',', ';', '\r\n', '\n', "'", '\\', '=', '#'),
    ),
    {
      maxLength: 4,
    },
  )
  .map((parts) => parts.join('').replaceAll('\0', ''));
const login = fc.record<Login>({
  title: fc.constantFrom('A', 'Ä "x", y', '', '日本'),
  url: fc.constantFrom('https://a.example/x?y=1,2', 'http://b.example', 'android://h@app/'),
  username: text,
  password: text.map((value) => `p${value}`),
  note: text,
  custom: text,
});

type Writer = (logins: readonly Login[]) => string | Uint8Array;

const json = (value: unknown): string => JSON.stringify(value);

const WRITERS: Partial<Record<ImportFormat, Writer>> = {
  'chrome-csv': (logins) =>
    csv(
      ['name', 'url', 'username', 'password', 'note'],
      ...logins.map(({ title, url, username, password, note }) => [title, url, username, password, note]),
    ),
  'firefox-csv': (logins) =>
    csv(
      'url,username,password,httpRealm,formActionOrigin,guid,timeCreated,timeLastUsed,timePasswordChanged'.split(','),
      ...logins.map(({ url, username, password, custom }) => [
        url,
        username,
        password,
        custom,
        url,
        'g',
        '1',
        '2',
        '3',
      ]),
    ),
  'apple-csv': (logins) =>
    csv(
      ['Title', 'URL', 'Username', 'Password', 'Notes', 'OTPAuth'],
      ...logins.map(({ title, url, username, password, note }) => [title, url, username, password, note, '']),
    ),
  '1password-csv': (logins) =>
    csv(
      'Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes'.split(','),
      ...logins.map(({ title, url, username, password, note }) => {
        return [title, url, username, password, '', 'false', 'false', '', note];
      }),
    ),
  'lastpass-csv': (logins) =>
    csv(
      'url,username,password,totp,extra,name,grouping,fav'.split(','),
      ...logins.map(({ title, url, username, password, note }) => [url, username, password, '', note, title, '', '0']),
    ),
  'bitwarden-csv': (logins) =>
    csv(
      'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp'.split(','),
      ...logins.map(({ title, url, username, password, note }) => {
        return ['', '', 'login', title, note, '', '0', url, username, password, ''];
      }),
    ),
  'bitwarden-json': (logins) =>
    json({
      encrypted: false,
      items: logins.map(({ title, url, username, password, note, custom }) => ({
        type: 1,
        name: title,
        notes: note,
        fields: [{ name: 'custom', value: custom, type: 1 }],
        login: { username, password, uris: [{ uri: url }] },
      })),
    }),
  '1password-1pux': (logins) => {
    const items = logins.map(({ title, url, username, password, note, custom }) => ({
      categoryUuid: '001',
      overview: { title, url },
      details: {
        loginFields: [
          { designation: 'username', value: username },
          { designation: 'password', value: password },
        ],
        notesPlain: note,
        sections: [{ title: 'S', fields: [{ title: 'custom', id: 'c', value: { concealed: custom } }] }],
      },
    }));
    return zipSync({ 'export.data': bytesOf(json({ accounts: [{ vaults: [{ items }] }] })) });
  },
};

const NAMED: Partial<Record<ImportFormat, readonly (keyof Login)[]>> = {
  'firefox-csv': ['username', 'password', 'custom'],
  'bitwarden-json': ['username', 'password', 'note', 'custom'],
  '1password-1pux': ['username', 'password', 'note', 'custom'],
};

const FIELD: Partial<Record<string, string>> = { custom: 'http realm' };

test.each(Object.keys(WRITERS) as ImportFormat[])('%s', async (format) => {
  const keys = NAMED[format] ?? ['username', 'password', 'note'];
  await fc.assert(
    fc.asyncProperty(fc.array(login, { minLength: 1, maxLength: 6 }), async (logins) => {
      const file = await read(WRITERS[format]!(logins));
      expect(file.format).toBe(format);
      expect(file.skipped).toEqual([]);
      expect(file.items.map(({ urls }) => urls)).toEqual(logins.map(({ url }) => [url]));
      if (format !== 'firefox-csv')
        expect(file.items.map(({ title }) => title)).toEqual(logins.map(({ title }) => title));
      for (const [index, wanted] of logins.entries()) {
        const { fields } = file.items[index]!;
        const valueOf = (key: string) =>
          fields.find(({ name }) => name === key || (format === 'firefox-csv' && name === FIELD[key]))?.value ?? '';
        for (const key of keys) expect(valueOf(key)).toBe(wanted[key]);
      }
    }),
    { numRuns: 25 },
  );
});

test('env', async () => {
  const reader = READERS.find(({ format }) => format === 'env')!;
  const name = fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,8}$/);
  const value = text.filter((one) => !one.includes("'") && !one.includes('\r'));
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(name, value, { minKeys: 1, maxKeys: 120, noNullPrototype: true }),
      async (variables) => {
        const lines = Object.entries(variables).map(([key, one]) => `export ${key}='${one}' # c\n`);
        const file = await reader.read(bytesOf(`# first\n\n${lines.join('')}`), unlockingWith());
        const fields = file.items.flatMap((item) => item.fields.map((field) => [field.name, field.value]));
        expect(Object.fromEntries(fields)).toEqual(variables);
        expect(file.items).toHaveLength(Math.ceil(fields.length / 100));
      },
    ),
    { numRuns: 25 },
  );
});
