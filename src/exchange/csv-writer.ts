/**
 * CSV in the columns of Bitwarden (https://bitwarden.com/help/condition-bitwarden-import/#condition-a-csv), which most
 * programs read and ours does as `bitwarden-csv`: `folder,favorite,type,name,notes,fields,reprompt,login_uri,
 * login_username,login_password,login_totp`, by RFC 4180. A vault is a folder. It holds logins and notes; `fields` has a
 * line `NAME: VALUE` for each further field. What that form would tear apart goes into the notes.
 */
import { fieldKey } from '../core/item-field.js';
import { isUrlName } from '../core/item-type.js';
import type { Field, ItemContent } from '../core/model.js';
import { isConcealed } from '../core/item-content.js';
import type { TransferItem } from '../core/transfer.js';
import { counted, lossOf, utf8, type WrittenLoss, type Writer } from './written.js';

const HEADER =
  'folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp'.split(',');

/** The least of all formats: every value goes along, and little of what it is. */
export const csvWriter: Writer = {
  format: 'csv',
  name: 'CSV (the columns of Bitwarden)',
  extension: 'csv',
  holdsTrash: false,
  write: (items) => {
    const rows = [HEADER, ...items.map(rowOf)];
    return { bytes: utf8(rows.map(printRow).join('')), losses: items.flatMap(lossesOf) };
  },
};

/** Values are not changed, also not those that a spreadsheet takes for formulas: they are secrets, to the letter. */
function printRow(cells: readonly string[]): string {
  const printed = cells
    .map(withoutNul)
    .map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell));
  return `${printed.join(',')}\r\n`;
}

/** Text files have none, and their readers refuse it. */
function withoutNul(cell: string): string {
  return cell.replaceAll('\0', '');
}

const COLUMNS = ['username', 'password', 'totp'] as const;

function rowOf(item: TransferItem): readonly string[] {
  const { content, vault } = item;
  const login = COLUMNS.map((name) => columnOf(content, name)?.value ?? '');
  const rest = restOf(content);
  const lines = rest.filter(isLine).map((field) => `${nameOf(field)}: ${field.value}`);
  const blocks = rest.filter((field) => !isLine(field)).map((field) => `${nameOf(field)}:\n${field.value}`);
  const note = noteOf(content)?.value;
  const notes = [...(note === undefined ? [] : [note]), ...blocks].join('\n\n');
  const urls = urlsOf(content).map(({ value }) => value);
  return [
    vault,
    '',
    isNote(content) ? 'note' : 'login',
    content.title,
    notes,
    lines.join('\n'),
    '0',
    urls.join(','),
    ...login,
  ];
}

/** A note that has a column of logins filled would lose it. */
function isNote(content: ItemContent): boolean {
  return content.type === 'note' && COLUMNS.every((name) => columnOf(content, name) === undefined);
}

function columnOf({ fields }: ItemContent, name: string): Field | undefined {
  return fields.find((field) => fieldKey(field) === name);
}

function noteOf({ type, fields }: ItemContent): Field | undefined {
  return fields.find((field) => field.kind === 'note' && fieldKey(field) === (type === 'note' ? 'text' : 'note'));
}

/** Of several URLs in one cell each is known by its scheme; the first may do without. None may have a comma. */
function urlsOf({ fields }: ItemContent): readonly Field[] {
  return fields
    .filter(({ section, name, kind }) => section === undefined && kind === 'url' && isUrlName(name))
    .filter(({ value }, index) => !/[,\s]/.test(value) && (index === 0 || /^[a-z][a-z0-9+.-]*:\/\//i.test(value)));
}

function restOf(content: ItemContent): readonly Field[] {
  const placed = [...COLUMNS.map((name) => columnOf(content, name)), noteOf(content), ...urlsOf(content)];
  return content.fields.filter((field) => !placed.includes(field));
}

/** Whether the field is one line that is read as it was written: a name ends at its first colon with a space. */
function isLine(field: Field): boolean {
  return !/[\r\n]/.test(field.value) && !/: |:$/.test(nameOf(field));
}

function nameOf({ section, name }: Field): string {
  return section === undefined ? name : `${section}/${name}`;
}

function lossesOf(item: TransferItem): readonly WrittenLoss[] {
  const { content, history, isTrashed } = item;
  const rest = restOf(content);
  const blocks = rest.filter((field) => !isLine(field)).map(nameOf);
  const kinds = rest.filter(({ kind }) => !isConcealed(kind)).length;
  const losses = [
    ...(/^(?:login|note)$/.test(content.type) ? [] : [`its type (${content.type}): it is a login`]),
    ...(content.tags.length === 0 ? [] : [counted(content.tags.length, 'tag')]),
    ...(kinds === 0 ? [] : [`that ${counted(kinds, 'field')} may be shown`]),
    ...(blocks.length === 0 ? [] : [`${blocks.join(', ')} as fields: they stand in the notes`]),
    ...(content.fields.some(({ value }) => value.includes('\0')) ? ['NUL characters of its values'] : []),
    ...(history.length === 0 ? [] : [counted(history.length, 'earlier state')]),
    ...(isTrashed ? ['that it is in the trash'] : []),
    ...(item.createdAt === undefined && item.updatedAt === undefined ? [] : ['when it was made and changed']),
  ];
  return losses.map((what) => lossOf(item, what));
}
