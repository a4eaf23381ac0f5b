/**
 * Items of files made into items of a safe. Whatever breaks a rule is kept in another form: names are cleaned and made
 * unique, a value that its kind does not allow becomes text, what is beyond a count goes into one note. What is still too
 * large is left out and named; nothing goes in silence.
 */
import { ITEM_LIMITS, makeContent } from '../core/item-content.js';
import type { FieldInput } from '../core/item-field.js';
import type { FieldKind, ItemContent, ItemType } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import { hostOf } from '../core/site.js';
import { foldName, utf8Length } from '../core/text.js';
import type { TransferItem, TransferRevision } from '../core/transfer.js';
import { byteCount } from './amount.js';
import { unlessRefused } from './fault.js';
import { fitKind, FieldNames, fitName, isShortened } from './fit-name.js';
import type { ParsedField, ParsedFile, ParsedItem, ParsedLoss } from './parsed.js';

/** Where items go, and what they are called. */
export interface FitOptions {
  /** The vault of what goes to no other. */
  readonly vault: string;
  /** Whether each folder is a vault; else an item has its folder as a tag. */
  readonly isVaultPerFolder: boolean;
  /** The title of an item that has neither a title nor a site. */
  readonly untitled?: string | undefined;
}

/** An item that can be taken in. */
export interface FittedItem {
  /** Where it stands in the file. */
  readonly place: string;
  readonly item: TransferItem;
}

/** What of a file can be taken in, and what cannot. */
export interface FittedFile {
  readonly items: readonly FittedItem[];
  readonly skipped: readonly ParsedLoss[];
  readonly lost: readonly ParsedLoss[];
}

/** What of the file can be taken in. Never throws for what stands in it. */
export function fitFile(file: ParsedFile, options: FitOptions): FittedFile {
  const items: FittedItem[] = [];
  const skipped = [...file.skipped];
  const lost = [...file.lost];
  for (const parsed of file.items) {
    const losses: ParsedLoss[] = [];
    try {
      items.push({ place: parsed.place, item: fitItem(parsed, options, losses) });
      lost.push(...losses);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      skipped.push({ place: parsed.place, title: parsed.title, what: `an item that cannot be kept: ${error.message}` });
    }
  }
  return { items, skipped, lost };
}

function fitItem(parsed: ParsedItem, options: FitOptions, losses: ParsedLoss[]): TransferItem {
  const title = titleOf(parsed, options);
  const lose = (what: string): void => void losses.push({ place: parsed.place, title, what });
  const folder = parsed.folder.map((part) => fitName(part, 'folder')).filter((part) => part !== '');
  const tags = options.isVaultPerFolder ? parsed.tags : [...tagOf(folder), ...parsed.tags];
  if (isShortened(parsed.title)) lose('the end of its title, which is longer than 300 characters');
  const { type, urls, isTrashed, isOurs = false } = parsed;
  const now: Draft = { type, title, tags, urls, fields: parsed.fields, isOurs };
  const [createdAt, updatedAt] = [timeOf(parsed.createdAt), timeOf(parsed.updatedAt)];
  return {
    vault: (options.isVaultPerFolder ? vaultOfFolder(parsed) : '') || options.vault,
    content: fitContent(now, lose),
    history: fitHistory(parsed, now, lose),
    isTrashed,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  };
}

/**
 * The name of the vault that the item's folder becomes, its parts joined by ` - `, since a slash would part a vault from
 * an item; empty where it is in none.
 */
export function vaultOfFolder({ folder }: Pick<ParsedItem, 'folder'>): string {
  return fitName(folder.filter((part) => part.trim() !== '').join(' - '), 'vault');
}

/** Its own, else the host of its first URL that has one, else what untitled items are called, else its type. */
function titleOf({ title, urls, type }: ParsedItem, { untitled = '' }: FitOptions): string {
  const [host = ''] = urls.flatMap((url) => hostOf(url) ?? []);
  return fitName(title, type) || fitName(host, type) || fitName(untitled, type) || type;
}

function tagOf(folder: readonly string[]): readonly string[] {
  return folder.length === 0 ? [] : [folder.join('/')];
}

const LATEST = Date.UTC(9999, 11, 31);

function timeOf(at: number | undefined): number | undefined {
  return at !== undefined && Number.isFinite(at) && at > 0 && at <= LATEST ? Math.round(at) : undefined;
}

/** An item before its rules. */
interface Draft {
  readonly type: ItemType;
  readonly title: string;
  readonly tags: readonly string[];
  readonly urls: readonly string[];
  readonly fields: readonly ParsedField[];
  readonly isOurs: boolean;
}

type Lose = (what: string) => void;
type FittedField = FieldInput & { readonly kind: FieldKind };

function fitHistory(parsed: ParsedItem, now: Draft, lose: Lose): readonly TransferRevision[] {
  const first = timeOf(parsed.createdAt) ?? timeOf(parsed.updatedAt) ?? 0;
  return parsed.history.flatMap(({ at, title, type = now.type, tags = now.tags, fields }) => {
    const urls = fields.some(({ kind }) => kind === 'url') ? [] : now.urls;
    const then = { ...now, type, tags, urls, fields, title: fitName(title ?? '', type) || now.title };
    const losses: string[] = [];
    const content = unlessRefused(() => fitContent(then, (what) => void losses.push(what)));
    if (content === undefined) lose('an earlier version of it');
    else if (losses.length > 0) lose('parts of an earlier version of it');
    return content === undefined ? [] : [{ at: timeOf(at) ?? first, content }];
  });
}

function fitContent(draft: Draft, lose: Lose): ItemContent {
  return (draft.isOurs ? unlessRefused(() => makeContent(draft)) : undefined) ?? fitted(draft, lose);
}

function fitted({ type, title, tags, urls, fields }: Draft, lose: Lose): ItemContent {
  const names = new FieldNames();
  const allTags = [...new Map(tags.map((tag) => fitName(tag, 'tag')).map((tag) => [foldName(tag), tag])).values()];
  const shownTags = allTags.filter((tag) => tag !== '');
  const addresses = [...new Set(urls)];
  const goodUrls = addresses.filter((url) => fitKind('url', url) === 'url').slice(0, ITEM_LIMITS.urls);
  const room = ITEM_LIMITS.urls - goodUrls.length;
  const all = [
    ...limitUrls(
      fields.map((field) => fitField(field, lose)),
      room,
    ),
    ...addresses.filter((url) => !goodUrls.includes(url)).map((value) => textField('url', value)),
    ...more('more tags', shownTags.slice(ITEM_LIMITS.tags)),
  ];
  const named = packFields(all, ITEM_LIMITS.fields - goodUrls.length).map((field) => names.give(field));
  const content = { type, title, tags: shownTags.slice(0, ITEM_LIMITS.tags), urls: goodUrls };
  return makeContent({ ...content, fields: shrink(content, named, lose) });
}

function textField(name: string, value: string): FittedField {
  return { name, kind: 'text', value: value.toWellFormed() };
}

function more(name: string, values: readonly string[]): readonly FittedField[] {
  return values.length === 0 ? [] : [textField(name, values.join(', '))];
}

function fitField({ section, name, kind, value }: ParsedField, lose: Lose): FittedField {
  const text = value.toWellFormed();
  if (text !== value) lose('characters of a value that are not valid Unicode');
  if (isShortened(name)) lose('the end of a field’s name, which is longer than 300 characters');
  const place = fitName(section ?? '', 'section');
  const head = place === '' ? {} : { section: place };
  return { ...head, name: fitName(name, 'field') || kind, kind: fitKind(kind, text), value: text };
}

/** Fields of kind `url` beyond what an item may have become text. */
function limitUrls(fields: readonly FittedField[], room: number): readonly FittedField[] {
  let left = room;
  return fields.map((field) => {
    if (field.kind !== 'url') return field;
    left -= 1;
    return left < 0 ? { ...field, kind: 'text' } : field;
  });
}

/** Fields beyond what an item may have, as the lines of one note. */
function packFields(fields: readonly FittedField[], room: number): readonly FittedField[] {
  if (fields.length <= room) return fields;
  const kept = fields.slice(0, room - 1);
  const lines = fields.slice(room - 1).map(({ section, name, value }) => {
    return `${section === undefined ? '' : `${section}/`}${name}: ${value}`;
  });
  return [...kept, { name: 'more fields', kind: 'note', value: lines.join('\n') }];
}

interface Measured {
  readonly title: string;
  readonly tags: readonly string[];
  readonly urls: readonly string[];
}

/** Room for the names that URLs are kept under. */
const URL_NAME_BYTES = 6;

/** The fields without the largest ones, as far as the item is too large with them. */
function shrink({ title, tags, urls }: Measured, fields: readonly FittedField[], lose: Lose): readonly FittedField[] {
  const sizes = new Map(fields.map((field) => [field, sizeOf(field)]));
  const others = [title, ...tags, ...urls].reduce((sum, text) => sum + utf8Length(text), urls.length * URL_NAME_BYTES);
  let total = [...sizes.values()].reduce((sum, size) => sum + size, others);
  const gone = new Set<FittedField>();
  for (const [field, size] of [...sizes].sort(([, a], [, b]) => b - a)) {
    if (total <= ITEM_LIMITS.bytes) break;
    gone.add(field);
    total -= size;
    lose(`the field ${field.name} (${byteCount(size)}), since an item holds 64 KiB at most`);
  }
  return gone.size === 0 ? fields : fields.filter((field) => !gone.has(field));
}

function sizeOf({ section = '', name, value }: FittedField): number {
  return utf8Length(section) + utf8Length(name) + utf8Length(value);
}
