/** An entry of a KeePass database, in our words. */
import type { ItemType } from '../core/model.js';
import { byteCount } from './amount.js';
import { ItemDraft } from './item-draft.js';
import { timeOf, type KdbxDocument, type KdbxText } from './kdbx-document.js';
import { otpOf } from './kdbx-otp.js';
import type { ParsedField, ParsedItem, ParsedLoss, ParsedRevision } from './parsed.js';
import { childOf, childText, childrenOf, type XmlElement } from './xml.js';

/** Where an entry stands. */
export interface KdbxPlace {
  /** Groups, outermost first, without the root and the recycle bin. */
  readonly folder: readonly string[];
  /** Of its groups, which their entries inherit. */
  readonly tags: readonly string[];
  readonly isTrashed: boolean;
  readonly place: string;
}

/** An entry as an item, and what of it is not taken or not followed. */
export interface KdbxItem {
  readonly item: ParsedItem;
  readonly lost: readonly ParsedLoss[];
  /** Of its own, other than the usual key. */
  readonly hasIcon: boolean;
  readonly hasColour: boolean;
}

/** The item of an `Entry` with its history, oldest first. */
export function readEntry(document: KdbxDocument, entry: XmlElement, place: KdbxPlace): KdbxItem {
  const state = readState(document, entry);
  const type = typeOf(state);
  const times = childOf(entry, 'Times');
  const old = childrenOf(childOf(entry, 'History'), 'Entry');
  const createdAt = timeOf(times, 'CreationTime');
  const updatedAt = timeOf(times, 'LastModificationTime');
  const item: ParsedItem = {
    type,
    title: state.title,
    folder: place.folder,
    tags: [...new Set([...place.tags, ...tagsOf(entry)])],
    urls: state.urls,
    fields: fieldsOf(state, type),
    history: old.map((earlier) => readRevision(document, earlier, type)).sort((a, b) => (a.at ?? 0) - (b.at ?? 0)),
    isTrashed: place.isTrashed,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    place: place.place,
  };
  const says = (name: string): boolean => childText(entry, name) !== '';
  return {
    item,
    lost: lossesOf(document, { entry, old, item }),
    hasIcon: says('CustomIconUUID') || !['', '0'].includes(childText(entry, 'IconID')),
    hasColour: says('ForegroundColor') || says('BackgroundColor'),
  };
}

/** The tags of an entry or a group. */
export function tagsOf(element: XmlElement): readonly string[] {
  const tags = childText(element, 'Tags').split(/[;,\t]/);
  return tags.map((tag) => tag.trim()).filter((tag) => tag !== '');
}

/** What an entry says at one time. */
interface EntryState {
  readonly title: string;
  readonly urls: readonly string[];
  readonly username: KdbxText;
  readonly password: KdbxText;
  readonly notes: string;
  readonly totp: string;
  /** Everything that has no place of its own. */
  readonly others: readonly ParsedField[];
}

const NOTHING: KdbxText = { text: '', isProtected: false };
const STANDARD = ['Title', 'UserName', 'Password', 'Notes'];
/** Further addresses, as Keepass2Android and KeePassXC keep them. */
const FURTHER_URL = /^KP2A_URL(?:_[0-9]+)?$/;

function readState(document: KdbxDocument, entry: XmlElement): EntryState {
  const attributes = attributesOf(document, entry);
  // The first of a name is the one that it means; reversed, since the last that is set stays.
  const texts = new Map(attributes.toReversed().map(({ name, value }) => [name, value]));
  const valueOf = (name: string): KdbxText => texts.get(name) ?? NOTHING;
  const [title, username] = [valueOf('Title').text, valueOf('UserName')];
  const otp = otpOf(texts, [title, username.text].filter((part) => part !== '').join(':'));
  const placed = new Set([...STANDARD, ...(otp?.from ?? [])].map((name) => texts.get(name)));
  const rest = attributes.filter(({ value }) => !placed.has(value));
  const shown = rest.filter(isShownUrl).toSorted((a, b) => Number(b.name === 'URL') - Number(a.name === 'URL'));
  return {
    title,
    urls: shown.map(({ value }) => value.text).filter((url) => url !== ''),
    username,
    password: valueOf('Password'),
    notes: valueOf('Notes').text,
    totp: otp?.address ?? '',
    others: [...rest.filter((attribute) => !isShownUrl(attribute)).map(custom), ...settingsOf(document, entry)],
  };
}

interface Attribute {
  readonly name: string;
  readonly value: KdbxText;
}

function attributesOf(document: KdbxDocument, entry: XmlElement): readonly Attribute[] {
  return childrenOf(entry, 'String').map((attribute) => ({
    name: document.textOf(childOf(attribute, 'Key')).text,
    value: document.textOf(childOf(attribute, 'Value')),
  }));
}

function isShownUrl({ name, value }: Attribute): boolean {
  return (name === 'URL' || FURTHER_URL.test(name)) && !value.isProtected;
}

/** A seed that no address says must not be shown, nor a second password, whether or not its entry protects it. */
function custom({ name, value }: Attribute): ParsedField {
  const isSecret = value.isProtected || /^(?:Password|otp|(?:Time|Hmac)Otp-Secret.*|TOTP Seed)$/.test(name);
  return {
    name: name === 'URL' ? 'url' : name,
    kind: isSecret ? 'secret' : 'text',
    value: value.text,
  };
}

/** What KeePass keeps beside the attributes: the day of expiry, another address, auto-type, data of plug-ins. */
function settingsOf(document: KdbxDocument, entry: XmlElement): readonly ParsedField[] {
  const overridden = childText(entry, 'OverrideURL');
  return [
    ...expiryOf(entry),
    ...(overridden === '' ? [] : [{ name: 'Override URL', kind: 'text' as const, value: overridden }]),
    ...autoTypeOf(childOf(entry, 'AutoType')),
    ...customDataOf(document, entry),
  ];
}

function expiryOf(entry: XmlElement): readonly ParsedField[] {
  const times = childOf(entry, 'Times');
  const at = timeOf(times, 'ExpiryTime');
  if (childText(times, 'Expires').toLowerCase() !== 'true' || at === undefined) return [];
  const value = new Date(at).toISOString();
  // A year of more than four digits is no date of ours.
  return [
    /^\d{4}-/.test(value)
      ? { name: 'expires', kind: 'date', value: value.slice(0, 10) }
      : { name: 'expires', kind: 'text', value },
  ];
}

/** Sequences may hold a password as plain text, so they are secrets. */
function autoTypeOf(autoType: XmlElement | undefined): readonly ParsedField[] {
  const section = 'Auto-Type';
  const isOff = childText(autoType, 'Enabled').toLowerCase() === 'false';
  const sequence = childText(autoType, 'DefaultSequence');
  const associations = childrenOf(autoType, 'Association').flatMap((association): readonly ParsedField[] => [
    { section, name: 'window', kind: 'text', value: childText(association, 'Window') },
    { section, name: 'window sequence', kind: 'secret', value: childText(association, 'KeystrokeSequence') },
  ]);
  return [
    ...(isOff ? [{ section, name: 'enabled', kind: 'text' as const, value: 'no' }] : []),
    ...(sequence === '' ? [] : [{ section, name: 'sequence', kind: 'secret' as const, value: sequence }]),
    ...associations,
  ];
}

/**
 * Plug-ins keep what they like, keys too, and the format has no protection for it. When KeePassXC last changed any of it
 * is left out.
 */
function customDataOf(document: KdbxDocument, entry: XmlElement): readonly ParsedField[] {
  const data = childrenOf(childOf(entry, 'CustomData'), 'Item').map((item) => ({
    section: 'Custom data',
    name: document.textOf(childOf(item, 'Key')).text,
    kind: 'secret' as const,
    value: document.textOf(childOf(item, 'Value')).text,
  }));
  return data.filter(({ name }) => name !== '_LAST_MODIFIED');
}

/** KeePass has no types: what says nothing but notes is a note, and what has none of a login's own fields is custom. */
function typeOf({ username, password, totp, notes, urls, others }: EntryState): ItemType {
  if (username.text + password.text + totp !== '' || urls.length > 0) return 'login';
  if (notes !== '') return 'note';
  return others.length > 0 ? 'custom' : 'login';
}

function fieldsOf(state: EntryState, type: ItemType): readonly ParsedField[] {
  const { username, password, totp, notes, others } = state;
  const draft = new ItemDraft(type, '');
  draft.add(username.isProtected ? 'secret' : 'text', 'username', username.text);
  draft.add('secret', 'password', password.text);
  draft.add('totp', 'totp', totp);
  draft.addNote(notes);
  for (const field of others) draft.addOwn(field);
  return draft.fields;
}

function readRevision(document: KdbxDocument, entry: XmlElement, type: ItemType): ParsedRevision {
  const state = readState(document, entry);
  const at = timeOf(childOf(entry, 'Times'), 'LastModificationTime');
  const urls = state.urls.map((value, index): ParsedField => {
    return { name: index === 0 ? 'url' : `url-${index + 1}`, kind: 'url', value };
  });
  return { ...(at === undefined ? {} : { at }), title: state.title, fields: [...urls, ...fieldsOf(state, type)] };
}

interface EntryParts {
  readonly entry: XmlElement;
  readonly old: readonly XmlElement[];
  readonly item: ParsedItem;
}

function lossesOf(document: KdbxDocument, { entry, old, item }: EntryParts): readonly ParsedLoss[] {
  const current = new Set(attachmentsOf(document, entry));
  const earlier = new Set(old.flatMap((state) => attachmentsOf(document, state)).filter((name) => !current.has(name)));
  const refs = item.fields.filter(({ value }) => /\{REF:/i.test(value)).map(({ name }) => name);
  if (item.urls.some((url) => /\{REF:/i.test(url))) refs.push('url');
  const whats = [
    ...[...current].map((name) => `an attachment (${name})`),
    ...[...earlier].map((name) => `an attachment of an earlier state (${name})`),
    ...(refs.length === 0
      ? []
      : [`what a reference to another entry stands for; it is kept as text (${refs.join(', ')})`]),
  ];
  return whats.map((what) => ({ place: item.place, title: item.title, what }));
}

function attachmentsOf(document: KdbxDocument, entry: XmlElement): readonly string[] {
  return childrenOf(entry, 'Binary').map((binary) => {
    const name = childText(binary, 'Key').slice(0, 200);
    const size = document.attachmentSize(childOf(binary, 'Value'));
    return size === undefined ? name : `${name}, ${byteCount(size)}`;
  });
}
