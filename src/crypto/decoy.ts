/**
 * Decoys: believable items that are false in every part. What could belong to someone is taken from what belongs to
 * nobody: card numbers from a range of test cards, phone numbers and hosts from those that are reserved, social security
 * numbers from those that are never issued.
 */
import { generateKeyPairSync, randomInt } from 'node:crypto';
import type { FieldInput } from '../core/item-field.js';
import type { ItemType } from '../core/model.js';
import { concat, randomBytes, toUtf8 } from './bytes.js';
import { makeDecoyKey, randomDigits, randomText, type DecoyKind } from './decoy-key.js';
import { generatePassword, randomWords } from './generate.js';

/** What a decoy is to look like. */
export interface DecoyOptions {
  readonly type: ItemType;
  /** Whose keys an `api-key` has; `generic` if absent. Other types don't look at it. */
  readonly like?: DecoyKind | undefined;
  /** In unix ms: a card is still valid then. */
  readonly now: number;
}

/**
 * The fields of a new decoy of that type: standard ones first, each of the kind that it has by its name unless one is
 * said. Two of them never have a secret in common.
 */
export async function makeDecoy({ type, like = 'generic', now }: DecoyOptions): Promise<readonly FieldInput[]> {
  switch (type) {
    case 'login':
      return named({ username: userName(), password: await humanPassword() });
    case 'note':
      return named({ text: recoveryNote() });
    case 'card':
      return card(now);
    case 'identity':
      return identity(now);
    case 'ssh-key':
      return sshKey();
    case 'wifi':
      return named({ ssid: await networkName(), password: await humanPassword(), security: 'WPA2' });
    case 'api-key':
      return named({ ...makeDecoyKey(like) });
    case 'database':
      return database();
    case 'custom':
      return [...named({ username: userName() }), { name: 'token', kind: 'secret', value: randomText(40, HEX) }];
  }
}

function named(values: Readonly<Record<string, string>>): readonly FieldInput[] {
  return Object.entries(values).map(([name, value]) => ({ name, value }));
}

const HEX = '0123456789abcdef';

const FIRST = 'Anna Ben Carla David Elena Felix Grace Hugo Ines Jonas Laura Marco Nina Oscar Paula Simon Tara Victor';
const LAST = 'Adler Brooks Castro Dietrich Evans Fischer Grant Hayes Iversen Keller Lindqvist Marsh Novak Porter Reyes';
const STREETS = 'Maple Cedar Lincoln Park Walnut Franklin Highland Ridge Willow Jefferson Chestnut Lakeview';
const CITIES = [
  'Springfield, IL 62704',
  'Madison, WI 53703',
  'Portland, OR 97205',
  'Richmond, VA 23220',
  'Columbus, OH 43215',
  'Tucson, AZ 85701',
];

function pick<T>(list: readonly T[]): T {
  const one = list[randomInt(list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

function pickWord(list: string): string {
  return pick(list.split(' '));
}

interface Person {
  readonly first: string;
  readonly last: string;
}

function person(): Person {
  return { first: pickWord(FIRST), last: pickWord(LAST) };
}

function userName({ first, last }: Person = person()): string {
  const dotted = `${first}.${last}`.toLowerCase();
  return pick([dotted, `${first.charAt(0)}${last}`.toLowerCase(), `${dotted}${randomDigits(2)}`]);
}

/** What a person thinks of, or lets a program think of. */
async function humanPassword(): Promise<string> {
  if (randomInt(2) === 0) return generatePassword({ length: 14 + randomInt(7), symbols: false });
  const words = await randomWords(3);
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}${randomDigits(2)}!`;
}

async function networkName(): Promise<string> {
  const [word = ''] = await randomWords(1);
  return pick([`${word}-5G`, `Office-${word}`, `FRITZ!Box 7590 ${randomText(2, 'ABCDEFGHKLMNPRSTVWXYZ')}`]);
}

function recoveryNote(): string {
  const codes = Array.from({ length: 8 }, () => `${randomText(5, HEX)}-${randomText(5, HEX)}`);
  return `Recovery codes, each works once:\n\n${codes.join('\n')}\n`;
}

/** Test cards: payment providers decline numbers of this range, and no bank issues them (Stripe docs, "Testing"). */
const TEST_RANGE = '400000';

function card(now: number): readonly FieldInput[] {
  const { first, last } = person();
  const body = TEST_RANGE + randomText(9, '0123456789');
  return named({
    cardholder: `${first} ${last}`,
    number: body + luhnDigit(body),
    expiry: expiryAfter(now, 13 + randomInt(36)),
    cvv: randomText(3, '0123456789'),
    pin: randomText(4, '0123456789'),
  });
}

/** The check digit that goes after `digits` (ISO/IEC 7812-1, annex B). */
function luhnDigit(digits: string): string {
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, place) => {
      const value = Number(digit) * (place % 2 === 0 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return String((10 - (sum % 10)) % 10);
}

/** `MM/YY`, that many months from now. */
function expiryAfter(now: number, months: number): string {
  const date = new Date(now);
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  return `${date.toISOString().slice(5, 7)}/${date.toISOString().slice(2, 4)}`;
}

const DAY_MS = 86_400_000;
const YEAR_MS = 365.25 * DAY_MS;

/**
 * Phone: 555-0100 to 555-0199 are kept for fiction (NANPA, "555 line numbers"). E-mail: `.internal` is never delegated
 * (ICANN, 2024). Social security number: none begins with 9, and taxpayer numbers, which do, have no 01 to 49 in the
 * middle (SSA, "Randomization"; IRS, "ITIN").
 */
function identity(now: number): readonly FieldInput[] {
  const { first, last } = person();
  const born = new Date(now - (24 + randomInt(40)) * YEAR_MS - randomInt(365) * DAY_MS);
  return named({
    full_name: `${first} ${last}`,
    email: `${userName({ first, last })}@corp.internal`,
    phone: `+1 ${pick(['217', '312', '503', '614', '804'])}-555-01${randomText(2, '0123456789')}`,
    address: `${String(12 + randomInt(980))} ${pickWord(STREETS)} ${pick(['Street', 'Avenue', 'Drive'])}, ${pick(CITIES)}`,
    birth_date: born.toISOString().slice(0, 10),
    ssn: `9${randomText(2, '0123456789')}-${String(1 + randomInt(49)).padStart(2, '0')}-${randomDigits(4)}`,
    passport: randomText(1, 'ACEG') + randomDigits(8),
  });
}

function database(): readonly FieldInput[] {
  const [name, port] = pick([
    ['postgres', '5432'],
    ['mysql', '3306'],
  ] as const);
  return named({
    host: `${name}-${pick(['main', 'prod', 'primary'])}-${String(1 + randomInt(4))}.internal`,
    port,
    database: pick(['app', 'billing', 'orders', 'customers', 'warehouse']),
    username: pick(['app_rw', 'svc_backend', 'admin', 'reporting']),
    password: generatePassword({ length: 28, symbols: false }),
  });
}

/** A real key that opens nothing: in OpenSSH's own format (PROTOCOL.key), without a passphrase. */
function sshKey(): readonly FieldInput[] {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const seed = Buffer.from(d, 'base64url');
  const point = Buffer.from(x, 'base64url');
  const comment = `${userName()}@${pick(['build', 'deploy', 'laptop', 'bastion'])}-${String(1 + randomInt(9))}`;
  const blob = concat(sshText(ED25519), sshText(point));
  return named({
    private_key: armor(privateKeyFile({ blob, seed, point, comment })),
    public_key: `${ED25519} ${Buffer.from(blob).toString('base64')} ${comment}`,
  });
}

const ED25519 = 'ssh-ed25519';

interface KeyParts {
  readonly blob: Uint8Array;
  readonly seed: Uint8Array;
  readonly point: Uint8Array;
  readonly comment: string;
}

/** PROTOCOL.key, sections 1, 3 and 5: cipher and KDF `none`, a block size of 8. */
function privateKeyFile({ blob, seed, point, comment }: KeyParts): Uint8Array {
  const check = randomBytes(4);
  const secret = sshText(concat(seed, point));
  const list = concat(check, check, sshText(ED25519), sshText(point), secret, sshText(comment));
  const padding = Uint8Array.from({ length: (8 - (list.length % 8)) % 8 }, (_, i) => i + 1);
  const head = [toUtf8('openssh-key-v1\0'), sshText('none'), sshText('none'), sshText(''), uint32(1)];
  return concat(...head, sshText(blob), sshText(concat(list, padding)));
}

/** A `string` of RFC 4251, section 5: its length, then its bytes. */
function sshText(content: string | Uint8Array): Uint8Array {
  const bytes = typeof content === 'string' ? toUtf8(content) : content;
  return concat(uint32(bytes.length), bytes);
}

function uint32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** In lines of 70 characters, as ssh-keygen writes them. */
function armor(bytes: Uint8Array): string {
  const label = ['OPENSSH', 'PRIVATE', 'KEY'].join(' ');
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,70}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
