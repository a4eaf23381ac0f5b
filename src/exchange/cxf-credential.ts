/** The credentials of an item in CXF (section 3.3), as fields of ours. What is not known is kept by the name it has. */
import { fieldKey } from '../core/item-field.js';
import type { Field, ItemType } from '../core/model.js';
import { CREDENTIALS, kindOfType } from './cxf-type.js';
import { totpFrom, totpText } from './cxf-value.js';
import { spokenName } from './item-draft.js';
import { asList, asNumber, asObject, asText, type JsonObject } from './json.js';
import { printSshKey, readSshKey } from './ssh-key.js';

/** Ten times what an item may have; the import says so of more than that. */
const MAX_FIELDS = 1000;
const TOO_MANY = `all fields after the first ${String(MAX_FIELDS)}`;

/** The fields of an item while its credentials are read. No two of them have one path. */
export class CxfFields {
  readonly type: ItemType;
  readonly #fields = new Map<string, Field>();
  /** The last number that fields of one path were told apart by. */
  readonly #numbers = new Map<string, number>();
  readonly urls: string[] = [];
  /** What is not taken, in words. */
  readonly lost: string[] = [];

  constructor(type: ItemType) {
    this.type = type;
  }

  get all(): readonly Field[] {
    return [...this.#fields.values()];
  }

  /** Takes in all that the credential says. */
  add(credential: JsonObject): void {
    const type = asText(credential['type']);
    const special = SPECIAL.get(type);
    if (special !== undefined) special(this, credential);
    else this.#addMembers(type, credential);
    for (const url of asList(credential['urls'])) this.urls.push(asText(url));
  }

  /** As {@link place}, unless the field is empty. */
  put(field: Field, otherwise: string): void {
    if (field.value !== '') this.place(field, otherwise);
  }

  /**
   * Places a field. One that says what another of its path says is left out; one whose path is taken goes into the
   * section of that name, or else under a number.
   */
  place(field: Field, otherwise: string): void {
    if (this.#fields.size >= MAX_FIELDS) {
      if (!this.lost.includes(TOO_MANY)) this.lost.push(TOO_MANY);
      return;
    }
    const taken = this.#fields.get(fieldKey(field));
    if (taken?.value === field.value) return;
    const placed = taken !== undefined && field.section === undefined ? { ...field, section: otherwise } : field;
    const free = this.#free(placed);
    this.#fields.set(fieldKey(free), free);
  }

  #free(field: Field): Field {
    const key = fieldKey(field);
    let free = field;
    for (let number = this.#numbers.get(key) ?? 1; this.#fields.has(fieldKey(free));) {
      number += 1;
      this.#numbers.set(key, number);
      free = { ...field, name: `${field.name} ${String(number)}` };
    }
    return free;
  }

  putNote(text: string): void {
    this.put({ name: this.type === 'note' ? 'text' : 'note', kind: 'note', value: text }, 'note');
  }

  #addMembers(type: string, credential: JsonObject): void {
    const known = CREDENTIALS.get(type);
    for (const { member, name, kind } of known ?? []) {
      this.put({ name, kind, value: valueOf(credential[member]) }, spokenName(type.replaceAll('-', ' ')));
    }
    const members = (known ?? []).map(({ member }) => member);
    this.putRest(type, without(credential, members));
  }

  /** Members that are not known, as fields: concealed, unless they say that they are not. Other objects are lost. */
  putRest(type: string, rest: JsonObject): void {
    const section = CREDENTIALS.has(type) || SPECIAL.has(type) ? undefined : type;
    for (const [member, value] of Object.entries(rest)) {
      const fieldType = asText(asObject(value)?.['fieldType']);
      const kind = fieldType === '' ? 'secret' : kindOfType(fieldType);
      const text = valueOf(value);
      const name = spokenName(member);
      if (text !== '') this.put({ ...(section === undefined ? {} : { section }), name, kind, value: text }, type);
      else if (!isEmpty(value)) this.lost.push(`the part ${member} of a credential (${type})`);
    }
  }
}

/** Members that say nothing about the item, or are read elsewhere. */
const PASSED = ['type', 'id', 'extensions', 'urls'];

function without(credential: JsonObject, members: readonly string[]): JsonObject {
  return Object.fromEntries(
    Object.entries(credential).filter(([member]) => !PASSED.includes(member) && !members.includes(member)),
  );
}

/** The text of an editable field, or of a bare value, as older drafts and some types have it. */
function valueOf(member: unknown): string {
  return asText(asObject(member)?.['value'] ?? member);
}

/** Whether there is nothing to lose: no value, an empty list or object, or an editable field without a value. */
function isEmpty(value: unknown): boolean {
  const told: unknown = asObject(value)?.['value'] ?? value;
  if (typeof told === 'object' && told !== null) return Object.keys(told).length === 0;
  return told === undefined || told === null || told === '';
}

type Take = (fields: CxfFields, credential: JsonObject) => void;

/** The types that are more than members in a row. */
const TAKES: Readonly<Record<string, Take>> = {
  totp: takeTotp,
  'ssh-key': takeSshKey,
  'custom-fields': takeCustom,
  'person-name': takeName,
  note: (fields, { content }) => fields.putNote(valueOf(content)),
  'generated-password': (fields, { password }) =>
    fields.put({ name: 'password', kind: 'secret', value: valueOf(password) }, 'generated password'),
  passkey: (fields, { rpId }) => void fields.lost.push(named('a passkey', asText(rpId))),
  file: (fields, { name, decryptedSize }) => {
    const size = asNumber(decryptedSize);
    const facts = [asText(name), ...(size === undefined ? [] : [`${String(size)} bytes`])];
    fields.lost.push(named('an attachment', facts.filter((fact) => fact !== '').join(', ')));
  },
  'item-reference': (fields) => void fields.lost.push('a reference to another item'),
};
const SPECIAL: ReadonlyMap<string, Take> = new Map(Object.entries(TAKES));

function named(what: string, facts: string): string {
  return facts === '' ? what : `${what} (${facts})`;
}

function takeTotp(fields: CxfFields, credential: JsonObject): void {
  const totp = totpFrom({
    secret: asText(credential['secret']),
    period: asText(credential['period'] ?? 30),
    digits: asText(credential['digits'] ?? 6),
    algorithm: asText(credential['algorithm'] ?? 'sha1'),
    username: asText(credential['username']),
    issuer: asText(credential['issuer']),
  });
  if (totp === undefined) fields.lost.push('a one-time code of a form that is not known');
  else fields.put({ name: 'totp', kind: 'totp', value: totpText(totp) }, 'one-time code');
}

function takeSshKey(fields: CxfFields, credential: JsonObject): void {
  const { privateKey, keyType, keyComment } = credential;
  const encoded = valueOf(privateKey);
  const isBytes = /^[A-Za-z0-9_-]+={0,2}$/.test(encoded);
  const value = isBytes ? printSshKey(Buffer.from(encoded, 'base64url')) : encoded;
  fields.put({ name: 'private_key', kind: 'secret', value }, 'ssh key');
  // a key that is understood says its type itself
  if (readSshKey(value)?.type !== valueOf(keyType)) {
    fields.put({ name: 'key_type', kind: 'text', value: valueOf(keyType) }, 'ssh key');
  }
  fields.put({ name: 'comment', kind: 'text', value: valueOf(keyComment) }, 'ssh key');
  fields.putRest('ssh-key', without(credential, ['privateKey', 'keyType', 'keyComment']));
}

function takeCustom(fields: CxfFields, credential: JsonObject): void {
  const section = asText(credential['label']);
  for (const entry of asList(credential['fields'])) {
    const { label, fieldType, value } = asObject(entry) ?? {};
    const name = asText(label) === '' ? 'field' : asText(label);
    const field = { name, kind: kindOfType(asText(fieldType)), value: asText(value) };
    fields.place(section === '' ? field : { section, ...field }, 'custom fields');
  }
}

/** The parts of a name in a section of their own, and the whole of it as an identity has it here. */
function takeName(fields: CxfFields, credential: JsonObject): void {
  const members = CREDENTIALS.get('person-name') ?? [];
  const parts = ['given', 'given2', 'surnamePrefix', 'surname', 'surname2'].map((part) => valueOf(credential[part]));
  const value = parts.filter((part) => part !== '').join(' ');
  fields.put({ name: 'full_name', kind: 'text', value }, 'name');
  for (const { member, name, kind } of members) {
    const text = valueOf(credential[member]);
    if (text !== '') fields.put({ section: 'name', name, kind, value: text }, 'name');
  }
  fields.putRest(
    'person-name',
    without(
      credential,
      members.map(({ member }) => member),
    ),
  );
}
