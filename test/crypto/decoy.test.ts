import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeContent } from '../../src/core/item-content.js';
import { standardFields } from '../../src/core/item-type.js';
import { ITEM_TYPES, type ItemType } from '../../src/core/model.js';
import { checkDecoyKind, DECOY_KINDS, decoyLike, makeDecoyKey, type DecoyKind } from '../../src/crypto/decoy-key.js';
import { makeDecoy } from '../../src/crypto/decoy.js';
import { refused, told } from '../core/refused.js';

const NOW = Date.UTC(2026, 10, 30, 12);
const ROUNDS = 50;

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** CRC-32 (ISO 3309), bit by bit. */
function crc(text: string): number {
  let rest = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return (rest ^ 0xffffffff) >>> 0;
}

/** Whether the last six characters are the checksum of the thirty before them. */
function isChecked(token: string): boolean {
  const [, body = '', check = ''] = /^(?:ghp|npm)_([0-9A-Za-z]{30})([0-9A-Za-z]{6})$/.exec(token) ?? [];
  return Array.from(check).reduce((sum, letter) => sum * 62 + BASE62.indexOf(letter), 0) === crc(body);
}

/** The account of an access key id: 48 bits after the prefix, without the first and the last seven. */
function accountOf(id: string): string {
  const bits = Array.from(id.slice(4), (letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter))
    .map((value) => value.toString(2).padStart(5, '0'))
    .join('');
  const number = (BigInt(`0b${bits.slice(0, 48)}`) & 0x7fffffffff80n) >> 7n;
  return String(number).padStart(12, '0');
}

const FORMS: Readonly<Record<DecoyKind, RegExp>> = {
  github: /^ghp_[0-9A-Za-z]{36}$/,
  npm: /^npm_[0-9A-Za-z]{36}$/,
  gitlab: /^glpat-[0-9A-Za-z_-]{20}$/,
  aws: /^AKIA[Q-Z2-7][A-Z2-7]{15}$/,
  stripe: /^sk_live_51[0-9A-Za-z]{97}$/,
  slack: /^xoxb-[1-9][0-9]{11}-[1-9][0-9]{12}-[0-9A-Za-z]{24}$/,
  openai: /^sk-proj-[\w-]{74}T3Blbk(?:FJ)[\w-]{74}$/,
  google: /^AIza[\w-]{35}$/,
  sendgrid: /^SG\.[\w-]{22}\.[\w-]{43}$/,
  generic: /^[0-9A-Za-z]{40}$/,
};

describe('a false key', () => {
  it.each(DECOY_KINDS)('of %s has the form of a real one, and is new each time', (kind) => {
    const keys = Array.from({ length: ROUNDS }, () => makeDecoyKey(kind).key);
    for (const key of keys) expect(key).toMatch(FORMS[kind]);
    expect(new Set(keys).size).toBe(ROUNDS);
  });

  it('of GitHub and npm has the right checksum', () => {
    // A published and revoked one shows that the test counts as GitHub does.
    expect(isChecked(['ghp', 'zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17'].join('_'))).toBe(true);
    expect(isChecked(['ghp', 'zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18'].join('_'))).toBe(false);
    for (let i = 0; i < ROUNDS; i += 1) {
      expect(isChecked(makeDecoyKey('github').key)).toBe(true);
      expect(isChecked(makeDecoyKey('npm').key)).toBe(true);
    }
  });

  it('of AWS names an account of twelve digits, and has a secret', () => {
    // Published with its account; of the account that the blog post decodes.
    expect(accountOf(['ASIA', 'Y34FZKBOKMUTVV7A'].join(''))).toBe('609629065308');
    const accounts = Array.from({ length: ROUNDS }, () => {
      const { key, secret } = makeDecoyKey('aws');
      expect(secret).toMatch(/^[0-9A-Za-z/+]{40}$/);
      return accountOf(key);
    });
    for (const account of accounts) expect(account).toMatch(/^[1-9][0-9]{11}$/);
    expect(new Set(accounts).size).toBe(ROUNDS);
  });

  it('of GitLab has none of the letters that GitLab leaves out', () => {
    for (let i = 0; i < ROUNDS; i += 1) expect(makeDecoyKey('gitlab').key.slice(6)).not.toMatch(/[lIO0]/);
  });

  it('stands nowhere in the sources as a whole', () => {
    const sources = ['decoy.ts', 'decoy-key.ts'].map((name) =>
      readFileSync(new URL(`../../src/crypto/${name}`, import.meta.url), 'utf8'),
    );
    const scanner = new RegExp(
      [...Object.values(FORMS).map(({ source }) => source.slice(1, -1)), 'BEGIN [A-Z ]*PRIVATE KEY'].join('|'),
    );
    expect(sources.join('\n')).not.toMatch(scanner);
    expect(`-----BEGIN OPENSSH PRIVATE KEY-----`).toMatch(scanner);
    expect(makeDecoyKey('slack').key).toMatch(scanner);
  });
});

const decoy = async (type: ItemType, like?: DecoyKind): Promise<Record<string, string>> =>
  Object.fromEntries((await makeDecoy({ type, like, now: NOW })).map(({ name, value }) => [name, value]));

describe('a decoy', () => {
  it.each(ITEM_TYPES)(
    'of type %s is an item as it can be stored, with the fields that such items have',
    async (type) => {
      const fields = await makeDecoy({ type, now: NOW });
      const content = makeContent({ type, title: 'Production', fields });
      expect(content.fields.length).toBe(fields.length);
      const left = { login: ['totp'], 'ssh-key': ['passphrase'], 'api-key': ['secret', 'endpoint'] };
      const names = standardFields(type).map(({ name }) => name);
      const optional = new Map<string, readonly string[]>(Object.entries(left)).get(type) ?? [];
      for (const name of names.filter((one) => !optional.includes(one)))
        expect(fields.map((field) => field.name)).toContain(name);
      expect(content.fields.some(({ kind }) => kind === 'secret' || kind === 'note')).toBe(true);
    },
  );

  it.each(ITEM_TYPES)('of type %s is never the same', async (type) => {
    const many = await Promise.all(Array.from({ length: ROUNDS }, () => makeDecoy({ type, now: NOW })));
    expect(new Set(many.map((fields) => JSON.stringify(fields))).size).toBe(ROUNDS);
  });

  it('of an API key is like the service that is asked for', async () => {
    const aws = await decoy('api-key', 'aws');
    expect(aws['key']).toMatch(FORMS.aws);
    expect(aws['secret']).toHaveLength(40);
    expect(await decoy('api-key', 'github')).toMatchObject({ endpoint: 'https://api.github.com' });
    expect((await decoy('api-key'))['key']).toMatch(FORMS.generic);
  });

  it('of a card has a test number that is well-formed, and is not expired', async () => {
    for (let i = 0; i < ROUNDS; i += 1) {
      const { number = '', expiry = '', cvv, pin } = await decoy('card');
      expect(number).toMatch(/^400000[0-9]{10}$/);
      const digits = Array.from(number, Number).reverse();
      const sum = digits.reduce((all, digit, at) => all + (at % 2 ? [0, 2, 4, 6, 8, 1, 3, 5, 7, 9][digit]! : digit), 0);
      expect(sum % 10).toBe(0);
      const [month = '', year = ''] = expiry.split('/');
      expect(expiry).toMatch(/^(?:0[1-9]|1[0-2])\/[0-9]{2}$/);
      const months = (2000 + Number(year) - 2026) * 12 + Number(month) - 11;
      expect(months).toBeGreaterThanOrEqual(13);
      expect(months).toBeLessThanOrEqual(48);
      expect(cvv).toMatch(/^[0-9]{3}$/);
      expect(pin).toMatch(/^[0-9]{4}$/);
    }
  });

  it('of a person has nothing that someone else could have', async () => {
    for (let i = 0; i < ROUNDS; i += 1) {
      const person = await decoy('identity');
      expect(person['email']).toMatch(/^[a-z]+(?:\.[a-z]+)?[0-9]*@corp\.internal$/);
      expect(person['phone']).toMatch(/^\+1 [2-9][0-9]{2}-555-01[0-9]{2}$/);
      expect(person['ssn']).toMatch(/^9[0-9]{2}-(?:0[1-9]|[1-4][0-9])-[1-9][0-9]{3}$/);
      const age = (NOW - Date.parse(person['birth_date']!)) / (365.25 * 86_400_000);
      expect(age).toBeGreaterThanOrEqual(23.9);
      expect(age).toBeLessThan(66);
    }
  });

  it.skipIf(spawnSync('ssh-keygen', ['-?']).error !== undefined)(
    'of an SSH key is read by ssh-keygen, which finds the same public key (skipped where ssh-keygen is not installed)',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'vouchsafe-decoy-'));
      try {
        for (let i = 0; i < 10; i += 1) {
          const { private_key: privateKey = '', public_key: publicKey = '' } = await decoy('ssh-key');
          writeFileSync(join(folder, String(i)), privateKey, { mode: 0o600 });
          const read = execFileSync('ssh-keygen', ['-y', '-f', join(folder, String(i))], { encoding: 'utf8' });
          expect(read.trim()).toBe(publicKey);
        }
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});

describe('what a decoy is like', () => {
  it.each<[string, readonly string[], DecoyKind]>([
    ['Deploy key', ['https://gitlab.com/acme'], 'gitlab'],
    ['GitHub', ['https://example.com', 'https://dashboard.stripe.com'], 'stripe'],
    ['Console', ['https://eu-west-1.console.aws.amazon.com/x'], 'aws'],
    ['Bucket', ['s3.eu-central-1.amazonaws.com'], 'aws'],
    ['Shop', ['https://www.amazon.com'], 'generic'],
    ['Git-Hub token for npm', [], 'github'],
    ['npm publish', [], 'npm'],
    ['AWS root', [], 'aws'],
    ['openai (batch)', [], 'openai'],
    ['Sendgrid mails', [], 'sendgrid'],
    ['GCP maps', [], 'google'],
    ['slack bot', [], 'slack'],
    ['Stripeless laws', ['https://notgithub.com', 'https://github.com.evil.example', ''], 'generic'],
    ['Production', ['https://constructor', '__proto__'], 'generic'],
  ])('is found out of %s and %j', (title, urls, kind) => {
    expect(decoyLike(title, urls)).toBe(kind);
  });

  it('can be said by its name, in any case', () => {
    expect(checkDecoyKind(' GitHub')).toBe('github');
    expect(told(refused('invalid_request', () => checkDecoyKind('canary')))).not.toContain('canary');
  });
});
