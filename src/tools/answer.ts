/** What leaves a tool: cleaned of what a reader can't see, small enough to be shown, and marked as data. */
import { matchField } from '../core/item-field.js';
import type { FieldShape, ItemShape } from '../core/shapes.js';
import { cleanText, utf8Length } from '../core/text.js';
import { firstTexts, shortText, TOKENS_AT_MOST, tokensOf } from './size.js';
import { DATA_NOTE } from './tool.js';

type Result = Readonly<Record<string, unknown>>;

/**
 * The result as it is answered. Names of all kinds are cleaned; values of fields stay byte for byte. An item that is too
 * large keeps back the largest of its open values, as if they were secret, but those of `named` fields: these are given
 * whole, whatever their size, since a part of a key or a certificate is worse than none.
 */
export function answerOf(result: Result, named: readonly string[]): Result {
  const clean = cleaned(result);
  const { item } = result;
  const { vaults } = clean;
  return {
    ...clean,
    ...(isItem(item) ? { item: fitItem(item, named) } : {}),
    ...(Array.isArray(vaults) ? { vaults: fitVaults(vaults as readonly Result[]) } : {}),
    ...(holdsText(result) ? { data_note: DATA_NOTE } : {}),
  };
}

/** What others wrote at length: given as it is, as far as it fits. */
const OUTPUTS = ['body', 'stdout', 'stderr'] as const;

/**
 * What came of a use, as it is answered: what programs and servers wrote stays as it is, masked as it came, and is cut where
 * it would not fit; `truncated` then says so.
 */
export function useAnswerOf(result: Result, isWhole: boolean): Result {
  const outputs = OUTPUTS.flatMap((name) => (typeof result[name] === 'string' ? [[name, result[name]] as const] : []));
  const others = Object.fromEntries(Object.entries(cleaned(result)).filter(([name]) => !isOutput(name)));
  const room = Math.floor((TOKENS_AT_MOST - tokensOf(others, [others])) / Math.max(1, outputs.length));
  const fitted = outputs.map(([name, text]) => [name, isWhole ? text : firstOf(text, room)] as const);
  const isCut = fitted.some(([, text], n) => text !== outputs[n]?.[1]);
  return { ...others, ...Object.fromEntries(fitted), ...(isCut ? { truncated: true } : {}), data_note: DATA_NOTE };
}

function isOutput(name: string): boolean {
  return OUTPUTS.some((output) => output === name);
}

/** The longest beginning of a text that takes at most so many bytes as JSON. */
function firstOf(text: string, most: number): string {
  if (utf8Length(JSON.stringify(text)) <= most) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (utf8Length(JSON.stringify(text.slice(0, middle))) <= most) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low).toWellFormed();
}

function holdsText(result: Result): boolean {
  return ['item', 'items', 'deleted', 'vault', 'vaults', 'grants'].some((key) => Object.hasOwn(result, key));
}

function isItem(value: unknown): value is ItemShape {
  return typeof value === 'object' && value !== null && 'fields' in value && 'revision' in value;
}

/** All texts of an object cleaned, but the values of fields, which are what was asked for. */
export function cleaned<T>(value: T): T {
  return cleanAny(value) as T; // Of the same shape: only texts are other ones.
}

function cleanAny(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(cleanAny);
  if (typeof value !== 'object' || value === null) return value;
  const isField = 'kind' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [key, isField && key === 'value' ? part : cleanAny(part)]),
  );
}

/** The item, cleaned, with no more than fits beside the fields that were named. */
function fitItem(raw: ItemShape, named: readonly string[]): ItemShape {
  const item = cleaned(raw);
  if (tokensOfItem(item) <= TOKENS_AT_MOST) return item;
  // Names are looked up as the view did it: cleaned, two fields may have the same one.
  const wanted = named.map((name) => matchField<FieldShape>(raw.fields, name));
  const asked = new Set(item.fields.filter((_, at) => wanted.includes(raw.fields[at])));
  const short = {
    ...item,
    title: shortText(item.title),
    vault: shortText(item.vault),
    username: item.username === null ? null : shortText(item.username),
    urls: firstTexts(item.urls),
    tags: firstTexts(item.tags),
  };
  const isOpen = (field: FieldShape): boolean => field.value !== undefined && !asked.has(field);
  return withoutTail(concealLargest(short, isOpen), asked);
}

function tokensOfItem(item: ItemShape): number {
  const { title, vault, username, urls, tags, fields } = item;
  return tokensOf(item, [title, vault, username, urls, tags, fields]);
}

/** Conceals open values, the largest first, until the item fits or none is left. */
function concealLargest(item: ItemShape, isOpen: (field: FieldShape) => boolean): ItemShape {
  const open = item.fields.filter(isOpen);
  const bySize = open.sort((a, b) => (b.value?.length ?? 0) - (a.value?.length ?? 0));
  const hidden = new Set<FieldShape>();
  const shown = (): ItemShape => ({
    ...item,
    fields: item.fields.map((field) => (hidden.has(field) ? concealed(field) : field)),
  });
  for (const field of bySize) {
    if (tokensOfItem(shown()) <= TOKENS_AT_MOST) break;
    hidden.add(field);
  }
  return shown();
}

function concealed({ name, section, kind }: FieldShape): FieldShape {
  return { name, ...(section === undefined ? {} : { section }), kind, concealed: true };
}

/** Only an item whose names alone are too large loses fields at its end; the last one then says how many. */
function withoutTail(item: ItemShape, asked: ReadonlySet<FieldShape>): ItemShape {
  if (tokensOfItem(item) <= TOKENS_AT_MOST) return item;
  let left = TOKENS_AT_MOST - tokensOfItem({ ...item, fields: [] }) - MARK_TOKENS;
  const kept = item.fields.filter((field) => {
    if (asked.has(field)) return true;
    left -= tokensOf(field, [field]) + 1;
    return left >= 0;
  });
  const missing = item.fields.length - kept.length;
  const mark: FieldShape = { name: `… ${String(missing)} more`, kind: 'text', concealed: true };
  return missing === 0 ? item : { ...item, fields: [...kept, mark] };
}

const MARK_TOKENS = 100;

/** The vaults, their descriptions shortened until they fit, since a list of vaults has no pages. */
function fitVaults(vaults: readonly Result[]): readonly Result[] {
  const cut = (most: number): readonly Result[] =>
    vaults.map((vault) => {
      const { description } = vault;
      return typeof description === 'string' ? { ...vault, description: shortText(description, most) } : vault;
    });
  const isFitting = (rows: readonly Result[]): boolean =>
    tokensOf(
      rows,
      rows.map(({ name, description }) => [name, description]),
    ) <= TOKENS_AT_MOST;
  return [vaults, cut(100)].find(isFitting) ?? cut(0);
}
