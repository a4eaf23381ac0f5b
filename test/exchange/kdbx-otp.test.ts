/** The ways in which KeePass, KeePassXC and plug-ins keep one-time passwords. */
import { expect, test } from 'vitest';
import { otpOf } from '../../src/exchange/kdbx-otp.js';

// RFC 6238, appendix B, and the same bytes in each encoding.
const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const PLAIN = '12345678901234567890';
const ADDRESS = `otpauth://totp/Site%3Aada?secret=${SEED}&algorithm=SHA1&digits=6&period=30`;

const read = (attributes: Record<string, string>) =>
  otpOf(new Map(Object.entries(attributes).map(([name, text]) => [name, { text }])), 'Site:ada');

test.each<[string, Record<string, string>, string]>([
  ['an address', { otp: ` ${ADDRESS} ` }, ADDRESS],
  ['KeeOtp', { otp: `key=${SEED}` }, ADDRESS],
  [
    'KeeOtp, whole',
    { otp: `key=${SEED}&step=60&size=8&type=Totp&otpHashMode=Sha256` },
    ADDRESS.replace('SHA1&digits=6&period=30', 'SHA256&digits=8&period=60'),
  ],
  ['plain', { 'TimeOtp-Secret': PLAIN }, ADDRESS],
  ['hex', { 'TimeOtp-Secret-Hex': Buffer.from(PLAIN).toString('hex') }, ADDRESS],
  ['base32', { 'TimeOtp-Secret-Base32': `${SEED.slice(0, 4).toLowerCase()} ${SEED.slice(4)}====` }, ADDRESS],
  ['base64', { 'TimeOtp-Secret-Base64': Buffer.from(PLAIN).toString('base64') }, ADDRESS],
  ['seed', { 'TOTP Seed': SEED }, ADDRESS],
  [
    'seed with settings',
    { 'TOTP Seed': SEED, 'TOTP Settings': '45;7' },
    ADDRESS.replace('digits=6&period=30', 'digits=7&period=45'),
  ],
])('%s becomes an address, and its attributes are taken', (_, attributes, address) => {
  expect(read(attributes)).toEqual({ address, from: Object.keys(attributes) });
});

test.each<[string, Record<string, string>]>([
  ['a counter', { otp: `otpauth://hotp/a?secret=${SEED}&counter=1` }],
  ['a counter of KeeOtp', { otp: `key=${SEED}&type=Hotp&counter=1` }],
  ['a counter of KeePass', { 'HmacOtp-Secret': PLAIN, 'HmacOtp-Counter': '1' }],
  ['Steam', { otp: `otpauth://totp/Steam:a?secret=${SEED}&digits=5&encoder=steam` }],
  ['Steam of old', { 'TOTP Seed': SEED, 'TOTP Settings': '30;S' }],
  ['the clock of a server', { 'TOTP Seed': SEED, 'TOTP Settings': '30;6;https://clock.example' }],
  ['no seed', { 'TOTP Seed': 'not base32!' }],
  ['nothing', {}],
])('%s becomes none, and its attributes stay', (_, attributes) => {
  expect(read(attributes)).toBeUndefined();
});
