import { describe, expect, it } from 'vitest';
import { makeContent } from '../../src/core/item-content.js';
import { isUrlName, itemTemplate, kindOf, mainSecret, standardFields } from '../../src/core/item-type.js';
import { ITEM_TYPES, type ItemType } from '../../src/core/model.js';
import { isConcealed } from '../../src/core/item-content.js';

/** The table of `cli.md`: s = secret, t = totp; other kinds in full. */
const TABLE: Readonly<Record<ItemType, string>> = {
  login: 'username, password s, totp t',
  note: 'text note',
  card: 'cardholder, number s, expiry date, cvv s, pin s',
  identity: 'full_name, email email, phone, address, birth_date date, ssn s, passport s',
  'ssh-key': 'private_key s, public_key, passphrase s',
  wifi: 'ssid, password s, security',
  'api-key': 'key s, secret s, endpoint url',
  database: 'host, port, database, username, password s',
  custom: '',
};
const SHORT: Readonly<Record<string, string>> = { secret: ' s', totp: ' t', text: '' };

describe('item types', () => {
  it.each(ITEM_TYPES)('%s has the fields of the contract', (type) => {
    const printed = standardFields(type).map(({ name, kind }) => `${name}${SHORT[kind] ?? ` ${kind}`}`);
    expect(printed.join(', ')).toBe(TABLE[type]);
  });

  it.each(ITEM_TYPES)('an empty template of %s makes an item without fields', (type) => {
    const { urls, tags, fields } = itemTemplate(type);
    expect(fields.map(({ name }) => name)).toEqual(standardFields(type).map(({ name }) => name));
    expect(makeContent({ type, title: 'x', urls, tags, fields })).toEqual({ type, title: 'x', tags: [], fields: [] });
  });

  it('finds the kind of a name', () => {
    expect(kindOf('login', 'PassWord')).toBe('secret');
    expect(kindOf('login', 'number')).toBe('text');
    expect(kindOf('card', 'number')).toBe('secret');
    expect(kindOf('custom', 'url-2')).toBe('url');
    expect(kindOf('custom', '__proto__')).toBe('text');
    expect(kindOf('custom', 'constructor')).toBe('text');
  });

  it.each([
    ['url', true],
    ['URL-12', true],
    ['url-', false],
    ['url2', false],
    ['curl', false],
  ])('%s names a URL: %s', (name, expected) => {
    expect(isUrlName(name)).toBe(expected);
  });

  it('generates secrets alone', () => {
    for (const type of ITEM_TYPES) {
      const name = mainSecret(type);
      if (name !== undefined) expect(isConcealed(kindOf(type, name))).toBe(true);
    }
    expect(mainSecret('login')).toBe('password');
    expect(mainSecret('custom')).toBeUndefined();
  });
});
