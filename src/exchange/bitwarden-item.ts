/**
 * One item of Bitwarden's JSON (github.com/bitwarden/clients, libs/common/src/models/export, and
 * https://bitwarden.com/help/condition-bitwarden-import/#condition-a-json). Parts that are not known are kept by the name
 * that they have there.
 */
import type { FieldKind, ItemType } from '../core/model.js';
import { ItemDraft, passwordHistory, spokenName } from './item-draft.js';
import { asList, asNumber, asObject, asText, asTime, type JsonObject } from './json.js';
import type { ParsedItem, ParsedLoss } from './parsed.js';

/** Where the items stand, by the ids of folders and collections. */
export type FolderNames = ReadonlyMap<string, readonly string[]>;

/** An item, and what of it is not taken. */
export interface BitwardenItem {
  readonly item: ParsedItem;
  readonly lost: readonly ParsedLoss[];
}

const TYPES: ReadonlyMap<unknown, ItemType> = new Map([
  [1, 'login'],
  [2, 'note'],
  [3, 'card'],
  [4, 'identity'],
  [5, 'ssh-key'],
]);

/** What is told by other means, or says nothing outside of Bitwarden. */
const TAKEN = (
  'id,organizationId,folderId,collectionIds,type,reprompt,name,notes,favorite,fields,login,secureNote,card,identity,' +
  'sshKey,passwordHistory,creationDate,revisionDate,deletedDate,archivedDate,key,attachments,object'
).split(',');

/** The item that the object is. */
export function bitwardenItem(source: JsonObject, place: string, folders: FolderNames): BitwardenItem {
  const draft = new ItemDraft(TYPES.get(source['type']) ?? 'custom', place);
  draft.title = asText(source['name']);
  placeIn(draft, source, folders);
  addParts(draft, source);
  draft.addNote(asText(source['notes']));
  addOwnFields(draft, asList(source['fields']));
  draft.markFavorite(source['favorite'] === true);
  if (source['reprompt'] === 1) draft.add('text', 'master password re-prompt', 'yes');
  if (asText(source['archivedDate']) !== '') draft.addTag('archived');
  draft.isTrashed = asText(source['deletedDate']) !== '';
  draft.createdAt = asTime(source['creationDate']);
  draft.updatedAt = asTime(source['revisionDate']);
  draft.history = passwordHistory(
    draft.fields,
    asList(source['passwordHistory']).map((entry) => {
      const { password, lastUsedDate } = asObject(entry) ?? {};
      return { value: asText(password), at: asTime(lastUsedDate) };
    }),
  );
  return { item: draft.build(), lost: losses(source, { place, title: draft.title }) };
}

function placeIn(draft: ItemDraft, source: JsonObject, folders: FolderNames): void {
  const ids = [source['folderId'], ...asList(source['collectionIds'])];
  const [first = [], ...others] = named(ids, folders);
  draft.folder = first;
  for (const path of others) draft.addTag(path.join('/'));
}

function named(ids: readonly unknown[], folders: FolderNames): readonly (readonly string[])[] {
  return ids.flatMap((id) => {
    const path = folders.get(asText(id));
    return path === undefined ? [] : [path];
  });
}

function addParts(draft: ItemDraft, source: JsonObject): void {
  addLogin(draft, asObject(source['login']) ?? {});
  addCard(draft, asObject(source['card']) ?? {});
  addIdentity(draft, asObject(source['identity']) ?? {});
  addKey(draft, asObject(source['sshKey']) ?? {});
  for (const [key, value] of Object.entries(source)) {
    if (!TAKEN.includes(key)) addRest(draft, asObject(value) ?? { [key]: value });
  }
}

const MATCHES = ['base domain', 'host', 'starts with', 'exact', 'regular expression', 'never'];

function addLogin(draft: ItemDraft, login: JsonObject): void {
  const { username, password, totp, uris, ...rest } = login;
  draft.add('text', 'username', asText(username));
  draft.add('secret', 'password', asText(password));
  draft.add('totp', 'totp', asText(totp));
  for (const entry of asList(uris)) {
    const { uri, match } = asObject(entry) ?? {};
    draft.addUrl(asText(uri));
    const how = asNumber(match);
    if (how !== undefined) draft.add('text', `match of ${asText(uri)}`, MATCHES[how] ?? String(how));
  }
  addRest(draft, rest, ['fido2Credentials']);
}

function addCard(draft: ItemDraft, card: JsonObject): void {
  const { cardholderName, number, expMonth, expYear, code, ...rest } = card;
  draft.add('text', 'cardholder', asText(cardholderName));
  draft.add('secret', 'number', asText(number));
  const [month, year] = [asText(expMonth), asText(expYear)];
  draft.add('date', 'expiry', month === '' || year === '' ? month + year : `${month.padStart(2, '0')}/${year}`);
  draft.add('secret', 'cvv', asText(code));
  addRest(draft, rest);
}

function addIdentity(draft: ItemDraft, identity: JsonObject): void {
  const { title, firstName, middleName, lastName, email, phone, ssn, passportNumber, ...others } = identity;
  const { address1, address2, address3, city, state, postalCode, country, ...rest } = others;
  const join = (parts: readonly unknown[], by: string): string =>
    parts
      .map(asText)
      .filter((part) => part !== '')
      .join(by);
  draft.add('text', 'full_name', join([title, firstName, middleName, lastName], ' '));
  draft.add('email', 'email', asText(email));
  draft.add('text', 'phone', asText(phone));
  const town = join([postalCode, city], ' ');
  draft.add('text', 'address', join([address1, address2, address3, town, state, country], '\n'));
  draft.add('secret', 'ssn', asText(ssn));
  draft.add('secret', 'passport', asText(passportNumber));
  addRest(draft, rest);
}

function addKey(draft: ItemDraft, key: JsonObject): void {
  const { privateKey, publicKey, keyFingerprint, ...rest } = key;
  draft.add('secret', 'private_key', asText(privateKey));
  draft.add('text', 'public_key', asText(publicKey));
  draft.add('text', 'fingerprint', asText(keyFingerprint));
  addRest(draft, rest);
}

const SECRET = /pin$|number$|iban|password|secret|code$|key$/i;

/** What has no place of its own, by its name; lists and objects as JSON. `told` is left out. */
function addRest(draft: ItemDraft, rest: JsonObject, told: readonly string[] = []): void {
  for (const [key, value] of Object.entries(rest)) {
    if (told.includes(key)) continue;
    const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : asText(value);
    if (text !== '{}' && text !== '[]') draft.add(SECRET.test(key) ? 'secret' : 'text', spokenName(key), text);
  }
}

const KINDS: readonly FieldKind[] = ['text', 'secret', 'text', 'text'];
const LINKED = 3;
const LINKS: ReadonlyMap<number, string> = new Map([
  [100, 'username'],
  [101, 'password'],
]);

function addOwnFields(draft: ItemDraft, fields: readonly unknown[]): void {
  for (const entry of fields) {
    const { name, value, type, linkedId } = asObject(entry) ?? {};
    const link = asNumber(linkedId);
    const isLink = asNumber(type) === LINKED && link !== undefined;
    const shown = isLink ? `linked to ${LINKS.get(link) ?? `field ${String(link)}`}` : asText(value);
    draft.addOwn({ name: asText(name), kind: KINDS[asNumber(type) ?? 0] ?? 'secret', value: shown });
  }
}

function losses(source: JsonObject, where: { readonly place: string; readonly title: string }): readonly ParsedLoss[] {
  const passkeys = asList(asObject(source['login'])?.['fido2Credentials']).map((entry) => {
    const site = asText(asObject(entry)?.['rpId']);
    return { ...where, what: site === '' ? 'a passkey' : `a passkey (${site})` };
  });
  const attachments = asList(source['attachments']).map((entry) => {
    const { fileName, size } = asObject(entry) ?? {};
    const facts = [asText(fileName), asText(size) === '' ? '' : `${asText(size)} bytes`].filter((fact) => fact !== '');
    return { ...where, what: facts.length === 0 ? 'an attachment' : `an attachment (${facts.join(', ')})` };
  });
  return [...passkeys, ...attachments];
}
