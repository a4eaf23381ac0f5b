import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentSchema } from '../../src/core/item-schema.js';
import { FIELD_KINDS, ITEM_TYPES, type ItemContent } from '../../src/core/model.js';
import { fitKind } from '../../src/exchange/fit-name.js';
import { fitFile, type FitOptions } from '../../src/exchange/fit.js';
import type { ParsedField, ParsedItem } from '../../src/exchange/parsed.js';
import { parseTotp } from '../../src/tools/totp.js';

const OPTIONS: FitOptions = { vault: 'Personal', isVaultPerFolder: false };

const parsed = (parts: Partial<ParsedItem>): ParsedItem => ({
  type: 'login',
  title: 'T',
  folder: [],
  tags: [],
  urls: [],
  fields: [],
  history: [],
  isTrashed: false,
  place: 'line 2',
  ...parts,
});

const fit = (parts: Partial<ParsedItem>, options: Partial<FitOptions> = {}) => {
  const file = { format: 'chrome-csv', items: [parsed(parts)], skipped: [], lost: [] } as const;
  return fitFile(file, { ...OPTIONS, ...options });
};
const itemOf = (parts: Partial<ParsedItem>, options?: Partial<FitOptions>) => fit(parts, options).items[0]!.item;
const contentOf = (parts: Partial<ParsedItem>): ItemContent => itemOf(parts).content;
const text = (name: string, value: string): ParsedField => ({ name, kind: 'text', value });

describe('titles', () => {
  test.each([
    [{ title: ' Shop ' }, 'Shop'],
    [{ title: '', urls: ['/path', 'https://Shop.Example:8443/x'] }, 'shop.example'],
    [{ title: '\u202e\n', urls: [] }, 'login'],
    [{ title: '!!!' }, 'login !!!'],
    [{ title: 'two\nlines' }, 'two lines'],
    [{ title: '', type: 'ssh-key' as const }, 'ssh-key'],
  ])('%j is called %s', (parts, title) => {
    expect(contentOf(parts).title).toBe(title);
  });

  test('what has none takes the name for untitled items, unless it has a site', () => {
    expect(itemOf({ title: '' }, { untitled: 'prod.env' }).content.title).toBe('prod.env');
    expect(itemOf({ title: '', urls: ['https://a.example'] }, { untitled: 'x' }).content.title).toBe('a.example');
  });

  test('a long one is cut, and that is told', () => {
    const { items, lost } = fit({ title: 'x'.repeat(400) });
    expect(items[0]!.item.content.title).toHaveLength(300);
    expect(lost.map(({ what }) => what)).toEqual(['the end of its title, which is longer than 300 characters']);
  });
});

describe('folders', () => {
  test('are a tag, or a vault', () => {
    const parts = { folder: ['Work', 'Mail/Post'], tags: ['a'] };
    expect(itemOf(parts)).toMatchObject({ vault: 'Personal', content: { tags: ['Work/Mail/Post', 'a'] } });
    expect(itemOf(parts, { isVaultPerFolder: true })).toMatchObject({
      vault: 'Work - Mail/Post',
      content: { tags: ['a'] },
    });
    expect(itemOf({}, { isVaultPerFolder: true }).vault).toBe('Personal');
    expect(itemOf({ folder: [' ', '\u200b'] }, { isVaultPerFolder: true }).vault).toBe('Personal');
  });
});

describe('fields', () => {
  test('of one name are numbered, without regard to case and over sections', () => {
    const { fields } = contentOf({
      fields: [text('a', '1'), text('A', '2'), text('a', '3'), { ...text('b', '4'), section: 'S' }, text('s/b', '5')],
    });
    expect(fields.map(({ section, name, value }) => [section, name, value])).toEqual([
      [undefined, 'a', '1'],
      [undefined, 'A (2)', '2'],
      [undefined, 'a (3)', '3'],
      ['S', 'b', '4'],
      [undefined, 's/b (2)', '5'],
    ]);
  });

  test.each([
    ['url', 'x'.repeat(3000), 'text'],
    ['url', '', 'text'],
    ['url', 'https://a.example', 'url'],
    ['email', 'not one', 'text'],
    ['date', '31.12.2030', 'text'],
    ['date', '2030-12-31', 'date'],
    ['totp', '123456', 'secret'],
    ['totp', 'steam://JBSWY3DPEHPK3PXP', 'secret'],
    ['totp', 'otpauth://hotp/A?secret=JBSWY3DPEHPK3PXP', 'secret'],
    ['totp', 'jbsw y3dp ehpk 3pxp', 'totp'],
  ] as const)('%s %j is kept as %s', (kind, value, kept) => {
    const { fields } = contentOf({ fields: [{ name: 'f', kind, value }] });
    expect(fields).toEqual([{ name: 'f', kind: kept, value }]);
  });

  test('names that cannot be are made into ones that can', () => {
    const token = ['vs', 'p_', 'a'.repeat(64), '::', 'b'.repeat(43)].join('');
    const { fields } = contentOf({
      fields: [
        text('', '1'),
        text('***', '2'),
        text('a\tb', '3'),
        text(token, '4'),
        { ...text('n', '5'), section: '\u200b' },
      ],
    });
    expect(fields.map(({ section, name }) => [section, name])).toEqual([
      [undefined, 'text'],
      [undefined, 'field ***'],
      [undefined, 'a b'],
      [undefined, 'vsp_…'],
      [undefined, 'n'],
    ]);
  });

  test('addresses that are none, or too many, become text', () => {
    const urls = Array.from({ length: 60 }, (_, i) => `https://h${String(i)}.example`);
    const { fields } = contentOf({ urls: ['a\nb', ...urls] });
    expect(fields.filter(({ kind }) => kind === 'url')).toHaveLength(50);
    expect(fields.filter(({ kind }) => kind === 'text').map(({ value }) => value)).toContain('https://h59.example');
    expect(fields.map(({ value }) => value).sort()).toEqual(['a\nb', ...urls].sort());
  });

  test('more than an item has room for go into a note', () => {
    const fields = Array.from({ length: 130 }, (_, i) => text(`n${String(i)}`, `v${String(i)}`));
    const content = contentOf({ fields, urls: ['https://a.example'] });
    expect(content.fields).toHaveLength(100);
    const note = content.fields.find(({ name }) => name === 'more fields')!;
    expect(note.kind).toBe('note');
    expect(note.value.split('\n')).toHaveLength(32);
    expect(note.value).toContain('n129: v129');
  });

  test('what is too large is left out, and named without its value', () => {
    const { items, lost } = fit({ fields: [text('small', 'x'), text('large', 'y'.repeat(70_000))] });
    expect(items[0]!.item.content.fields.map(({ name }) => name)).toEqual(['small']);
    expect(lost).toEqual([
      { place: 'line 2', title: 'T', what: 'the field large (70,005 bytes), since an item holds 64 KiB at most' },
    ]);
  });

  test('lone surrogates are replaced, and that is told', () => {
    const { items, lost } = fit({ fields: [text('f', 'a\ud800')] });
    expect(items[0]!.item.content.fields[0]!.value).toBe('a\ufffd');
    expect(lost.map(({ what }) => what)).toEqual(['characters of a value that are not valid Unicode']);
  });
});

test('tags: without doubles, and more than there is room for as a field', () => {
  const tags = ['a', 'A', ' ', ...Array.from({ length: 60 }, (_, i) => `t${String(i)}`)];
  const content = contentOf({ tags });
  expect(content.tags).toHaveLength(50);
  expect(content.fields.find(({ name }) => name === 'more tags')?.value).toContain('t59');
});

test('earlier versions, with a time each and the addresses of now', () => {
  const { history } = itemOf({
    urls: ['https://a.example'],
    createdAt: 1000,
    history: [{ fields: [text('f', 'old')] }, { at: 2000, title: 'Then', fields: [text('f', 'newer')] }],
  });
  expect(history.map(({ at, content }) => [at, content.title, content.fields.map(({ value }) => value)])).toEqual([
    [1000, 'T', ['old', 'https://a.example']],
    [2000, 'Then', ['newer', 'https://a.example']],
  ]);
});

test('times that cannot be are left out', () => {
  expect(itemOf({ createdAt: NaN, updatedAt: 1e20 })).not.toHaveProperty('createdAt');
  expect(itemOf({ createdAt: -1, updatedAt: 12.6 })).toMatchObject({ updatedAt: 13 });
});

test('whatever stands in a file fits, and no value of usual size is lost', () => {
  const word = fc.oneof(fc.string({ unit: 'binary', maxLength: 12 }), fc.constantFrom('', 'a', 'url', 'note', '(2)'));
  const field = fc.record(
    { section: word, name: word, kind: fc.constantFrom(...FIELD_KINDS), value: word },
    { requiredKeys: ['name', 'kind', 'value'] },
  );
  const source = fc.record({
    type: fc.constantFrom(...ITEM_TYPES),
    title: word,
    folder: fc.array(word, { maxLength: 3 }),
    tags: fc.array(word, { maxLength: 60 }),
    urls: fc.array(word, { maxLength: 60 }),
    fields: fc.array(field, { maxLength: 120 }),
  });
  fc.assert(
    fc.property(source, (parts) => {
      const { items, skipped } = fit(parts);
      expect(skipped).toEqual([]);
      const { content } = items[0]!.item;
      contentSchema.parse(content);
      for (const { kind, value } of content.fields) if (kind === 'totp') parseTotp(value);
      const all = content.fields.map(({ value }) => value).join('\n');
      for (const { value } of parts.fields) expect(all).toContain(value.toWellFormed());
    }),
    { numRuns: 40 },
  );
});

test('a fault is no reason to fit an item: it is let through', () => {
  let reads = 0;
  const faulty: ParsedField = {
    name: 'a',
    kind: 'text',
    get value() {
      reads += 1;
      if (reads === 1) throw new TypeError('a fault');
      return 'x';
    },
  };
  expect(() => fit({ isOurs: true, fields: [faulty] })).toThrow(TypeError);
  expect(() => fitKind('url', undefined!)).toThrow(TypeError);
});
