import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  findReferences,
  parseReference,
  printReference,
  replaceReferences,
  type SecretReference,
} from '../../src/core/reference.js';
import { hasHiddenCharacter } from '../../src/core/text.js';
import { refused, told } from './refused.js';

const anyName = fc
  .oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.string({ minLength: 1 }),
    fc.constantFrom('.', '..', '%2F', '/'),
  )
  .filter((name) => !hasHiddenCharacter(name));

const anyReference: fc.Arbitrary<SecretReference> = fc
  .record({
    vault: anyName,
    item: anyName,
    section: fc.option(anyName, { nil: undefined }),
    field: anyName,
    isCode: fc.boolean(),
  })
  .map(({ section, ...rest }) => ({ ...rest, ...(section === undefined ? {} : { section }) }));

/** A written form that need not be canonical: any octet may be encoded, in either case, and the scheme in capitals. */
const anyWriting = fc
  .tuple(anyReference, fc.infiniteStream(fc.constantFrom('plain', 'upper', 'lower')), fc.boolean())
  .map(([reference, ways, isLoud]) => {
    const [path = '', query] = printReference(reference).slice('vouchsafe://'.length).split('?');
    const octets = path.match(/%..|[^%]/g)!.map((octet) => {
      const way = ways.next().value;
      if (octet === '/' || way === 'plain') return octet;
      const code = octet.length === 3 ? octet : `%${octet.charCodeAt(0).toString(16).padStart(2, '0')}`;
      return way === 'upper' ? code.toUpperCase() : code.toLowerCase();
    });
    const scheme = isLoud ? 'Vouchsafe://' : 'vouchsafe://';
    return { reference, text: scheme + octets.join('') + (query === undefined ? '' : `?${query}`) };
  });

describe('a reference', () => {
  it('is read back from its printed form, whatever the names', () => {
    fc.assert(
      fc.property(anyReference, (reference) => {
        expect(parseReference(printReference(reference))).toEqual(reference);
      }),
    );
  });

  it('has one canonical form, however it was written', () => {
    fc.assert(
      fc.property(anyWriting, ({ reference, text }) => {
        expect(parseReference(text)).toEqual(reference);
        const canonical = printReference(parseReference(text));
        expect(canonical).toBe(printReference(reference));
        expect(canonical).toMatch(/^vouchsafe:\/\/(?:[0-9A-Za-z\-._~/]|%[0-9A-F]{2})+(?:\?totp=code)?$/);
      }),
    );
  });

  it.each([
    [
      'vouchsafe://Production/GitHub/password',
      { vault: 'Production', item: 'GitHub', field: 'password', isCode: false },
    ],
    ['VOUCHSAFE://v/i/s/f?totp=code', { vault: 'v', item: 'i', section: 's', field: 'f', isCode: true }],
    ['vouchsafe://v/a%2Fb%20c/f%3F', { vault: 'v', item: 'a/b c', field: 'f?', isCode: false }],
    ['vouchsafe://../%2e/b%C3%BCcher', { vault: '..', item: '.', field: 'bücher', isCode: false }],
  ])('is read: %s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  it('prints what is not unreserved as capitals', () => {
    const names = { vault: "!'()*", item: 'a b/ü', section: '~-._', field: '&=+', isCode: true };
    expect(printReference(names)).toBe('vouchsafe://%21%27%28%29%2A/a%20b%2F%C3%BC/~-._/%26%3D%2B?totp=code');
  });

  it.each([
    ['', /does not begin/],
    ['https://v/i/canary', /does not begin/],
    [' vouchsafe://v/i/canary', /does not begin/],
    ['vouchsafe:v/i/canary', /does not begin/],
    ['vouchsafe://', /empty part/],
    ['vouchsafe://v/canary', /too few/],
    ['vouchsafe://canary', /too few/],
    ['vouchsafe://v/i/s/f/canary', /too many/],
    ['vouchsafe:///i/canary', /empty part/],
    ['vouchsafe://v//canary', /empty part/],
    ['vouchsafe://v/i/canary/', /empty part/],
    ['vouchsafe://v/i/canary ', /percent-encoded/],
    ['vouchsafe://v/i/canary\n', /percent-encoded/],
    ['vouchsafe://v/i/canary%', /percent-encoded/],
    ['vouchsafe://v/i/canary%2', /percent-encoded/],
    ['vouchsafe://v/i/canary%zz', /percent-encoded/],
    ['vouchsafe://u@v:1/i/canary', /percent-encoded/],
    ['vouchsafe://v/i/canary#f', /percent-encoded/],
    ['vouchsafe://v/i/canaryü', /percent-encoded/],
    ['vouchsafe://v/i/canary%ff', /not UTF-8/],
    ['vouchsafe://v/i/canary%C0%AF', /not UTF-8/],
    ['vouchsafe://v/i/canary%ED%A0%80', /not UTF-8/],
    ['vouchsafe://v/i/canary%00', /control character/],
    ['vouchsafe://v/i/canary%0A', /control character/],
    ['vouchsafe://v/i/canary%E2%80%AE', /invisible/],
    ['vouchsafe://v/i/canary?', /query/],
    ['vouchsafe://v/i/canary?totp=Code', /query/],
    ['vouchsafe://v/i/canary?totp=code&x', /query/],
    ['vouchsafe://v/i/canary?totp=code?totp=code', /query/],
    ['vouchsafe://v/i/canary?x=1', /query/],
  ])('is refused without its value: %j', (text, fault) => {
    const refusal = refused('invalid_request', () => parseReference(text));
    expect(refusal.facts.message).toMatch(fault);
    expect(refusal.facts.next).toContain('vouchsafe://VAULT/ITEM/FIELD');
    expect(told(refusal)).not.toContain('canary');
  });

  it.each(['', 'a\nb', '\ud800', '\u202e', '\0'])('with the name %j cannot be printed', (name) => {
    refused('invalid_request', () => printReference({ vault: 'v', item: name, field: 'f', isCode: false }));
  });
});

describe('references in a text', () => {
  /** Text in which no reference begins, and which continues none that stands before it. */
  const between = fc
    .string({ unit: fc.constantFrom(...Array.from(' \t\n"\'\0{}?&=:@,;<>()[]ü漢azAZ09-._~/%#|$\\')) })
    .filter((text) => !/^[0-9A-Za-z\-._~/%]|^\?totp=|^[ \t]*\}\}|\{\{[ \t]*$/.test(text));
  const piece = fc.record({
    writing: anyWriting,
    braces: fc.option(fc.tuple(fc.constantFrom('', ' ', '  ', '\t'), fc.constantFrom('', ' ', '\t ')), {
      nil: undefined,
    }),
    after: between.filter((text) => text !== ''),
  });
  const anyText = fc.tuple(between, fc.array(piece, { maxLength: 5 })).map(([before, pieces]) => {
    let text = before;
    const expected = pieces.map(({ writing, braces, after }) => {
      const start = text.length;
      text += braces === undefined ? writing.text : `{{${braces[0]}${writing.text}${braces[1]}}}`;
      const found = { start, end: text.length, reference: writing.reference };
      text += after;
      return found;
    });
    return { text, expected };
  });

  it('are exactly those that were put there, at their places', () => {
    fc.assert(
      fc.property(anyText, ({ text, expected }) => {
        expect(findReferences(text)).toEqual(expected);
      }),
    );
  });

  it('are replaced, and nothing else is', () => {
    fc.assert(
      fc.property(anyText, ({ text, expected }) => {
        const values: SecretReference[] = [];
        const filled = replaceReferences(text, (reference) => `<${values.push(reference) - 1}>`);
        expect(values).toEqual(expected.map(({ reference }) => reference));
        const ends = [0, ...expected.map(({ end }) => end)];
        const between = ends.map((end, index) => text.slice(end, expected[index]?.start));
        expect(filled).toBe(between.reduce((whole, part, index) => `${whole}<${index - 1}>${part}`));
      }),
    );
  });

  it.each([
    ['-pvouchsafe://v/i/f', ['vouchsafe://v/i/f']],
    ['postgres://u:vouchsafe://v/i/f@host/db', ['vouchsafe://v/i/f']],
    ['"vouchsafe://v/i/f"', ['vouchsafe://v/i/f']],
    ['a=vouchsafe://v/i/f&b=vouchsafe://v/i/g', ['vouchsafe://v/i/f', 'vouchsafe://v/i/g']],
    ['see vouchsafe://v/i/f.', ['vouchsafe://v/i/f.']],
    ['see {{ vouchsafe://v/i/f }}.', ['{{ vouchsafe://v/i/f }}']],
    [
      '{{vouchsafe://v/i/f}}{{vouchsafe://v/i/g?totp=code}}',
      ['{{vouchsafe://v/i/f}}', '{{vouchsafe://v/i/g?totp=code}}'],
    ],
    ['{{{ vouchsafe://v/i/f }}}', ['{{ vouchsafe://v/i/f }}']],
    ['{vouchsafe://v/i/f}}', ['vouchsafe://v/i/f']],
    ['vouchsafe://v/i/f?x=1', ['vouchsafe://v/i/f']],
    ['vouchsafe://v/i/f?', ['vouchsafe://v/i/f']],
    ['vouchsafe://v/i/f?totp=code&x=1', ['vouchsafe://v/i/f?totp=code']],
    ['vouchsafe://v/i/f#x', ['vouchsafe://v/i/f']],
    ['vouchsafe://v/i/s/f\nnext', ['vouchsafe://v/i/s/f']],
    ['no reference, vouchsafe:/ or vouchsafe', []],
    ['', []],
  ])('end where they should in %j', (text, expected) => {
    expect(findReferences(text).map(({ start, end }) => text.slice(start, end))).toEqual(expected);
  });

  it('are all checked before any value is asked for', () => {
    let asked = 0;
    refused('invalid_request', () =>
      replaceReferences('vouchsafe://v/i/f vouchsafe://v', () => {
        asked += 1;
        return '';
      }),
    );
    expect(asked).toBe(0);
  });

  it('are not looked for in what is put in', () => {
    expect(replaceReferences('vouchsafe://v/i/f,x', () => 'vouchsafe://a/b/c')).toBe('vouchsafe://a/b/c,x');
    expect(replaceReferences('vouchsafe://v/i/f', () => '$& $1')).toBe('$& $1');
  });

  it.each([
    'x=vouchsafe://canary',
    'x=vouchsafe:// canary',
    'vouchsafe://v/i/f/g/canary',
    'vouchsafe://v/i/canary/,',
    'vouchsafe://v/i/canary%',
    'vouchsafe://v/i/canary%4 x',
    'vouchsafe://v/i/canary?totp=seed',
    'vouchsafe://v/i/canary?totp=codes',
    'vouchsafe://v/i/canary?totp=code%20',
    '{{ vouchsafe://v/i/canary',
    '{{ vouchsafe://v/i/canary | upper }}',
    '{{ vouchsafe://v/i/canary\n}}',
    '{{ vouchsafe:// }}canary',
    'vouchsafe://v/i/ok vouchsafe://v/i/canary%ff',
  ])('that are malformed are refused, not passed on: %j', (text) => {
    expect(told(refused('invalid_request', () => findReferences(text)))).not.toContain('canary');
  });
});
