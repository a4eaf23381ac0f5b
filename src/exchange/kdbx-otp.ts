/** One-time passwords as KeePass, KeePassXC and plug-ins keep them in attributes of an entry. */
import { encodeBase32 } from './base32.js';

/** A one-time password, and the names of all attributes that it was made of. */
export interface KdbxOtp {
  /** An `otpauth://totp/` address. */
  readonly address: string;
  readonly from: readonly string[];
}

interface OtpFacts {
  /** In base32. */
  readonly seed: string;
  readonly digits: string;
  readonly period: string;
  readonly algorithm: string;
}

/** The attributes of an entry. */
type Values = ReadonlyMap<string, { readonly text: string }>;

/**
 * The first of the ways in which an entry can say a time-based one-time password: the attribute `otp` (an address, or
 * the query that the plug-in KeeOtp writes), `TimeOtp-…` (https://keepass.info/help/base/placeholders.html#otp), or
 * `TOTP Seed` and `TOTP Settings` of KeeTrayTOTP and older KeePassXC. Undefined where there is none, or one that no
 * address says: of Steam, or counted (HOTP). `label` names the account in the address.
 */
export function otpOf(values: Values, label: string): KdbxOtp | undefined {
  return addressOtp(values) ?? queryOtp(values, label) ?? timeOtp(values, label) ?? trayOtp(values, label);
}

function addressOtp(values: Values): KdbxOtp | undefined {
  const address = values.get('otp')?.text.trim() ?? '';
  if (!/^otpauth:\/\/totp\//i.test(address)) return undefined;
  const facts = URL.parse(address)?.searchParams;
  const isPlain = facts != null && !facts.has('encoder') && isDigits(facts.get('digits') ?? '6');
  return isPlain ? { address, from: ['otp'] } : undefined;
}

function queryOtp(values: Values, label: string): KdbxOtp | undefined {
  const text = values.get('otp')?.text.trim() ?? '';
  const facts = new URLSearchParams(/^\w+=/.test(text) ? text : '');
  const isTimed = (facts.get('type') ?? 'totp').toLowerCase() === 'totp';
  const isBase32 = (facts.get('encoding') ?? 'base32').toLowerCase() === 'base32';
  if (!isTimed || !isBase32) return undefined;
  return make(['otp'], label, {
    seed: facts.get('key') ?? '',
    digits: facts.get('size') ?? '6',
    period: facts.get('step') ?? '30',
    algorithm: facts.get('otpHashMode') ?? 'SHA1',
  });
}

const TIME_OTP = 'TimeOtp-Secret';
const TIME_OTP_ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  [TIME_OTP]: (text) => encodeBase32(Buffer.from(text, 'utf8')),
  [`${TIME_OTP}-Hex`]: (text) => encodeBase32(Buffer.from(text.replace(/\s/g, ''), 'hex')),
  [`${TIME_OTP}-Base32`]: (text) => text,
  [`${TIME_OTP}-Base64`]: (text) => encodeBase32(Buffer.from(text, 'base64')),
};
const TIME_OTP_FACTS = ['TimeOtp-Length', 'TimeOtp-Period', 'TimeOtp-Algorithm'] as const;

function timeOtp(values: Values, label: string): KdbxOtp | undefined {
  const [name, read] = Object.entries(TIME_OTP_ENCODINGS).find(([key]) => values.has(key)) ?? [];
  if (name === undefined || read === undefined) return undefined;
  const [length, period, algorithm] = TIME_OTP_FACTS;
  return make([name, ...TIME_OTP_FACTS.filter((fact) => values.has(fact))], label, {
    seed: read(values.get(name)?.text ?? ''),
    digits: values.get(length)?.text ?? '6',
    period: values.get(period)?.text ?? '30',
    algorithm: values.get(algorithm)?.text.replace(/^HMAC-/i, '') ?? 'SHA1',
  });
}

function trayOtp(values: Values, label: string): KdbxOtp | undefined {
  const settings = values.get('TOTP Settings')?.text;
  const [period = '', digits = '', correction] = (settings ?? '30;6').split(';');
  // A third part names a server whose clock is taken, which no address says.
  if (correction !== undefined) return undefined;
  const from = settings === undefined ? ['TOTP Seed'] : ['TOTP Seed', 'TOTP Settings'];
  return make(from, label, { seed: values.get('TOTP Seed')?.text ?? '', digits, period, algorithm: 'SHA1' });
}

function make(from: readonly string[], label: string, facts: OtpFacts): KdbxOtp | undefined {
  const seed = facts.seed.replace(/[\s-]/g, '').replace(/=+$/, '').toUpperCase();
  const algorithm = facts.algorithm.replace('-', '').toUpperCase();
  const [digits, period] = [facts.digits.trim(), facts.period.trim()];
  const isKnown = /^[A-Z2-7]+$/.test(seed) && /^SHA(?:1|256|512)$/.test(algorithm);
  if (!isKnown || !isDigits(digits) || !/^[0-9]{1,3}$/.test(period)) return undefined;
  const query = new URLSearchParams({ secret: seed, algorithm, digits, period }).toString();
  return { address: `otpauth://totp/${encodeURIComponent(label)}?${query}`, from };
}

function isDigits(text: string): boolean {
  return /^(?:[6-9]|10)$/.test(text);
}
