/**
 * One item of Proton Pass (github.com/ProtonMail/WebClients, packages/pass/types/protobuf/protos/item-v1.proto, whose
 * names are in camel case in exports). Parts that are not known are kept by the name that they have there.
 */
import type { FieldKind, ItemType } from '../core/model.js';
import { ItemDraft, spokenName } from './item-draft.js';
import { asList, asNumber, asObject, asText, type JsonObject } from './json.js';
import type { ParsedItem, ParsedLoss } from './parsed.js';

/** Where an item stands. */
export interface ProtonPlace {
  readonly place: string;
  /** The vault, and folders in it. */
  readonly folder: readonly string[];
}

/** An item, and what of it is not taken. */
export interface ProtonItem {
  readonly item: ParsedItem;
  /** Passkeys and pictures, without attachments. */
  readonly lost: readonly ParsedLoss[];
}

const TYPES: ReadonlyMap<string, ItemType> = new Map([
  ['login', 'login'],
  ['note', 'note'],
  ['creditCard', 'card'],
  ['identity', 'identity'],
  ['sshKey', 'ssh-key'],
  ['wifi', 'wifi'],
]);

/** What is told by other means, or says nothing outside of Proton Pass. */
const TAKEN =
  'itemId,shareId,folderId,data,state,aliasEmail,contentFormatVersion,createTime,modifyTime,pinned,files'.split(',');
const DATA_TAKEN = ['metadata', 'type', 'content', 'extraFields', 'platformSpecific', 'extraData'];
const TRASHED = 2;

/** The item that an entry of a vault's `items` is. */
export function protonItem(source: JsonObject, { place, folder }: ProtonPlace): ProtonItem {
  const data = asObject(source['data']) ?? {};
  const metadata = asObject(data['metadata']) ?? {};
  const type = asText(data['type']);
  const draft = new ItemDraft(protonType(type), place);
  draft.title = asText(metadata['name']);
  draft.folder = folder;
  addProtonContent(draft, type, asObject(data['content']) ?? {});
  draft.add('email', type === 'alias' ? 'email' : 'alias', asText(source['aliasEmail']));
  draft.addNote(asText(metadata['note']));
  addOwn(draft, '', data['extraFields']);
  addApps(draft, data['platformSpecific']);
  draft.markFavorite(source['pinned'] === true);
  draft.isTrashed = source['state'] === TRASHED;
  draft.createdAt = secondsOf(source['createTime']);
  draft.updatedAt = secondsOf(source['modifyTime']);
  addRest(draft, without(data, DATA_TAKEN));
  addRest(draft, without(source, TAKEN));
  return { item: draft.build(), lost: lossesOf(data, { place, title: draft.title }) };
}

/** What a type of Proton's is here; an alias and what is not known are `custom`. */
export function protonType(type: string): ItemType {
  return TYPES.get(type) ?? 'custom';
}

/** Adds what stands in the `content` of an item of that type of Proton's. */
export function addProtonContent(draft: ItemDraft, type: string, content: JsonObject): void {
  if (type === 'login') addLogin(draft, content);
  else if (type === 'creditCard') addCard(draft, content);
  else if (type === 'identity') addIdentity(draft, content);
  else if (type === 'sshKey') addKey(draft, content);
  else if (type === 'wifi') addWifi(draft, content);
  else addSections(draft, content);
}

/** Unix ms of a time in seconds. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = asNumber(value);
  return seconds === undefined ? undefined : seconds * 1000;
}

function addLogin(draft: ItemDraft, content: JsonObject): void {
  const { itemEmail, itemUsername, username, password, totpUri, urls, autofillUrls, ...rest } = content;
  addAccount(draft, asText(itemUsername) || asText(username), asText(itemEmail));
  draft.add('secret', 'password', asText(password));
  draft.add('totp', 'totp', asText(totpUri));
  addProtonUrls(draft, asList(urls).map(asText), autofillUrls);
  addRest(draft, without(rest, ['passkeys']));
}

/** Proton has a name and an address; where there is one of them, it is what a person logs in with. */
export function addAccount(draft: ItemDraft, username: string, email: string): void {
  draft.add('text', 'username', username === '' ? email : username);
  if (username !== '') draft.add('email', 'email', email);
}

const MODES = ['default', 'exact', 'never', 'starts with', 'pattern', 'regular expression', 'exact path'];

/** Adds addresses, and those of newer versions, which say for what pages they are meant. */
export function addProtonUrls(draft: ItemDraft, urls: readonly string[], autofillUrls: unknown): void {
  const known = new Set<string>();
  const rules = asList(autofillUrls).map((entry) => asObject(entry) ?? {});
  for (const url of [...urls, ...rules.map((rule) => asText(rule['url']))]) {
    if (!known.has(url)) draft.addUrl(url);
    known.add(url);
  }
  for (const { url, mode = 0 } of rules) {
    const number = asNumber(mode) ?? 0;
    if (number !== 0) draft.add('text', `match of ${asText(url)}`, MODES[number] ?? String(number));
  }
}

const CARDS = ['', 'Other', 'Visa', 'Mastercard', 'American Express'];

function addCard(draft: ItemDraft, content: JsonObject): void {
  const { cardholderName, cardType, number, verificationNumber, expirationDate, pin, ...rest } = content;
  draft.add('text', 'cardholder', asText(cardholderName));
  draft.add('secret', 'number', asText(number));
  // Older versions have the month first, without anything between.
  const expiry = asText(expirationDate).replace(/^(0[1-9]|1[0-2])(\d{2}|\d{4})$/, '$1/$2');
  draft.add('date', 'expiry', expiry);
  draft.add('secret', 'cvv', asText(verificationNumber));
  draft.add('secret', 'pin', asText(pin));
  draft.add('text', 'card type', CARDS[asNumber(cardType) ?? 0] ?? asText(cardType));
  addRest(draft, rest);
}

function addIdentity(draft: ItemDraft, content: JsonObject): void {
  const { fullName, email, phoneNumber, birthdate, socialSecurityNumber, passportNumber, ...others } = content;
  const { streetAddress, floor, zipOrPostalCode, city, county, stateOrProvince, countryOrRegion, ...rest } = others;
  const names = [rest['firstName'], rest['middleName'], rest['lastName']];
  draft.add('text', 'full_name', asText(fullName) || joined(names, ' '));
  draft.add('email', 'email', asText(email));
  draft.add('text', 'phone', asText(phoneNumber));
  const town = joined([zipOrPostalCode, city], ' ');
  draft.add('text', 'address', joined([streetAddress, floor, town, county, stateOrProvince, countryOrRegion], '\n'));
  draft.add('date', 'birth_date', asText(birthdate));
  draft.add('secret', 'ssn', asText(socialSecurityNumber));
  draft.add('secret', 'passport', asText(passportNumber));
  addSections(draft, rest);
}

function joined(parts: readonly unknown[], by: string): string {
  const texts = parts.map(asText);
  return texts.filter((part) => part !== '').join(by);
}

function addKey(draft: ItemDraft, content: JsonObject): void {
  const { privateKey, publicKey, ...rest } = content;
  draft.add('secret', 'private_key', asText(privateKey));
  draft.add('text', 'public_key', asText(publicKey));
  addSections(draft, rest);
}

const SECURITY = ['', 'WPA', 'WPA2', 'WPA3', 'WEP'];

function addWifi(draft: ItemDraft, content: JsonObject): void {
  const { ssid, password, security, ...rest } = content;
  draft.add('text', 'ssid', asText(ssid));
  draft.add('secret', 'password', asText(password));
  draft.add('text', 'security', SECURITY[asNumber(security) ?? -1] ?? asText(security));
  addSections(draft, rest);
}

/** What has fields of its own in sections, and then everything else. */
function addSections(draft: ItemDraft, content: JsonObject): void {
  const { sections, extraSections, ...others } = content;
  const { extraPersonalDetails, extraAddressDetails, extraContactDetails, extraWorkDetails, ...rest } = others;
  addRest(draft, rest);
  addOwn(draft, 'personal details', extraPersonalDetails);
  addOwn(draft, 'address details', extraAddressDetails);
  addOwn(draft, 'contact details', extraContactDetails);
  addOwn(draft, 'work details', extraWorkDetails);
  for (const entry of [...asList(sections), ...asList(extraSections)]) {
    const { sectionName, sectionFields } = asObject(entry) ?? {};
    addOwn(draft, asText(sectionName), sectionFields);
  }
}

const KINDS: ReadonlyMap<string, FieldKind> = new Map([
  ['text', 'text'],
  ['hidden', 'secret'],
  ['totp', 'totp'],
  ['timestamp', 'date'],
]);

function addOwn(draft: ItemDraft, section: string, fields: unknown): void {
  for (const entry of asList(fields)) {
    const { fieldName, type, data } = asObject(entry) ?? {};
    const { content, totpUri, timestamp } = asObject(data) ?? {};
    const value = asText(content) || asText(totpUri) || dayOf(timestamp);
    draft.addOwn({ section, name: asText(fieldName), kind: KINDS.get(asText(type)) ?? 'secret', value });
  }
}

/** A day, of a time in ISO 8601 or of one that counts its seconds. */
function dayOf(timestamp: unknown): string {
  const at = secondsOf(asObject(timestamp)?.['seconds']);
  const text = at === undefined || Math.abs(at) > 8.64e15 ? asText(timestamp) : new Date(at).toISOString();
  return text.replace(/T00:00:00(?:\.0+)?Z$/, '');
}

/** Apps of Android in which a login is filled in. */
function addApps(draft: ItemDraft, platformSpecific: unknown): void {
  for (const entry of asList(asObject(asObject(platformSpecific)?.['android'])?.['allowedApps'])) {
    const { packageName, appName } = asObject(entry) ?? {};
    const value = asText(packageName);
    draft.addOwn({ section: 'Android apps', name: asText(appName) || value, kind: 'text', value });
  }
}

/** What an identity says of a person that is no secret. */
const SHOWN = (
  'firstName,middleName,lastName,gender,organization,website,xHandle,secondPhoneNumber,linkedin,reddit,facebook,yahoo,' +
  'instagram,company,jobTitle,personalWebsite,workPhoneNumber,workEmail'
).split(',');

/** What has no place of its own, by its name; lists and objects as JSON. What is not known may be a secret. */
function addRest(draft: ItemDraft, rest: JsonObject): void {
  for (const [key, value] of Object.entries(rest)) {
    const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : asText(value);
    if (text !== '{}' && text !== '[]') draft.add(SHOWN.includes(key) ? 'text' : 'secret', spokenName(key), text);
  }
}

function without(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => !keys.includes(key)));
}

type LossPlace = Pick<ParsedLoss, 'place' | 'title'>;

function lossesOf(data: JsonObject, where: LossPlace): readonly ParsedLoss[] {
  const passkeys = asList(asObject(data['content'])?.['passkeys']).map((entry) => {
    const { domain, rpId } = asObject(entry) ?? {};
    const site = asText(rpId) || asText(domain);
    return site === '' ? 'a passkey' : `a passkey (${site})`;
  });
  const icon = asText(asObject(data['metadata'])?.['icon']) === '' ? [] : ['the picture of its icon'];
  return [...passkeys, ...icon].map((what) => ({ ...where, what }));
}
