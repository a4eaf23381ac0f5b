import { expect, test } from 'vitest';
import { CONCEALED, Mask } from '../../src/use/mask.js';
import { cut, makeBenign, makeCases, makeSecrets, seeded } from '../corpus/redaction/cases.js';
import { CLASSES } from '../corpus/redaction/encoders.js';

function streamed(mask: Mask, pieces: readonly Uint8Array[]): string {
  const stream = mask.stream();
  return Buffer.concat([...pieces.map((piece) => stream.push(piece)), stream.end()]).toString();
}

/** Every so many-th case is tried here, and all of them by `npm run bench:redaction`. No divisor of the templates'. */
const SPARSE = 5;

test('everything of the corpus is concealed, nothing more, however it is cut', () => {
  const random = seeded(1);
  const faults: object[] = [];
  const seen = new Set<string>();
  let round = 0;
  for (const { secret, cases } of makeCases(random)) {
    round += 1;
    const mask = new Mask([secret]);
    for (const { parts, ...what } of cases.filter((_, i) => i % SPARSE === round % SPARSE)) {
      const [before, concealed, after] = parts;
      seen.add(what.class);
      const expected = before + CONCEALED + after;
      const text = before + concealed + after;
      const outputs = [mask.text(text), streamed(mask, cut(random, Buffer.from(text), 9))];
      for (const output of outputs) if (output !== expected) faults.push({ ...what, secret, text, output });
    }
  }
  expect(faults.slice(0, 5)).toEqual([]);
  expect(faults.length).toBe(0);
  expect([...seen].sort()).toEqual([...CLASSES].sort());
});

test('texts without a secret pass untouched', () => {
  const random = seeded(2);
  const secrets = makeSecrets(random).filter(({ shape }) => shape !== 'short');
  const mask = new Mask(secrets.map(({ secret }) => secret));
  for (let round = 0; round < 20; round += 1) {
    for (const { text } of makeBenign(random)) {
      expect(mask.text(text)).toBe(text);
      expect(streamed(mask, cut(random, Buffer.from(text), 50))).toBe(text);
    }
  }
});
