/** The fields of an item as a form asks for them: those that its type usually has, and those that it has besides. */
import { isConcealed } from '../../core/item-content.js';
import { fieldKey, fieldPath } from '../../core/item-field.js';
import { isUrlName, mainSecret, standardField, standardFields } from '../../core/item-type.js';
import type { FieldKind, ItemType } from '../../core/model.js';
import type { FieldShape, ItemShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import { fieldTitle } from './naming.js';

/** One field of the form. */
export interface EntryField {
  /** Its name in the form; an id too, so without spaces. */
  readonly at: string;
  /** `NAME` or `SECTION/NAME`. */
  readonly path: string;
  readonly title: string;
  readonly name: string;
  readonly kind: FieldKind;
  readonly isConcealed: boolean;
  /** Whether a secret can be made for it. */
  readonly isMakeable: boolean;
  /** Whether the item has it now. */
  readonly isHeld: boolean;
  /** What it holds now, where that is not concealed. */
  readonly value: string;
}

/** The fields of a new item of that type. */
export function fieldsOfType(type: ItemType): readonly EntryField[] {
  return standardFields(type).map((field) => entryField(type, field, false));
}

/** The fields of an item and those that its type has and it lacks; its sites are asked for apart. */
export function fieldsOfItem({ type, fields }: ItemShape): readonly EntryField[] {
  const held = new Map(fields.map((field) => [fieldKey(field), field]));
  const standard = standardFields(type).map(({ name, kind }) => {
    const field = held.get(fieldKey({ name }));
    return entryField(type, field ?? { name, kind }, field !== undefined);
  });
  const further = fields.filter((field) => !isSite(field) && !isStandard(type, field));
  return [...standard, ...further.map((field) => entryField(type, field, true))];
}

function isStandard(type: ItemType, { section, name }: FieldShape): boolean {
  return section === undefined && standardField(type, name) !== undefined;
}

/** Whether the field holds one of the item's sites: those that are listed line by line. */
export function isSite({ kind, section, name }: FieldShape): boolean {
  return kind === 'url' && section === undefined && isUrlName(name);
}

function entryField(type: ItemType, field: FieldShape, isHeld: boolean): EntryField {
  const { name, kind, section, value = '' } = field;
  const path = fieldPath(field);
  return {
    at: `f-${encodeURIComponent(path)}`,
    path,
    title: fieldTitle(type, field),
    name,
    kind,
    isConcealed: isConcealed(kind),
    isMakeable: kind === 'secret' && (section !== undefined || isMadeHere(type, name)),
    isHeld,
    value,
  };
}

/** A card's number is given by its bank, a password is not. */
function isMadeHere(type: ItemType, name: string): boolean {
  if (standardField(type, name) === undefined) return true;
  return mainSecret(type) !== undefined && name !== 'private_key';
}

/** A value as a page can show it and a browser sends it back: what nobody sees stands as an escape. */
export function shownText(value: string): string {
  return value
    .split(/\r\n?|\n/)
    .map(escapeText)
    .join('\n');
}

/** Whether what was typed is what the page showed of that value. */
export function isUnchanged(typed: string, value: string): boolean {
  const shown = shownText(value);
  // browsers take the first line break of a text area away
  return typed === shown || typed === shown.replace(/^\n/, '');
}
