/** KeePass databases that are wrong, cut or made to do harm: each gives one clear refusal, and nothing is computed for it. */
import { Consts, Int64 } from 'kdbxweb';
import { describe, expect, test } from 'vitest';
import { keepassKdbx } from '../../src/exchange/kdbx.js';
import { refusedLater, told } from '../core/refused.js';
import { headerOnly, newDatabase, PASSWORD, saved, sealed, setCost, type Cost } from './kdbx-maker.js';

const unlocking = { password: () => Promise.resolve(PASSWORD) };
/** The file is refused before anyone is asked for a password. */
const unasked = { password: () => Promise.reject(new Error('asked for a password')) };
const refusal = (bytes: Uint8Array, opened = unlocking) =>
  refusedLater('invalid_request', keepassKdbx.read(bytes, opened));
const faultOf = async (bytes: Uint8Array, opened = unlocking) => (await refusal(bytes, opened)).facts.message;

const DAMAGED = 'The file is a KeePass database that is damaged or was cut.';
const GIB = 1_073_741_824;

describe('before a password is asked for', () => {
  const asking = (cost: Cost) => headerOnly((header) => setCost(header, cost));

  test.each<[string, Cost, string]>([
    [
      '64 GiB of memory',
      { memory: Int64.from(64 * GIB) },
      'asks for 65,536 MiB of memory to be opened; at most 2,048 MiB are given',
    ],
    ['memory beyond numbers', { memory: new Int64(0, 0xffffffff) }, 'asks for an absurd amount of memory to be opened'],
    [
      'passes without end',
      { passes: Int64.from(4_000_000_000) },
      'asks for 250,000,000 MiB to be filled, pass by pass',
    ],
    ['many threads', { lanes: 10_000 }, 'asks for more than 64 threads at once'],
    [
      'rounds of AES',
      { kdf: Consts.KdfId.Aes, rounds: Int64.from(1e12) },
      'asks for more rounds of AES than the 500,000,000',
    ],
  ])('refuses %s', async (_, cost, fault) => {
    expect(await faultOf(asking(cost), unasked)).toContain(fault);
  });

  test('refuses absurd rounds of KDBX 3', async () => {
    const bytes = headerOnly((header) => {
      header.setVersion(3);
      header.keyEncryptionRounds = 2 ** 52;
    });
    expect(await faultOf(bytes, unasked)).toContain('asks for more rounds of AES');
  });

  test('refuses another way of stretching keys, and another cipher', async () => {
    const changed = (from: string, to: string) => {
      const bytes = Buffer.from(headerOnly((header) => setCost(header)));
      Buffer.from(to, 'base64').copy(bytes, bytes.indexOf(Buffer.from(from, 'base64')));
      return faultOf(bytes, unasked);
    };
    expect(await changed(Consts.KdfId.Argon2id, 'AAAAAAAAAAAAAAAAAAAAAA==')).toContain('in a way that is not known');
    expect(await changed(Consts.CipherId.Aes, 'rWjyn1dvS7mjatR69ZY0bA==')).toContain('Twofish, which is not read');
    expect(await changed(Consts.CipherId.Aes, 'AAAAAAAAAAAAAAAAAAAAAA==')).toContain('a cipher that is not known');
  });

  test('names what is no KDBX of ours', async () => {
    const begun = (hex: string) => Buffer.from(hex + '00'.repeat(120), 'hex');
    expect(await faultOf(begun('03d9a29a65fb4bb5'), unasked)).toBe('The file is of KeePass 1 (KDB), which is too old.');
    expect(keepassKdbx.fits(begun('03d9a29a65fb4bb5'))).toBe(true);
    expect(await faultOf(begun('03d9a29a67fb4bb500000500'), unasked)).toContain(
      'is KDBX 5.0; 3.1, 4.0 and 4.1 are read',
    );
    expect(await faultOf(Buffer.from('PK and more'), unasked)).toBe('The file is not a KeePass database.');
    expect(keepassKdbx.fits(Buffer.from('PK and more'))).toBe(false);
  });
});

describe('a database that was cut or changed', () => {
  test.each([3, 4] as const)('of version %i is refused wherever it ends', async (version) => {
    const bytes = await saved(newDatabase(version));
    const ends = [8, 11, 12, 40, 100, 200, 300, 400, 500, bytes.length - 33, bytes.length - 16, bytes.length - 1];
    for (const end of ends.filter((at) => at < bytes.length)) {
      const told = await faultOf(bytes.subarray(0, end));
      expect([end, told]).toEqual([end, end === 8 || end === 11 ? expect.stringContaining('The file is') : DAMAGED]);
    }
  });

  test.each([3, 4] as const)('of version %i is refused wherever it was changed', async (version) => {
    const bytes = await saved(newDatabase(version));
    for (let at = 12; at < bytes.length; at += 97) {
      const changed = Uint8Array.from(bytes);
      changed[at]! ^= 0x55;
      await refusal(changed);
    }
  });

  test.each([3, 4] as const)('of version %i is told from a wrong password', async (version) => {
    const bytes = await saved(newDatabase(version));
    const wrong = await refusal(bytes, { password: () => Promise.resolve('not it') });
    expect(wrong.facts.message).toBe('The file does not open with this password and key file.');
    expect(told(wrong)).not.toContain('not it');
  });
});

describe('a database with hostile contents', () => {
  const file = (root: string) => sealed(`<?xml version="1.0"?><KeePassFile><Meta/><Root>${root}</Root></KeePassFile>`);

  test('is read where there is nothing wrong with it', async () => {
    const { items } = await keepassKdbx.read(await file('<Group><Entry/></Group>'), unlocking);
    expect(items).toMatchObject([{ type: 'login', title: '', fields: [], history: [] }]);
  });

  test('is refused once it inflates beyond all measure', async () => {
    expect(await faultOf(await sealed(Buffer.alloc(129 << 20, 0x20)))).toBe(
      'The file has more than 128 MiB once it is inflated.',
    );
  });

  test.each<[string, string, string]>([
    ['entities that multiply', '<!DOCTYPE a [<!ENTITY b "&c;&c;">]><a>&b;</a>', 'has a document type'],
    ['an entity of a file', '<a>&passwd;</a>', 'refers to an entity that it may not'],
    ['deep elements', '<a>'.repeat(200_000), 'is more than 100 levels deep'],
    ['tags that cross', '<a><b></a></b>', 'closes a tag that is not open'],
    ['an end too early', '<a><b>', 'ends too early'],
    ['two roots', '<a/><a/>', 'has more than one root'],
    ['an attribute without an end', '<a b="', 'ends too early'],
  ])('is refused for %s', async (_, xml, fault) => {
    expect(await faultOf(await sealed(xml))).toContain(`the XML ${fault}`);
  });

  test.each<[string, string]>([
    ['what is no database', '<Other/>'],
    ['no group', '<KeePassFile><Root/></KeePassFile>'],
    ['no XML', ''],
  ])('is refused for %s', async (_, xml) => {
    expect(await faultOf(await sealed(xml))).toMatch(/damaged|ends too early/);
  });

  test('is refused for groups with more tags than all their entries could carry', async () => {
    const tags = Array.from({ length: 51 }, (_, index) => `t${index}`).join(';');
    expect(await faultOf(await file(`<Group><Tags>${tags}</Tags></Group>`))).toContain(
      'a group with more than 50 tags',
    );
  });

  test('gives names that look like paths or controls as the text that they are', async () => {
    const group =
      '<Group><Name>../../etc</Name><Entry><String><Key>Title</Key><Value>&#x1b;[2J/etc/passwd</Value></String></Entry></Group>';
    const { items } = await keepassKdbx.read(await file(`<Group>${group}</Group>`), unlocking);
    expect(items).toMatchObject([{ folder: ['../../etc'], title: '\u001b[2J/etc/passwd' }]);
  });

  test('gives each of several attributes with one name', async () => {
    const attribute = (value: string) => `<String><Key>Title</Key><Value>${value}</Value></String>`;
    const entry = `<Entry>${attribute('one')}${attribute('two')}${attribute('three')}</Entry>`;
    const { items } = await keepassKdbx.read(await file(`<Group>${entry}</Group>`), unlocking);
    expect(items[0]).toMatchObject({ title: 'one' });
    expect(items[0]!.fields.map(({ name, value }) => [name, value])).toEqual([
      ['Title', 'two'],
      ['Title', 'three'],
    ]);
  });
});
