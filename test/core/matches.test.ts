import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostOf, matchesQuery, matchesType, matchesUrl } from '../../src/core/matches.js';
import type { ItemOverview } from '../../src/core/model.js';

const ITEM: ItemOverview = {
  type: 'login',
  title: 'Zürich Café',
  username: 'Ada.Lovelace',
  urls: ['https://github.com/login'],
  tags: ['Prod', 'straße'],
  fieldNames: [{ name: 'hidden-field', kind: 'text' }],
};
const at = (...urls: string[]): ItemOverview => ({ ...ITEM, urls });

describe('matchesQuery', () => {
  it.each([
    '',
    '  ',
    'zurich',
    'CAFÉ',
    'cafe\u0301 zür',
    'ada github',
    'PROD',
    'strasse',
    'lovelace  prod\tcafe',
    'gith',
  ])('finds %j', (text) => {
    expect(matchesQuery(ITEM, text)).toBe(true);
  });

  it.each(['zurich basel', 'hidden-field', 'login:', 'prod straße x'])('does not find %j', (text) => {
    expect(matchesQuery(ITEM, text)).toBe(false);
  });

  it('finds any item by its own words', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (title) => matchesQuery({ ...ITEM, title }, title.toUpperCase())),
      { examples: [['ΟΔΟΣ']] },
    );
  });

  it('finds the beginning of a Greek word', () => {
    expect(matchesQuery({ ...ITEM, title: 'Θεσσαλονίκη ΟΔΟΣΑ' }, 'ΘΕΣ οδος')).toBe(true);
  });

  it('does not join what stands apart', () => {
    expect(matchesQuery({ ...ITEM, title: 'ab', username: 'cd' }, 'abcd')).toBe(false);
  });
});

describe('matchesUrl', () => {
  it.each([
    ['https://github.com', 'https://github.com/'],
    ['https://github.com', 'http://GITHUB.com:8080/x?y#z'],
    ['github.com', 'https://gist.github.com'],
    ['https://gist.github.com', 'github.com'],
    ['https://a.b.example.com', 'example.com'],
    ['https://example.com.', 'https://example.com'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['http://localhost:3000', 'localhost'],
    ['http://10.0.0.1/x', '10.0.0.1'],
    ['http://[::1]:80', 'https://[::1]/'],
    ['ssh://git@host.example.com/x', 'host.example.com'],
    ['postgres://db.example.com:5432/x', 'https://db.example.com'],
  ])('%s is of the site of %s', (stored, url) => {
    expect(matchesUrl(at('https://other.example', stored), url)).toBe(true);
  });

  it.each([
    ['https://github.com', 'https://github.com.evil.example'],
    ['https://github.com', 'https://evilgithub.com'],
    ['https://github.com', 'https://github.com@evil.example/'],
    ['https://github.com', 'https://evil.example/github.com'],
    ['https://github.com', 'https://evil.example#github.com'],
    ['https://github.com', 'https://evil.example\\@github.com'],
    ['https://github.com', 'com'],
    ['com', 'https://github.com'],
    ['http://intranet', 'http://intranet'],
    ['http://localhost', 'http://x.localhost'],
    ['http://1.10.0.0.1', 'http://10.0.0.1'],
    ['http://0.0.0.1', 'http://9.0.0.0.1'],
    ['https://a.example.com', 'https://b.example.com'],
    ['not a url', 'not a url'],
    ['', ''],
    ['https://', 'https://'],
    ['file:///etc/passwd', 'file:///etc/passwd'],
  ])('%s is not of the site of %s', (stored, url) => {
    expect(matchesUrl(at(stored), url)).toBe(false);
  });

  it('never throws, and is the same both ways', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.webUrl(), fc.string()),
        fc.oneof(fc.webUrl(), fc.string()),
        (a, b) => matchesUrl(at(a), b) === matchesUrl(at(b), a),
      ),
    );
  });
});

describe('hostOf', () => {
  it.each([
    ['https://Example.com/x', 'example.com'],
    ['example.com:80/x', 'example.com'],
    ['', undefined],
    ['https://', undefined],
    ['a b', undefined],
  ])('of %j is %s', (url, host) => {
    expect(hostOf(url)).toBe(host);
  });
});

describe('matchesType', () => {
  it('compares', () => {
    expect(matchesType(ITEM, 'login')).toBe(true);
    expect(matchesType(ITEM, 'note')).toBe(false);
    expect(matchesType(ITEM, '__proto__')).toBe(false);
  });
});
