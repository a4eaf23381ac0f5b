import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ITEM_LIMITS,
  editContent,
  findField,
  makeContent,
  overviewOf,
  urlsOf,
  usernameOf,
  type ContentEdit,
  type ContentInput,
} from '../../src/core/item-content.js';
import { fieldKey } from '../../src/core/item-field.js';
import { FIELD_KINDS, ITEM_TYPES, type FieldKind, type ItemContent } from '../../src/core/model.js';
import { utf8Length } from '../../src/core/text.js';
import { refused, told } from './refused.js';

const LOGIN = makeContent({
  type: 'login',
  title: 'GitHub',
  urls: ['https://github.com', 'https://gist.github.com'],
  tags: ['code'],
  fields: [
    { name: 'username', value: 'ada' },
    { name: 'password', value: 'CANARY-1' },
    { section: 'Admin', name: 'password', kind: 'secret', value: 'CANARY-2' },
    { section: 'Backup', name: 'code', kind: 'secret', value: 'CANARY-3' },
    { section: 'Other', name: 'code', value: 'x' },
  ],
});

/** `{"__proto__": …}` as it comes out of JSON: an own key. */
const json = (text: string): Record<string, string> => JSON.parse(text) as Record<string, string>;

describe('makeContent', () => {
  it('fills in kinds and makes fields of URLs', () => {
    expect(LOGIN.fields.map((field) => [field.section, field.name, field.kind])).toEqual([
      [undefined, 'username', 'text'],
      [undefined, 'password', 'secret'],
      ['Admin', 'password', 'secret'],
      ['Backup', 'code', 'secret'],
      ['Other', 'code', 'text'],
      [undefined, 'url', 'url'],
      [undefined, 'url-2', 'url'],
    ]);
    expect(urlsOf(LOGIN)).toEqual(['https://github.com', 'https://gist.github.com']);
    expect(usernameOf(LOGIN)).toBe('ada');
  });

  it('takes the least: a type and a title', () => {
    expect(makeContent({ type: 'custom', title: ' x ' })).toEqual({ type: 'custom', title: 'x', tags: [], fields: [] });
  });

  it('keeps values byte for byte', () => {
    const value = ' a\r\n\u0000\u202e\u{1f468}\u200d\ufeff ';
    const content = makeContent({ type: 'login', title: 'x', fields: [{ name: 'password', value }] });
    expect(findField(content, 'password').value).toBe(value);
  });

  it('trims names, drops repeated tags and URLs, and leaves empty standard fields out', () => {
    const content = makeContent({
      type: 'login',
      title: 'x',
      tags: [' Prod', 'prod', 'PROD ', 'eu'],
      urls: ['https://a.example', 'https://a.example'],
      fields: [
        { name: 'password', value: '' },
        { name: ' memo ', value: '' },
      ],
    });
    expect(content.tags).toEqual(['Prod', 'eu']);
    expect(content.fields).toEqual([
      { name: 'memo', kind: 'text', value: '' },
      { name: 'url', kind: 'url', value: 'https://a.example' },
    ]);
  });

  it('reads its own JSON back, where urls repeat fields', () => {
    const { type, title, tags, fields } = LOGIN;
    expect(makeContent({ type, title, tags, fields, urls: urlsOf(LOGIN) })).toEqual(LOGIN);
  });

  it('finds a free name for a URL', () => {
    const content = makeContent({
      type: 'custom',
      title: 'x',
      urls: ['https://a.example'],
      fields: [{ name: 'URL', kind: 'text', value: 'y' }],
    });
    expect(findField(content, 'url-2').value).toBe('https://a.example');
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('takes %s for an ordinary name', (name) => {
    const content = makeContent({
      type: 'custom',
      title: name,
      tags: [name],
      fields: [
        { name, value: 'v' },
        { section: name, name, value: 'w' },
      ],
    });
    expect(findField(content, name).value).toBe('v');
    expect(findField(content, `${name}/${name}`).value).toBe('w');
    refused('not_found', () => findField(makeContent({ type: 'login', title: 'x' }), name));
  });

  const base: ContentInput = { type: 'login', title: 'x' };
  const field = (kind: FieldKind, value: string): Partial<ContentInput> => ({ fields: [{ name: 'f', kind, value }] });
  it.each<[string, Partial<ContentInput>]>([
    ['an empty title', { title: ' ' }],
    ['a title of two lines', { title: 'CANARY\nb' }],
    ['a hidden character in a tag', { tags: ['CANARY\u202e'] }],
    ['a hidden character in a name', { fields: [{ name: 'CANARY\u200b', value: '' }] }],
    ['an empty section', { fields: [{ section: '', name: 'a', value: '' }] }],
    [
      'the same name twice',
      {
        fields: [
          { name: 'CANARY', value: '1' },
          { name: 'canary', value: '2' },
        ],
      },
    ],
    [
      'the same path twice',
      {
        fields: [
          { name: 'a/CANARY', value: '1' },
          { section: 'A', name: 'canary', value: '2' },
        ],
      },
    ],
    ['a lone surrogate', { fields: [{ name: 'a', value: 'CANARY\ud800' }] }],
    ['an empty URL', { urls: [''] }],
    ['a URL with a control character', { urls: ['https://CANARY\u0007'] }],
    ['a URL with a bidi character', field('url', 'https://CANARY\u202e')],
    ['a URL that is too long', { urls: [`https://CANARY/${'x'.repeat(2048)}`] }],
    ['an e-mail address without @', field('email', 'CANARY')],
    ['an e-mail address with a line break', field('email', 'CANARY@\nx')],
    ['a date in words', field('date', 'CANARY')],
    ['a date that is none', field('date', '2026-02-30')],
    ['a month that is none', field('date', '13/27')],
    ['an empty date', field('date', '')],
    ['too many fields', { fields: Array.from({ length: 101 }, (_, i) => ({ name: `f${String(i)}`, value: '' })) }],
    ['too many tags', { tags: Array.from({ length: 51 }, (_, i) => `CANARY${String(i)}`) }],
    ['too many URLs', { urls: Array.from({ length: 51 }, (_, i) => `https://CANARY/${String(i)}`) }],
    ['too large a value', { fields: [{ name: 'a', value: 'CANARY'.repeat(11_000) }] }],
    [
      'too large a whole',
      { fields: Array.from({ length: 10 }, (_, i) => ({ name: `f${String(i)}`, value: '€'.repeat(2200) })) },
    ],
  ])('refuses %s without echoing it', (_, input) => {
    const refusal = refused('invalid_request', () => makeContent({ ...base, ...input }));
    expect(told(refusal).toLowerCase()).not.toContain('canary');
  });

  it('says where it was wrong', () => {
    const fields = [
      { name: 'password', value: '' },
      { name: 'day', kind: 'date', value: 'x' },
    ] as const;
    const refusal = refused('invalid_request', () => makeContent({ ...base, fields }));
    expect(refusal.facts.message).toContain('fields[1]');
  });

  it.each(['2026-02-28', '2028-02-29', '2026-12', '01/27', '12/2027'])('takes the date %s', (value) => {
    expect(makeContent({ ...base, ...field('date', value) }).fields[0]?.value).toBe(value);
  });

  it('takes 64 KiB to the byte', () => {
    const fit = ITEM_LIMITS.bytes - utf8Length('xf');
    const make = (bytes: number): ItemContent =>
      makeContent({ ...base, fields: [{ name: 'f', value: 'a'.repeat(bytes) }] });
    expect(make(fit).fields).toHaveLength(1);
    refused('invalid_request', () => make(fit + 1));
  });
});

describe('findField', () => {
  it('takes a path without regard to case', () => {
    expect(findField(LOGIN, 'PASSWORD').value).toBe('CANARY-1');
    expect(findField(LOGIN, 'admin/Password').value).toBe('CANARY-2');
  });

  it('takes a bare name that only one section has', () => {
    const content = makeContent({ type: 'custom', title: 'x', fields: [{ section: 'S', name: 'only', value: '1' }] });
    expect(findField(content, 'only').value).toBe('1');
  });

  it('refuses a name that several sections have, with the paths', () => {
    expect(refused('ambiguous', () => findField(LOGIN, 'code')).facts.candidates).toEqual([
      'Backup/code',
      'Other/code',
    ]);
  });

  it('refuses an unknown name with those there are', () => {
    const refusal = refused('not_found', () => findField(LOGIN, 'CANARY'));
    expect(refusal.facts.candidates).toContain('Admin/password');
    expect(told(refusal)).not.toContain('CANARY');
    refused('not_found', () => findField(LOGIN, ''));
  });
});

describe('a field whose name has characters that nobody sees', () => {
  const hostile: ItemContent = {
    ...LOGIN,
    fields: [
      { name: 'pass\u200bword', kind: 'secret', value: 'CANARY-4' },
      { section: 'A\u2060', name: 'b', kind: 'text', value: 'x' },
    ],
  };

  it('is found by the name that is shown, and another of just that name comes first', () => {
    expect(findField(hostile, 'Password').value).toBe('CANARY-4');
    expect(findField(hostile, 'a/b').value).toBe('x');
    expect(findField(hostile, 'pass\u2060word').value).toBe('CANARY-4');
    expect(() => findField(hostile, '\u200b')).toThrow();
    const both = { ...hostile, fields: [...hostile.fields, { name: 'password', kind: 'secret' as const, value: 'y' }] };
    expect(findField(both, 'password').value).toBe('y');
  });

  it('is told clean', () => {
    expect(told(refused('not_found', () => findField(hostile, 'nothing')))).not.toMatch(/[\u200b\u2060]/);
  });
});

describe('editContent', () => {
  const values = (content: ItemContent): Record<string, string> =>
    Object.fromEntries(content.fields.map((field) => [fieldKey(field), field.value]));

  it('changes nothing if nothing is asked', () => {
    expect(editContent(LOGIN, {})).toEqual(LOGIN);
    expect(
      editContent(LOGIN, { set: {}, add: [], remove: [], urls: urlsOf(LOGIN), tags: LOGIN.tags, title: LOGIN.title }),
    ).toEqual(LOGIN);
  });

  it('sets, adds, removes and renames', () => {
    const next = editContent(LOGIN, {
      title: ' GitHub 2 ',
      tags: ['a', 'A'],
      set: { Password: 'p2', 'ADMIN/password': 'p3' },
      add: [
        { name: 'memo', value: 'm' },
        { section: 'New', name: 'pin', kind: 'secret', value: '1' },
      ],
      remove: ['backup/code'],
    });
    expect(next.title).toBe('GitHub 2');
    expect(next.tags).toEqual(['a']);
    expect(values(next)).toMatchObject({ password: 'p2', 'admin/password': 'p3', memo: 'm', 'new/pin': '1' });
    expect(values(next)).not.toHaveProperty('backup/code');
    expect(LOGIN.title).toBe('GitHub');
  });

  it('sets a standard field that is not there yet, with its kind', () => {
    const next = editContent(LOGIN, { set: { TOTP: 'JBSWY3DPEHPK3PXP' } });
    expect(findField(next, 'totp')).toEqual({ name: 'totp', kind: 'totp', value: 'JBSWY3DPEHPK3PXP' });
    refused('not_found', () => editContent(LOGIN, { set: { pin: '1' } }));
  });

  it('leaves a standard field out that is set to nothing, whatever its kind', () => {
    expect(values(editContent(LOGIN, { set: { password: '', totp: '' } }))).not.toHaveProperty('password');
    const card = makeContent({ type: 'card', title: 'x', fields: [{ name: 'expiry', value: '01/30' }] });
    expect(editContent(card, { set: { expiry: '' } }).fields).toEqual([]);
  });

  it('removes before it adds', () => {
    const next = editContent(LOGIN, { remove: ['username'], add: [{ name: 'username', value: 'eve' }] });
    expect(usernameOf(next)).toBe('eve');
  });

  it.each<[string, ContentEdit, 'not_found' | 'ambiguous' | 'invalid_request']>([
    ['set of an unknown field', { set: { CANARY: 'CANARY' } }, 'not_found'],
    ['set of __proto__', { set: json('{"__proto__": "CANARY"}') }, 'not_found'],
    ['set of constructor', { set: { constructor: 'CANARY' } }, 'not_found'],
    ['set of an ambiguous name', { set: { code: 'CANARY' } }, 'ambiguous'],
    ['removal of an ambiguous name', { remove: ['code'] }, 'ambiguous'],
    ['removal of an unknown field', { remove: ['CANARY'] }, 'not_found'],
    ['removal twice', { remove: ['username', 'username'] }, 'not_found'],
    ['adding one that exists', { add: [{ name: 'PASSWORD', value: 'CANARY' }] }, 'invalid_request'],
    [
      'adding one twice',
      {
        add: [
          { name: 'a', value: 'CANARY' },
          { name: 'A', value: 'CANARY' },
        ],
      },
      'invalid_request',
    ],
    ['a bad URL', { set: { url: '' } }, 'invalid_request'],
    ['a bad title', { title: '\u202eCANARY' }, 'invalid_request'],
    ['a lone surrogate', { set: { username: 'CANARY\ud800' } }, 'invalid_request'],
    ['more than 64 KiB', { set: { username: 'CANARY'.repeat(11_000) } }, 'invalid_request'],
  ])('refuses %s', (_, edit, code) => {
    expect(told(refused(code, () => editContent(LOGIN, edit))).replaceAll(/CANARY-[123]/g, '')).not.toContain('CANARY');
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['the same', ['https://a', 'https://b'], ['url', 'url-2', 'endpoint']],
    ['none', [], []],
    ['a new one in the place of another', ['https://a', 'https://c', 'https://e'], ['url', 'url-2', 'endpoint']],
    ['another order', ['https://e', 'https://b', 'https://a'], ['endpoint', 'url-2', 'url']],
    ['one more', ['https://a', 'https://b', 'https://e', 'https://f'], ['url', 'url-2', 'endpoint', 'url-3']],
    ['all new', ['https://1', 'https://2', 'https://3'], ['url', 'url-2', 'url-3']],
  ])('replaces URLs by %s', (_, urls, names) => {
    const content = makeContent({
      type: 'api-key',
      title: 'x',
      fields: [
        { name: 'url', value: 'https://a' },
        { name: 'key', value: 'k' },
        { name: 'url-2', value: 'https://b' },
        { name: 'endpoint', value: 'https://e' },
      ],
    });
    const given = names.length === 3 && urls.length === 2 ? [...urls, 'https://e'] : urls;
    const next = editContent(content, { urls: given });
    expect(urlsOf(next)).toEqual(given);
    expect(next.fields.filter((field) => field.kind === 'url').map((field) => field.name)).toEqual(names);
    expect(findField(next, 'key').value).toBe('k');
  });
});

describe('any content', () => {
  const name = fc.constantFrom('a', 'A', 'b/c', 'b', 'password', 'url', 'url-2', '__proto__', 'constructor', 'ß', 'ss');
  const value = fc.oneof(
    fc.string(),
    fc.string({ unit: 'grapheme' }),
    fc.constantFrom('https://x.example', 'a@b', '2026-01-01', ''),
  );
  const input = fc.record(
    { section: fc.constantFrom('b', 'S', '__proto__'), name, kind: fc.constantFrom(...FIELD_KINDS), value },
    { requiredKeys: ['name', 'value'] },
  );
  const urls = fc.array(fc.constantFrom('https://1', 'https://2', 'https://3', 'x'), { maxLength: 5 });
  const content = fc.record({
    type: fc.constantFrom(...ITEM_TYPES),
    title: fc.constantFrom('t', '__proto__'),
    urls,
    tags: fc.array(name),
    fields: fc.array(input, { maxLength: 6 }),
  });

  function attempt<T>(run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      expect(error).toHaveProperty('code');
      return undefined;
    }
  }

  it('has unique paths, finds every field by its path, and reads itself back', () => {
    fc.assert(
      fc.property(content, (given) => {
        const made = attempt(() => makeContent(given));
        if (made === undefined) return;
        for (const field of made.fields) expect(findField(made, fieldKey(field))).toBe(field);
        expect(new Set(made.fields.map(fieldKey)).size).toBe(made.fields.length);
        expect(makeContent({ ...made, urls: urlsOf(made) })).toEqual(made);
        expect(editContent(made, { urls: urlsOf(made) })).toEqual(made);
      }),
      { numRuns: 500 },
    );
  });

  it('has exactly the URLs that an edit says, and keeps the rest', () => {
    fc.assert(
      fc.property(content, urls, (given, next) => {
        const made = attempt(() => makeContent(given));
        const edited = made && attempt(() => editContent(made, { urls: next }));
        if (made === undefined || edited === undefined) return;
        expect(urlsOf(edited)).toEqual(next);
        const rest = (of: ItemContent): unknown => of.fields.filter((field) => field.kind !== 'url');
        expect(rest(edited)).toEqual(rest(made));
      }),
      { numRuns: 500 },
    );
  });

  it('shows nothing concealed in its overview', () => {
    fc.assert(
      fc.property(fc.constantFrom('secret', 'totp', 'note'), fc.constantFrom(...ITEM_TYPES), (kind, type) => {
        const made = makeContent({
          type,
          title: 't',
          fields: [
            { name: 'username', kind, value: 'CANARY' },
            { name: 'url', kind, value: 'CANARY' },
          ],
        });
        expect(JSON.stringify(overviewOf(made))).not.toContain('CANARY');
        expect(usernameOf(made)).toBeNull();
      }),
    );
  });
});

describe('overviewOf', () => {
  it('is what a list shows', () => {
    expect(overviewOf(LOGIN)).toEqual({
      type: 'login',
      title: 'GitHub',
      username: 'ada',
      urls: ['https://github.com', 'https://gist.github.com'],
      tags: ['code'],
      fieldNames: LOGIN.fields.map(({ section, name, kind }) =>
        section === undefined ? { name, kind } : { section, name, kind },
      ),
    });
  });
});
