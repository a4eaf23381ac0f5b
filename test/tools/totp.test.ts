import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTotp, totpCode } from '../../src/tools/totp.js';
import { refused, told } from '../core/refused.js';

/** RFC 6238, appendix B: the seeds are the digits 1234567890 repeated to 20, 32 and 64 bytes. */
const SEEDS = {
  SHA1: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  SHA256: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA',
  SHA512: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA',
} as const;

describe('RFC 6238, appendix B', () => {
  it.each([
    [59, '94287082', '46119246', '90693936'],
    [1111111109, '07081804', '68084774', '25091201'],
    [1111111111, '14050471', '67062674', '99943326'],
    [1234567890, '89005924', '91819424', '93441116'],
    [2000000000, '69279037', '90698825', '38618901'],
    [20000000000, '65353130', '77737706', '47863826'],
  ])('at %i seconds', (seconds, sha1, sha256, sha512) => {
    const code = (algorithm: keyof typeof SEEDS): string =>
      totpCode(`otpauth://totp/x?secret=${SEEDS[algorithm]}&algorithm=${algorithm}&digits=8`, seconds * 1000).code;
    expect([code('SHA1'), code('SHA256'), code('SHA512')]).toEqual([sha1, sha256, sha512]);
  });
});

describe('totpCode', () => {
  it('takes six digits, thirty seconds and SHA-1 from a bare seed', () => {
    expect(totpCode(SEEDS.SHA1, 59_000)).toEqual({
      code: '287082',
      secondsLeft: 1,
      period: 30,
      digits: 6,
      algorithm: 'SHA1',
    });
  });

  it.each([
    [0, 30],
    [1, 30],
    [1000, 29],
    [29_999, 1],
    [30_000, 30],
  ])('at %i ms there are %i seconds left', (ms, left) => {
    expect(totpCode(SEEDS.SHA1, ms).secondsLeft).toBe(left);
  });

  it('holds a code for its whole period', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.integer({ min: 15, max: 300 }),
        fc.integer({ min: 6, max: 10 }),
        (now, period, digits) => {
          const uri = `otpauth://totp/x?secret=${SEEDS.SHA1}&period=${String(period)}&digits=${String(digits)}`;
          const { code, secondsLeft } = totpCode(uri, now);
          expect(code).toMatch(new RegExp(`^[0-9]{${String(digits)}}$`));
          expect(totpCode(uri, now - (now % (period * 1000))).code).toBe(code);
          expect(secondsLeft).toBeGreaterThanOrEqual(1);
          expect(secondsLeft).toBeLessThanOrEqual(period);
        },
      ),
    );
  });
});

describe('parseTotp', () => {
  it.each(['JBSWY3DPEHPK3PXP', 'jbsw y3dp ehpk 3pxp', ' JBSW-Y3DP-EHPK-3PXP ', 'JBSWY3DPEHPK3PXP======'])(
    'reads the seed %j',
    (text) => {
      expect(parseTotp(text)).toEqual({
        seed: 'JBSWY3DPEHPK3PXP',
        algorithm: 'SHA1',
        digits: 6,
        period: 30,
        issuer: null,
        account: null,
      });
    },
  );

  it('reads an address', () => {
    const uri =
      'otpauth://totp/ACME%20Co:john@example.com?secret=jbswy3dpehpk3pxp&issuer=ACME%20Co&algorithm=sha-256&digits=8&period=60';
    expect(parseTotp(uri)).toEqual({
      seed: 'JBSWY3DPEHPK3PXP',
      algorithm: 'SHA256',
      digits: 8,
      period: 60,
      issuer: 'ACME Co',
      account: 'john@example.com',
    });
  });

  it.each([
    ['otpauth://totp/?secret=JBSWY3DPEHPK3PXP', null, null],
    ['OTPAUTH://TOTP/john?secret=JBSWY3DPEHPK3PXP', null, 'john'],
    ['otpauth://totp/A:%20b?secret=JBSWY3DPEHPK3PXP', 'A', 'b'],
    ['otpauth://totp/%zz?secret=JBSWY3DPEHPK3PXP', null, '%zz'],
  ])('reads the label of %s', (text, issuer, account) => {
    expect(parseTotp(text)).toMatchObject({ issuer, account });
  });

  it.each([
    '',
    '123456',
    'A',
    'JBSWY3D',
    'JBSWY3DPEHPK3PX1',
    'JBSWY3DPEHPK3PXP!',
    'A'.repeat(1025),
    'https://example.com/?secret=JBSWY3DPEHPK3PXP',
    'otpauth:',
    'otpauth://totp/x',
    'otpauth://totp/x?secret=',
    'otpauth://totp/x?secret=CANARY1!',
    'otpauth://hotp/x?secret=JBSWY3DPEHPK3PXP&counter=1',
    'otpauth://steam/x?secret=JBSWY3DPEHPK3PXP',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&secret=JBSWY3DPEHPK3PXQ',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=MD5',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&algorithm=__proto__',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=5',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=11',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&digits=6.5',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=14',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=301',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=-30',
    'otpauth://totp/x?secret=JBSWY3DPEHPK3PXP&period=',
  ])('refuses %j', (text) => {
    const refusal = refused('invalid_request', () => parseTotp(text));
    expect(told(refusal)).not.toMatch(/CANARY|JBSWY/);
  });

  it('says of anything that it is one or refuses it', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `otpauth://totp/${text}`),
        ),
        (text) => {
          try {
            expect(parseTotp(text).seed).toMatch(/^[A-Z2-7]{8,}$/);
          } catch (error) {
            refused('invalid_request', () => {
              throw error;
            });
          }
        },
      ),
    );
  });
});
