/** Readers of formats that are a CSV file with known columns. What stands in other columns is kept as fields. */
import type { ItemType } from '../core/model.js';
import { readCsv, peekHeader, type CsvRow } from './csv.js';
import { refuseFile } from './fault.js';
import { ItemDraft } from './item-draft.js';
import type { ImportFormat, ParsedFile, ParsedItem, ParsedLoss, Reader } from './parsed.js';

/** What is known of a format. Names of columns are in lower case. */
export interface CsvForm {
  readonly format: ImportFormat;
  readonly name: string;
  /** The columns that a file of this format has. */
  readonly needs: readonly string[];
  /** Whether a header with all of them is of this format, where other formats have them too. */
  readonly isMeant?: (columns: readonly string[]) => boolean;
  /** Columns that say nothing to anyone but the program itself; they are told once for the file. */
  readonly ignores?: readonly string[];
  /** Takes the row's values and says what is missing, in words such as `a row without a password`; else nothing. */
  readonly fill: (row: Row, draft: ItemDraft) => string | undefined;
}

/** A row from which values are taken; what nobody takes becomes fields of its item. */
export class Row {
  readonly #values: ReadonlyMap<string, string>;
  readonly #taken = new Set<string>();

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** The value of the first of these columns that there is; empty where there is none. It is not trimmed. */
  take(...columns: readonly string[]): string {
    const column = columns.find((name) => this.#values.has(name));
    if (column === undefined) return '';
    this.#taken.add(column);
    return this.#values.get(column) ?? '';
  }

  /** What was not taken and is not empty. */
  rest(): readonly (readonly [column: string, value: string])[] {
    return [...this.#values].filter(([column, value]) => !this.#taken.has(column) && value !== '');
  }

  isEmpty(): boolean {
    return [...this.#values.values()].every((value) => value.trim() === '');
  }
}

/** The reader of such a format. */
export function csvReader(form: CsvForm): Reader {
  const { format, name, needs, isMeant = () => true } = form;
  const hasNeeds = (columns: readonly string[]): boolean => needs.every((column) => columns.includes(column));
  return {
    format,
    name,
    fits: (bytes) => {
      const columns = peekHeader(bytes);
      return hasNeeds(columns) && isMeant(columns);
    },
    read: (bytes) => Promise.resolve().then(() => readRows(form, bytes)),
  };
}

function readRows(form: CsvForm, bytes: Uint8Array): ParsedFile {
  const { header, rows, skipped } = readCsv(bytes);
  const columns = header.map((column) => column.toLowerCase());
  const missing = form.needs.filter((column) => !columns.includes(column));
  if (missing.length > 0) refuseFile(`is no ${form.name}: it lacks the column ${missing.join(', ')}`);
  const items: ParsedItem[] = [];
  const losses: ParsedLoss[] = [...skipped];
  for (const row of rows) {
    const read = readRow(form, row);
    if ('what' in read) losses.push(read);
    else items.push(read);
  }
  const ignored = header.filter((column) => form.ignores?.includes(column.toLowerCase()) === true);
  const lost = ignored.map((column) => ({
    place: 'line 1',
    what: `the column ${column}, which only its program uses`,
  }));
  return { format: form.format, items, skipped: losses.sort(byLine), lost };
}

function byLine(a: ParsedLoss, b: ParsedLoss): number {
  return Number(a.place.slice(5)) - Number(b.place.slice(5));
}

function readRow(form: CsvForm, { line, values }: CsvRow): ParsedItem | ParsedLoss {
  const place = `line ${String(line)}`;
  const row = new Row(values);
  if (row.isEmpty()) return { place, what: 'an empty row' };
  const type: ItemType = 'login';
  const draft = new ItemDraft(type, place);
  const fault = form.fill(row, draft);
  if (fault !== undefined) return { place, ...(draft.title === '' ? {} : { title: draft.title }), what: fault };
  for (const [column, value] of row.rest()) {
    if (form.ignores?.includes(column) !== true) draft.addOwn({ name: column, kind: 'text', value });
  }
  return draft.build();
}
