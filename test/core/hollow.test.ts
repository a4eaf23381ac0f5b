/** Reasons that say nothing, and such as say little but something. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HOLLOW_WORDS, isHollow } from '../../src/core/hollow.js';
import { CATALOGUE } from '../../src/tools/catalogue.js';

describe('says nothing:', () => {
  test.each([
    ['test', 'get_item'],
    ['need access', 'get_item'],
    ['I need access to the credentials', 'get_item'],
    ['as requested by the user', 'get_item'],
    ['The user asked me to read this password!', 'get_item'],
    ['  …  ', 'get_item'],
    ['n/a', 'get_item'],
    ['N.A.', 'get_item'],
    ['TODO', 'get_item'],
    ['x', 'get_item'],
    ['a b c', 'get_item'],
    ['Get item.', 'get_item'],
    ['get totp', 'get_totp'],
    ['Search items', 'search_items'],
    ['ａｃｃｅｓｓ', 'get_item'],
    ['Continue the task, please', null],
    ['get item', null],
  ])('%j with %s', (reason, tool) => {
    expect(isHollow(reason, tool)).toBe(true);
  });
});

describe('says something:', () => {
  test.each([
    ['Deploy release 41 of billing to staging', 'get_item'],
    ['access for OPS-12', 'get_item'],
    ['need the password of Grafana', 'get_item'],
    ['test 7', 'get_item'],
    ['7', 'get_item'],
    ['OPS-12', 'get_item'],
    ['totp', 'get_item'],
    ['search', 'get_item'],
    ['testbed', 'get_item'],
    ['deploy', null],
    ['請求書の確認', 'get_item'],
    ['Проверка доступа', 'get_item'],
    ['update', 'get_item'],
    ['àccess', 'get_item'],
  ])('%j with %s', (reason, tool) => {
    expect(isHollow(reason, tool)).toBe(false);
  });
});

test('the list is in lower case, of one word each, and names none twice', () => {
  for (const word of HOLLOW_WORDS) expect(word).toMatch(/^[a-z]+$/);
  expect(new Set(HOLLOW_WORDS).size).toBe(HOLLOW_WORDS.length);
});

test.each(CATALOGUE.map(({ name }) => name))('the name of %s alone says nothing', (name) => {
  expect(isHollow(name.replaceAll('_', ' '), name)).toBe(true);
});

test('any order, case and punctuation of words that say nothing says nothing; one more word says something', () => {
  const word = fc.constantFrom(...HOLLOW_WORDS).chain((text) => fc.constantFrom(text, text.toUpperCase()));
  const sign = fc.constantFrom(' ', ', ', '. ', ' - ', '! ', '\t');
  const reason = fc.array(fc.tuple(word, sign), { minLength: 1, maxLength: 12 }).map((parts) => parts.flat().join(''));
  fc.assert(fc.property(reason, (text) => isHollow(text, null)));
  fc.assert(fc.property(reason, reason, (one, other) => !isHollow(`${one} billing ${other}`, null)));
});
