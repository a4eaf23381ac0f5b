/** What each type of item consists of. The table stands in `cli.md`; a test compares the two. */
import { foldName } from './text.js';
import type { FieldKind, ItemType } from './model.js';

/** A field that items of a type usually have. */
export interface StandardField {
  readonly name: string;
  readonly kind: FieldKind;
}

const text = (name: string): StandardField => ({ name, kind: 'text' });
const secret = (name: string): StandardField => ({ name, kind: 'secret' });

const STANDARD_FIELDS: Readonly<Record<ItemType, readonly StandardField[]>> = {
  login: [text('username'), secret('password'), { name: 'totp', kind: 'totp' }],
  note: [{ name: 'text', kind: 'note' }],
  card: [text('cardholder'), secret('number'), { name: 'expiry', kind: 'date' }, secret('cvv'), secret('pin')],
  identity: [
    text('full_name'),
    { name: 'email', kind: 'email' },
    text('phone'),
    text('address'),
    { name: 'birth_date', kind: 'date' },
    secret('ssn'),
    secret('passport'),
  ],
  'ssh-key': [secret('private_key'), text('public_key'), secret('passphrase')],
  wifi: [text('ssid'), secret('password'), text('security')],
  'api-key': [secret('key'), secret('secret'), { name: 'endpoint', kind: 'url' }],
  database: [text('host'), text('port'), text('database'), text('username'), secret('password')],
  custom: [],
};

const MAIN_SECRET: Readonly<Partial<Record<ItemType, string>>> = {
  login: 'password',
  'ssh-key': 'passphrase',
  wifi: 'password',
  'api-key': 'key',
  database: 'password',
};

/** The standard fields of a type, in the order in which they are asked for and shown. */
export function standardFields(type: ItemType): readonly StandardField[] {
  return STANDARD_FIELDS[type];
}

/** The standard field of that name, without regard to case. */
export function standardField(type: ItemType, name: string): StandardField | undefined {
  const folded = foldName(name);
  return STANDARD_FIELDS[type].find((field) => field.name === folded);
}

/**
 * The kind that a field of this name has unless another is said: that of the type's standard field; `url` for the names
 * under which an item's URLs are kept (`url`, `url-2`…); else `text`.
 */
export function kindOf(type: ItemType, name: string): FieldKind {
  const standard = standardField(type, name);
  if (standard !== undefined) return standard.kind;
  return isUrlName(name) ? 'url' : 'text';
}

/** Whether the name is one of those that `urls` are kept under: `url`, `url-2`, `url-3`… */
export function isUrlName(name: string): boolean {
  return /^url(?:-[0-9]{1,3})?$/.test(foldName(name));
}

/** The field that is filled when a secret is generated and none is named; undefined where there is no such one. */
export function mainSecret(type: ItemType): string | undefined {
  return MAIN_SECRET[type];
}

/** The form that `item template TYPE` prints and `--from-template` reads. */
export interface ItemTemplate {
  readonly title: string;
  readonly urls: readonly string[];
  readonly tags: readonly string[];
  readonly fields: readonly { readonly name: string; readonly kind: FieldKind; readonly value: string }[];
}

/** An empty item of that type; read back as it is it has no field at all. */
export function itemTemplate(type: ItemType): ItemTemplate {
  const fields = standardFields(type).map(({ name, kind }) => ({ name, kind, value: '' }));
  return { title: '', urls: [], tags: [], fields };
}
