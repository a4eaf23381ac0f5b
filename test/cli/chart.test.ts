import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compact,
  drawBar,
  drawShades,
  drawSparks,
  glyphsOf,
  grouped,
  neighbours,
  shadeLegend,
} from '../../src/cli/chart.js';

const blocks = glyphsOf(true);
const ascii = glyphsOf(false);

describe('a bar', () => {
  it.each([
    [{ granted: 0, other: 0 }, ''],
    [{ granted: 16, other: 0 }, '████████'],
    [{ granted: 8, other: 0 }, '████'],
    [{ granted: 9, other: 0 }, '████▌'],
    [{ granted: 1, other: 0 }, '▌'],
    [{ granted: 0.01, other: 0 }, '▏'],
    [{ granted: 8, other: 8 }, '████░░░░'],
    [{ granted: 15, other: 1 }, '███████░'],
    [{ granted: 0, other: 16 }, '░░░░░░░░'],
    [{ granted: 0, other: 0.01 }, '░'],
    [{ granted: 0.01, other: 0.01 }, '█░'],
  ])('of %j in 8 columns for 16', (parts, drawn) => {
    expect(drawBar(parts, { max: 16, width: 8 }, blocks)).toBe(drawn);
  });

  it.each([
    [{ granted: 9, other: 0 }, '#####'],
    [{ granted: 1, other: 0 }, '#'],
    [{ granted: 8, other: 8 }, '####....'],
  ])('of %j in ASCII', (parts, drawn) => {
    expect(drawBar(parts, { max: 16, width: 8 }, ascii)).toBe(drawn);
  });

  it('is nothing where there is nothing to compare with', () => {
    expect(drawBar({ granted: 0, other: 0 }, { max: 0, width: 8 }, blocks)).toBe('');
  });

  it('fits, and shows whatever is not zero', () => {
    const scale = fc.record({
      granted: fc.nat(1e9),
      other: fc.nat(1e9),
      more: fc.nat(1e9),
      width: fc.integer({ min: 2, max: 99 }),
    });
    fc.assert(
      fc.property(scale, fc.boolean(), ({ granted, other, more, width }, isUtf8) => {
        const glyphs = glyphsOf(isUtf8);
        const bar = drawBar({ granted, other }, { max: granted + other + more, width }, glyphs);
        expect(bar.length).toBeLessThanOrEqual(width);
        expect(bar.includes(glyphs.other)).toBe(other > 0);
        expect(bar.replaceAll(glyphs.other, '') !== '').toBe(granted > 0);
      }),
    );
  });
});

describe('a spark line', () => {
  it.each([
    [[], 10, ''],
    [[0, 0, 0], 10, '▁▁▁'],
    [[0, 1, 7], 10, '▁▂█'],
    [[0, 1, 2, 3, 4, 5, 6, 7], 10, '▁▂▃▄▅▆▇█'],
    [[1, 1_000_000], 10, '▂█'],
    [[3], 10, '█'],
  ])('of %j', (values, width, drawn) => {
    expect(drawSparks(values, width, blocks)).toBe(drawn);
  });

  it('is of ASCII where it has to be', () => {
    expect(drawSparks([0, 1, 2, 3, 4, 5, 6, 7], 8, ascii)).toBe('_.:-=+*#');
  });

  it('adds neighbours up to fit, and the newest sum is of a whole number of them', () => {
    expect(neighbours(7, 3)).toBe(3);
    expect(drawSparks([7, 0, 0, 0, 1, 0, 0], 3, blocks)).toBe('█▁▂');
    expect(drawSparks([1, 2, 3, 4], 2, blocks)).toBe('▄█');
    expect(neighbours(3, 0)).toBe(3);
  });

  it('fits any width', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 400 }), fc.integer({ min: 1, max: 99 }), (values, width) => {
        const drawn = drawSparks(values, width, blocks);
        expect(drawn.length).toBeLessThanOrEqual(Math.min(width, values.length));
      }),
    );
  });
});

describe('shades', () => {
  it('are as dark as the value is large', () => {
    expect(drawShades([0, 1, 10, 11, 20, 21, 30, 31, 40], { max: 40, cell: 1 }, blocks)).toBe(' ░░▒▒▓▓██');
    expect(drawShades([0, 20, 40], { max: 40, cell: 2 }, ascii)).toBe('  ::##');
    expect(drawShades([0, 0], { max: 0, cell: 1 }, blocks)).toBe('  ');
  });

  it.each([
    [40, ['░ 1-10', '▒ 11-20', '▓ 21-30', '█ 31-40']],
    [4, ['░ 1', '▒ 2', '▓ 3', '█ 4']],
    [1, ['█ 1']],
    [4_000_000, ['░ 1-1,000,000', '▒ 1,000,001-2,000,000', '▓ 2,000,001-3,000,000', '█ 3,000,001-4,000,000']],
    [0, []],
  ])('are explained up to %d', (max, legend) => {
    expect(shadeLegend(max, blocks)).toEqual(legend);
  });

  it('are explained as they are drawn', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5000), (max, some) => {
        const value = 1 + (some % max);
        const shade = drawShades([value], { max, cell: 1 }, blocks);
        const [, from = '', to = from] = /^. ([\d,]+)(?:-([\d,]+))?$/.exec(
          shadeLegend(max, blocks).find((line) => line.startsWith(shade)) ?? '',
        )!;
        const [first, last] = [from, to].map((text) => Number(text.replaceAll(',', '')));
        expect(value).toBeGreaterThanOrEqual(first!);
        expect(value).toBeLessThanOrEqual(last!);
      }),
    );
  });
});

it.each([
  [0, '0', '0'],
  [999, '999', '999'],
  [1000, '1,000', '1.0k'],
  [1234, '1,234', '1.2k'],
  [9950, '9,950', '10k'],
  [45_678, '45,678', '46k'],
  [999_499, '999,499', '999k'],
  [999_500, '999,500', '1.0M'],
  [1_234_567_890, '1,234,567,890', '1.2G'],
])('%d is %s, or %s', (count, long, short) => {
  expect(grouped(count)).toBe(long);
  expect(compact(count)).toBe(short);
});
