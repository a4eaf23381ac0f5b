import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesQuery } from '../../src/core/matches.js';
import type { ItemOverview } from '../../src/core/model.js';

const ITEM: ItemOverview = {
  type: 'login',
  title: 'Zürich Café',
  username: 'Ada.Lovelace',
  urls: ['https://github.com/login'],
  tags: ['Prod', 'straße'],
  fieldNames: [{ name: 'hidden-field', kind: 'text' }],
};

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

  it('finds what is shown where characters that nobody sees are taken out', () => {
    const hostile = { ...ITEM, title: 'pass\u200bword\u{e0041}', username: 'a\nb' };
    expect(matchesQuery(hostile, 'password')).toBe(true);
    expect(matchesQuery({ ...ITEM, title: 'password' }, 'pass\u2060word')).toBe(true);
    expect(matchesQuery(hostile, 'ab')).toBe(false);
  });

  it('does not join what stands apart', () => {
    expect(matchesQuery({ ...ITEM, title: 'ab', username: 'cd' }, 'abcd')).toBe(false);
  });
});
