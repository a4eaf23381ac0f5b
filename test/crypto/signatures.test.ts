import { expect, test } from 'vitest';
import { isSignedBy, newSigningPair, signer } from '../../src/crypto/key-pair.js';

test('what was found to be well signed vouches for these three alone', () => {
  const [pair, other] = [newSigningPair(), newSigningPair()];
  const message = Buffer.from('an entry');
  const signature = signer(pair)(message);
  const again = signer(pair)(Buffer.from('another entry'));
  for (let turn = 0; turn < 2; turn += 1) {
    expect(isSignedBy(pair.publicKey, message, signature)).toBe(true);
    expect(isSignedBy(other.publicKey, message, signature)).toBe(false);
    expect(isSignedBy(pair.publicKey, Buffer.from('an entrY'), signature)).toBe(false);
    expect(isSignedBy(pair.publicKey, message, again)).toBe(false);
    expect(isSignedBy(pair.publicKey, Buffer.concat([message, message]), signature)).toBe(false);
    expect(isSignedBy(pair.publicKey, message, signature.subarray(1))).toBe(false);
  }
});

test('bytes that move from one part to another are not the same three', () => {
  const pair = newSigningPair();
  const message = Buffer.from('an entry');
  const signature = signer(pair)(message);
  expect(isSignedBy(pair.publicKey, message, signature)).toBe(true);
  const all = Buffer.concat([pair.publicKey, signature, message]);
  expect(isSignedBy(all.subarray(0, 31), all.subarray(95), all.subarray(31, 95))).toBe(false);
  expect(isSignedBy(all.subarray(0, 33), all.subarray(97), all.subarray(33, 97))).toBe(false);
});
