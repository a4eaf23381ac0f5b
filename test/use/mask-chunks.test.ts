import { describe, expect, test } from 'vitest';
import { CONCEALED, Mask } from '../../src/use/mask.js';

const SECRET = 'k3Jx92hfLqpWz8sQvB4nT7yRcMd5Abcd';
const LINE = '2026-01-02T03:04:05Z INFO served in 12 ms\n';
const LONG = LINE.repeat(100);

/** As a chunk after chunk goes in, cut before each of these places. */
function inChunks(mask: Mask, text: string, cuts: readonly number[]): string {
  const stream = mask.stream();
  const pieces = [0, ...cuts].flatMap((from, i) => stream.pieces(Buffer.from(text.slice(from, cuts[i]))));
  expect(pieces.every((piece) => piece.length > 0)).toBe(true);
  return Buffer.concat([...pieces, stream.end()]).toString();
}

describe('a long chunk after the beginning of a secret', () => {
  const forms = [SECRET, Buffer.from(SECRET).toString('hex'), Buffer.from(SECRET).toString('base64url')];

  test.each(forms)('that goes on with it: %s', (form) => {
    for (let cut = 1; cut < form.length; cut += 1) {
      const text = LONG + form + LONG + form + LONG;
      const expected = LONG + CONCEALED + LONG + CONCEALED + LONG;
      expect(inChunks(new Mask([SECRET]), text, [LONG.length + cut])).toBe(expected);
    }
  });

  test('that does not go on with it is passed on byte for byte', () => {
    const text = LONG + SECRET.slice(0, 20) + LONG;
    expect(inChunks(new Mask([SECRET]), text, [LONG.length + 20])).toBe(text);
  });

  test('longer than what is joined first is concealed whole', () => {
    const long = Array.from({ length: 400 }, (_, i) => `Zq${String(i)}`).join('');
    for (const cut of [1, 30, 600]) {
      expect(inChunks(new Mask([long]), LONG + long + LONG, [LONG.length + cut])).toBe(LONG + CONCEALED + LONG);
    }
  });

  test('is not copied, but for its beginning', () => {
    const stream = new Mask([SECRET]).stream();
    stream.push(Buffer.from(SECRET.slice(0, 5)));
    const chunk = Buffer.from(`${LONG}.`);
    const last = stream.pieces(chunk).at(-1);
    expect(last?.buffer).toBe(chunk.buffer);
    expect(last?.length).toBeGreaterThan(chunk.length / 2);
  });
});
