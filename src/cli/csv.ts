/** CSV by RFC 4180, for spreadsheets: nothing in it is taken for a formula. */
import { escapeText } from '../core/text.js';

/**
 * The rows with a line of column names; nothing for no rows. An object inside a row gives a column `outer.inner` for
 * each of its members; a list is joined with `; `. For a terminal (`isShown`), hidden characters are escaped.
 */
export function printCsv(rows: readonly object[], isShown: boolean): string {
  const flat = rows.map((row) => flatten(row));
  const columns = [...new Set(flat.flatMap((row) => [...row.keys()]))];
  if (columns.length === 0) return '';
  const cells = flat.map((row) => columns.map((column) => cell(row.get(column), isShown)));
  return [columns.map(quote), ...cells].map(csvLine).join('');
}

function csvLine(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

function flatten(row: object, prefix = ''): Map<string, unknown> {
  const cells = new Map<string, unknown>();
  for (const [key, value] of Object.entries(row) as [string, unknown][]) {
    if (!isRecord(value)) cells.set(prefix + key, value);
    else for (const [inner, deep] of flatten(value, `${prefix}${key}.`)) cells.set(inner, deep);
  }
  return cells;
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function cell(value: unknown, isShown: boolean): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const text = Array.isArray(value) ? value.map(element).join('; ') : element(value);
  return quote(guard(isShown ? escapeText(text) : text));
}

function element(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A cell that a spreadsheet would take for a formula begins with an apostrophe (OWASP, "CSV injection"). */
function guard(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
