/** XML under limits: what it says, and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { childText, childrenOf, parseXml, XmlFault } from '../../src/exchange/xml.js';

const LIMITS = { depth: 5, elements: 20 };
const parse = (text: string) => parseXml(text, LIMITS);

describe('XML', () => {
  test('gives elements, attributes and text', () => {
    const root = parse(`\ufeff<?xml version="1.0"?>
      <!-- <not>read</not> -->
      <a x='1' y = "&lt;&#x41;&#66;"><b>one &amp; <![CDATA[<two>&amp;]]></b><c/><b>\r\nthree</b></a>
      <!-- the end -->`);
    expect(root.name).toBe('a');
    expect([...root.attributes]).toEqual([
      ['x', '1'],
      ['y', '<AB'],
    ]);
    expect(childrenOf(root, 'b').map(({ text }) => text)).toEqual(['one & <two>&amp;', '\nthree']);
    expect(childText(root, 'b')).toBe('one & <two>&amp;');
    expect(childText(root, 'none')).toBe('');
  });

  test('gives back any text that was escaped', () => {
    const escape = (text: string) => text.replace(/[<>&"'\r]/g, (character) => `&#${character.charCodeAt(0)};`);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (value, text) => {
        const root = parse(`<a b="${escape(value)}">${escape(text)}</a>`);
        expect([root.attributes.get('b'), root.text]).toEqual([value, text]);
      }),
      { numRuns: 50 },
    );
  });

  test('never takes longer than its length, and throws nothing but faults', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '/',
      'a',
      ' ',
      '=',
      '"',
      "'",
      '&',
      ';',
      '!',
      '--',
      '[CDATA[',
      ']]>',
      '?',
      '\ufeff',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          expect(parse(pieces.join('')).name).toMatch(/^a/);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlFault);
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['<a><a><a><a><a><a>', 'more than 5 levels'],
    [`<a>${'<b/>'.repeat(20)}</a>`, 'more than 20 elements'],
    ['<!DOCTYPE a><a/>', 'document type'],
    ['<a>&b;</a>', 'an entity that it may not'],
    ['<a>&#x110000;</a>', 'an entity that it may not'],
    ['<a>AT&T</a>', 'an & that is no reference'],
    ['<a b></a>', 'an attribute without a value'],
    ['<a b=1></a>', 'an attribute without quotes'],
    ['<a></b>', 'closes a tag that is not open'],
    ['</a>', 'closes a tag that is not open'],
    ['<a', 'a tag that does not end'],
    ['<1/>', 'a tag without a name'],
    ['<a/>text', 'text outside of its root'],
    ['<!-- ', 'ends too early'],
    ['', 'ends too early'],
  ])('refuses %s', (text, fault) => {
    expect(() => parse(text)).toThrow(fault);
  });
});
