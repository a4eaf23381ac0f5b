/** The content of an item: made, edited, looked into and shown. Every content that leaves here keeps the limits. */
import { checkValue, fieldKey, makeField, matchField, resolveField, type FieldInput } from './item-field.js';
import { isUrlName, standardField } from './item-type.js';
import type { Field, FieldKind, ItemContent, ItemOverview, ItemType } from './model.js';
import { checkName } from './reason.js';
import { Refusal } from './refusal.js';
import { foldName, utf8Length } from './text.js';

/** The most that an item may hold; `bytes` is UTF-8 of the title, tags, sections, names and values together. */
export const ITEM_LIMITS = { bytes: 65_536, fields: 100, tags: 50, urls: 50 } as const;

/** What an item is made of. `urls` become fields of kind `url`, named `url`, `url-2`, `url-3`… */
export interface ContentInput {
  readonly type: ItemType;
  readonly title: string;
  readonly urls?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly fields?: readonly FieldInput[] | undefined;
}

/** What is changed of an item, in this order: `remove`, `set`, `urls`, `add`, and the rest. */
export interface ContentEdit {
  readonly title?: string | undefined;
  /** All the URLs that the item has afterwards. */
  readonly urls?: readonly string[] | undefined;
  /** All the tags that the item has afterwards. */
  readonly tags?: readonly string[] | undefined;
  /** New values by `NAME` or `SECTION/NAME`. */
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly add?: readonly FieldInput[] | undefined;
  /** Fields by `NAME` or `SECTION/NAME`. */
  readonly remove?: readonly string[] | undefined;
}

/**
 * The content that the input means: names trimmed, kinds filled in, repeated tags and URLs dropped, empty standard
 * fields left out. A URL that a given field of kind `url` has already is not added again, so that an item's own JSON can
 * be read back. Throws `invalid_request`, never with a value.
 */
export function makeContent({ type, title, urls = [], tags = [], fields = [] }: ContentInput): ItemContent {
  checkCount('fields', fields.length, ITEM_LIMITS.fields);
  const made = fields.flatMap((field, index) =>
    isEmptyStandard(type, field) ? [] : [makeField(type, field, `fields[${String(index)}]`)],
  );
  const held = new Set(valuesOf(made, 'url'));
  const missing = [...new Set(checkUrls(urls))].filter((url) => !held.has(url));
  return checkContent({
    type,
    title: checkName('title', title),
    tags: checkTags(tags),
    fields: addUrls(made, missing),
  });
}

/**
 * The content after the change. `set` takes fields that exist and standard fields of the type that do not yet; `add`
 * only new ones. A standard field that is set to nothing is left out. Throws `not_found` with the field names,
 * `ambiguous` with the paths, or `invalid_request`; never with a value.
 */
export function editContent(content: ItemContent, edit: ContentEdit): ItemContent {
  const { type } = content;
  let fields = (edit.remove ?? []).reduce(removeField, content.fields);
  for (const [ref, value] of Object.entries(edit.set ?? {})) fields = setField(type, fields, { ref, value });
  if (edit.urls !== undefined) fields = replaceUrls(fields, checkUrls(edit.urls));
  const added = (edit.add ?? []).map((field, index) => makeField(type, field, `add[${String(index)}]`));
  return checkContent({
    type,
    title: edit.title === undefined ? content.title : checkName('title', edit.title),
    tags: edit.tags === undefined ? content.tags : checkTags(edit.tags),
    fields: [...fields, ...added].filter((field) => !isEmptyStandard(type, field)),
  });
}

/** The field that `ref` names, as `NAME` or `SECTION/NAME`. Throws `not_found` or `ambiguous`, both with the names. */
export function findField(content: ItemContent, ref: string): Field {
  return resolveField(content.fields, ref);
}

/** The values of all fields of kind `url`, in order. */
export function urlsOf(content: ItemContent): readonly string[] {
  return valuesOf(content.fields, 'url');
}

/** The value of the field `username` that stands in no section, or null. */
export function usernameOf(content: ItemContent): string | null {
  return content.fields.find((field) => fieldKey(field) === 'username' && !isConcealed(field.kind))?.value ?? null;
}

/** Whether values of that kind are shown only if their field is asked for by name. */
export function isConcealed(kind: FieldKind): boolean {
  return kind === 'secret' || kind === 'totp' || kind === 'note';
}

/** What a list shows of the item; it holds no concealed value. */
export function overviewOf(content: ItemContent): ItemOverview {
  const { type, title, tags, fields } = content;
  const fieldNames = fields.map(({ section, name, kind }) => ({
    ...(section === undefined ? {} : { section }),
    name,
    kind,
  }));
  return { type, title, username: usernameOf(content), urls: urlsOf(content), tags, fieldNames };
}

/**
 * The content itself, if it keeps all limits and no two fields have one path. Names and values are taken as checked.
 * Throws `invalid_request`.
 */
function checkContent(content: ItemContent): ItemContent {
  const { title, tags, fields } = content;
  checkCount('fields', fields.length, ITEM_LIMITS.fields);
  checkCount('tags', tags.length, ITEM_LIMITS.tags);
  checkCount('urls', valuesOf(fields, 'url').length, ITEM_LIMITS.urls);
  const keys = new Set(fields.map(fieldKey));
  if (keys.size < fields.length)
    refuse('Two fields of the item have the same name', 'Rename one, or put it in a section.');
  const texts = [title, ...tags, ...fields.flatMap(({ section = '', name, value }) => [section, name, value])];
  const bytes = texts.reduce((sum, text) => sum + utf8Length(text), 0);
  if (bytes > ITEM_LIMITS.bytes) refuse('The item is larger than 64 KiB', 'Keep large texts elsewhere.');
  return content;
}

function checkCount(label: string, count: number, most: number): void {
  if (count > most) refuse(`The item has more than ${String(most)} ${label}`, 'Leave some out.');
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}

function checkTags(tags: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const tag of tags) {
    const name = checkName('tag', tag);
    if (!byName.has(foldName(name))) byName.set(foldName(name), name);
  }
  return [...byName.values()];
}

function checkUrls(urls: readonly string[]): readonly string[] {
  checkCount('urls', urls.length, ITEM_LIMITS.urls);
  return urls.map((value, index) => checkValue({ name: 'url', kind: 'url', value }, `urls[${String(index)}]`).value);
}

function valuesOf(fields: readonly Field[], kind: FieldKind): readonly string[] {
  return fields.filter((field) => field.kind === kind).map((field) => field.value);
}

function isEmptyStandard(type: ItemType, { section, name, value }: FieldInput): boolean {
  return value === '' && section === undefined && standardField(type, name.trim()) !== undefined;
}

function addUrls(fields: readonly Field[], urls: readonly string[]): readonly Field[] {
  const taken = new Set(fields.map(fieldKey));
  return [...fields, ...urls.map((url) => nameUrl(taken, url))];
}

/** A field for the URL under the first free name, which is taken from then on. */
function nameUrl(taken: Set<string>, value: string): Field {
  const name = freeUrlName(taken);
  taken.add(name);
  return { name, kind: 'url', value };
}

function freeUrlName(taken: ReadonlySet<string>): string {
  let number = 1;
  while (taken.has(urlName(number))) number += 1;
  return urlName(number);
}

function urlName(number: number): string {
  return number === 1 ? 'url' : `url-${String(number)}`;
}

/**
 * A URL that stays keeps its field; a field named `url…` whose URL is gone takes the next new one; another is removed.
 * The fields of kind `url` then stand in the order of the URLs, in the places where such fields stood.
 */
function replaceUrls(fields: readonly Field[], urls: readonly string[]): readonly Field[] {
  const pool = fields.filter((field) => field.kind === 'url');
  const same = urls.map((url) => take(pool, (field) => field.value === url));
  const old = same.map((field) => field ?? take(pool, (other) => other.section === undefined && isUrlName(other.name)));
  const others = fields.filter((field) => field.kind !== 'url');
  const taken = new Set([...others, ...old.filter((field) => field !== undefined)].map(fieldKey));
  const next = urls.map((value, index) => ({ ...(old[index] ?? nameUrl(taken, value)), value }));
  const placed = fields.map((field) => (field.kind === 'url' ? next.shift() : field));
  return [...placed.filter((field) => field !== undefined), ...next];
}

function take(pool: Field[], fits: (field: Field) => boolean): Field | undefined {
  const index = pool.findIndex(fits);
  return index < 0 ? undefined : pool.splice(index, 1)[0];
}

function removeField(fields: readonly Field[], ref: string): readonly Field[] {
  const gone = resolveField(fields, ref);
  return fields.filter((field) => field !== gone);
}

interface FieldValue {
  readonly ref: string;
  readonly value: string;
}

function setField(type: ItemType, fields: readonly Field[], { ref, value }: FieldValue): readonly Field[] {
  const found = matchField(fields, ref);
  const standard = standardField(type, ref.trim());
  if (found === undefined && standard !== undefined) return [...fields, fill(type, standard, value)];
  const old = found ?? resolveField(fields, ref);
  return fields.map((field) => (field === old ? fill(type, old, value) : field));
}

/** An empty standard field is let through whatever its kind, since it is left out in the end. */
function fill(type: ItemType, old: Omit<Field, 'value'>, value: string): Field {
  const field = { ...old, value };
  return isEmptyStandard(type, field) ? field : checkValue(field, 'a field in set');
}
