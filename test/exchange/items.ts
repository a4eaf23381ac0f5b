/** Random items as a safe holds them, and how a file that was read becomes them again. */
import fc from 'fast-check';
import { ITEM_LIMITS, makeContent } from '../../src/core/item-content.js';
import { fieldKey, type FieldInput } from '../../src/core/item-field.js';
import { standardFields } from '../../src/core/item-type.js';
import { ITEM_TYPES, type Field, type FieldKind, type ItemContent, type ItemType } from '../../src/core/model.js';
import { cleanText } from '../../src/core/text.js';
import type { TransferItem } from '../../src/core/transfer.js';

const NAMES = [
  'username',
  'password',
  'totp',
  'note',
  'text',
  'url',
  'url-3',
  'Token',
  'API key',
  'ключ',
  'a: b',
  'x/y',
];
const SECTIONS = ['Admin', 'Second account', 'section: two'];

const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => `t${cleanText(text)}`.trim());
const anything = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' a ',
    'two\nlines: of\ttext',
    '\r\n',
    '"quoted", \'so\' `too`',
    '=1+1',
    '$HOME \\n',
    'é😀\u202e',
  ),
);

const SECRET = ['JBSWY3DP', 'EHPK3PXP'].join('');
const totp = fc.constantFrom(
  SECRET,
  'jbsw y3dp ehpk 3pxp',
  `otpauth://totp/Example:me%40example.com?secret=${SECRET}&issuer=Example`,
  `otpauth://totp/x?secret=${SECRET}&algorithm=SHA256&digits=8&period=60`,
  `otpauth://hotp/x?secret=${SECRET}&counter=3`,
  'steam://ABC',
  'not a secret',
);

const VALUES: Readonly<Record<FieldKind, fc.Arbitrary<string>>> = {
  text: anything,
  secret: anything,
  note: anything,
  totp,
  url: fc.constantFrom('https://example.com/', 'https://a.example/?q=1#x', 'ssh://host', 'no scheme', 'a,https://b'),
  email: fc.constantFrom('me@example.com', 'я@пример.рф'),
  date: fc.constantFrom('2031-02', '2000-02-29', '02/31', '12/2031'),
};

const kind = fc.constantFrom<FieldKind>('text', 'secret', 'totp', 'url', 'email', 'date', 'note');

const ownField: fc.Arbitrary<FieldInput> = kind.chain((one) =>
  fc.record({
    section: fc.option(fc.oneof(fc.constantFrom(...SECTIONS), line), { nil: undefined, freq: 1 }),
    name: fc.oneof(fc.constantFrom(...NAMES), line),
    kind: fc.constant(one),
    value: VALUES[one],
  }),
);

function standard(type: ItemType): fc.Arbitrary<FieldInput[]> {
  const fields = standardFields(type).map((field) =>
    fc.option(fc.record({ name: fc.constant(field.name), kind: fc.constant(field.kind), value: VALUES[field.kind] })),
  );
  return fc.tuple(...fields).map((found) => found.filter((field) => field !== null));
}

function keyOf({ section, name }: FieldInput): string {
  return fieldKey(section === undefined ? { name } : { section, name });
}

function unique(fields: readonly FieldInput[]): FieldInput[] {
  const byKey = new Map(fields.map((field) => [keyOf(field), field]));
  return [...byKey.values()].slice(0, ITEM_LIMITS.fields);
}

/** What any item may say. */
export const contents: fc.Arbitrary<ItemContent> = fc.constantFrom(...ITEM_TYPES).chain((type) =>
  fc
    .record({
      title: line,
      tags: fc.array(fc.oneof(line, fc.constantFrom('work', 'a,b')), { maxLength: 3 }),
      urls: fc.array(VALUES.url, { maxLength: 3 }),
      known: standard(type),
      own: fc.array(ownField, { maxLength: 5 }),
      isMixed: fc.boolean(),
    })
    .map(({ title, tags, urls, known, own, isMixed }) =>
      makeContent({ type, title, tags, urls, fields: unique(isMixed ? [...own, ...known] : [...known, ...own]) }),
    ),
);

const times = fc.integer({ min: 1, max: 4_000_000_000_000 });

/** Whole items, with what they were before. */
export const items: fc.Arbitrary<TransferItem> = fc.record(
  {
    vault: fc.oneof(fc.constantFrom('Personal', 'Work/2'), line),
    content: contents,
    history: fc.array(fc.record({ at: times, content: contents }), { maxLength: 3 }),
    isTrashed: fc.boolean(),
    createdAt: times,
    updatedAt: times,
  },
  { requiredKeys: ['vault', 'content', 'history', 'isTrashed'] },
);

/** An item of these fields, in the vault Personal. */
export function itemOf(
  type: ItemType,
  fields: readonly Field[],
  more: Partial<TransferItem> & { readonly title?: string; readonly tags?: readonly string[] } = {},
): TransferItem {
  const { title = 'An item', tags = [], ...rest } = more;
  return { vault: 'Personal', content: { type, title, tags, fields }, history: [], isTrashed: false, ...rest };
}
