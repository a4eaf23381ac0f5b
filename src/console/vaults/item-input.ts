/** What a form says of an item: a new one, or what is changed of one. What is wrong is said beside its field. */
import { fieldKey, fieldPath, makeField } from '../../core/item-field.js';
import { FIELD_KINDS, type FieldKind, type ItemType } from '../../core/model.js';
import { checkName } from '../../core/reason.js';
import { Refusal } from '../../core/refusal.js';
import type { ItemShape } from '../../core/shapes.js';
import type { FieldInput, ItemEdit, NewItem } from '../../gate/door.js';
import { checkTotp } from '../../gate/generated.js';
import type { Faults, Sent } from '../form.js';
import { type EntryField, fieldsOfItem, fieldsOfType, isSite, isUnchanged, shownText } from './entry-field.js';
import { makeSecret, shapeField } from './generation.js';

/** One row for a further field, as its parts are called in the form. */
export interface FurtherRow {
  readonly section: string;
  readonly name: string;
  readonly kind: string;
  readonly value: string;
}

/** The parts of the row of that number. */
export function furtherRow(number: number): FurtherRow {
  const at = `x${String(number)}`;
  return { section: `${at}-section`, name: `${at}-name`, kind: `${at}-kind`, value: `${at}-value` };
}

/** The numbers of the rows in which something was typed. */
export function furtherNumbers(form: Sent): readonly number[] {
  return form.names
    .flatMap((name) => /^x([0-9]{1,3})-name$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((number) => {
      const row = furtherRow(number);
      return [row.section, row.name, row.value].some((part) => form.text(part) !== '');
    });
}

/** What is typed on lines: one thing on each. */
export function linesOf(form: Sent, name: string): readonly string[] {
  return form
    .exact(name)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

interface Typed {
  readonly form: Sent;
  readonly faults: Faults;
  readonly type: ItemType;
}

/** The new item that the form means; only to be used where `faults` has none then. */
export async function readNewItem(typed: Typed): Promise<NewItem> {
  const { form, faults, type } = typed;
  const title = readTitle(typed);
  const fields: FieldInput[] = [];
  for (const entry of fieldsOfType(type)) {
    const value = await readValue(typed, entry);
    if (value !== null && value !== '') fields.push(...checked(typed, entry.at, { name: entry.name, value }));
  }
  fields.push(...readFurther(typed, fields));
  const urls = linesOf(form, 'sites');
  checkSites(typed, urls);
  return { type, title, urls, tags: readTags({ form, faults }), fields };
}

/** What the form changes of the item; undefined where that is nothing. As {@link readNewItem} for the rest. */
export async function readEdit(typed: Omit<Typed, 'type'>, item: ItemShape): Promise<ItemEdit | undefined> {
  const all: Typed = { ...typed, type: item.type };
  const title = readTitle(all);
  const set: [path: string, value: string][] = [];
  const remove: string[] = [];
  for (const entry of fieldsOfItem(item)) {
    const change = await readChange(all, entry);
    if (change === 'remove') remove.push(entry.path);
    else if (change !== null) set.push([entry.path, change.value]);
  }
  const sites = readSites(all, item);
  const tags = readTags(all);
  const others = item.fields.filter((field) => !remove.includes(fieldPath(field)));
  const edit: ItemEdit = {
    ...(isUnchanged(title, item.title) ? {} : { title }),
    ...(isSameList(tags, item.tags) ? {} : { tags }),
    set: Object.fromEntries([...set, ...sites.set]),
    add: [...readFurther(all, others), ...sites.add],
    remove: [...remove, ...sites.remove],
  };
  return isEmpty(edit) ? undefined : edit;
}

function isEmpty({ title, tags, set = {}, add = [], remove = [] }: ItemEdit): boolean {
  return title === undefined && tags === undefined && Object.keys(set).length + add.length + remove.length === 0;
}

function isSameList(typed: readonly string[], held: readonly string[]): boolean {
  return typed.length === held.length && typed.every((one, at) => isUnchanged(one, held[at] ?? ''));
}

function readTitle({ form, faults }: Typed): string {
  const title = form.text('title');
  if (title === '') faults.add('title', 'Give it a title.');
  else tryAt(faults, 'title', () => checkName('title', title));
  return title;
}

function readTags({ form, faults }: Pick<Typed, 'form' | 'faults'>): readonly string[] {
  const tags = linesOf(form, 'tags');
  for (const tag of tags) tryAt(faults, 'tags', () => checkName('tag', tag));
  return tags;
}

/** Null where nothing was typed and nothing shall be made. */
async function readValue({ form, faults }: Typed, { at, isConcealed, isMakeable }: EntryField): Promise<string | null> {
  if (isMakeable && form.has(`make-${at}`)) {
    try {
      return await makeSecret(form);
    } catch (error) {
      faults.take(error, shapeField(form));
    }
  }
  if (!form.has(at)) return null;
  return isConcealed ? form.exact(at) : form.text(at);
}

/** What becomes of a field: a new value, its end, or nothing. An empty field ends; a concealed one stays. */
async function readChange(typed: Typed, entry: EntryField): Promise<{ value: string } | 'remove' | null> {
  const { form } = typed;
  const { at, path, isConcealed, isHeld } = entry;
  if (isHeld && form.has(`drop-${at}`)) return 'remove';
  const value = await readValue(typed, entry);
  if (value === null || (value === '' && (isConcealed || !isHeld))) return null;
  if (!isConcealed && isUnchanged(form.exact(at), entry.value)) return null;
  if (value === '') return 'remove';
  const [field] = checked(typed, at, { name: path, kind: entry.kind, value });
  return field === undefined ? null : { value };
}

/** The field, if it may be so; otherwise its fault is noted. */
function checked({ type, faults }: Typed, at: string, input: FieldInput): readonly FieldInput[] {
  const isSound = tryAt(faults, at, () => {
    const field = makeField(type, input, 'this field');
    checkTotp({ type, title: '', tags: [], fields: [field] });
  });
  return isSound ? [input] : [];
}

function tryAt(faults: Faults, at: string, check: () => unknown): boolean {
  try {
    check();
    return true;
  } catch (error) {
    faults.take(error, at);
    return false;
  }
}

/** The further fields, none of them named as another one. */
function readFurther(typed: Typed, others: readonly Pick<FieldInput, 'section' | 'name'>[]): readonly FieldInput[] {
  const { form, faults } = typed;
  const taken = new Set(others.map((field) => keyOf(field)));
  return furtherNumbers(form).flatMap((number) => {
    const row = furtherRow(number);
    const field = readRow(form, row);
    if (field.name === '') faults.add(row.name, 'Give the field a name.');
    else if (taken.has(keyOf(field))) faults.add(row.name, 'The item has a field of that name already.');
    else if (isNamed(faults, row, field)) {
      taken.add(keyOf(field));
      return checked(typed, row.value, field);
    }
    return [];
  });
}

function isNamed(faults: Faults, row: FurtherRow, { section, name }: FieldInput): boolean {
  const isSound = tryAt(faults, row.name, () => checkName('name of the field', name));
  return isSound && (section === undefined || tryAt(faults, row.section, () => checkName('section', section)));
}

function keyOf({ section, name }: Pick<FieldInput, 'section' | 'name'>): string {
  return fieldKey(section === undefined ? { name } : { section, name });
}

function readRow(form: Sent, row: FurtherRow): FieldInput {
  const section = form.text(row.section);
  const kind = kindOf(form.text(row.kind));
  const isExact = kind === 'secret' || kind === 'note';
  const value = isExact ? form.exact(row.value) : form.text(row.value);
  return { ...(section === '' ? {} : { section }), name: form.text(row.name), kind, value };
}

function kindOf(text: string): FieldKind {
  return FIELD_KINDS.find((kind) => kind === text) ?? 'text';
}

function checkSites({ type, faults }: Typed, urls: readonly string[]): void {
  for (const value of urls)
    tryAt(faults, 'sites', () => makeField(type, { name: 'url', kind: 'url', value }, 'a site'));
}

interface SiteChange {
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly add: readonly FieldInput[];
  readonly remove: readonly string[];
}

/** Line by line: sites that stay in their place keep their fields. */
function readSites(typed: Typed, { fields }: ItemShape): SiteChange {
  const lines = linesOf(typed.form, 'sites');
  const held = fields.filter(isSite);
  checkSites(
    typed,
    lines.filter((line) => !held.some(({ value = '' }) => isUnchanged(line, value))),
  );
  const kept = held.slice(0, lines.length);
  const changed = kept.filter(({ value = '' }, at) => !isUnchanged(lines[at] ?? '', value));
  const names = freeNames(fields.map((field) => fieldKey(field)));
  return {
    set: changed.map((field) => [field.name, lines[held.indexOf(field)] ?? '']),
    add: lines.slice(held.length).map((value) => ({ name: names(), kind: 'url', value })),
    remove: held.slice(lines.length).map(({ name }) => name),
  };
}

/** `url`, `url-2`, `url-3`… but for those that are taken. */
function freeNames(taken: readonly string[]): () => string {
  let number = 0;
  const next = (): string => {
    number += 1;
    const name = number === 1 ? 'url' : `url-${String(number)}`;
    return taken.includes(name) ? next() : name;
  };
  return next;
}

/** The item's sites as the form lists them. */
export function sitesOf({ fields }: ItemShape): string {
  return fields
    .filter(isSite)
    .map(({ value = '' }) => shownText(value))
    .join('\n');
}

/** Puts what the door found wrong beside its field, where it says which that is. */
export function takeDoorFault(faults: Faults, error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  const at = [/\btags?\b/, /\btitle\b/].findIndex((pattern) => pattern.test(error.message));
  faults.take(error, ['tags', 'title'][at]);
}
