import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TOKEN_PATTERN,
  cleanText,
  codePoints,
  escapeText,
  foldName,
  hasHiddenCharacter,
  holdsToken,
  nearest,
  scrub,
  utf8Length,
} from '../../src/core/text.js';

const TOKEN = `vsp_${'aB3'.repeat(21)}x::${'Z_-9'.repeat(10)}abc`;
const anyText = fc.string({ unit: 'binary' });
/** Code points, lone surrogates among them. */
const ALL_POINTS = Array.from({ length: 0x110000 }, (_, point) => point);

describe('foldName', () => {
  it.each([
    ['Production', 'PRODUCTION'],
    ['straße', 'STRASSE'],
    ['straße', 'STRAẞE'],
    ['ΟΔΟΣ', 'οδος'],
    ['ﬁle', 'FILE'],
    ['Ａｂｃ', 'abc'],
    ['e\u0301', 'É'],
    ['K', '\u212a'],
  ])('takes %s and %s for one', (a, b) => {
    expect(foldName(a)).toBe(foldName(b));
  });

  it('keeps different names apart', () => {
    expect(foldName('prod')).not.toBe(foldName('prod '));
    expect(foldName('resume')).not.toBe(foldName('résumé'));
  });

  it('is idempotent for every code point', () => {
    const bad = ALL_POINTS.map((point) => foldName(String.fromCodePoint(point))).filter(
      (text) => foldName(text) !== text,
    );
    expect(bad).toEqual([]);
  });

  it('is idempotent', () => {
    fc.assert(fc.property(anyText, (text) => foldName(foldName(text)) === foldName(text)));
  });
});

describe('lengths', () => {
  it.each([
    ['', 0, 0],
    ['abc', 3, 3],
    ['é', 1, 2],
    ['€', 1, 3],
    ['😀', 1, 4],
    ['\ud800', 1, 3],
    ['👩‍💻', 3, 11],
  ])('%j has %i code points and %i bytes', (text, points, bytes) => {
    expect(codePoints(text)).toBe(points);
    expect(utf8Length(text)).toBe(bytes);
  });

  it('agrees with the platform', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(codePoints(text)).toBe(Array.from(text).length);
        expect(utf8Length(text)).toBe(Buffer.byteLength(text));
      }),
    );
  });
});

describe('hidden characters', () => {
  it.each(['Deploy', 'می‌خواهم', 'क्‍ष', '👩‍💻', '❤️', 'naïve – “quoted”', 'a b', 'e\u0301', '\ufffd'])(
    'lets %s through',
    (text) => {
      expect(hasHiddenCharacter(text)).toBe(false);
      expect(escapeText(text)).toBe(text);
    },
  );

  it.each([
    ['\u0000', '\\u{0}'],
    ['\u001b[31m', '\\u{1b}[31m'],
    ['\t', '\\u{9}'],
    ['\n', '\\u{a}'],
    ['\u0085', '\\u{85}'],
    ['\u009b', '\\u{9b}'],
    ['\u00ad', '\\u{ad}'],
    ['\u061c', '\\u{61c}'],
    ['\u115f', '\\u{115f}'],
    ['\u200b', '\\u{200b}'],
    ['\u2028', '\\u{2028}'],
    ['\u202e', '\\u{202e}'],
    ['\u2066', '\\u{2066}'],
    ['\u3164', '\\u{3164}'],
    ['\ufeff', '\\u{feff}'],
    ['\ue000', '\\u{e000}'],
    ['\uffff', '\\u{ffff}'],
    ['\ud800', '\\u{d800}'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\u{e0100}', '\\u{e0100}'],
  ])('shows %j as %s', (text, shown) => {
    expect(hasHiddenCharacter(`a${text}b`)).toBe(true);
    expect(escapeText(`a${text}b`)).toBe(`a${shown}b`);
  });

  it('leaves nothing hidden, whatever the text', () => {
    fc.assert(fc.property(anyText, (text) => !hasHiddenCharacter(escapeText(text))));
  });

  it('escapes every control, format, private and unassigned code point but the joiners', () => {
    const kept = ALL_POINTS.map((point) => String.fromCodePoint(point)).filter(
      (text) => /[\p{C}\p{Zl}\p{Zp}]/u.test(text) && escapeText(text) === text,
    );
    expect(kept).toEqual(['\u200c', '\u200d']);
  });
});

describe('tokens', () => {
  it('finds a whole one', () => {
    expect(TOKEN_PATTERN.test(TOKEN)).toBe(true);
    expect(TOKEN_PATTERN.test(`${TOKEN}x`)).toBe(false);
    expect(TOKEN_PATTERN.test(TOKEN.slice(0, -1))).toBe(false);
  });

  it.each([
    TOKEN,
    `see ${TOKEN}.`,
    `x${TOKEN}`,
    `${TOKEN}yy`,
    TOKEN.slice(0, 24),
    TOKEN.replace('::', ''),
    TOKEN.toUpperCase(),
  ])('finds and scrubs %s', (text) => {
    expect(holdsToken(text)).toBe(true);
    expect(holdsToken(scrub(text))).toBe(false);
  });

  it('takes the second half away with the first, also percent-encoded', () => {
    expect(scrub(`token=${TOKEN} and ${TOKEN}`)).toBe('token=vsp_… and vsp_…');
    expect(scrub(`?t=${TOKEN.replace('::', '%3A%3A')}&x`)).toBe('?t=vsp_…&x');
  });

  it.each(['', 'vsp_', 'vsp_short', 'the vsp_ prefix', 'vsp_…'])('leaves %j alone', (text) => {
    expect(holdsToken(text)).toBe(false);
    expect(scrub(text)).toBe(text);
  });

  it('scrubs tokens out of any text', () => {
    fc.assert(fc.property(anyText, anyText, (a, b) => !scrub(`${a}${TOKEN}${b}`).includes(TOKEN.slice(4))));
  });
});

describe('nearest', () => {
  it.each([
    ['Persnal', 'Personal'],
    ['PRODUCTOIN', 'Production'],
    ['prduction', 'Production'],
    ['personal', 'Personal'],
    ['xyz', undefined],
    ['', undefined],
    ['Staging environment', undefined],
  ])('%j is %s', (word, expected) => {
    expect(nearest(word, ['Personal', 'Production'])).toBe(expected);
  });

  it('prefers the nearer, and of equals the first', () => {
    expect(nearest('cat', ['bat', 'cats', 'cat'])).toBe('cat');
    expect(nearest('cat', ['bat', 'hat'])).toBe('bat');
    expect(nearest('cat', [])).toBeUndefined();
  });

  it('finds a word again after one slip', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'd', 'e'), minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(
        word,
        fc.nat(),
        (text, n) => nearest(text.slice(0, n % text.length) + text.slice((n % text.length) + 1), [text]) === text,
      ),
    );
  });

  it('is symmetric at the cut-off and never far', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (text, list) =>
        [undefined, ...list].includes(nearest(text, list)),
      ),
    );
  });
});

describe('cleanText', () => {
  it.each([
    ['a\u200bb\u2060c\u{e0041}\u{e0042}', 'abc'],
    ['one\ntwo\r\n\tthree\u2028four', 'one two three four'],
    ['\u001b[31mred\u0007', '[31mred'],
    ['\u202eevil\u202c', 'evil'],
    ['\ud800x\ue000', 'x'],
    ['\ud83d\u200b\ude00', ''],
    ['\ufeff', ''],
    ['می‌خواهم', 'می‌خواهم'],
    ['👩‍💻 ❤️', '👩‍💻 ❤️'],
    ['  as it is  ', '  as it is  '],
  ])('of %j is %j', (text, clean) => {
    expect(cleanText(text)).toBe(clean);
  });

  it('leaves no hidden character, and leaves alone what has none', () => {
    const property = fc.property(anyText, (text) => {
      const clean = cleanText(text);
      expect(hasHiddenCharacter(clean)).toBe(false);
      expect(cleanText(clean)).toBe(clean);
      if (!hasHiddenCharacter(text)) expect(clean).toBe(text);
    });
    fc.assert(property);
  });
});
