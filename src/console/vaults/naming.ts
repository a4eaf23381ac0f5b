/** How types and fields of items are called on pages. */
import { fieldPath } from '../../core/item-field.js';
import { standardField } from '../../core/item-type.js';
import type { FieldKind, FieldName, ItemType } from '../../core/model.js';

/** A type of item as a title, and in a few words what it is for. */
export const TYPES: Readonly<Record<ItemType, readonly [title: string, what: string]>> = {
  login: ['Login', 'A user name and a password for a site, with one-time codes'],
  note: ['Note', 'A text that stays concealed'],
  card: ['Card', 'A payment card'],
  identity: ['Identity', 'Who somebody is: name, address, papers'],
  'ssh-key': ['SSH key', 'A private key and its passphrase'],
  wifi: ['Wi-Fi', 'A network and its password'],
  'api-key': ['API key', 'A key, a secret and the endpoint they are for'],
  database: ['Database', 'Host, port, user name and password'],
  custom: ['Custom', 'Fields of your own and nothing else'],
};

/** A kind of field as a title. */
export const KINDS: Readonly<Record<FieldKind, string>> = {
  text: 'Text',
  secret: 'Secret',
  totp: 'One-time code',
  url: 'Address (URL)',
  email: 'E-mail',
  date: 'Date',
  note: 'Concealed note',
};

const STANDARD_TITLES: Readonly<Record<string, string>> = {
  username: 'User name',
  totp: 'One-time code',
  expiry: 'Expires',
  cvv: 'CVV',
  pin: 'PIN',
  number: 'Card number',
  full_name: 'Full name',
  email: 'E-mail',
  birth_date: 'Date of birth',
  ssn: 'Social security number',
  passport: 'Passport number',
  private_key: 'Private key',
  public_key: 'Public key',
  ssid: 'Network name (SSID)',
};

/** What a field is called: a standard field of the type in words, any other as its owner called it. */
export function fieldTitle(type: ItemType, field: Pick<FieldName, 'section' | 'name'>): string {
  const site = field.section === undefined ? /^url(?:-([0-9]+))?$/.exec(field.name) : null;
  if (site !== null) return site[1] === undefined ? 'Site' : `Site ${site[1]}`;
  const standard = field.section === undefined ? standardField(type, field.name) : undefined;
  if (standard === undefined) return fieldPath(field);
  return STANDARD_TITLES[standard.name] ?? `${standard.name.charAt(0).toUpperCase()}${standard.name.slice(1)}`;
}
