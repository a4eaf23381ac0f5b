/**
 * False API keys in the form that each service publishes for its real ones: prefix, length, alphabet and checksum hold,
 * so that neither a reader nor a scanner tells them from real ones. None was ever issued. Prefixes stand apart from what
 * follows them, so that no scanner finds a key in this file.
 */
import { randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Refusal } from '../core/refusal.js';
import { hostOf, siteOf } from '../core/site.js';
import { randomBytes } from './bytes.js';

/** The services whose keys can be imitated; `generic` is of none. */
export const DECOY_KINDS = [
  'github',
  'npm',
  'gitlab',
  'aws',
  'stripe',
  'slack',
  'openai',
  'google',
  'sendgrid',
  'generic',
] as const;
export type DecoyKind = (typeof DECOY_KINDS)[number];

/** A false key; `secret` where the service gives out two parts, `endpoint` where its API has one address for all. */
export interface DecoyKey {
  readonly key: string;
  readonly secret?: string;
  readonly endpoint?: string;
}

const DIGITS = '0123456789';
const CAPITALS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
/** In the order in which GitHub's checksum counts. */
const BASE62 = DIGITS + CAPITALS + CAPITALS.toLowerCase();
const BASE64URL = `${BASE62}-_`;
/** RFC 4648, section 6. */
const BASE32 = `${CAPITALS}234567`;

/** `length` characters of the alphabet, each equally likely. */
export function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** `length` digits, the first of them not 0. */
export function randomDigits(length: number): string {
  return randomText(1, DIGITS.slice(1)) + randomText(length - 1, DIGITS);
}

function base64url(bytes: number): string {
  return Buffer.from(randomBytes(bytes)).toString('base64url');
}

/** A new false key of that service. */
export function makeDecoyKey(kind: DecoyKind): DecoyKey {
  return MAKERS[kind]();
}

const MAKERS: Readonly<Record<DecoyKind, () => DecoyKey>> = {
  github: () => ({ key: checksummed('ghp_'), endpoint: 'https://api.github.com' }),
  npm: () => ({ key: checksummed('npm_'), endpoint: 'https://registry.npmjs.org' }),
  gitlab: () => ({ key: `glpat-${randomText(20, GITLAB)}`, endpoint: 'https://gitlab.com/api/v4' }),
  aws: () => ({ key: accessKeyId(), secret: Buffer.from(randomBytes(30)).toString('base64') }),
  stripe: () => ({ key: `sk_live_51${randomText(97, BASE62)}`, endpoint: 'https://api.stripe.com' }),
  slack: () => ({ key: slackToken(), endpoint: 'https://slack.com/api' }),
  openai: () => ({ key: openAiKey(), endpoint: 'https://api.openai.com/v1' }),
  google: () => ({ key: `AIzaSy${randomText(1, 'ABCD')}${randomText(32, BASE64URL)}` }),
  sendgrid: () => ({ key: ['SG', base64url(16), base64url(32)].join('.'), endpoint: 'https://api.sendgrid.com/v3' }),
  generic: () => ({ key: randomText(40, BASE62) }),
};

/**
 * A token of GitHub's form, which npm has too: 30 random characters of base62, then their CRC-32 in base62, of 6
 * characters with leading zeros (GitHub, "Behind GitHub's new authentication token formats", 2021; npm, "Announcing npm's
 * new access token format", 2021).
 */
function checksummed(prefix: string): string {
  const text = randomText(30, BASE62);
  let rest = crc32(text);
  let check = '';
  for (let i = 0; i < 6; i += 1) {
    check = BASE62.charAt(rest % 62) + check;
    rest = Math.floor(rest / 62);
  }
  return prefix + text + check;
}

/**
 * What GitLab draws its 20 characters from: base64url without l, I, O and 0 (`Devise.friendly_token`; GitLab docs, "Token
 * overview", has the prefix).
 */
const GITLAB = BASE64URL.replace(/[lIO0]/g, '');

/**
 * An access key id of an IAM user: `AKIA`, then 80 bits in base32, of which the first is 1, the next 40 are the number of
 * the account, and the rest is random (IAM User Guide, "Unique identifiers", for the prefix; A. Steele, "AWS Access Key
 * ID formats", 2020, for the bits). The secret that goes with it is 30 bytes in base64.
 */
function accessKeyId(): string {
  const account = BigInt(randomDigits(12));
  const random = BigInt.asUintN(39, BigInt(`0x${Buffer.from(randomBytes(8)).toString('hex')}`));
  const bits = (1n << 79n) | (account << 39n) | random;
  const letters = Array.from({ length: 16 }, (_, i) => BASE32.charAt(Number((bits >> BigInt(75 - 5 * i)) & 31n)));
  return `AKIA${letters.join('')}`;
}

/** A bot's token: numbers of workspace and bot, then 24 characters (Slack docs, "Token types", for the prefix). */
function slackToken(): string {
  return ['xoxb', randomDigits(12), randomDigits(13), randomText(24, BASE62)].join('-');
}

/** A project's key: 74 characters of base64url, "OpenAI" in base64, and 74 more (gitleaks, rule `openai-api-key`). */
function openAiKey(): string {
  const mark = Buffer.from('OpenAI').toString('base64');
  return ['sk', 'proj', randomText(74, BASE64URL) + mark + randomText(74, BASE64URL)].join('-');
}

/** The kind of that name, without regard to case. Throws `invalid_request` with the names there are. */
export function checkDecoyKind(text: string): DecoyKind {
  const kind = DECOY_KINDS.find((name) => name === text.trim().toLowerCase());
  if (kind !== undefined) return kind;
  throw new Refusal('invalid_request', {
    message: 'There is no such kind of decoy.',
    next: `Use one of ${DECOY_KINDS.join(', ')}.`,
    candidates: DECOY_KINDS,
  });
}

const SITES: Readonly<Record<string, DecoyKind>> = {
  'github.com': 'github',
  'npmjs.com': 'npm',
  'npmjs.org': 'npm',
  'gitlab.com': 'gitlab',
  'amazonaws.com': 'aws',
  'stripe.com': 'stripe',
  'slack.com': 'slack',
  'openai.com': 'openai',
  'google.com': 'google',
  'googleapis.com': 'google',
  'sendgrid.com': 'sendgrid',
};

/** Words of a title, the more telling ones first: "GitHub token for npm" is GitHub's. */
const WORDS: readonly (readonly [RegExp, DecoyKind])[] = [
  [/\bgit-?hub\b/i, 'github'],
  [/\bgit-?lab\b/i, 'gitlab'],
  [/\bstripe\b/i, 'stripe'],
  [/\bslack\b/i, 'slack'],
  [/\b(?:open-?ai|chat-?gpt)\b/i, 'openai'],
  [/\bsend-?grid\b/i, 'sendgrid'],
  [/\b(?:aws|amazon|iam|s3)\b/i, 'aws'],
  [/\b(?:google|gcp|firebase|gemini)\b/i, 'google'],
  [/\bnpm(?:js)?\b/i, 'npm'],
];

/** Which service an item of that title and these URLs is most likely of: by its first known site, else by its title. */
export function decoyLike(title: string, urls: readonly string[]): DecoyKind {
  const known = urls.map(kindOfSite).find((kind) => kind !== undefined);
  return known ?? WORDS.find(([word]) => word.test(title))?.[1] ?? 'generic';
}

function kindOfSite(url: string): DecoyKind | undefined {
  const host = hostOf(url) ?? '';
  if (/(?:^|\.)(?:aws\.amazon|amazonaws)\.com(?:\.cn)?$/.test(host)) return 'aws';
  const site = siteOf(url) ?? '';
  return Object.hasOwn(SITES, site) ? SITES[site] : undefined;
}
