import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { Refusal } from '../../src/core/refusal.js';
import { isZip, openZip, ZIP_LIMITS } from '../../src/exchange/zip.js';

const CENTRAL = 0x02014b50;

const zip = (files: Record<string, string | Uint8Array>, level: 0 | 9 = 9): Uint8Array =>
  zipSync(
    Object.fromEntries(
      Object.entries(files).map(([name, data]) => [name, typeof data === 'string' ? strToU8(data) : data]),
    ),
    { level },
  );

/** Changes a number of four bytes in the first entry of the directory. */
function patch(bytes: Uint8Array, offset: number, value: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length - 4; at += 1) {
    if (view.getUint32(at, true) !== CENTRAL) continue;
    view.setUint32(at + offset, value, true);
    return bytes;
  }
  throw new Error('no directory');
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

test.each([0, 9] as const)('entries are read back, at level %s', (level) => {
  const files = { 'export.data': '{"a":1}', 'files/päth x.txt': 'x'.repeat(5000), empty: '' };
  const bytes = zip(files, level);
  expect(isZip(bytes)).toBe(true);
  const opened = openZip(bytes);
  expect(opened.names).toEqual(Object.keys(files));
  for (const [name, text] of Object.entries(files)) {
    expect(Buffer.from(opened.read(name)).toString()).toBe(text);
    expect(opened.size(name)).toBe(text.length);
  }
  expect(opened.size('other')).toBeUndefined();
  expect(refusal(() => opened.read('other'))).toContain('lacks a part');
});

test('folders are no files, and a comment at the end is let be', () => {
  const bytes = zipSync({ 'a/b.txt': strToU8('b'), 'a/': new Uint8Array() });
  expect(openZip(bytes).names).toEqual(['a/b.txt']);
});

test.each(['../a', '/etc/passwd', 'a/../../b', 'C:/a', 'a\\b', 'a\0b', 'a/./b', 'a\nb'])(
  'a name that leads elsewhere is refused: %j',
  (name) => {
    expect(refusal(() => openZip(zip({ [name]: 'x' })))).toBe('The file has an entry whose name leads out of it.');
  },
);

test('an entry that says it is small and is not', () => {
  const bytes = patch(zip({ a: 'x'.repeat(2 << 20) }), 24, 1000);
  expect(refusal(() => openZip(bytes).read('a'))).toContain('larger than it says');
});

test('an entry that is many times its size is not unpacked', () => {
  const bytes = zip({ a: new Uint8Array(4 << 20) });
  expect(refusal(() => openZip(bytes).read('a'))).toContain('zip bomb');
});

test('an entry, and all of them together, have a most', () => {
  const bytes = patch(zip({ a: 'x' }), 24, ZIP_LIMITS.entryBytes + 1);
  expect(refusal(() => openZip(bytes).read('a'))).toBe('The file unpacks to more than 64 MiB.');
});

test('entries that overlap are refused', () => {
  const bytes = patch(zip({ a: 'x' }), 20, 1 << 20);
  expect(refusal(() => openZip(bytes))).toContain('overlap');
});

test('too many entries', () => {
  const bytes = zip(
    Object.fromEntries(Array.from({ length: ZIP_LIMITS.entries + 1 }, (_, i) => [`n${String(i)}`, ''])),
    0,
  );
  expect(refusal(() => openZip(bytes))).toBe('The file is a zip file with more than 20,000 entries.');
});

test('a wrong checksum, a password and another way of packing', () => {
  expect(refusal(() => openZip(patch(zip({ a: 'abc' }), 16, 1)).read('a'))).toContain('checksum');
  expect(refusal(() => openZip(patch(zip({ a: 'abc' }), 8, 0x0008_0001)).read('a'))).toContain('password');
  expect(refusal(() => openZip(patch(zip({ a: 'abc' }), 8, 0x000e_0000)).read('a'))).toContain('way that is not known');
});

test('whatever is cut off or changed is refused, or read, but nothing else is thrown', () => {
  const bytes = zip({ a: 'some text that is packed', b: 'and more of it' });
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    for (const one of [bytes.slice(0, at), changed]) {
      try {
        const opened = openZip(one);
        for (const name of opened.names) opened.read(name);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
      }
    }
  }
});
