/**
 * What CXF has no place for, in an extension of an item (CXF 1.0, section 2.5) that other programs pass over: the item's
 * type, the order, kinds and spelling of its fields, values that CXF has in another form, times to the millisecond, the
 * trash and the history. No value is read from it that the item's credentials do not bear out.
 */
import { contentSchema } from '../core/item-schema.js';
import { checkValue, fieldKey } from '../core/item-field.js';
import { FIELD_KINDS, ITEM_TYPES, type Field, type FieldName, type ItemType } from '../core/model.js';
import type { TransferItem, TransferRevision } from '../core/transfer.js';
import { isFormOf } from './cxf-value.js';
import { unlessRefused } from './fault.js';
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

/**
 * The fields as they were, by the extension: in their order, with their spelling and kinds, and with values in their own
 * form where that is another form of what stands there. A field that it does not know follows as it is.
 */
export function asTheyWere(fields: readonly Field[], own: CxfOwn): readonly Field[] {
  const left = new Map(fields.map((field) => [fieldKey(field), field]));
  for (const { name, value } of own.originals) {
    const field = left.get(fieldKey({ name }));
    if (field !== undefined && isFormOf(value, field.value)) left.set(fieldKey({ name }), { ...field, value });
  }
  const known = own.fields.flatMap((name) => {
    const field = left.get(fieldKey(name));
    left.delete(fieldKey(name));
    return field === undefined ? [] : [withKind({ ...name, value: field.value }, field)];
  });
  return [...known, ...left.values()];
}

/** The field, if its kind still allows its value; else as it was read. */
function withKind(field: Field, otherwise: Field): Field {
  return unlessRefused(() => checkValue(field, 'field')) ?? otherwise;
}
