/** Values that CXF has in another form than we: what they are there, and here again. */
import type { CxfFieldType } from './cxf-type.js';
import { printSshKey, readSshKey } from './ssh-key.js';

/** A month as a card says it (`02/31`, `02/2031`) or as we may have it, as `YYYY-MM`; undefined for anything else. */
function monthOf(text: string): string | undefined {
  if (/^[0-9]{4}-[0-9]{2}$/.test(text)) return text;
  const [, month, year = ''] = /^([0-9]{2})\/((?:[0-9]{2})?[0-9]{2})$/.exec(text) ?? [];
  if (month === undefined) return undefined;
  return `${year.length === 2 ? `20${year}` : year}-${month}`;
}

const SECURITY: ReadonlyMap<string, string> = new Map([
  ['open', 'unsecured'],
  ['none', 'unsecured'],
  ['wpa', 'wpa-personal'],
  ['wpa2', 'wpa2-personal'],
  ['wpa3', 'wpa3-personal'],
  ['wpa-psk', 'wpa-personal'],
  ['wpa2-psk', 'wpa2-personal'],
  ['wpa3-sae', 'wpa3-personal'],
]);

type Form = (text: string) => string | undefined;

const only =
  (pattern: RegExp): Form =>
  (text) =>
    pattern.test(text) ? text : undefined;
const asItIs: Form = (text) => text;

const FORMS: Readonly<Record<CxfFieldType, Form>> = {
  string: asItIs,
  'concealed-string': asItIs,
  email: asItIs,
  boolean: only(/^(?:true|false)$/),
  date: only(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/),
  'year-month': monthOf,
  'wifi-network-security-type': (text) => SECURITY.get(text.trim().toLowerCase()) ?? text,
  'subdivision-code': only(/^[A-Z]{2}-[A-Z0-9]{1,3}$/),
  'country-code': only(/^[A-Z]{2}$/),
};

/** The value as an editable field of that type holds it; undefined where it can't. */
export function formOf(fieldType: CxfFieldType, text: string): string | undefined {
  return FORMS[fieldType](text);
}

/** Whether CXF has the value `original` as `written`: as a month, a kind of Wi-Fi, a one-time code or a key of SSH. */
export function isFormOf(original: string, written: string): boolean {
  const totp = totpOf(original);
  const key = readSshKey(original);
  return [
    formOf('year-month', original),
    formOf('wifi-network-security-type', original),
    totp === undefined ? undefined : totpText(totp),
    key === undefined ? undefined : printSshKey(key.pkcs8),
  ].includes(written);
}

/** A one-time code as CXF has it (section 3.3.16); `secret` is Base32 without spaces or padding. */
export interface CxfTotp {
  readonly secret: string;
  readonly period: number;
  readonly digits: number;
  readonly algorithm: 'sha1' | 'sha256' | 'sha512';
  readonly username?: string;
  readonly issuer?: string;
}

const ALGORITHMS = ['sha1', 'sha256', 'sha512'] as const;

/**
 * What a field of kind `totp` says: a secret in Base32, or a URI `otpauth://totp/…`
 * (https://github.com/google/google-authenticator/wiki/Key-Uri-Format). Undefined for codes by a counter, and for what
 * is not understood.
 */
export function totpOf(text: string): CxfTotp | undefined {
  const isUri = /^otpauth:/i.test(text.trim());
  const url = isUri ? urlOf(text.trim()) : undefined;
  if (!isUri) return totpFrom({ secret: text });
  if (url?.host.toLowerCase() !== 'totp') return undefined;
  const label = decoded(url.pathname.slice(1));
  if (label === undefined) return undefined;
  const cut = label.indexOf(':');
  const asked = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  return totpFrom({
    secret: asked('secret') ?? '',
    period: asked('period'),
    digits: asked('digits'),
    algorithm: asked('algorithm'),
    username: label.slice(cut + 1).trim(),
    issuer: asked('issuer') ?? label.slice(0, Math.max(cut, 0)),
  });
}

interface TotpText {
  readonly secret: string;
  readonly period?: string | undefined;
  readonly digits?: string | undefined;
  readonly algorithm?: string | undefined;
  readonly username?: string;
  readonly issuer?: string;
}

/** A code of these parts; what is not said is as RFC 6238 has it. Undefined where one of them is not possible. */
export function totpFrom(parts: TotpText): CxfTotp | undefined {
  const { period = '30', digits = '6', username = '', issuer = '' } = parts;
  const secret = parts.secret.replace(/[\s-]|=+$/g, '').toUpperCase();
  const name = (parts.algorithm ?? 'sha1').toLowerCase().replaceAll('-', '');
  const algorithm = ALGORITHMS.find((known) => known === name);
  const isPossible = /^[A-Z2-7]+$/.test(secret) && /^[1-9][0-9]{0,2}$/.test(period) && /^(?:[4-9]|10)$/.test(digits);
  if (algorithm === undefined || !isPossible) return undefined;
  return {
    secret,
    period: Number(period),
    digits: Number(digits),
    algorithm,
    ...(username === '' ? {} : { username }),
    ...(issuer === '' ? {} : { issuer }),
  };
}

/** The code as a field of ours holds it: the secret alone where that says everything, else a URI. */
export function totpText(totp: CxfTotp): string {
  const { secret, period, digits, algorithm, username = '', issuer = '' } = totp;
  const isPlain = period === 30 && digits === 6 && algorithm === 'sha1' && username === '' && issuer === '';
  if (isPlain) return secret;
  const label = [issuer, username]
    .filter((part) => part !== '')
    .map((part) => encodeURIComponent(part.toWellFormed()))
    .join(':');
  const query = [
    `secret=${secret}`,
    ...(issuer === '' ? [] : [`issuer=${encodeURIComponent(issuer.toWellFormed())}`]),
    ...(algorithm === 'sha1' ? [] : [`algorithm=${algorithm.toUpperCase()}`]),
    ...(digits === 6 ? [] : [`digits=${String(digits)}`]),
    ...(period === 30 ? [] : [`period=${String(period)}`]),
  ];
  return `otpauth://totp/${label}?${query.join('&')}`;
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
