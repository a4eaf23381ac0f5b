import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK_BEGIN, BLOCK_END, withBlock, withoutBlock } from '../../src/cli/instruction-block.js';
import { Refusal } from '../../src/core/refusal.js';

const BLOCK = `${BLOCK_BEGIN}\n## Title\n\nText\n${BLOCK_END}\n`;
const NEWER = `${BLOCK_BEGIN}\n## Other\n${BLOCK_END}\n`;

test('a new file holds the block alone', () => {
  expect(withBlock(null, BLOCK)).toBe(BLOCK);
  expect(withBlock('', BLOCK)).toBe(BLOCK);
});

test('a block without markers gets them', () => {
  expect(withBlock(null, 'Text\n')).toBe(`${BLOCK_BEGIN}\nText\n${BLOCK_END}\n`);
});

test('front matter begins a new file, and is left out where there is a text', () => {
  const block = `---\nname: vouchsafe\n---\n\n${BLOCK}`;
  expect(withBlock(null, block)).toBe(block);
  expect(withBlock('# Mine\n', block)).toBe(`# Mine\n\n${BLOCK}`);
  const edited = block.replace('name: vouchsafe', 'name: mine');
  expect(withBlock(edited, block)).toBe(edited);
});

test('the block goes behind the rest, and a newer one in its place', () => {
  const text = withBlock('# Mine\n', BLOCK);
  expect(text).toBe(`# Mine\n\n${BLOCK}`);
  expect(withBlock(`${text}\nBelow\n`, NEWER)).toBe(`# Mine\n\n${NEWER}\nBelow\n`);
});

test('of several blocks one is left', () => {
  expect(withBlock(`${BLOCK}\nBetween\n\n${BLOCK}`, NEWER)).toBe(`${NEWER}\nBetween\n`);
});

test('line endings and a byte order mark stay', () => {
  const text = '\ufeff# Mine\r\n\r\nText\r\n';
  const made = withBlock(text, BLOCK);
  expect(made).toBe(`${text}\r\n${BLOCK.replaceAll('\n', '\r\n')}`);
  expect(withoutBlock(made)).toBe(text);
});

test('a marker within a line is text', () => {
  const text = `Between ${BLOCK_BEGIN} and ${BLOCK_END} stands ours.\n`;
  expect(withoutBlock(text)).toBe(text);
  expect(withBlock(text, BLOCK)).toBe(`${text}\n${BLOCK}`);
});

describe('a block that does not end', () => {
  const text = `# Mine\n${BLOCK_BEGIN}\nText\n`;
  test.each([
    ['withBlock', () => withBlock(text, BLOCK)],
    ['withoutBlock', () => withoutBlock(text)],
  ])('is refused by %s, with its line', (_, work) => {
    expect(work).toThrow(Refusal);
    expect(work).toThrow(/line 2/);
  });
});

const line = fc.string({ maxLength: 12 }).filter((text) => !/[\r\n\ufeff]|vouchsafe:/.test(text));
const texts = fc
  .tuple(fc.array(line), fc.constantFrom('\n', '\r\n'))
  .map(([lines, eol]) => lines.map((one) => one + eol).join(''))
  .filter((text) => text.trim() !== '');

test('for every text: putting it in again changes nothing, and taking it out gives the text back', () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      const made = withBlock(before, BLOCK);
      expect(withBlock(made, BLOCK)).toBe(made);
      expect(withoutBlock(made)).toBe(before);
      const between = withBlock(`${before}\n${BLOCK}${after}`, NEWER);
      expect(between.startsWith(before)).toBe(true);
      expect(between.endsWith(after)).toBe(true);
      expect(withBlock(between, NEWER)).toBe(between);
    }),
  );
});
