import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TransferItem } from '../../src/core/transfer.js';
import { cxfReader } from '../../src/exchange/cxf.js';
import { asTheyWere, type CxfOwn } from '../../src/exchange/cxf-own.js';
import { fitFile } from '../../src/exchange/fit.js';
import { cxfWriter } from '../../src/exchange/cxf-writer.js';
import type { ParsedFile, Unlocking } from '../../src/exchange/parsed.js';
import { vouchsafeReader } from '../../src/exchange/vouchsafe.js';
import { vouchsafeWriter } from '../../src/exchange/vouchsafe-writer.js';
import { findReader } from '../../src/exchange/readers.js';
import { refusedLater } from '../core/refused.js';
import { itemOf, items } from './items.js';

const AT = Date.UTC(2026, 5, 1, 12, 0, 0, 250);
const nobody: Unlocking = { password: () => Promise.reject(new Error('asked for a password')) };
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** What an import makes of a file of ours. */
function taken(file: ParsedFile): readonly TransferItem[] {
  const { items: all, skipped, lost } = fitFile(file, { vault: 'Other', isVaultPerFolder: true });
  expect([...skipped, ...lost]).toEqual([]);
  return all.map((one) => one.item);
}

const written = (item: TransferItem) => JSON.parse(new TextDecoder().decode(cxfWriter.write([item], AT).bytes));
const read = async (value: unknown) => cxfReader.read(bytes(value), nobody);

describe.each([
  { reader: cxfReader, writer: cxfWriter },
  { reader: vouchsafeReader, writer: vouchsafeWriter },
])('$writer.format', ({ reader, writer }) => {
  it('comes back as it went, history and all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(items, { maxLength: 3 }), async (all) => {
        const { bytes: file } = writer.write(all, AT);
        expect(findReader(file)).toBe(reader);
        expect(taken(await reader.read(file, nobody))).toEqual(all);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a file of CXF', () => {
  it('has a header with one account, whose collections are the vaults', () => {
    const file = written(
      itemOf('note', [{ name: 'text', kind: 'note', value: 'a\nb' }], { updatedAt: 1_700_000_000_999 }),
    );
    expect(file).toMatchObject({
      version: { major: 1, minor: 0 },
      exporterRpId: expect.stringMatching(/^[a-z.]+$/),
      exporterDisplayName: 'Vouchsafe',
      timestamp: Math.floor(AT / 1000),
      accounts: [
        {
          username: '',
          email: '',
          collections: [{ title: 'Personal', items: [{ item: file.accounts[0].items[0].id }] }],
          items: [
            {
              title: 'An item',
              modifiedAt: 1_700_000_000,
              credentials: [{ type: 'note', content: { fieldType: 'string', value: 'a\nb' } }],
            },
          ],
        },
      ],
    });
    const ids = [file.accounts[0].id, file.accounts[0].collections[0].id, file.accounts[0].items[0].id];
    for (const id of ids) expect(Buffer.from(id, 'base64url')).toHaveLength(16);
    expect(new Set(ids).size).toBe(3);
  });

  it('has a credential for what its types have a member for, and custom fields for the rest', () => {
    const item = itemOf(
      'login',
      [
        { name: 'Username', kind: 'text', value: 'me' },
        { section: 'More', name: 'pin', kind: 'secret', value: '12' },
        { name: 'password', kind: 'secret', value: 'p' },
        { name: 'totp', kind: 'totp', value: 'otpauth://totp/A:me?secret=jbswy3dp&digits=8' },
        { name: 'url', kind: 'url', value: 'https://a.example' },
        { name: 'since', kind: 'date', value: '2026-02' },
        { section: 'More', name: 'mail', kind: 'email', value: 'me@a.example' },
      ],
      { tags: ['work'] },
    );
    const [shown] = written(item).accounts[0].items;
    expect(shown.scope).toEqual({ urls: ['https://a.example'], androidApps: [] });
    expect(shown.tags).toEqual(['work']);
    expect(shown.credentials).toEqual([
      {
        type: 'basic-auth',
        username: { fieldType: 'string', value: 'me' },
        password: { fieldType: 'concealed-string', value: 'p' },
      },
      { type: 'totp', secret: 'JBSWY3DP', period: 30, digits: 8, algorithm: 'sha1', username: 'me', issuer: 'A' },
      {
        type: 'custom-fields',
        label: 'More',
        fields: [
          { fieldType: 'concealed-string', value: '12', label: 'pin' },
          { fieldType: 'email', value: 'me@a.example', label: 'mail' },
        ],
      },
      { type: 'custom-fields', fields: [{ fieldType: 'year-month', value: '2026-02', label: 'since' }] },
    ]);
  });

  it.each([
    [
      'card',
      'expiry',
      'date',
      '02/31',
      { type: 'credit-card', expiryDate: { fieldType: 'year-month', value: '2031-02' } },
    ],
    ['card', 'expiry', 'date', '2031-02-01', undefined],
    ['wifi', 'security', 'text', 'WPA2', { networkSecurityType: { value: 'wpa2-personal' } }],
    ['identity', 'ssn', 'secret', '1', { type: 'identity-document', identificationNumber: { fieldType: 'string' } }],
    ['identity', 'passport', 'secret', '1', { type: 'passport', passportNumber: { value: '1' } }],
    ['identity', 'address', 'text', 'a\nb', { type: 'address', streetAddress: { value: 'a\nb' } }],
    ['api-key', 'endpoint', 'url', 'https://x', { type: 'api-key', url: { fieldType: 'string', value: 'https://x' } }],
    ['login', 'username', 'secret', 'x', undefined],
    ['login', 'totp', 'totp', 'otpauth://hotp/x?secret=AA&counter=1', undefined],
    [
      'login',
      'totp',
      'totp',
      'jbsw y3dp',
      { type: 'totp', secret: 'JBSWY3DP', period: 30, digits: 6, algorithm: 'sha1' },
    ],
    ['login', 'totp', 'totp', 'otpauth://totp/?secret=JBSWY3DP&period=256', undefined],
    ['login', 'totp', 'totp', 'JBSWY3DPEHPK3PXPABC', undefined],
    ['login', 'totp', 'totp', 'JBSWY3DPEB', undefined],
    ['ssh-key', 'private_key', 'secret', 'not a key', undefined],
  ] as const)('has %s %s (%s %j) in its place, or else in a custom field', (type, name, kind, value, place) => {
    const { credentials } = written(itemOf(type, [{ name, kind, value }])).accounts[0].items[0];
    if (place === undefined)
      expect(credentials).toMatchObject([{ type: 'custom-fields', fields: [{ label: name, value }] }]);
    else expect(credentials).toMatchObject([place]);
  });

  it('says what other programs do not read of it', () => {
    const history = [1, 2].map((at) => ({ at, content: itemOf('note', []).content }));
    const { losses } = cxfWriter.write([itemOf('note', [], { history, isTrashed: true }), itemOf('note', [])], AT);
    expect(losses.map(({ what }) => what)).toEqual([
      '2 earlier states, for programs other than Vouchsafe',
      'that it is in the trash, for programs other than Vouchsafe',
    ]);
  });

  it('that another program has edited tells what it says now', async () => {
    const file = written(
      itemOf('card', [
        { name: 'expiry', kind: 'date', value: '02/31' },
        { name: 'mail', kind: 'email', value: 'a@b.example' },
        { name: 'url', kind: 'url', value: 'https://a.example' },
      ]),
    );
    const [item] = file.accounts[0].items;
    item.credentials[0].expiryDate.value = '2033-04';
    item.credentials[1].fields[0].value = 'no mail';
    item.credentials[1].fields.push({ fieldType: 'concealed-string', value: 'new', label: 'new' });
    item.scope.urls.push('https://b.example');
    const { items: back } = await read(file);
    expect(back[0]).toMatchObject({
      type: 'card',
      urls: ['https://b.example'],
      fields: [
        { name: 'expiry', kind: 'date', value: '2033-04' },
        { name: 'mail', kind: 'email', value: 'no mail' },
        { name: 'url', kind: 'url', value: 'https://a.example' },
        { name: 'new', kind: 'secret', value: 'new' },
      ],
    });
  });
});

const value = (fieldType: string, text: string) => ({ id: 'AA', fieldType, value: text });
const item = (credentials: readonly object[], more: object = {}) => ({ id: 'aWQ', title: 'T', credentials, ...more });
const document = (...all: readonly unknown[]) => ({
  version: { major: 1, minor: 1 },
  exporterRpId: 'other.example',
  exporterDisplayName: 'Other',
  timestamp: 1,
  accounts: [{ id: 'AA', username: 'u', email: 'e', collections: [], items: all }],
});
const only = async (credentials: readonly object[], more?: object) => {
  const file = await read(document(item(credentials, more)));
  return { ...file, item: file.items[0] };
};

describe('a file of CXF of another program', () => {
  it('says where an item is, what it is for and when it was made', async () => {
    const folders = [
      { id: 'a', title: 'Work', items: [], subCollections: [{ id: 'b', title: 'Ops', items: [{ item: 'aWQ' }] }] },
      { id: 'c', title: 'Shared', items: [{ item: 'aWQ', account: 'AA' }] },
    ];
    const more = {
      creationAt: 1_600_000_000,
      modifiedAt: '1700000000',
      subtitle: 'sub',
      favorite: true,
      tags: ['x'],
      scope: { urls: ['https://a.example'], androidApps: [{ bundleId: 'com.example' }] },
      extensions: [{ name: 'shared', accessors: [] }],
    };
    const file = document(item([], more));
    const {
      items: [got],
    } = await read({ ...file, accounts: [{ ...file.accounts[0], collections: folders }] });
    expect(got).toEqual({
      type: 'custom',
      title: 'T',
      folder: ['Work', 'Ops'],
      tags: ['x', 'Shared', 'favorite'],
      urls: ['https://a.example', 'androidapp://com.example'],
      fields: [{ name: 'subtitle', kind: 'text', value: 'sub' }],
      history: [],
      isTrashed: false,
      createdAt: 1_600_000_000_000,
      updatedAt: 1_700_000_000_000,
      place: 'accounts[0].items[0]',
    });
  });

  it.each([
    [
      'login',
      [
        {
          type: 'basic-auth',
          username: value('string', 'u'),
          password: value('concealed-string', 'p'),
          urls: ['https://o.example'],
        },
        { type: 'totp', secret: 'JBSWY3DP', period: 60, digits: 6, algorithm: 'sha256', username: 'a b', issuer: 'I' },
        { type: 'note', content: value('string', 'n') },
      ],
      [
        'username text u',
        'password secret p',
        'totp totp otpauth://totp/I:a%20b?secret=JBSWY3DP&issuer=I&algorithm=SHA256&period=60',
        'note note n',
      ],
    ],
    [
      'card',
      [
        {
          type: 'credit-card',
          number: value('concealed-string', '4'),
          fullName: value('string', 'F'),
          expiryDate: value('year-month', '2030-01'),
          cardType: value('string', 'Visa'),
        },
      ],
      ['cardholder text F', 'number secret 4', 'expiry date 2030-01', 'card_type text Visa'],
    ],
    [
      'wifi',
      [
        {
          type: 'wifi',
          ssid: value('string', 's'),
          passphrase: value('concealed-string', 'p'),
          hidden: value('boolean', 'true'),
        },
      ],
      ['ssid text s', 'password secret p', 'hidden text true'],
    ],
    [
      'api-key',
      [
        {
          type: 'api-key',
          key: value('concealed-string', 'k'),
          url: value('string', 'https://x'),
          keyType: value('string', 'bearer'),
        },
      ],
      ['key secret k', 'endpoint url https://x', 'key_type text bearer'],
    ],
    ['note', [{ type: 'note', content: value('string', 'n') }], ['text note n']],
    ['login', [{ type: 'generated-password', password: 'g' }], ['password secret g']],
    [
      'identity',
      [
        {
          type: 'person-name',
          title: value('string', 'Dr'),
          given: value('string', 'Ada'),
          surname: value('string', 'L'),
        },
        {
          type: 'passport',
          passportNumber: value('string', 'P'),
          birthDate: value('date', '2000-01-01'),
          issueDate: value('date', '2020-01-01'),
        },
        {
          type: 'drivers-license',
          licenseNumber: value('string', 'D'),
          birthDate: value('date', '2000-01-01'),
          issueDate: value('date', '2021-01-01'),
        },
        { type: 'address', streetAddress: value('string', 'S'), country: value('country-code', 'DE') },
      ],
      [
        'full_name text Ada L',
        'name/name_prefix text Dr',
        'name/given_name text Ada',
        'name/surname text L',
        'passport secret P',
        'birth_date date 2000-01-01',
        'issue_date date 2020-01-01',
        'license_number secret D',
        'drivers license/issue_date date 2021-01-01',
        'address text S',
        'country text DE',
      ],
    ],
    [
      'custom',
      [
        {
          type: 'custom-fields',
          label: 'S',
          fields: [
            value('number', '1'),
            { ...value('x', '2'), label: 'L' },
            { fieldType: 'boolean', value: false, label: 'B' },
          ],
        },
      ],
      ['S/field text 1', 'S/L text 2', 'S/B text false'],
    ],
    [
      'login',
      [
        { type: 'basic-auth', username: value('string', 'a'), password: value('concealed-string', 'p') },
        { type: 'basic-auth', username: value('string', 'b'), password: value('concealed-string', 'p') },
        { type: 'basic-auth', username: value('string', 'c') },
      ],
      ['username text a', 'password secret p', 'basic auth/username text b', 'basic auth/username 2 text c'],
    ],
    [
      'custom',
      [{ type: 'crypto-wallet', seedPhrase: value('concealed-string', 's'), network: value('string', 'n'), raw: 'r' }],
      ['crypto-wallet/seed phrase secret s', 'crypto-wallet/network text n', 'crypto-wallet/raw secret r'],
    ],
  ])('is read whole: %s', async (type, credentials, fields) => {
    const { item: got, lost } = await only(credentials);
    expect(got?.type).toBe(type);
    expect(
      got?.fields.map(
        ({ section, ...f }) => `${section === undefined ? '' : `${section}/`}${f.name} ${f.kind} ${f.value}`,
      ),
    ).toEqual(fields);
    expect(lost).toEqual([]);
  });

  it('names what is not taken', async () => {
    const { lost } = await only([
      { type: 'passkey', rpId: 'a.example', key: 'c2VjcmV0' },
      { type: 'file', id: 'x', name: 'scan.pdf', decryptedSize: 12, integrityHash: 'x' },
      { type: 'item-reference', reference: { item: 'x' } },
      { type: 'totp', secret: 'JBSWY3DP', period: 30, digits: 6, algorithm: 'md5' },
      { type: 'odd', parts: [{ a: 'secret' }] },
    ]);
    expect(lost.map(({ what }) => what)).toEqual([
      'a passkey (a.example)',
      'an attachment (scan.pdf, 12 bytes)',
      'a reference to another item',
      'a one-time code of a form that is not known',
      'the part parts of a credential (odd)',
    ]);
    expect(lost.every(({ title, place }) => title === 'T' && place === 'accounts[0].items[0]')).toBe(true);
  });

  it('may be one account alone', async () => {
    const account = { id: 'AA', username: '', email: '', collections: [], items: [item([])] };
    expect(findReader(bytes(account))).toBe(cxfReader);
    expect((await read(account)).items[0]?.place).toBe('items[0]');
  });

  it('is refused or passed over where it is none, and never throws anything else', async () => {
    for (const other of [[], 1, null, 'x', {}, { accounts: 1 }, { ...document(), version: { major: 2, minor: 0 } }]) {
      await refusedLater('invalid_request', read(other));
    }
    const { skipped } = await read({ ...document(1, [], item([])), accounts: [null, { items: [1, item([])] }] });
    expect(skipped.map(({ place }) => place)).toEqual(['accounts[0]', 'accounts[1].items[0]']);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue({ maxDepth: 3 })), fc.jsonValue(), async (credentials, odd) => {
        const strange = credentials.map((one, index) =>
          index % 2 === 0
            ? one
            : {
                type: ['note', 'totp', 'ssh-key', 'custom-fields', 'person-name', 'x'][index % 6],
                content: one,
                secret: one,
                privateKey: one,
                fields: one,
                label: odd,
                given: one,
              },
        );
        const own = {
          name: 'vouchsafe',
          type: 'login',
          fields: odd,
          urls: odd,
          originals: odd,
          history: odd,
          createdAt: odd,
        };
        await read(
          document({ id: odd, title: odd, credentials: strange, tags: odd, scope: odd, extensions: [odd, own] }),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('that has words of JavaScript for types is read like any other', async () => {
    for (const word of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      const { item: got } = await only([
        { type: word, a: { fieldType: word, value: 'v' } },
        { type: 'wifi', networkSecurityType: value(word, word) },
      ]);
      expect(got?.fields.map(({ name, kind, value: text }) => [name, kind, text])).toEqual([
        ['a', 'text', 'v'],
        ['security', 'text', word],
      ]);
    }
  });

  it('that nests too deep, or holds far too much, costs little', async () => {
    const deep = `{"accounts":${'['.repeat(100_000)}`;
    await refusedLater('invalid_request', cxfReader.read(new TextEncoder().encode(deep), nobody));
    const fields = Array.from({ length: 5_000 }, (_, index) => ({ ...value('string', String(index)), label: 'same' }));
    const { item: got, lost } = await only([{ type: 'custom-fields', fields }]);
    expect(got?.fields).toHaveLength(1000);
    expect(lost.map(({ what }) => what)).toEqual(['all fields after the first 1000']);
    const links = Array.from({ length: 5_000 }, () => ({ item: 'aWQ' }));
    const file = document(item([]));
    await read({ ...file, accounts: [{ ...file.accounts[0], collections: [{ title: 'C', items: links }] }] });
  });
});

it('a value that its old kind no longer allows keeps the kind that it was read with; a fault is let through', () => {
  const fields = [{ name: 'site', kind: 'text', value: ' ' }] as const;
  const own: CxfOwn = {
    type: 'custom',
    fields: [{ name: 'site', kind: 'url' }],
    urls: [],
    originals: [],
    isTrashed: false,
    history: [],
    unread: 0,
  };
  expect(asTheyWere(fields, own)).toEqual(fields);
  expect(() => asTheyWere([{ ...fields[0], value: undefined! }], own)).toThrow(TypeError);
});
