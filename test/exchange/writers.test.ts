import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEnvFile } from '../../src/core/env-file.js';
import { hasHiddenCharacter } from '../../src/core/text.js';
import type { TransferItem } from '../../src/core/transfer.js';
import { bitwardenCsv } from '../../src/exchange/bitwarden-csv.js';
import { bitwardenJson } from '../../src/exchange/bitwarden-json.js';
import type { ParsedItem, Unlocking } from '../../src/exchange/parsed.js';
import { findReader } from '../../src/exchange/readers.js';
import { findWriter } from '../../src/exchange/writers.js';
import { EXPORT_FORMATS } from '../../src/exchange/written.js';
import { refused } from '../core/refused.js';
import { itemOf, items } from './items.js';

const AT = Date.UTC(2026, 5, 1);
const nobody: Unlocking = { password: () => Promise.reject(new Error('asked for a password')) };

const write = (format: string, all: readonly TransferItem[]) => {
  const { bytes, losses } = findWriter(format).write(all, AT);
  return { bytes, text: new TextDecoder().decode(bytes), losses: losses.map(({ what }) => what) };
};

/** All that a file says of an item, but for its title, as one list of texts. */
const said = (item: ParsedItem | undefined) => [
  ...(item?.urls ?? []),
  ...(item?.fields ?? []).map(({ value }) => value),
];

describe('a format to write', () => {
  it('is known by its name', () => {
    for (const format of EXPORT_FORMATS) {
      expect(findWriter(` ${format.toUpperCase()}`).format).toBe(format);
      expect(findReader(write(format, [itemOf('login', [{ name: 'A', kind: 'text', value: 'b' }])]).bytes).format).toBe(
        format === 'csv' ? 'bitwarden-csv' : format,
      );
    }
    expect(refused('invalid_request', () => findWriter('cvs')).facts.next).toContain('Did you mean csv?');
  });

  it.each(['bitwarden-json', 'csv'])('%s holds every value, or says that it does not', async (format) => {
    const reader = format === 'csv' ? bitwardenCsv : bitwardenJson;
    await fc.assert(
      fc.asyncProperty(fc.array(items, { maxLength: 3 }), async (all) => {
        const { items: back, skipped, lost } = await reader.read(write(format, all).bytes, nobody);
        expect([...skipped, ...lost]).toEqual([]);
        expect(back.map(({ title }) => title)).toEqual(all.map(({ content }) => content.title));
        for (const [index, { content }] of all.entries()) {
          const texts = said(back[index]);
          for (const { name, value } of content.fields) {
            const plain = format === 'csv' ? value.replaceAll('\0', '') : value;
            const isThere = texts.includes(plain) || texts.some((text) => plain !== '' && text.includes(plain));
            // a card's month comes back in the form of Bitwarden
            if (name !== 'expiry' && plain !== '')
              expect({ name, value, isThere }).toEqual({ name, value, isThere: true });
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('env holds every value, or says that it does not', () => {
    fc.assert(
      fc.property(fc.array(items, { maxLength: 3 }), (all) => {
        const { text, losses } = write('env', all);
        const values = all.flatMap(({ content }) => content.fields.map(({ value }) => value)).filter((v) => v !== '');
        const back = [...readEnvFile(text).values()];
        const missing = losses.filter((what) => what.startsWith('the field')).length;
        expect(back).toHaveLength(values.length - missing);
        expect(back.filter((value) => !values.includes(value))).toEqual([]);
        const comments = text.split('\n').filter((line) => line.startsWith('# '));
        expect(comments.filter(hasHiddenCharacter)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });
});

const LOGIN = itemOf(
  'login',
  [
    { name: 'username', kind: 'text', value: 'me' },
    { name: 'password', kind: 'secret', value: 'p, "q"' },
    { name: 'totp', kind: 'totp', value: 'JBSWY3DP' },
    { name: 'url', kind: 'url', value: 'https://a.example' },
    { name: 'url-2', kind: 'url', value: 'https://b.example' },
    { name: 'note', kind: 'note', value: 'two\nlines' },
    { section: 'More', name: 'pin', kind: 'secret', value: '1' },
    { name: 'key', kind: 'secret', value: 'a\nb' },
    { name: 'mail', kind: 'email', value: 'a@b.example' },
  ],
  {
    tags: ['x', 'y'],
    createdAt: AT,
    updatedAt: AT + 5000,
    history: ['old', 'old', 'older'].map((value, index) => ({
      at: AT + index,
      content: itemOf('login', [{ name: 'password', kind: 'secret', value }]).content,
    })),
  },
);

describe('the JSON of Bitwarden', () => {
  it('has a login in the places that Bitwarden has for it', () => {
    const { text, losses } = write('bitwarden-json', [LOGIN]);
    const file = JSON.parse(text);
    expect(file).toMatchObject({ encrypted: false, folders: [{ name: 'Personal' }] });
    expect(file.items[0]).toMatchObject({
      folderId: file.folders[0].id,
      type: 1,
      name: 'An item',
      notes: 'two\nlines',
      login: {
        username: 'me',
        password: 'p, "q"',
        totp: 'JBSWY3DP',
        uris: [
          { match: null, uri: 'https://a.example' },
          { match: null, uri: 'https://b.example' },
        ],
      },
      fields: [
        { name: 'More: pin', value: '1', type: 1 },
        { name: 'key', value: 'a\nb', type: 1 },
        { name: 'mail', value: 'a@b.example', type: 0 },
      ],
      passwordHistory: [
        { password: 'older', lastUsedDate: '2026-06-01T00:00:05.000Z' },
        { password: 'old', lastUsedDate: '2026-06-01T00:00:00.002Z' },
      ],
      creationDate: '2026-06-01T00:00:00.000Z',
      revisionDate: '2026-06-01T00:00:05.000Z',
      deletedDate: null,
    });
    expect(losses).toEqual([
      '2 tags',
      '1 section as such: before the names of fields',
      'the kind of mail (email)',
      '3 earlier states, but for passwords',
    ]);
  });

  it.each([
    [
      'card',
      [
        { name: 'number', kind: 'secret', value: '4' },
        { name: 'expiry', kind: 'date', value: '02/31' },
      ],
      { type: 3, card: { number: '4', expMonth: '2', expYear: '2031' } },
    ],
    ['card', [{ name: 'expiry', kind: 'date', value: '2031-11' }], { card: { expMonth: '11', expYear: '2031' } }],
    [
      'card',
      [{ name: 'expiry', kind: 'date', value: '2031-11-01' }],
      { card: { expMonth: null }, fields: [{ name: 'expiry' }] },
    ],
    [
      'identity',
      [
        { name: 'full_name', kind: 'text', value: 'A B' },
        { name: 'ssn', kind: 'secret', value: '1' },
      ],
      { type: 4, identity: { firstName: 'A B', ssn: '1' } },
    ],
    ['ssh-key', [{ name: 'private_key', kind: 'secret', value: 'k' }], { type: 5, sshKey: { privateKey: 'k' } }],
    [
      'note',
      [{ name: 'text', kind: 'note', value: 'n' }],
      { type: 2, notes: 'n', secureNote: { type: 0 }, fields: [] },
    ],
    [
      'database',
      [
        { name: 'password', kind: 'secret', value: 'p' },
        { name: 'host', kind: 'text', value: 'h' },
      ],
      { type: 1, login: { password: 'p' }, fields: [{ name: 'host', type: 0 }] },
    ],
    [
      'api-key',
      [{ name: 'key', kind: 'secret', value: 'k' }],
      { type: 2, fields: [{ name: 'key', value: 'k', type: 1 }] },
    ],
  ] as const)('has a %s in its place', (type, fields, cipher) => {
    expect(JSON.parse(write('bitwarden-json', [itemOf(type, fields)]).text).items[0]).toMatchObject(cipher);
  });

  it('says what is deleted', () => {
    const { text } = write('bitwarden-json', [itemOf('note', [], { isTrashed: true, updatedAt: AT })]);
    expect(JSON.parse(text).items[0].deletedDate).toBe('2026-06-01T00:00:00.000Z');
  });
});

describe('CSV', () => {
  it('has the columns of Bitwarden, quoted where it has to be', () => {
    const { text, losses } = write('csv', [LOGIN]);
    expect(text).toBe(
      'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp\r\n' +
        'Personal,,login,An item,"two\nlines\n\nkey:\na\nb","More/pin: 1\nmail: a@b.example",0,' +
        '"https://a.example,https://b.example",me,"p, ""q""",JBSWY3DP\r\n',
    );
    expect(losses).toEqual([
      '2 tags',
      'that 1 field may be shown',
      'key as fields: they stand in the notes',
      '3 earlier states',
      'when it was made and changed',
    ]);
  });

  it('does not touch what a spreadsheet would take for a formula', () => {
    expect(write('csv', [itemOf('login', [{ name: 'password', kind: 'secret', value: '=1+1' }])]).text).toContain(
      ',=1+1,',
    );
  });
});

describe('an environment file', () => {
  it('has a variable for each field, with a name that is one and no other has', () => {
    const fields = [
      { name: 'DATABASE_URL', kind: 'secret', value: 'postgres://u:p@h/d?x=1' },
      { name: 'api key', kind: 'secret', value: 'a b' },
      { name: 'API-KEY', kind: 'secret', value: "it's" },
      { section: 'Zwei', name: 'schlüssel', kind: 'secret', value: 'x\ny' },
      { name: 'ключ', kind: 'text', value: 'it\'s "so"' },
      { name: 'bad', kind: 'secret', value: '\'"`' },
      { name: 'empty', kind: 'text', value: '' },
    ] as const;
    const { text, losses } = write('env', [
      itemOf('custom', fields, { title: '2 Staging.env', tags: ['x'] }),
      itemOf('custom', [{ name: 'DATABASE_URL', kind: 'secret', value: '$HOME' }], { title: 'a\u202eb' }),
    ]);
    expect(text).toBe(
      [
        '# For programs that read .env files; a shell would run what some values hold.',
        '',
        '# 2 Staging.env (custom, Personal)',
        "DATABASE_URL='postgres://u:p@h/d?x=1'",
        "_2_STAGING_ENV_API_KEY='a b'",
        '_2_STAGING_ENV_API_KEY_2="it\'s"',
        "_2_STAGING_ENV_ZWEI_SCHLUSSEL='x\ny'",
        '_2_STAGING_ENV_FIELD=`it\'s "so"`',
        '',
        '# ab (custom, Personal)',
        "DATABASE_URL_2='$HOME'",
        '',
      ].join('\n'),
    );
    expect(losses).toEqual(['the field bad, whose value has quotes of all kinds, or a NUL character', '1 tag']);
  });
});
