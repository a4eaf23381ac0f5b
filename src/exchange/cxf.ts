/**
 * The Credential Exchange Format of the FIDO Alliance, as one JSON document (CXF 1.0, Proposed Standard of 2025-08-14,
 * https://fidoalliance.org/specs/cx/cxf-v1.0-ps-20250814.html), of any program: a header with accounts, or one account
 * alone, which is what programs hand to each other within a device.
 */
import { isUrlName } from '../core/item-type.js';
import type { Field } from '../core/model.js';
import { CxfFields } from './cxf-credential.js';
import { asTheyWere, readOwn, type CxfOwn } from './cxf-own.js';
import { typeOfCredentials } from './cxf-type.js';
import { refuseFile } from './fault.js';
import { ItemDraft } from './item-draft.js';
import { asList, asNumber, asObject, asText, readJson, type JsonObject } from './json.js';
import type { ParsedFile, ParsedItem, ParsedLoss, Reader } from './parsed.js';
import { peekText } from './plain-text.js';

const HEADER = /^\s*\{[^]*"(?:exporterRpId|exporterDisplayName)"\s*:/;
const ACCOUNT = /^\s*\{\s*"(?:accounts|id)"\s*:[^]*"collections"\s*:/;

/** The reader of CXF. Attachments and passkeys are told of as lost. */
export const cxfReader: Reader = {
  format: 'cxf',
  name: 'Credential Exchange Format (CXF)',
  fits: (bytes) => {
    const text = peekText(bytes, 65_536);
    return HEADER.test(text) || ACCOUNT.test(text);
  },
  read: (bytes) => Promise.resolve().then(() => readDocument(readJson(bytes))),
};

function readDocument(json: unknown): ParsedFile {
  const header = asObject(json) ?? refuseFile('is no CXF: it is not an object');
  const major = asNumber(asObject(header['version'])?.['major']) ?? 1;
  if (major > 1) refuseFile(`is of CXF ${String(major)}, and only CXF 1 is read`);
  const isHeader = Array.isArray(header['accounts']);
  if (!isHeader && !Array.isArray(header['items'])) refuseFile('is no CXF: it has neither accounts nor items');
  const file = new Document();
  if (!isHeader) file.account(header, '');
  else
    for (const [index, account] of asList(header['accounts']).entries())
      file.entry(account, `accounts[${String(index)}]`);
  return file.parsed();
}

/** Where an item stands: the first of its collections; others are tags. */
type Folders = ReadonlyMap<string, readonly (readonly string[])[]>;

class Document {
  readonly #items: ParsedItem[] = [];
  readonly #skipped: ParsedLoss[] = [];
  readonly #lost: ParsedLoss[] = [];

  parsed(): ParsedFile {
    return { format: 'cxf', items: this.#items, skipped: this.#skipped, lost: this.#lost };
  }

  entry(value: unknown, place: string): void {
    const account = asObject(value);
    if (account === undefined) this.#skipped.push({ place, what: 'an entry that is no account' });
    else this.account(account, `${place}.`);
  }

  account(account: JsonObject, lead: string): void {
    const folders = foldersOf(account['collections']);
    for (const [index, entry] of asList(account['items']).entries()) {
      const place = `${lead}items[${String(index)}]`;
      const item = asObject(entry);
      if (item === undefined) this.#skipped.push({ place, what: 'an entry that is no item' });
      else this.#item(item, place, folders);
    }
  }

  #item(item: JsonObject, place: string, folders: Folders): void {
    const credentials = asList(item['credentials']).map((credential) => asObject(credential) ?? {});
    const own = readOwn(item['extensions']);
    const types = credentials.map((credential) => asText(credential['type']));
    const fields = new CxfFields(own?.type ?? typeOfCredentials(types));
    for (const credential of credentials) fields.add(credential);
    const title = asText(item['title']);
    const lost = [...fields.lost, ...Array.from({ length: own?.unread ?? 0 }, () => 'an earlier state')];
    this.#lost.push(...lost.map((what) => ({ place, ...(title === '' ? {} : { title }), what })));
    this.#items.push(draftOf(item, { place, fields, own, folders }));
  }
}

interface Read {
  readonly place: string;
  readonly fields: CxfFields;
  readonly own: CxfOwn | undefined;
  readonly folders: Folders;
}

function draftOf(item: JsonObject, { place, fields, own, folders }: Read): ParsedItem {
  const draft = new ItemDraft(fields.type, place);
  draft.title = asText(item['title']);
  placeIn(draft, item, folders);
  const urls = [...urlsOf(item), ...fields.urls];
  const named = nameUrls(urls, own);
  for (const url of urls.slice(named.length)) draft.addUrl(url);
  const subtitle = asText(item['subtitle']);
  if (subtitle !== '') fields.put({ name: 'subtitle', kind: 'text', value: subtitle }, 'item');
  const all = [...named, ...fields.all];
  for (const field of own === undefined ? all : asTheyWere(all, own)) draft.addOwn(field);
  draft.createdAt = timeOf(item['creationAt'], own?.createdAt);
  draft.updatedAt = timeOf(item['modifiedAt'], own?.updatedAt);
  draft.isTrashed = own?.isTrashed ?? false;
  draft.history = (own?.history ?? []).map(({ at, content }) => ({ at, ...content }));
  return { ...draft.build(), ...(own === undefined ? {} : { isOurs: true }) };
}

function placeIn(draft: ItemDraft, item: JsonObject, folders: Folders): void {
  const [folder = [], ...others] = folders.get(asText(item['id'])) ?? [];
  draft.folder = folder;
  for (const tag of asList(item['tags'])) draft.addTag(asText(tag));
  for (const path of others) draft.addTag(path.join('/'));
  draft.markFavorite(item['favorite'] === true);
}

/** The URLs that the extension has names for; of another program's file none. */
function nameUrls(urls: readonly string[], own: CxfOwn | undefined): readonly Field[] {
  const names = (own?.urls ?? []).slice(0, urls.length);
  return names.every(isUrlName) ? names.map((name, index) => ({ name, kind: 'url', value: urls[index] ?? '' })) : [];
}

function urlsOf(item: JsonObject): readonly string[] {
  const scope = asObject(item['scope']) ?? {};
  const apps = asList(scope['androidApps']).map((app) => asText(asObject(app)?.['bundleId']));
  return [...asList(scope['urls']).map(asText), ...apps.filter((id) => id !== '').map((id) => `androidapp://${id}`)];
}

/** Unix ms of seconds; to the millisecond where the extension is of the same second. */
function timeOf(seconds: unknown, exact: number | undefined): number | undefined {
  const at = asNumber(seconds);
  if (at === undefined || !Number.isSafeInteger(at * 1000)) return undefined;
  return exact !== undefined && Math.floor(exact / 1000) === at ? exact : at * 1000;
}

function foldersOf(collections: unknown): Folders {
  const folders = new Map<string, (readonly string[])[]>();
  const walk = (list: unknown, above: readonly string[]): void => {
    for (const entry of asList(list)) {
      const { title, items, subCollections } = asObject(entry) ?? {};
      const path = asText(title) === '' ? above : [...above, asText(title)];
      for (const link of asList(items)) {
        const id = asText(asObject(link)?.['item']);
        const paths = folders.get(id);
        if (paths === undefined) folders.set(id, [path]);
        else paths.push(path);
      }
      walk(subCollections, path);
    }
  };
  walk(collections, []);
  return folders;
}
