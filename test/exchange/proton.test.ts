/** Exports of Proton Pass: JSON in a zip file, under a passphrase, and CSV. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { createMessage, encrypt, enums } from 'openpgp';
import { describe, expect, test } from 'vitest';
import type { ParsedFile, ParsedItem, Reader } from '../../src/exchange/parsed.js';
import { protonCsv } from '../../src/exchange/proton-csv.js';
import { protonPgp } from '../../src/exchange/proton-pgp.js';
import { protonZip } from '../../src/exchange/proton-zip.js';
import { findReader } from '../../src/exchange/readers.js';
import { refusedLater, told } from '../core/refused.js';

const PASSPHRASE = 'four words of it';
const fixture = (name: string) => readFileSync(join(import.meta.dirname, 'fixtures', name));
const opening = (passphrase: string) => ({ password: () => Promise.resolve(passphrase) });
const unasked = { password: () => Promise.reject(new Error('asked for a passphrase')) };
const read = (reader: Reader, bytes: Uint8Array) => reader.read(bytes, unasked);
const itemOf = (file: ParsedFile, title: string): ParsedItem => file.items.find((item) => item.title === title)!;
const valuesOf = (file: ParsedFile, title: string) =>
  itemOf(file, title).fields.map(({ section, name, kind, value }) => [
    section === undefined ? name : `${section}/${name}`,
    kind,
    value,
  ]);
const files = {
  'Proton Pass/files/0123456789abcdef-scan.pdf': Buffer.alloc(1234),
  'Proton Pass/files/statement.txt': Buffer.from('x'),
  'Proton Pass/files/unknown.bin': Buffer.from('four'),
};
const zipOf = (data: Uint8Array, name = 'data.json') => zipSync({ [`Proton Pass/${name}`]: data, ...files });

describe('the zip file of Proton Pass', () => {
  const bytes = zipOf(fixture('proton-data.json'));

  test('is known by what is in it', () => {
    expect(findReader(bytes)).toBe(protonZip);
    expect(findReader(fixture('proton-data.json'))).toBe(protonZip);
    expect(findReader(fixture('proton-data.pgp'))).toBe(protonPgp);
    expect(findReader(fixture('proton-binary.pgp'))).toBe(protonPgp);
    expect(findReader(fixture('proton.csv'))).toBe(protonCsv);
    expect(protonZip.fits(zipSync({ 'data.json': Buffer.from('{}') }))).toBe(false);
  });

  test('gives everything of a login', async () => {
    const file = await read(protonZip, bytes);
    expect(itemOf(file, 'Bank')).toMatchObject({
      type: 'login',
      folder: ['Personal', 'Sites', 'Banks'],
      tags: ['favorite'],
      urls: ['https://bank.example/', 'https://other.bank.example/', 'https://exact.bank.example/'],
      isTrashed: false,
      createdAt: 1_689_182_868_000,
      updatedAt: 1_689_182_908_000,
      place: 'vaults[0].items[0]',
    });
    expect(valuesOf(file, 'Bank')).toEqual([
      ['username', 'text', 'ada'],
      ['email', 'email', 'ada@example.com'],
      ['password', 'secret', 'p"a,ss'],
      ['totp', 'totp', 'otpauth://totp/Bank:ada?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30'],
      ['match of https://exact.bank.example/', 'text', 'exact'],
      ['note', 'note', 'two lines\nof note'],
      ['Branch', 'text', 'Main street'],
      ['Phone PIN', 'secret', '1357'],
      ['Second code', 'totp', 'otpauth://totp/second?secret=GEZDGNBVGY3TQOJQ'],
      ['Since', 'date', '2020-02-03'],
      ['Android apps/Bank app', 'text', 'example.bank.app'],
    ]);
  });

  test('gives items of every type, in their vaults', async () => {
    const file = await read(protonZip, bytes);
    expect(file.items.map(({ title, type, folder, isTrashed }) => [title, type, folder[0], isTrashed])).toEqual([
      ['Bank', 'login', 'Personal', false],
      ['Old login', 'login', 'Personal', true],
      ['A note', 'note', 'Personal', false],
      ['Shopping', 'custom', 'Personal', false],
      ['Card', 'card', 'Work', false],
      ['Me', 'identity', 'Work', false],
      ['Key', 'ssh-key', 'Work', false],
      ['Home net', 'wifi', 'Work', false],
      ['Anything', 'custom', 'Work', false],
      ['Of tomorrow', 'custom', 'Work', false],
    ]);
    expect(valuesOf(file, 'Old login')).toEqual([
      ['username', 'text', 'grace'],
      ['password', 'secret', 'before emails'],
    ]);
    expect(valuesOf(file, 'A note')).toEqual([['text', 'note', '# all of it']]);
    expect(valuesOf(file, 'Shopping')).toEqual([
      ['email', 'email', 'shopping.abc@alias.example'],
      ['note', 'note', 'for shops'],
    ]);
    expect(valuesOf(file, 'Card')).toEqual([
      ['cardholder', 'text', 'Ada L'],
      ['number', 'secret', '4242424242424242'],
      ['expiry', 'date', '2030-02'],
      ['cvv', 'secret', '123'],
      ['pin', 'secret', '1234'],
      ['card type', 'text', 'Visa'],
    ]);
    expect(valuesOf(file, 'Me')).toEqual([
      ['full_name', 'text', 'Ada Lovelace'],
      ['email', 'email', 'ada@example.com'],
      ['phone', 'text', '+44 1'],
      ['address', 'text', '1 Lane\nW1 London\nUK'],
      ['birth_date', 'date', '1815-12-10'],
      ['ssn', 'secret', '078-05-1120'],
      ['passport', 'secret', 'P1'],
      ['first name', 'text', 'Ada'],
      ['organization', 'text', 'Engines'],
      ['license number', 'secret', 'L1'],
      ['website', 'text', 'https://ada.example'],
      ['work phone number', 'text', '+44 2'],
      ['personal details/Blood', 'text', '0'],
      ['Club/Member', 'secret', '77'],
    ]);
    expect(valuesOf(file, 'Key')).toEqual([
      ['private_key', 'secret', 'a private key'],
      ['public_key', 'text', 'ssh-ed25519 AAAA'],
      ['Hosts/First', 'text', 'h1'],
    ]);
    expect(valuesOf(file, 'Home net')).toEqual([
      ['ssid', 'text', 'Engine'],
      ['password', 'secret', 'steam'],
      ['security', 'text', 'WPA3'],
    ]);
    expect(valuesOf(file, 'Anything')).toEqual([
      ['S/At', 'date', '2020-02-03'],
      ['note', 'note', 'with a note'],
      ['Loose', 'text', 'yes'],
    ]);
    expect(valuesOf(file, 'Of tomorrow')).toEqual([
      ['seed phrase', 'secret', 'twelve words'],
      ['networks', 'secret', '["a","b"]'],
      ['labels', 'secret', '["l1"]'],
    ]);
  });

  test('names what is not taken', async () => {
    const { lost, skipped } = await read(protonZip, bytes);
    expect(skipped).toEqual([]);
    expect(lost.map(({ place, title, what }) => [place, title, what])).toEqual([
      ['vaults[0]', 'Personal', 'the description of a vault'],
      ['vaults[0].items[0]', 'Bank', 'a passkey (bank.example)'],
      ['vaults[0].items[0]', 'Bank', 'an attachment (0123456789abcdef-scan.pdf, 1,234 bytes)'],
      ['vaults[0].items[0]', 'Bank', 'an attachment (statement.txt, 1 byte)'],
      ['vaults[1].items[1]', 'Me', 'the picture of its icon'],
      ['unknown.bin', undefined, 'an attachment (4 bytes)'],
    ]);
  });

  test('gives folders that contain each other an end', async () => {
    const { folder } = itemOf(await read(protonZip, bytes), 'A note');
    expect(folder.slice(-2)).toEqual(['About', 'Round']);
    expect(folder.length).toBeLessThan(40);
  });

  test.each<[string, string, string]>([
    ['no JSON', '{"vaults":', 'is no JSON, or not a whole one'],
    ['no vaults', '{"items":[]}', 'is no export of Proton Pass: it has no vaults'],
    ['a list', '[]', 'is no export of Proton Pass: it has no vaults'],
    ['deep JSON', '{"vaults":'.repeat(500), 'nests deeper than 64 levels'],
  ])('refuses %s', async (_, json, fault) => {
    const { facts } = await refusedLater('invalid_request', read(protonZip, zipOf(Buffer.from(json))));
    expect(facts.message).toBe(`The file ${fault}.`);
  });

  test('passes over what is no item, vault or field', async () => {
    const json = {
      vaults: { a: null, b: { name: 7, items: [null, 'x', {}, { data: { content: [], extraFields: [null, 3] } }] } },
    };
    const { items, skipped } = await read(protonZip, zipOf(Buffer.from(JSON.stringify(json))));
    expect(items.map(({ type, folder }) => [type, folder])).toEqual([
      ['custom', ['7']],
      ['custom', ['7']],
    ]);
    expect(skipped.map(({ place }) => place)).toEqual(['vaults[1].items[0]', 'vaults[1].items[1]']);
  });
});

describe('under a passphrase', () => {
  test.each(['proton-data.pgp', 'proton-binary.pgp'])('%s of gpg says the same as plain', async (name) => {
    const plain = await read(protonZip, fixture('proton-data.json'));
    const opened = await protonPgp.read(fixture(name), opening(PASSPHRASE));
    expect(opened).toEqual({ ...plain, format: 'proton-pgp' });
  });

  test('is read within the zip file, and with a zip file within', async () => {
    const plain = await read(protonZip, zipOf(fixture('proton-data.json')));
    const sealed = await protonZip.read(zipOf(fixture('proton-data.pgp'), 'data.pgp'), opening(PASSPHRASE));
    expect(sealed).toEqual(plain);
    const outer = await encryptWith(zipOf(fixture('proton-data.json')));
    expect(await protonPgp.read(outer, opening(PASSPHRASE))).toEqual({ ...plain, format: 'proton-pgp' });
  });

  const refusal = (bytes: Uint8Array, passphrase = PASSPHRASE) =>
    refusedLater('invalid_request', protonPgp.read(bytes, opening(passphrase)));

  test('is refused under another one', async () => {
    for (const name of ['proton-data.pgp', 'proton-binary.pgp']) {
      const wrong = await refusal(fixture(name), 'none of these');
      expect(wrong.facts.message).toBe('The file does not open with this passphrase, or is damaged.');
      expect(told(wrong)).not.toContain('none of these');
    }
  });

  test('is refused where it was cut or changed', async () => {
    const whole = fixture('proton-binary.pgp');
    for (const end of [5, 20, 100, whole.length - 20, whole.length - 1]) await refusal(whole.subarray(0, end));
    for (let at = 0; at < whole.length; at += 307) {
      const changed = Uint8Array.from(whole);
      changed[at]! ^= 0x11;
      await refusal(changed);
    }
    await refusal(Buffer.from('-----BEGIN PGP MESSAGE-----\n\nAAAA\n-----END PGP MESSAGE-----\n'));
    await refusal(randomBytes(400));
  });

  test('is refused once it grows beyond all measure', async () => {
    const bomb = await encryptWith(Buffer.alloc((64 << 20) + 4096), true);
    expect(bomb.length).toBeLessThan(1 << 20);
    const { facts } = await refusal(bomb);
    expect(facts.message).toBe('The file is a PGP message of more than 64 MiB once it is decompressed.');
  });

  test('is refused for the public key of someone, and for very many passphrases', async () => {
    // A packet of tag 1 of version 3, and one of encrypted data.
    const toKey = Buffer.concat([
      Buffer.from([0xc1, 12, 3, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]),
      Buffer.from([0xd2, 2, 1, 0]),
    ]);
    await refusedLater('invalid_request', protonPgp.read(toKey, unasked));
    const many = Buffer.concat([
      ...Array.from({ length: 5 }, () => fixture('proton-binary.pgp').subarray(0, 15)),
      fixture('proton-binary.pgp'),
    ]);
    const { facts } = await refusedLater('invalid_request', protonPgp.read(many, unasked));
    expect(facts.message).toBe('The file is a PGP message for more than 4 passphrases.');
  });
});

async function encryptWith(binary: Uint8Array, isCompressed = false): Promise<Uint8Array> {
  const preferredCompressionAlgorithm = isCompressed ? enums.compression.zip : enums.compression.uncompressed;
  const config = { s2kIterationCountByte: 0, preferredCompressionAlgorithm };
  const message = await createMessage({ binary: new Uint8Array(binary) });
  return encrypt({ message, passwords: PASSPHRASE, format: 'binary', config });
}

describe('the CSV of Proton Pass', () => {
  test('gives all that it has', async () => {
    const file = await read(protonCsv, fixture('proton.csv'));
    expect(file.items.map(({ title, type, folder, urls }) => [title, type, folder, urls])).toEqual([
      ['A note', 'note', ['Personal'], []],
      ['A login', 'login', ['Personal'], ['https://example.com/', 'https://proton.example/a,b']],
      ['An alias', 'custom', ['Personal'], []],
      ['A card', 'card', ['Work'], []],
      ['Me', 'identity', ['Personal'], []],
      ['Edited by hand', 'card', [], []],
    ]);
    expect(itemOf(file, 'A login')).toMatchObject({ createdAt: 1_707_735_320_000, updatedAt: 1_707_735_349_000 });
    expect(valuesOf(file, 'A login')).toEqual([
      ['username', 'text', 'ada'],
      ['email', 'email', 'ada@example.com'],
      ['password', 'secret', 'pass,word'],
      ['totp', 'totp', 'otpauth://totp/A%20login:ada?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=6&period=30'],
      ['note', 'note', 'login note'],
    ]);
    expect(valuesOf(file, 'A note')).toEqual([['text', 'note', 'this, is\nmy note']]);
    expect(valuesOf(file, 'An alias')).toEqual([['email', 'email', 'a.b@alias.example']]);
    expect(valuesOf(file, 'A card')).toEqual([
      ['cardholder', 'text', 'Ada L'],
      ['number', 'secret', '4242424242424242'],
      ['expiry', 'date', '2030-02'],
      ['cvv', 'secret', '123'],
      ['pin', 'secret', '1234'],
      ['note', 'note', 'card note'],
    ]);
    expect(valuesOf(file, 'Me')).toContainEqual(['Club/Member', 'secret', '77']);
    expect(valuesOf(file, 'Edited by hand')).toEqual([['note', 'note', 'not JSON any more']]);
    expect(file.skipped).toEqual([{ place: 'line 9', what: 'a row with 2 of 11 columns' }]);
  });
});

const text = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((value) => !/[\0\r]/.test(value) && value.trim() !== '');
const secrets = fc.record({ name: text, username: text, password: text, note: text, vault: text, url: fc.webUrl() });

test('random logins written as JSON and as CSV are read back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(secrets, { maxLength: 5 }), async (logins) => {
      const expected = logins.map(({ name, username, password, note, vault, url }) => ({
        type: 'login',
        title: name,
        folder: [vault],
        urls: [url],
        fields: [
          { name: 'username', kind: 'text', value: username },
          { name: 'password', kind: 'secret', value: password },
          { name: 'note', kind: 'note', value: note },
        ],
      }));
      const vaults = logins.map(({ name, username, password, note, vault, url }) => {
        const content = { itemUsername: username, itemEmail: '', password, urls: [url], totpUri: '', passkeys: [] };
        return { name: vault, items: [{ state: 1, data: { type: 'login', metadata: { name, note }, content } }] };
      });
      const json = Buffer.from(JSON.stringify({ version: '1.0', vaults: Object.fromEntries(vaults.entries()) }));
      expect((await read(protonZip, zipOf(json))).items).toMatchObject(expected);
      const quoted = (cells: readonly string[]) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',');
      const rows = logins.map(({ name, username, password, note, vault, url }) =>
        quoted(['login', name, url, '', username, password, note, '', '1', '2', vault]),
      );
      const csv = ['type,name,url,email,username,password,note,totp,createTime,modifyTime,vault', ...rows].join('\r\n');
      expect((await read(protonCsv, Buffer.from(csv))).items).toMatchObject(expected);
    }),
    { numRuns: 25 },
  );
});
