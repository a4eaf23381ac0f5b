/**
 * CSV by RFC 4180, for spreadsheets: the columns of `audit list --output csv`, the same ones whatever the entries hold.
 * No cell is taken for a formula, and no character in it is hidden.
 */
import type { EntryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { Formatter } from './formatter.js';

type Cell = string | number | readonly string[] | null | undefined;

const COLUMNS: readonly (readonly [name: string, cell: (entry: EntryShape) => Cell])[] = [
  ['seq', ({ seq }) => seq],
  ['at', ({ at }) => at],
  ['actor.kind', ({ actor }) => actor.kind],
  ['actor.id', ({ actor }) => actor.id],
  ['actor.name', ({ actor }) => actor.name],
  ['action', ({ action }) => action],
  ['outcome', ({ outcome }) => outcome],
  ['code', ({ code }) => code],
  ['vault.id', ({ vault }) => vault?.id],
  ['vault.name', ({ vault }) => vault?.name],
  ['item.id', ({ item }) => item?.id],
  ['item.title', ({ item }) => item?.title],
  ['fields', ({ fields }) => fields],
  ['reason', ({ reason }) => reason],
  ['signals', ({ signals }) => signals],
  ['client.name', ({ client }) => client.name],
  ['client.version', ({ client }) => client.version],
  ['transport', ({ transport }) => transport],
  ['grant_id', ({ grant_id }) => grant_id],
  ['hash', ({ hash }) => hash],
];

/** Entries as CSV with a line of column names. Lists are joined with `; `; what is not there is an empty cell. */
export const csv: Formatter = {
  head: lineOf(COLUMNS.map(([name]) => name)),
  line: (entry) => lineOf(COLUMNS.map(([, cell]) => printCell(cell(entry)))),
};

function lineOf(cells: readonly string[]): string {
  return `${cells.join(',')}\r\n`;
}

function printCell(cell: Cell): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  return quote(guard(escapeText(typeof cell === 'string' ? cell : cell.join('; '))));
}

/**
 * Where a cell begins that a spreadsheet would take for a formula (OWASP, "CSV Injection"): `=`, `+`, `-`, `@` and their
 * full-width and small forms, also behind white space and joiners. Behind `;` too, since in many countries that is where
 * a spreadsheet cuts cells. Tabs and ends of lines are escaped before.
 */
const FORMULA = /(^|;)(?=(?:\s|\u200c|\u200d|\ufe0f)*[=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212])/gu;

function guard(text: string): string {
  return text.replace(FORMULA, "$1'");
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
