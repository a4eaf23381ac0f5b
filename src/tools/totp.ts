/** Time-based one-time passwords, RFC 6238. */
import { Secret, TOTP } from 'otpauth';
import { Refusal } from '../core/refusal.js';

const ALGORITHMS = { SHA1: 'SHA1', SHA256: 'SHA256', SHA512: 'SHA512' } as const;
export type TotpAlgorithm = keyof typeof ALGORITHMS;

/** What codes are made from; `seed` is a secret in base32, capitals only, without padding. */
export interface Totp {
  readonly seed: string;
  readonly algorithm: TotpAlgorithm;
  /** 6 to 10. */
  readonly digits: number;
  /** Seconds that a code holds, 15 to 300. */
  readonly period: number;
  readonly issuer: string | null;
  readonly account: string | null;
}

/** A code and for how long it still holds. */
export interface TotpCode {
  readonly code: string;
  readonly secondsLeft: number;
  readonly period: number;
  readonly digits: number;
  readonly algorithm: TotpAlgorithm;
}

const NEXT = 'Give the seed as letters A to Z and digits 2 to 7, or the whole otpauth://totp/… address.';

/**
 * What an `otpauth://totp/` address or a bare base32 seed says. A seed may have spaces, dashes, small letters and
 * padding; it then means SHA-1, 6 digits, 30 seconds. Throws `invalid_request`, never with the value.
 */
export function parseTotp(text: string): Totp {
  const value = text.trim();
  if (/^otpauth:/i.test(value)) return parseAddress(value);
  return { seed: parseSeed(value), algorithm: 'SHA1', digits: 6, period: 30, issuer: null, account: null };
}

/** At least 40 bits, so that a code or a word typed by mistake is not taken for a seed. */
function parseSeed(text: string): string {
  const seed = text
    .replace(/[\s-]/g, '')
    .replace(/={1,6}$/, '')
    .toUpperCase();
  if (!/^[A-Z2-7]{8,1024}$/.test(seed)) refuse('The seed of the one-time password is not base32 or is too short');
  return seed;
}

/** https://github.com/google/google-authenticator/wiki/Key-Uri-Format */
function parseAddress(text: string): Totp {
  const url = URL.parse(text);
  if (url?.host.toLowerCase() !== 'totp') refuse('The address of the one-time password is not otpauth://totp/…');
  const facts = url.searchParams;
  if (new Set(facts.keys()).size < facts.size) refuse('The address of the one-time password says something twice');
  const [issuer, account] = splitLabel(url.pathname);
  return {
    seed: parseSeed(facts.get('secret') ?? ''),
    algorithm: parseAlgorithm(facts.get('algorithm') ?? 'SHA1'),
    digits: parseNumber('digits', facts.get('digits') ?? '6', { least: 6, most: 10 }),
    period: parseNumber('period', facts.get('period') ?? '30', { least: 15, most: 300 }),
    issuer: facts.get('issuer') ?? issuer,
    account,
  };
}

function splitLabel(path: string): readonly [string | null, string | null] {
  const label = decodeLabel(path.slice(1));
  const cut = label.indexOf(':');
  if (cut < 0) return [null, label === '' ? null : label];
  return [label.slice(0, cut).trim(), label.slice(cut + 1).trim()];
}

function decodeLabel(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseAlgorithm(text: string): TotpAlgorithm {
  const name = text
    .toUpperCase()
    .replace(/^HMAC-?/, '')
    .replace('SHA-', 'SHA');
  return (
    Object.values(ALGORITHMS).find((known) => known === name) ??
    refuse('The algorithm of the one-time password is not known')
  );
}

function parseNumber(label: string, text: string, { least, most }: { least: number; most: number }): number {
  const number = /^[0-9]{1,3}$/.test(text) ? Number(text) : NaN;
  if (!(number >= least && number <= most)) {
    refuse(`The ${label} of the one-time password is not a number of ${String(least)} to ${String(most)}`);
  }
  return number;
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next: NEXT });
}

/** The code at `nowMs` (unix ms) by RFC 6238. `text` is what a field of kind `totp` holds; throws as {@link parseTotp}. */
export function totpCode(text: string, nowMs: number): TotpCode {
  const { seed, algorithm, digits, period } = parseTotp(text);
  const code = TOTP.generate({ secret: Secret.fromBase32(seed), algorithm, digits, period, timestamp: nowMs });
  const secondsLeft = Math.ceil((period * 1000 - (nowMs % (period * 1000))) / 1000);
  return { code, secondsLeft, period, digits, algorithm };
}
