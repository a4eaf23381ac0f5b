import { describe, expect, test } from 'vitest';
import { csv, fieldsOf, read, short } from './reading.js';

/** Written from the columns that each reader's file names with their source; all values are made up. */
const none = { folder: [], tags: [], isTrashed: false };

describe('Chrome, Edge and Brave', () => {
  test('every column is taken', async () => {
    const file = await read(
      csv(
        ['name', 'url', 'username', 'password', 'note'],
        ['Shop', 'https://shop.example/login', 'ada', 'p,"1"\r\nx', 'two\nlines'],
        ['', 'android://abc@com.example.app/', '', 'secret', ''],
      ),
    );
    expect(file.format).toBe('chrome-csv');
    expect(file.items.map(short)).toEqual([
      {
        ...none,
        type: 'login',
        title: 'Shop',
        urls: ['https://shop.example/login'],
        fields: { username: 'text: ada', password: 'secret: p,"1"\r\nx', note: 'note: two\nlines' },
      },
      {
        ...none,
        type: 'login',
        title: '',
        urls: ['android://abc@com.example.app/'],
        fields: { password: 'secret: secret' },
      },
    ]);
    expect(file.items.map(({ place }) => place)).toEqual(['line 2', 'line 5']);
  });

  test('the older form has no notes', async () => {
    const file = await read('name,url,username,password\nShop,https://shop.example,ada,secret\n');
    expect(file.format).toBe('chrome-csv');
    expect(file.items).toHaveLength(1);
  });
});

test('Firefox: times, realm, and what is told as not taken', async () => {
  const file = await read(
    '"url","username","password","httpRealm","formActionOrigin","guid","timeCreated","timeLastUsed","timePasswordChanged"\r\n' +
      '"https://a.example","ada","one",,"https://a.example","{1}","1589617814635","1589710449871","1589617846802"\r\n' +
      '"https://b.example","bob","two","Staff only",,"{2}","1","2","3"\r\n' +
      '"chrome://FirefoxAccounts","id","key","Firefox Accounts credentials",,"{3}","1","2","3"\r\n',
  );
  expect(file.format).toBe('firefox-csv');
  expect(file.items.map(short)).toEqual([
    {
      ...none,
      type: 'login',
      title: '',
      urls: ['https://a.example'],
      fields: { username: 'text: ada', password: 'secret: one' },
      createdAt: 1589617814635,
      updatedAt: 1589617846802,
    },
    {
      ...none,
      type: 'login',
      title: '',
      urls: ['https://b.example'],
      fields: { username: 'text: bob', password: 'secret: two', 'http realm': 'text: Staff only' },
      createdAt: 1,
      updatedAt: 3,
    },
  ]);
  expect(file.skipped).toEqual([{ place: 'line 4', what: 'an entry of Firefox’s own' }]);
  expect(file.lost.map(({ what }) => what)).toEqual([
    'the column guid, which only its program uses',
    'the column timeLastUsed, which only its program uses',
  ]);
});

test('Apple: titles, notes and one-time passwords', async () => {
  const totp = 'otpauth://totp/A?secret=JBSWY3DPEHPK3PXP';
  const file = await read(
    csv(
      ['Title', 'URL', 'Username', 'Password', 'Notes', 'OTPAuth'],
      ['A (ada)', 'https://a.example/', 'ada', 'one', 'n', totp],
    ),
  );
  expect(file.format).toBe('apple-csv');
  expect(fieldsOf(file.items[0]!.fields)).toEqual({
    username: 'text: ada',
    password: 'secret: one',
    totp: `totp: ${totp}`,
    note: 'note: n',
  });
});

test.each([
  ['Title', 'Url', 'Username', 'Password', 'OTPAuth', 'Favorite', 'Archived', 'Tags', 'Notes'],
  [
    'Title',
    'Website',
    'Username',
    'Password',
    'One-time password',
    'Favorite status',
    'Archived status',
    'Tags',
    'Notes',
  ],
])('1Password: favorites, archive and tags, with the columns %s, %s…', async (...header) => {
  const file = await read(
    csv(header, ['A', 'https://a.example', 'ada', 'one', 'JBSWY3DPEHPK3PXP', 'true', 'true', 'work;home', 'n']),
  );
  expect(file.format).toBe('1password-csv');
  expect(file.items.map(short)).toEqual([
    {
      ...none,
      type: 'login',
      title: 'A',
      urls: ['https://a.example'],
      tags: ['work', 'home', 'favorite', 'archived'],
      fields: {
        username: 'text: ada',
        password: 'secret: one',
        totp: 'totp: JBSWY3DPEHPK3PXP',
        note: 'note: n',
      },
    },
  ]);
});

test('Bitwarden: types, several addresses, fields in one cell, folders', async () => {
  const header = 'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp';
  const file = await read(
    csv(
      header.split(','),
      [
        'Work/Mail',
        '1',
        'login',
        'A',
        'n',
        'one: 1\ntwo: a: b\nand more\nempty: \nbare:',
        '1',
        'https://a.example/x,y,https://b.example',
        'ada',
        'pw',
        'JBSWY3DPEHPK3PXP',
      ],
      ['', '', 'note', 'N', 'text of it', '', '0', '', '', '', ''],
      ['', '', 'card', 'C', '', '', '', '', '', '', ''],
    ),
  );
  expect(file.format).toBe('bitwarden-csv');
  expect(file.items.map(short)).toEqual([
    {
      ...none,
      type: 'login',
      title: 'A',
      folder: ['Work', 'Mail'],
      tags: ['favorite'],
      urls: ['https://a.example/x,y', 'https://b.example'],
      fields: {
        username: 'text: ada',
        password: 'secret: pw',
        totp: 'totp: JBSWY3DPEHPK3PXP',
        note: 'note: n',
        one: 'secret: 1',
        two: 'secret: a: b\nand more',
        empty: 'secret: ',
        bare: 'secret: ',
        'master password re-prompt': 'text: yes',
      },
    },
    { ...none, type: 'note', title: 'N', urls: [], fields: { text: 'note: text of it' } },
  ]);
  expect(file.skipped).toEqual([{ place: 'line 8', title: 'C', what: 'a row of a type that is not known' }]);
});

describe('LastPass', () => {
  const header = 'url,username,password,totp,extra,name,grouping,fav'.split(',');
  const noteOf = async (extra: string) =>
    short((await read(csv(header, ['http://sn', '', '', '', extra, 'N', '', '0']))).items[0]!);

  test('logins, folders and favorites', async () => {
    const file = await read(
      csv(header, ['https://a.example', 'ada', 'pw', 'JBSWY3DPEHPK3PXP', 'n', 'A', 'Work\\Mail', '1']),
    );
    expect(file.format).toBe('lastpass-csv');
    expect(file.items.map(short)).toEqual([
      {
        ...none,
        type: 'login',
        title: 'A',
        folder: ['Work', 'Mail'],
        tags: ['favorite'],
        urls: ['https://a.example'],
        fields: { username: 'text: ada', password: 'secret: pw', totp: 'totp: JBSWY3DPEHPK3PXP', note: 'note: n' },
      },
    ]);
  });

  test('a note, and notes of a type', async () => {
    expect(await noteOf('just\ntext: yes')).toMatchObject({ type: 'note', fields: { text: 'note: just\ntext: yes' } });
    const card =
      'NoteType:Credit Card\nLanguage:en-US\nName on Card:Ada\nType:Visa\nNumber:4111\nSecurity Code:123\n' +
      'Start Date:,\nExpiration Date:January,2030\nNotes:first\nsecond: yes';
    expect(await noteOf(card)).toMatchObject({
      type: 'card',
      fields: {
        cardholder: 'text: Ada',
        number: 'secret: 4111',
        cvv: 'secret: 123',
        expiry: 'date: 01/2030',
        type: 'text: Visa',
        language: 'text: en-US',
        'start date': 'text: ,',
        note: 'note: first\nsecond: yes',
      },
    });
    const key = ['-----BEGIN', ' KEY-----\nProc-Type: 4,ENCRYPTED\nabc\n-----END KEY-----'].join('');
    expect(
      await noteOf(`NoteType:SSH Key\nPassphrase:x\nPrivate Key:${key}\nPublic Key:ssh-ed25519 A\nNotes:`),
    ).toMatchObject({
      type: 'ssh-key',
      fields: { passphrase: 'secret: x', private_key: `secret: ${key}`, public_key: 'text: ssh-ed25519 A' },
    });
    expect(await noteOf('NoteType:Insurance\nCompany:ACME\nPolicy Number:12\nNotes:')).toMatchObject({
      type: 'custom',
      fields: { 'note type': 'text: Insurance', company: 'text: ACME', 'policy number': 'text: 12' },
    });
  });
});

test('columns that are not known become fields', async () => {
  const file = await read('url,username,password,extra,name,grouping,fav,Team\nhttps://a.example,u,p,,A,,0,Core\n');
  expect(fieldsOf(file.items[0]!.fields)).toMatchObject({ team: 'text: Core' });
});
