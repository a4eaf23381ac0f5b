/** Files written from https://support.1password.com/1pux-format/; all values are made up. */
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { bytesOf, fieldsOf, read, refusalOf, short } from './reading.js';

const seconds = (text: string): number => Date.parse(text) / 1000;

const field = (id: string, title: string, value: object) => ({
  title,
  id,
  value,
  guarded: false,
  multiline: false,
  dontGenerate: false,
  inputTraits: { keyboard: 'default', correction: 'default', capitalization: 'default' },
});

const item = (categoryUuid: string, title: string, details: object, more: object = {}) => ({
  uuid: 'u',
  favIndex: 0,
  createdAt: seconds('2021-03-26T21:43:49Z'),
  updatedAt: seconds('2022-03-26T21:43:49Z'),
  state: 'active',
  categoryUuid,
  details: { loginFields: [], notesPlain: '', sections: [], passwordHistory: [], ...details },
  overview: { subtitle: '', title, url: '', tags: [] },
  ...more,
});

const pux = (items: readonly unknown[], files: Record<string, Uint8Array> = {}): Uint8Array =>
  zipSync({
    'export.attributes': bytesOf(JSON.stringify({ version: 3, description: '1Password Unencrypted Export' })),
    'export.data': bytesOf(
      JSON.stringify({ accounts: [{ attrs: { name: 'Ada' }, vaults: [{ attrs: { name: 'Private' }, items }] }] }),
    ),
    ...files,
  });

const one = async (source: unknown) => (await read(pux([source]))).items[0]!;

test('a login: its form, its sections, its addresses, tags, times and former passwords', async () => {
  const login = item(
    '001',
    'Shop',
    {
      loginFields: [
        { value: 'ada', id: '', name: 'user', fieldType: 'T', designation: 'username' },
        { value: 'now', id: '', name: 'pw', fieldType: 'P', designation: 'password' },
        { value: '', id: 'x', name: 'empty', fieldType: 'T', designation: '' },
        { value: '77', id: 'y', name: 'customer', fieldType: 'N', designation: '' },
        { value: { email_address: 'alias@a.example' }, id: 'z', name: '', fieldType: 'E' },
      ],
      notesPlain: 'a note',
      sections: [
        {
          title: 'More',
          name: 's1',
          fields: [
            field('1', 'code', { totp: 'otpauth://totp/S?secret=JBSWY3DPEHPK3PXP' }),
            field('2', 'text', { string: 'one' }),
            field('3', 'text', { concealed: 'two' }),
            field('4', 'born', { date: seconds('1990-02-28T12:01:00Z') }),
            field('5', 'until', { monthYear: 203004 }),
            field('6', 'mail', { email: { email_address: 'b@b.example', provider: 'fastmail' } }),
            field('7', 'home', { address: { street: '1 Road', city: 'T', country: 'gb', zip: '1', state: '' } }),
            field('8', 'empty', { string: '' }),
            field('9', 'site', { url: 'https://b.example' }),
            field('10', 'new', { newKind: { a: 1 } }),
            field('11', 'scan', { file: { fileName: 'a.pdf', documentId: 'd', decryptedSize: 1234 } }),
          ],
        },
        { title: '', name: 's2', fields: [field('1', '', { phone: '123' })] },
      ],
      passwordHistory: [
        { value: 'second', time: seconds('2022-01-01T00:00:00Z') },
        { value: 'first', time: seconds('2021-01-01T00:00:00Z') },
      ],
    },
    {
      favIndex: 1,
      state: 'archived',
      overview: {
        title: 'Shop',
        url: 'https://shop.example',
        urls: [
          { label: 'website', url: 'https://shop.example' },
          { label: 'admin', url: 'https://admin.example' },
        ],
        tags: ['work'],
      },
    },
  );
  const file = await read(pux([login]));
  expect(file.format).toBe('1password-1pux');
  expect(short(file.items[0]!)).toEqual({
    type: 'login',
    title: 'Shop',
    folder: ['Private'],
    tags: ['work', 'favorite', 'archived'],
    urls: ['https://shop.example', 'https://admin.example'],
    isTrashed: false,
    createdAt: Date.parse('2021-03-26T21:43:49Z'),
    updatedAt: Date.parse('2022-03-26T21:43:49Z'),
    fields: {
      'label of https://admin.example': 'text: admin',
      username: 'text: ada',
      password: 'secret: now',
      customer: 'text: 77',
      z: 'text: alias@a.example',
      'More/code': 'totp: otpauth://totp/S?secret=JBSWY3DPEHPK3PXP',
      'More/text': 'secret: two',
      'More/born': 'date: 1990-02-28',
      'More/until': 'date: 2030-04',
      'More/mail': 'email: b@b.example',
      provider: 'text: fastmail',
      'More/home': 'text: 1 Road\n1 T\ngb',
      'More/site': 'url: https://b.example',
      'More/new': 'text: {"a":1}',
      '1': 'text: 123',
      note: 'note: a note',
    },
  });
  expect(file.items[0]!.fields.filter(({ name }) => name === 'text').map(({ value }) => value)).toEqual(['one', 'two']);
  expect(file.lost).toEqual([
    { place: 'accounts[0].vaults[0].items[0]', title: 'Shop', what: 'an attachment (a.pdf, 1,234 bytes)' },
  ]);
  expect(file.items[0]!.history.map(({ fields }) => fieldsOf(fields)['password'])).toEqual([
    'secret: first',
    'secret: second',
  ]);
});

describe('categories become types', () => {
  const section = (...fields: readonly object[]) => ({ sections: [{ title: '', name: '', fields }] });

  test.each([
    ['005', { password: 'pw' }, 'login', { password: 'secret: pw' }],
    ['003', { notesPlain: 'text' }, 'note', { text: 'note: text' }],
    [
      '002',
      section(
        field('cardholder', 'cardholder name', { string: 'Ada' }),
        field('type', 'type', { creditCardType: 'visa' }),
        field('ccnum', 'number', { creditCardNumber: '4111' }),
        field('cvv', 'verification number', { concealed: '123' }),
        field('expiry', 'expiry date', { monthYear: 203001 }),
        field('pin', 'PIN', { concealed: '12' }),
      ),
      'card',
      {
        cardholder: 'text: Ada',
        type: 'text: visa',
        number: 'secret: 4111',
        cvv: 'secret: 123',
        expiry: 'date: 2030-01',
        pin: 'secret: 12',
      },
    ],
    [
      '004',
      section(
        field('firstname', 'first name', { string: 'Ada' }),
        field('lastname', 'last name', { string: 'King' }),
        field('email', 'email', { email: { email_address: 'a@a.example', provider: null } }),
      ),
      'identity',
      {
        'first name': 'text: Ada',
        'last name': 'text: King',
        email: 'email: a@a.example',
        full_name: 'text: Ada King',
      },
    ],
    [
      '102',
      section(
        field('hostname', 'server', { string: 'db' }),
        field('username', 'username', { string: 'ada' }),
        field('password', 'password', { concealed: 'pw' }),
        field('sid', 'SID', { string: 's' }),
      ),
      'database',
      { host: 'text: db', username: 'text: ada', password: 'secret: pw', SID: 'text: s' },
    ],
    [
      '109',
      section(
        field('network_name', 'network name', { string: 'net' }),
        field('wireless_password', 'pw', { concealed: 'x' }),
      ),
      'wifi',
      { ssid: 'text: net', password: 'secret: x' },
    ],
    [
      '112',
      section(
        field('credential', 'credential', { concealed: 'key' }),
        field('hostname', 'hostname', { string: 'https://api.example' }),
      ),
      'api-key',
      { key: 'secret: key', endpoint: 'url: https://api.example' },
    ],
    [
      '114',
      section(
        field('private_key', 'private key', {
          sshKey: {
            privateKey: 'other form',
            metadata: { privateKey: 'pem', publicKey: 'public', fingerprint: 'SHA256:x', keyType: 'ed25519' },
          },
        }),
      ),
      'ssh-key',
      {
        private_key: 'secret: pem',
        public_key: 'text: public',
        fingerprint: 'text: SHA256:x',
        'key type': 'text: ed25519',
      },
    ],
    ['100', section(field('reg_code', 'license key', { string: 'L' })), 'custom', { 'license key': 'text: L' }],
    ['999', section(field('a', 'a', { menu: 'm' })), 'custom', { a: 'text: m' }],
  ])('%s', async (category, details, type, fields) => {
    const read = await one(item(category, 'T', details));
    expect([read.type, fieldsOf(read.fields)]).toEqual([type, fields]);
  });
});

test('documents are told as not taken; older exports wrap their items', async () => {
  const document = { documentAttributes: { fileName: 'x.png', documentId: 'd', decryptedSize: 1 } };
  const file = await read(pux([{ item: item('006', 'Scan', document) }, 7], { 'files/d__x.png': new Uint8Array(1) }));
  expect(file.items.map(({ title, type }) => [title, type])).toEqual([['Scan', 'custom']]);
  expect(file.lost.map(({ what }) => what)).toEqual(['an attachment (x.png, 1 byte)']);
  expect(file.skipped).toEqual([{ place: 'accounts[0].vaults[0].items[1]', what: 'an entry that is no item' }]);
});

test('an export without accounts', async () => {
  const refusal = await refusalOf(() => read(zipSync({ 'export.data': bytesOf('[]') })));
  expect(refusal.message).toBe('The file is no 1Password export: it has no list of accounts.');
});
