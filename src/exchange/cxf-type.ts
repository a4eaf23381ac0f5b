/**
 * The credential types of the Credential Exchange Format (FIDO Alliance, CXF 1.0, Proposed Standard of 2025-08-14,
 * section 3.3, https://fidoalliance.org/specs/cx/cxf-v1.0-ps-20250814.html), beside our fields: one table for both ways.
 * What has a form of its own (totp, ssh-key, note, custom-fields) is not in it.
 */
import type { FieldKind, ItemType } from '../core/model.js';

/** The types of an editable field (CXF 1.0, section 2.4.1) that are used here. */
export type CxfFieldType =
  | 'string'
  | 'concealed-string'
  | 'email'
  | 'boolean'
  | 'date'
  | 'year-month'
  | 'wifi-network-security-type'
  | 'subdivision-code'
  | 'country-code';

/** A member of a credential that is an editable field, and the field of ours that it is. */
export interface CxfMember {
  readonly member: string;
  readonly fieldType: CxfFieldType;
  readonly name: string;
  readonly kind: FieldKind;
}

const KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['concealed-string', 'secret'],
  ['email', 'email'],
  ['date', 'date'],
  ['year-month', 'date'],
]);

/** The kind of our field that a type of theirs is; `text` for all that has none of its own. */
export function kindOfType(fieldType: string): FieldKind {
  return KINDS.get(fieldType) ?? 'text';
}

interface MemberOptions {
  readonly type?: CxfFieldType;
  readonly kind?: FieldKind;
}

function as(member: string, name: string, { type = 'string', kind = kindOfType(type) }: MemberOptions = {}): CxfMember {
  return { member, fieldType: type, name, kind };
}

const concealed: MemberOptions = { type: 'concealed-string' };
const date: MemberOptions = { type: 'date' };
const month: MemberOptions = { type: 'year-month' };
const secret: MemberOptions = { kind: 'secret' };
const country: MemberOptions = { type: 'country-code' };
const territory: MemberOptions = { type: 'subdivision-code' };

/** What identity-document and passport have in common. */
const PERSON: readonly CxfMember[] = [
  as('fullName', 'full_name'),
  as('birthDate', 'birth_date', date),
  as('nationality', 'nationality'),
  as('birthPlace', 'birth_place'),
  as('sex', 'sex'),
  as('issuingCountry', 'issuing_country', country),
  as('issueDate', 'issue_date', date),
  as('expiryDate', 'expiry_date', date),
  as('issuingAuthority', 'issuing_authority'),
];

const MEMBERS: Readonly<Record<string, readonly CxfMember[]>> = {
  'basic-auth': [as('username', 'username'), as('password', 'password', concealed)],
  'credit-card': [
    as('fullName', 'cardholder'),
    as('number', 'number', concealed),
    as('expiryDate', 'expiry', month),
    as('verificationNumber', 'cvv', concealed),
    as('pin', 'pin', concealed),
    as('cardType', 'card_type'),
    as('validFrom', 'valid_from', month),
  ],
  'identity-document': [
    ...PERSON,
    as('identificationNumber', 'ssn', secret),
    as('documentNumber', 'document_number', secret),
  ],
  passport: [
    as('passportNumber', 'passport', secret),
    as('passportType', 'passport_type'),
    as('nationalIdentificationNumber', 'national_id', secret),
    ...PERSON,
  ],
  'drivers-license': [
    as('fullName', 'full_name'),
    as('birthDate', 'birth_date', date),
    as('licenseNumber', 'license_number', secret),
    as('licenseClass', 'license_class'),
    as('issueDate', 'issue_date', date),
    as('expiryDate', 'expiry_date', date),
    as('issuingAuthority', 'issuing_authority'),
    as('territory', 'territory', territory),
    as('country', 'country', country),
  ],
  address: [
    as('streetAddress', 'address'),
    as('tel', 'phone'),
    as('postalCode', 'postal_code'),
    as('city', 'city'),
    as('territory', 'territory', territory),
    as('country', 'country', country),
  ],
  'person-name': [
    as('title', 'name_prefix'),
    as('given', 'given_name'),
    as('given2', 'middle_name'),
    as('givenInformal', 'nickname'),
    as('surnamePrefix', 'surname_prefix'),
    as('surname', 'surname'),
    as('surname2', 'second_surname'),
    as('generation', 'name_suffix'),
    as('credentials', 'credentials'),
  ],
  wifi: [
    as('ssid', 'ssid'),
    as('passphrase', 'password', concealed),
    as('networkSecurityType', 'security', { type: 'wifi-network-security-type' }),
    as('hidden', 'hidden', { type: 'boolean' }),
  ],
  'api-key': [
    as('key', 'key', concealed),
    as('url', 'endpoint', { kind: 'url' }),
    as('username', 'username'),
    as('keyType', 'key_type'),
    as('validFrom', 'valid_from', date),
    as('expiryDate', 'expiry_date', date),
  ],
};

/** The members of each credential type, in order. */
export const CREDENTIALS: ReadonlyMap<string, readonly CxfMember[]> = new Map(Object.entries(MEMBERS));

/** The credential types that an item of ours is written as, before what goes into custom fields. */
export const CREDENTIALS_OF: Readonly<Record<ItemType, readonly string[]>> = {
  login: ['basic-auth'],
  database: ['basic-auth'],
  custom: ['basic-auth'],
  note: [],
  card: ['credit-card'],
  identity: ['identity-document', 'passport', 'address'],
  'ssh-key': [],
  wifi: ['wifi'],
  'api-key': ['api-key'],
};

const TYPES: readonly (readonly [credential: string, type: ItemType])[] = [
  ['basic-auth', 'login'],
  ['passkey', 'login'],
  ['credit-card', 'card'],
  ['ssh-key', 'ssh-key'],
  ['wifi', 'wifi'],
  ['api-key', 'api-key'],
  ['totp', 'login'],
  ['generated-password', 'login'],
  ['identity-document', 'identity'],
  ['passport', 'identity'],
  ['drivers-license', 'identity'],
  ['person-name', 'identity'],
  ['address', 'identity'],
  ['note', 'note'],
];

/** The type of an item of another program, by what it holds; the first that fits, and `custom` for none. */
export function typeOfCredentials(credentials: readonly string[]): ItemType {
  return TYPES.find(([credential]) => credentials.includes(credential))?.[1] ?? 'custom';
}
