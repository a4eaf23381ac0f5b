/** argon2 with the parameters of others, against the vectors of its authors. */
import { expect, test } from 'vitest';
import { argon2Hash } from '../../src/crypto/argon2-hash.js';

// https://github.com/P-H-C/phc-winner-argon2/blob/master/src/test.c
test.each([
  ['password', 'somesalt', 1, '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe'],
  ['password', 'somesalt', 2, '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037'],
] as const)('argon2id of %s with %s and %i lanes', async (password, salt, lanes, expected) => {
  const hash = await argon2Hash(Buffer.from(password), {
    variant: 'argon2id',
    version: 0x13,
    salt: Buffer.from(salt),
    cost: { memoryKiB: 256, passes: 2, lanes },
    length: 32,
  });
  expect(Buffer.from(hash).toString('hex')).toBe(expected);
});
