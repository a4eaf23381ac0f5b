/**
 * What CXF has no place for, in an extension of an item (CXF 1.0, section 2.5) that other programs pass over: the item's
 * type, the order, kinds and spelling of its fields, values that CXF has in another form, times to the millisecond, the
 * trash and the history. No value is read from it that the item's credentials do not bear out.
 */
import { contentSchema } from '../core/item-schema.js';
import { fieldKey } from '../core/item-field.js';
import { FIELD_KINDS, ITEM_TYPES, type Field, type FieldName, type ItemContent, type ItemType } from '../core/model.js';
import type { TransferItem, TransferRevision } from '../core/transfer.js';
import { asList, asObject, asText } from './json.js';

/** The name of the extension. */
const NAME = 'vouchsafe';

/** A value as it was, of a field in no section that CXF has in another form. */
export interface CxfOriginal {
  readonly name: string;
  readonly value: string;
}

/** What the extension says. */
export interface CxfOwn {
  readonly type: ItemType;
  /** The fields in their order. */
  readonly fields: readonly FieldName[];
  /** The names of the fields whose values are the URLs of the item's scope. */
  readonly urls: readonly string[];
  readonly originals: readonly CxfOriginal[];
  readonly isTrashed: boolean;
  /** Unix ms. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
  readonly history: readonly TransferRevision[];
  /** How many earlier states were not understood. */
  readonly unread: number;
}

/** The extension of an item. */
export function printOwn(item: TransferItem, urls: readonly string[], originals: readonly CxfOriginal[]): object {
  const { content, createdAt, updatedAt, history } = item;
  return {
    name: NAME,
    type: content.type,
    fields: content.fields.map(({ section, name, kind }) =>
      section === undefined ? { name, kind } : { section, name, kind },
    ),
    ...(urls.length === 0 ? {} : { urls }),
    ...(originals.length === 0 ? {} : { originals }),
    ...(item.isTrashed ? { trashed: true } : {}),
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    ...(history.length === 0 ? {} : { history }),
  };
}

/** Our extension among those of an item; undefined where it is not there, or not understood. */
export function readOwn(extensions: unknown): CxfOwn | undefined {
  const own = asList(extensions)
    .map(asObject)
    .find((extension) => extension?.['name'] === NAME);
  const type = ITEM_TYPES.find((known) => known === own?.['type']);
  if (own === undefined || type === undefined) return undefined;
  const kept = asList(own['history']);
  const history = kept.map(revisionOf).filter((revision) => revision !== undefined);
  const [createdAt, updatedAt] = [timeOf(own['createdAt']), timeOf(own['updatedAt'])];
  return {
    type,
    fields: asList(own['fields'])
      .map(nameOf)
      .filter((name) => name !== undefined),
    urls: asList(own['urls']).map(asText),
    originals: asList(own['originals']).map((one) => {
      const original = asObject(one);
      return { name: asText(original?.['name']), value: asText(original?.['value']) };
    }),
    isTrashed: own['trashed'] === true,
    ...(createdAt === undefined ? {} : { createdAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
    history,
    unread: kept.length - history.length,
  };
}

function nameOf(value: unknown): FieldName | undefined {
  const field = asObject(value);
  const kind = FIELD_KINDS.find((known) => known === field?.['kind']);
  if (typeof field?.['name'] !== 'string' || kind === undefined) return undefined;
  const section = field['section'];
  return { ...(typeof section === 'string' ? { section } : {}), name: field['name'], kind };
}

function revisionOf(value: unknown): TransferRevision | undefined {
  const revision = asObject(value);
  const at = timeOf(revision?.['at']);
  const content = contentSchema.safeParse(revision?.['content']);
  return at === undefined || !content.success ? undefined : { at, content: content.data };
}

function timeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

/** The content in the order and with the spelling of the extension; what it does not know follows, as it is. */
export function inOwnOrder(fields: readonly Field[], own: CxfOwn): ItemContent['fields'] {
  const byKey = new Map(fields.map((field) => [fieldKey(field), field]));
  const known = own.fields.map((name) => {
    const field = byKey.get(fieldKey(name));
    byKey.delete(fieldKey(name));
    return field === undefined ? undefined : { ...name, value: field.value };
  });
  return [...known.filter((field) => field !== undefined), ...byKey.values()];
}
