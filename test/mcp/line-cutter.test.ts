import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineCutter, type CutLine } from '../../src/mcp/line-cutter.js';

const LONGEST = 8;

/** What the cutter must give, said the short way: with all of the input at hand. */
function expected(input: Buffer): string[] {
  const lines = input.toString('latin1').split('\n');
  const rest = lines.pop() ?? '';
  const all = rest === '' ? lines : [...lines, rest];
  return all.map((line) => (line.length > LONGEST ? 'overlong' : line.replace(/\r$/, '')));
}

const show = (line: CutLine): string => (line === 'overlong' ? line : line.toString('latin1'));

test('cuts the same lines whatever the chunks', () => {
  const byte = fc.constantFrom(0x0a, 0x0d, 0x61, 0x62, 0xff);
  fc.assert(
    fc.property(fc.array(fc.array(byte, { maxLength: 20 }), { maxLength: 8 }), (chunks) => {
      const cutter = new LineCutter(LONGEST);
      const lines = chunks.flatMap((chunk) => cutter.push(Buffer.from(chunk)));
      const all = [...lines, ...cutter.end()].map(show);
      expect(all).toEqual(expected(Buffer.from(chunks.flat())));
    }),
    { numRuns: 2000 },
  );
});

test('tells of a line that is too long before it ends, once, and goes on after it', () => {
  const cutter = new LineCutter(LONGEST);
  expect(cutter.push(Buffer.alloc(LONGEST))).toEqual([]);
  expect(cutter.push(Buffer.alloc(1))).toEqual(['overlong']);
  expect(cutter.push(Buffer.alloc(1000))).toEqual([]);
  expect(cutter.push(Buffer.from('x\nnext\n')).map(show)).toEqual(['next']);
  expect(cutter.end()).toEqual([]);
});
