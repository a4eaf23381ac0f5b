/** Files that are made to hurt: each gives one refusal that tells nothing of what stands in it, and soon. */
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { CSV_LIMITS } from '../../src/exchange/csv.js';
import { JSON_LIMITS } from '../../src/exchange/json.js';
import { IMPORT_FORMATS } from '../../src/exchange/parsed.js';
import { findReader, READERS } from '../../src/exchange/readers.js';
import { Refusal } from '../../src/core/refusal.js';
import { bytesOf, csv, read, refusalOf, unlockingWith } from './reading.js';

const CHROME = 'name,url,username,password,note\n';
const SECRET = 'hunter2secret';
const messageOf = async (file: string | Uint8Array) => {
  const { code, message, facts } = await refusalOf(() => read(file));
  expect(code).toBe('invalid_request');
  expect(`${message} ${facts.next ?? ''}`).not.toContain(SECRET);
  return message;
};

test.each([
  ['empty', '', 'The file is empty.'],
  ['unknown', `hello ${SECRET}`, 'The file is in none of the formats that can be read.'],
  [
    'a quote that is not closed',
    `${CHROME}a,b,c,"${SECRET},e\n`,
    'has a quote that is not closed, in the row that begins at line 2',
  ],
  [
    'a quote amid a value',
    `${CHROME}\na,b,c,${SECRET}"x,e\n`,
    'has a quote amid a value, in the row that begins at line 3',
  ],
  ['text after a quote', `${CHROME}a,b,c,"${SECRET}"x,e\n`, 'has text after a closing quote'],
  ['a NUL', `${CHROME}a,b,c,${SECRET}\0,e\n`, 'has a NUL character'],
  ['a huge row', `${CHROME}a,b,c,${'x'.repeat(CSV_LIMITS.rowLength + 10)},e\n`, 'has a row of more than 1 MiB'],
  ['two columns of one name', 'name,url,username,password,NAME\na,b,c,d,e\n', 'has two columns of one name'],
  ['deep JSON', `{"items":${'['.repeat(JSON_LIMITS.depth + 1)}`, 'nests deeper than 64 levels'],
  ['JSON that is cut off', `{"items":[{"name":"${SECRET}`, 'is no JSON, or not a whole one'],
  ['JSON of another kind', '{"items":{}}', 'is no Bitwarden JSON: it has no list of items'],
  ['too many values', `{"items":[${'0,'.repeat(JSON_LIMITS.values + 1)}`, 'has more than 4,000,000 values'],
])('%s', async (_, file, fault) => {
  expect(await messageOf(file)).toContain(fault);
});

test('too many rows', async () => {
  expect(await messageOf(CHROME + 'a,b,c,d,e\n'.repeat(CSV_LIMITS.rows + 1))).toContain('more than 100,000 rows');
});

test('bytes that are not UTF-8', async () => {
  const bytes = Buffer.concat([Buffer.from(`${CHROME}a,b,c,${SECRET}`), Buffer.from([0xff, 0xfe, 0x0a])]);
  expect(await messageOf(bytes)).toContain('is not text in UTF-8');
});

test('UTF-16 and byte order marks are read', async () => {
  const text = `${CHROME}Ä,https://a.example,u,p,\n`;
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le');
  const big = Buffer.from(utf16).swap16();
  for (const bytes of [utf16, big, Buffer.from(`\ufeff${text}`)]) expect((await read(bytes)).items[0]!.title).toBe('Ä');
});

test('other delimiters, line ends and blank lines', async () => {
  const file = await read('name;url;username;password\r\n\r\na;b;c;"x;y"\r\n\rd;e;f;g\n');
  expect(file.items.map(({ title, place }) => [title, place])).toEqual([
    ['a', 'line 3'],
    ['d', 'line 5'],
  ]);
});

test('rows with other columns are skipped, each with its line', async () => {
  const file = await read(`${CHROME}a,b,c\n,,,,\nok,https://a.example,u,p,\na,b,c,d,e,f\n`);
  expect(file.items).toHaveLength(1);
  expect(file.skipped).toEqual([
    { place: 'line 2', what: 'a row with 3 of 5 columns' },
    { place: 'line 3', what: 'an empty row' },
    { place: 'line 5', what: 'a row with 6 of 5 columns' },
  ]);
});

test('a zip bomb, and names that lead elsewhere', async () => {
  expect(await messageOf(zipSync({ 'export.data': new Uint8Array(8 << 20) }))).toContain('zip bomb');
  const twisted = zipSync({ 'export.data': bytesOf('{}'), '../../etc/cron.d/x': bytesOf('x') });
  const { message } = await refusalOf(() => findReader(twisted, '1password-1pux').read(twisted, unlockingWith()));
  expect(message).toContain('leads out of it');
});

test('prototypes are no way in', async () => {
  const file = await read('{"items":[{"type":1,"name":"a","__proto__":{"polluted":true},"constructor":"x"}]}');
  expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  expect(file.items[0]!.fields.map(({ name }) => name)).toEqual(['polluted', 'constructor']);
});

test('a format that is not known names those that are', async () => {
  const refusal = await refusalOf(() => findReader(bytesOf('x'), 'chrome-cvs'));
  expect(refusal.facts.next).toContain('Did you mean chrome-csv?');
  expect(refusal.facts.next).toContain('bitwarden-json');
});

test('every format has one reader', () => {
  expect(READERS.map(({ format }) => format).sort()).toEqual([...IMPORT_FORMATS].sort());
});

test('a format that is said, but is not the one', async () => {
  const file = bytesOf(csv(['a', 'b'], ['1', SECRET]));
  for (const { format } of READERS) {
    const refusal = await refusalOf(() => findReader(file, format).read(file, unlockingWith('')));
    expect(refusal.message).not.toContain(SECRET);
  }
});

test('any bytes are read or refused, whatever the format that is said', async () => {
  const starts = ['', CHROME, '{"items":[', '{"encrypted":true,"passwordProtected":true,', 'A="', 'PK\x03\x04'];
  const bytes = fc
    .tuple(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 200 }))
    .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest]));
  await fc.assert(
    fc.asyncProperty(bytes, fc.constantFrom(...READERS), async (file, reader) => {
      reader.fits(file);
      await reader.read(file, unlockingWith('')).catch((error: unknown) => expect(error).toBeInstanceOf(Refusal));
    }),
    { numRuns: 200 },
  );
});
