/** One field of an item: its address, its kind and what its value may be. */
import { kindOf } from './item-type.js';
import type { Field, FieldKind, FieldName, ItemType } from './model.js';
import { checkName } from './reason.js';
import { Refusal } from './refusal.js';
import { cleanText, escapeText, foldName, hasHiddenCharacter } from './text.js';

/** A field as a caller gives it; without `kind` it has the one that `kindOf` says. */
export interface FieldInput {
  readonly section?: string | undefined;
  readonly name: string;
  readonly kind?: FieldKind | undefined;
  readonly value: string;
}

/** The most characters that a URL may have. */
export const MAX_URL_LENGTH = 2048;

/** How a field is named: `NAME`, or `SECTION/NAME` if it stands in a section. */
export function fieldPath({ section, name }: Pick<FieldName, 'section' | 'name'>): string {
  return section === undefined ? name : `${section}/${name}`;
}

function shownPath(field: FieldName): string {
  return cleanText(fieldPath(field));
}

/** What no two fields of an item share: the path, case-folded. */
export function fieldKey(field: Pick<FieldName, 'section' | 'name'>): string {
  return foldName(fieldPath(field));
}

/**
 * The one field that `ref` names, without regard to case: the field whose path it is; else, for a bare name, the only
 * field of that name in any section; else the only one whose path is that once it is cleaned, as agents are shown it.
 * Undefined if there is none; throws `ambiguous` with the paths if there are several.
 */
export function matchField<T extends FieldName>(fields: readonly T[], ref: string): T | undefined {
  const key = foldName(ref.trim());
  const exact = fields.find((field) => fieldKey(field) === key);
  if (exact !== undefined) return exact;
  const bare = fields.filter((field) => foldName(field.name) === key);
  const shown = foldName(cleanText(ref.trim()));
  const named = bare.length > 0 ? bare : fields.filter((field) => foldName(shownPath(field)) === shown);
  if (named.length < 2) return named[0];
  throw new Refusal('ambiguous', {
    message: 'Several fields of the item have this name.',
    next: 'Name the field as SECTION/NAME.',
    candidates: named.map(shownPath),
  });
}

/** As {@link matchField}; throws `not_found`, with the names of the fields there are, if there is none. */
export function resolveField<T extends FieldName>(fields: readonly T[], ref: string): T {
  const field = matchField(fields, ref);
  if (field !== undefined) return field;
  const candidates = fields.map(shownPath);
  const next =
    candidates.length === 0 ? 'The item has no fields.' : `Its fields are: ${escapeText(candidates.join(', '))}.`;
  throw new Refusal('not_found', { message: 'The item has no field of this name.', next, candidates });
}

/**
 * The field with trimmed names, its kind filled in, and a value that its kind allows. `label` says where it stands in
 * the request (`fields[2]`); throws `invalid_request` with it and without the value.
 */
export function makeField(type: ItemType, input: FieldInput, label: string): Field {
  const name = checkName(`name of ${label}`, input.name);
  const section = input.section === undefined ? undefined : checkName(`section of ${label}`, input.section);
  const kind = input.kind ?? kindOf(type, name);
  return checkValue({ ...(section === undefined ? {} : { section }), name, kind, value: input.value }, label);
}

/** The field itself, if its kind allows its value. Throws `invalid_request` as {@link makeField} does. */
export function checkValue(field: Field, label: string): Field {
  const fault = /\p{Cs}/u.test(field.value) ? 'is not valid Unicode' : VALUE_RULES[field.kind]?.(field.value);
  if (fault === undefined) return field;
  throw new Refusal('invalid_request', {
    message: `The value of ${label} ${fault}.`,
    next: 'Correct it, or give the field another kind, such as text.',
  });
}

type ValueRule = (value: string) => string | undefined;

/** What is wrong with a value of that kind, in words that follow "The value". Other kinds take everything. */
const VALUE_RULES: Readonly<Partial<Record<FieldKind, ValueRule>>> = {
  url: urlFault,
  email: (value) =>
    /^[^\s@]+@[^@]+$/.test(value) && !hasHiddenCharacter(value) ? undefined : 'is not an e-mail address',
  date: (value) => (isDate(value) ? undefined : 'is not a date: YYYY-MM-DD, YYYY-MM, MM/YY or MM/YYYY'),
};

function urlFault(value: string): string | undefined {
  if (value.trim() === '') return 'is an empty URL';
  if (value.length > MAX_URL_LENGTH) return `is a URL of more than ${String(MAX_URL_LENGTH)} characters`;
  return hasHiddenCharacter(value) ? 'is a URL with a control character or an invisible one' : undefined;
}

function isDate(value: string): boolean {
  if (/^(?:0[1-9]|1[0-2])\/(?:[0-9]{2}|[0-9]{4})$/.test(value)) return true;
  if (!/^[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?$/.test(value)) return false;
  const whole = value.length === 7 ? `${value}-01` : value;
  const at = Date.parse(`${whole}T00:00:00Z`);
  return Number.isFinite(at) && new Date(at).toISOString().slice(0, 10) === whole;
}
