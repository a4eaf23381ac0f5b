/**
 * Files written from github.com/bitwarden/clients, libs/common/src/models/export; what is protected is made here with
 * node:crypto and argon2, by the steps that libs/importer and libs/common/src/key-management there take.
 */
import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { argon2id, hash } from 'argon2';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { bytesOf, fieldsOf, read, refusalOf, short } from './reading.js';

const login = {
  id: 'a',
  organizationId: null,
  folderId: 'f1',
  collectionIds: null,
  type: 1,
  reprompt: 1,
  name: 'Shop',
  notes: 'two\nlines',
  favorite: true,
  fields: [
    { name: 'plain', value: 'one', type: 0, linkedId: null },
    { name: 'hidden', value: 'two', type: 1, linkedId: null },
    { name: 'flag', value: 'true', type: 2, linkedId: null },
    { name: 'link', value: null, type: 3, linkedId: 100 },
    { name: 'empty', value: null, type: 0, linkedId: null },
  ],
  login: {
    username: 'ada',
    password: 'now',
    totp: 'JBSWY3DPEHPK3PXP',
    uris: [
      { match: null, uri: 'https://shop.example' },
      { match: 3, uri: 'https://shop.example/login' },
    ],
    fido2Credentials: [{ credentialId: 'x', keyValue: 'secret-key', rpId: 'shop.example' }],
  },
  passwordHistory: [
    { lastUsedDate: '2024-03-01T00:00:00.000Z', password: 'second' },
    { lastUsedDate: '2023-03-01T00:00:00.000Z', password: 'first' },
  ],
  creationDate: '2022-01-02T03:04:05.678Z',
  revisionDate: '2024-03-01T00:00:00.000Z',
  deletedDate: null,
};

const others = [
  { type: 2, name: 'Note', notes: 'text', secureNote: { type: 0 }, collectionIds: ['c1', 'c2'] },
  {
    type: 3,
    name: 'Card',
    card: { cardholderName: 'Ada', brand: 'Visa', number: '4111', expMonth: '4', expYear: '2030', code: '123' },
    deletedDate: '2024-01-01T00:00:00Z',
    archivedDate: '2024-01-01T00:00:00Z',
  },
  {
    type: 4,
    name: 'Me',
    identity: {
      title: 'Dr',
      firstName: 'Ada',
      middleName: null,
      lastName: 'King',
      address1: '1 Road',
      city: 'Town',
      postalCode: '123',
      country: 'GB',
      company: 'ACME',
      email: 'ada@a.example',
      phone: '1',
      ssn: '2',
      passportNumber: '3',
      licenseNumber: '4',
      username: 'ada',
    },
  },
  { type: 5, name: 'Key', sshKey: { privateKey: 'private', publicKey: 'public', keyFingerprint: 'SHA256:x' } },
  { type: 6, name: 'Bank', bankAccount: { bankName: 'Bank', iban: 'GB00', pin: '12', swiftCode: '' }, newPart: [1] },
  'no item',
];

const plain = {
  encrypted: false,
  folders: [{ id: 'f1', name: 'Work/Shops' }],
  collections: [
    { id: 'c1', name: 'Team' },
    { id: 'c2', name: 'All' },
  ],
  items: [login, ...others],
};

const none = { folder: [], tags: [], urls: [], isTrashed: false };

describe('plain JSON', () => {
  test('a login with all that it has', async () => {
    const file = await read(JSON.stringify(plain));
    const item = file.items[0]!;
    expect(file.format).toBe('bitwarden-json');
    expect(short(item)).toEqual({
      type: 'login',
      title: 'Shop',
      folder: ['Work', 'Shops'],
      tags: ['favorite'],
      urls: ['https://shop.example', 'https://shop.example/login'],
      isTrashed: false,
      createdAt: Date.parse('2022-01-02T03:04:05.678Z'),
      updatedAt: Date.parse('2024-03-01T00:00:00Z'),
      fields: {
        username: 'text: ada',
        password: 'secret: now',
        totp: 'totp: JBSWY3DPEHPK3PXP',
        'match of https://shop.example/login': 'text: exact',
        note: 'note: two\nlines',
        plain: 'text: one',
        hidden: 'secret: two',
        flag: 'text: true',
        link: 'text: linked to username',
        empty: 'text: ',
        'master password re-prompt': 'text: yes',
      },
    });
    expect(file.lost).toEqual([{ place: 'items[0]', title: 'Shop', what: 'a passkey (shop.example)' }]);
  });

  test('former passwords are versions of the whole item, oldest first', async () => {
    const { history, fields } = (await read(JSON.stringify(plain))).items[0]!;
    expect(history.map(({ at }) => at)).toEqual([Date.parse('2023-03-01'), Date.parse('2024-03-01')]);
    expect(history.map((revision) => fieldsOf(revision.fields)['password'])).toEqual([
      'secret: first',
      'secret: second',
    ]);
    for (const revision of history) expect(revision.fields).toHaveLength(fields.length);
  });

  test('the other types, and parts that are not known', async () => {
    const file = await read(JSON.stringify(plain));
    expect(file.items.slice(1).map(short)).toEqual([
      { ...none, type: 'note', title: 'Note', folder: ['Team'], tags: ['All'], fields: { text: 'note: text' } },
      {
        ...none,
        type: 'card',
        title: 'Card',
        tags: ['archived'],
        isTrashed: true,
        fields: {
          cardholder: 'text: Ada',
          number: 'secret: 4111',
          expiry: 'date: 04/2030',
          cvv: 'secret: 123',
          brand: 'text: Visa',
        },
      },
      {
        ...none,
        type: 'identity',
        title: 'Me',
        fields: {
          full_name: 'text: Dr Ada King',
          email: 'email: ada@a.example',
          phone: 'text: 1',
          address: 'text: 1 Road\n123 Town\nGB',
          ssn: 'secret: 2',
          passport: 'secret: 3',
          company: 'text: ACME',
          'license number': 'secret: 4',
          username: 'text: ada',
        },
      },
      {
        ...none,
        type: 'ssh-key',
        title: 'Key',
        fields: { private_key: 'secret: private', public_key: 'text: public', fingerprint: 'text: SHA256:x' },
      },
      {
        ...none,
        type: 'custom',
        title: 'Bank',
        fields: { 'bank name': 'text: Bank', iban: 'secret: GB00', pin: 'secret: 12', 'new part': 'text: [1]' },
      },
    ]);
    expect(file.skipped).toEqual([{ place: 'items[6]', what: 'an entry that is no item' }]);
  });

  test('beside attachments in a zip file', async () => {
    const file = await read(
      zipSync({ 'data.json': bytesOf(JSON.stringify(plain)), 'attachments/a/scan.pdf': new Uint8Array(12_345) }),
    );
    expect(file.items).toHaveLength(6);
    expect(file.lost.at(-1)).toEqual({ place: 'attachments/a/scan.pdf', what: 'an attachment (12,345 bytes)' });
  });
});

interface Kdf {
  readonly kdfType: number;
  readonly kdfIterations: number;
  readonly kdfMemory?: number;
  readonly kdfParallelism?: number;
}

const PBKDF2: Kdf = { kdfType: 0, kdfIterations: 5_000 };
const ARGON2: Kdf = { kdfType: 1, kdfIterations: 2, kdfMemory: 16, kdfParallelism: 1 };

async function protect(content: unknown, password: string, kdf: Kdf): Promise<Record<string, unknown>> {
  const salt = randomBytes(16).toString('base64');
  const key =
    kdf.kdfType === 0
      ? pbkdf2Sync(password, salt, kdf.kdfIterations, 32, 'sha256')
      : await hash(password, {
          raw: true,
          type: argon2id,
          salt: createHash('sha256').update(salt).digest(),
          timeCost: kdf.kdfIterations,
          memoryCost: kdf.kdfMemory! * 1024,
          parallelism: kdf.kdfParallelism!,
          hashLength: 32,
        });
  const expand = (info: string) => createHmac('sha256', key).update(`${info}\x01`).digest();
  const seal = (text: string): string => {
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-256-cbc', expand('enc'), iv);
    const data = Buffer.concat([cipher.update(text), cipher.final()]);
    const mac = createHmac('sha256', expand('mac')).update(iv).update(data).digest();
    return `2.${[iv, data, mac].map((part) => part.toString('base64')).join('|')}`;
  };
  return {
    encrypted: true,
    passwordProtected: true,
    salt,
    ...kdf,
    encKeyValidation_DO_NOT_EDIT: seal('a-check'),
    data: seal(JSON.stringify(content)),
  };
}

describe('under a password', () => {
  test.each([PBKDF2, ARGON2])('opens with it: %j', async (kdf) => {
    const file = await protect(plain, 'pässword 1', kdf);
    expect(await read(JSON.stringify(file), 'pässword 1')).toEqual(await read(JSON.stringify(plain)));
    const wrong = await refusalOf(() => read(JSON.stringify(file), 'another'));
    expect([wrong.code, wrong.message]).toEqual(['locked', 'That is not the password of the file.']);
  });

  test('what was changed is noticed', async () => {
    const file = await protect(plain, 'x', PBKDF2);
    const data = String(file['data']);
    const at = data.indexOf('|') + 5;
    const changed = data.slice(0, at) + (data[at] === 'A' ? 'B' : 'A') + data.slice(at + 1);
    const refusal = await refusalOf(() => read(JSON.stringify({ ...file, data: changed }), 'x'));
    expect(refusal.message).toBe('The file was changed since it was made: its checksum is wrong.');
  });

  test.each([
    { kdfType: 0, kdfIterations: 2_000_000_000 },
    { kdfType: 0, kdfIterations: 1 },
    { kdfType: 1, kdfIterations: 2, kdfMemory: 1_000_000, kdfParallelism: 1 },
    { kdfType: 1, kdfIterations: 2, kdfMemory: 64 },
    { kdfType: 7, kdfIterations: 5_000 },
  ])('a cost that Bitwarden does not allow is not paid: %j', async (kdf) => {
    const file = { ...(await protect(plain, 'x', PBKDF2)), ...kdf };
    expect((await refusalOf(() => read(JSON.stringify(file), 'x'))).code).toBe('invalid_request');
  });

  test('what only an account opens says what to do', async () => {
    const file = { encrypted: true, encKeyValidation_DO_NOT_EDIT: '2.a|b|c', folders: [], items: [] };
    const refusal = await refusalOf(() => read(JSON.stringify(file)));
    expect(refusal.message).toContain('only that account can open');
    expect(refusal.facts.next).toContain('password of its own');
  });
});
