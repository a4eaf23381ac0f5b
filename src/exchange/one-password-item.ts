/**
 * One item of 1Password's export (https://support.1password.com/1pux-format/). What its categories call a field is kept
 * under its title there, in its section; fields that a type of item has here take their own names.
 */
import { standardField } from '../core/item-type.js';
import type { ItemType } from '../core/model.js';
import { ItemDraft, passwordHistory } from './item-draft.js';
import { asList, asNumber, asObject, asText, type JsonObject } from './json.js';
import { onePasswordValue, type OnePasswordValue } from './one-password-value.js';
import type { ParsedItem } from './parsed.js';

/** A file that an item has; its size is in bytes. */
export interface OnePasswordFile {
  readonly name: string;
  readonly size?: number | undefined;
}

/** An item and the files that it has, which are not taken. */
export interface OnePasswordItem {
  readonly item: ParsedItem;
  readonly files: readonly OnePasswordFile[];
}

/** Where an item stands. */
export interface OnePasswordPlace {
  readonly place: string;
  /** The name of its vault. */
  readonly vault: string;
}

/** The item that the object is. */
export function onePasswordItem(source: JsonObject, { place, vault }: OnePasswordPlace): OnePasswordItem {
  const form = FORMS.get(asText(source['categoryUuid'])) ?? { type: 'custom', fields: {} };
  const draft = new ItemDraft(form.type, place);
  const [overview, details] = [asObject(source['overview']) ?? {}, asObject(source['details']) ?? {}];
  draft.title = asText(overview['title']);
  draft.folder = vault === '' ? [] : [vault];
  addOverview(draft, overview);
  addLoginFields(draft, asList(details['loginFields']));
  draft.add('secret', 'password', asText(details['password']));
  const files = [...documents(source, details), ...addSections(draft, form, asList(details['sections']))];
  draft.addNote(asText(details['notesPlain']));
  draft.markFavorite((asNumber(source['favIndex']) ?? 0) > 0);
  if (source['state'] === 'archived') draft.addTag('archived');
  draft.isTrashed = source['state'] === 'trashed' || source['trashed'] === true;
  draft.createdAt = timeOf(source['createdAt']);
  draft.updatedAt = timeOf(source['updatedAt']);
  draft.history = passwordHistory(
    draft.fields,
    asList(details['passwordHistory']).map((entry) => {
      const { value, time } = asObject(entry) ?? {};
      return { value: asText(value), at: timeOf(time) };
    }),
  );
  return { item: draft.build(), files };
}

function timeOf(seconds: unknown): number | undefined {
  const number = asNumber(seconds);
  return number === undefined || number <= 0 ? undefined : Math.round(number * 1000);
}

/** What a category is here, and by which ids its fields are those of the type. */
interface CategoryForm {
  readonly type: ItemType;
  readonly fields: Readonly<Record<string, string>>;
}

const form = (type: ItemType, fields: Readonly<Record<string, string>> = {}): CategoryForm => ({ type, fields });
const LOGIN = form('login');
const CUSTOM = { username: 'username', password: 'password' };

const FORMS: ReadonlyMap<string, CategoryForm> = new Map([
  ['001', LOGIN],
  ['002', form('card', { cardholder: 'cardholder', ccnum: 'number', cvv: 'cvv', expiry: 'expiry', pin: 'pin' })],
  ['003', form('note')],
  ['004', form('identity', { birthdate: 'birth_date', address: 'address', defphone: 'phone', email: 'email' })],
  ['005', LOGIN],
  ['102', form('database', { hostname: 'host', port: 'port', database: 'database', ...CUSTOM })],
  ['106', form('identity', { number: 'passport', fullname: 'full_name', birthdate: 'birth_date' })],
  ['108', form('identity', { number: 'ssn', name: 'full_name' })],
  ['109', form('wifi', { network_name: 'ssid', wireless_password: 'password', wireless_security: 'security' })],
  ['110', form('login', { username: 'username', password: 'password' })],
  ['112', form('api-key', { credential: 'key', hostname: 'endpoint' })],
  ['114', form('ssh-key')],
]);

function addOverview(draft: ItemDraft, overview: JsonObject): void {
  const urls = asList(overview['urls']).map((entry) => asObject(entry) ?? {});
  const seen = new Set(urls.map(({ url }) => asText(url)));
  const main = asText(overview['url']);
  if (!seen.has(main)) draft.addUrl(main);
  for (const { url, label } of urls) {
    draft.addUrl(asText(url));
    const name = asText(label);
    if (name !== '' && name.toLowerCase() !== 'website') draft.add('text', `label of ${asText(url)}`, name);
  }
  for (const tag of asList(overview['tags'])) draft.addTag(asText(tag));
}

function addLoginFields(draft: ItemDraft, fields: readonly unknown[]): void {
  for (const entry of fields) {
    const { value, name, id, designation, fieldType } = asObject(entry) ?? {};
    const linked = asObject(value);
    const text = linked === undefined ? asText(value) : asText(linked['email_address'] ?? linked['string']);
    if (designation === 'username') draft.add('text', 'username', text);
    else if (designation === 'password') draft.add('secret', 'password', text);
    else {
      const label = asText(name) === '' ? asText(id) : asText(name);
      // Of a page's form: what was typed into it, so an empty one says nothing.
      draft.add(fieldType === 'P' ? 'secret' : 'text', label, text);
    }
  }
}

function addSections(
  draft: ItemDraft,
  category: CategoryForm,
  sections: readonly unknown[],
): readonly OnePasswordFile[] {
  const files: OnePasswordFile[] = [];
  for (const entry of sections) {
    const section = asObject(entry) ?? {};
    for (const field of asList(section['fields'])) {
      const file = addField(draft, category, { field: asObject(field) ?? {}, section: asText(section['title']) });
      if (file !== undefined) files.push(file);
    }
  }
  nameWhole(draft);
  return files;
}

interface SectionField {
  readonly field: JsonObject;
  readonly section: string;
}

/** Adds the field, or answers the file that it is. */
function addField(
  draft: ItemDraft,
  category: CategoryForm,
  { field, section }: SectionField,
): OnePasswordFile | undefined {
  const value = onePasswordValue(field['value']);
  const id = asText(field['id']);
  if (value === undefined) return undefined;
  const held = asObject(asObject(field['value'])?.[value.key]) ?? {};
  if (value.key === 'file') return fileOf(held);
  if (value.key === 'sshKey') addKey(draft, held, section);
  else {
    const own = category.fields[id];
    if (own !== undefined && !draft.fields.some((other) => other.name === own)) addStandard(draft, own, value);
    else draft.addOwn({ section, name: titleOf(field, id), kind: value.kind, value: value.text });
    const provider = asText(held['provider']);
    if (value.key === 'email' && provider !== '') draft.add('text', 'provider', provider);
  }
  return undefined;
}

function titleOf(field: JsonObject, id: string): string {
  const title = asText(field['title']);
  return title.trim() === '' ? id : title;
}

function addStandard(draft: ItemDraft, name: string, { kind, text }: OnePasswordValue): void {
  draft.add(standardField(draft.type, name)?.kind ?? kind, name, text);
}

function addKey(draft: ItemDraft, held: JsonObject, section: string): void {
  const metadata = asObject(held['metadata']) ?? {};
  const key = asText(metadata['privateKey']);
  draft.add('secret', 'private_key', key === '' ? asText(held['privateKey']) : key);
  draft.add('text', 'public_key', asText(metadata['publicKey']));
  for (const name of ['fingerprint', 'keyType']) {
    const value = asText(metadata[name]);
    if (value !== '') draft.addOwn({ section, name: name === 'keyType' ? 'key type' : name, kind: 'text', value });
  }
}

/** An identity's name stands in parts; the whole one is what items of that type have here. */
function nameWhole(draft: ItemDraft): void {
  if (draft.type !== 'identity' || draft.fields.some(({ name }) => name === 'full_name')) return;
  const part = (wanted: RegExp): string => draft.fields.find(({ name }) => wanted.test(name))?.value ?? '';
  const names = [part(/^first ?name$/i), part(/^initial$/i), part(/^last ?name$/i)];
  draft.add('text', 'full_name', names.filter((name) => name !== '').join(' '));
}

function documents(source: JsonObject, details: JsonObject): readonly OnePasswordFile[] {
  const attached = asObject(asObject(source['file'])?.['attrs']);
  return [details['documentAttributes'], attached].flatMap((held) => {
    const file = asObject(held);
    return file === undefined ? [] : [fileOf(file)];
  });
}

function fileOf(held: JsonObject): OnePasswordFile {
  const name = asText(held['fileName'] ?? held['name']);
  return { name, size: asNumber(held['decryptedSize']) };
}
