/** CSV as programs write it (RFC 4180): rows by the names of their columns, each with the line in which it begins. */
import { parse } from 'csv-parse/sync';
import { Refusal } from '../core/refusal.js';
import { grouped } from './amount.js';
import { fileRefusal, refuseFile } from './fault.js';
import type { ParsedLoss } from './parsed.js';
import { decodeText, peekText } from './plain-text.js';

/** What a CSV file may have. A row is measured in characters. */
export const CSV_LIMITS = { rows: 100_000, rowLength: 1 << 20, columns: 200 } as const;

/** One row that has all columns of the header. */
export interface CsvRow {
  /** The first is 1. */
  readonly line: number;
  /** By the name of the column in lower case, trimmed. */
  readonly values: ReadonlyMap<string, string>;
}

/** A CSV file with a header. */
export interface CsvFile {
  /** The names of the columns as they stand there. */
  readonly header: readonly string[];
  readonly rows: readonly CsvRow[];
  /** Rows with more or fewer columns than the header. */
  readonly skipped: readonly ParsedLoss[];
}

/**
 * The rows of a CSV file, with `,`, `;` or tabs between columns, whichever the header has. Blank lines are passed over.
 * Throws a `Refusal`, with the line, for quotes that are not closed or stand amid a value, for two columns of one name,
 * and beyond {@link CSV_LIMITS}.
 */
export function readCsv(bytes: Uint8Array): CsvFile {
  const text = decodeText(bytes);
  const [first, ...rest] = records(text);
  if (first === undefined) return refuseFile('is empty');
  const header = first.values.map((name) => name.trim());
  checkHeader(header);
  const names = header.map(nameOf);
  const rows: CsvRow[] = [];
  const skipped: ParsedLoss[] = [];
  for (const { line, values } of rest) {
    const place = `line ${String(line)}`;
    const what = `a row with ${String(values.length)} of ${String(names.length)} columns`;
    if (values.length !== names.length) skipped.push({ place, what });
    else rows.push({ line, values: new Map(values.map((value, index) => [names[index] ?? '', value])) });
  }
  return { header, rows, skipped };
}

/** The columns of what may be a CSV file, in lower case; never throws. */
export function peekHeader(bytes: Uint8Array): readonly string[] {
  const [line = ''] = peekText(bytes).split(/[\r\n]/, 1);
  return line.split(delimiterOf(line)).map((name) => nameOf(name.trim().replace(/^"(.*)"$/, '$1')));
}

function nameOf(name: string): string {
  return name.trim().toLowerCase();
}

function delimiterOf(line: string): string {
  if (line.includes(',')) return ',';
  return line.includes(';') ? ';' : '\t';
}

interface Line {
  readonly line: number;
  readonly values: readonly string[];
}

function records(text: string): readonly Line[] {
  const [head = ''] = text.split(/[\r\n]/, 1);
  const lines = new LineCounter(text);
  const found: Line[] = [];
  try {
    parse(text, {
      delimiter: delimiterOf(head),
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: CSV_LIMITS.rowLength,
      onRecord: (values: string[], { bytes }) => {
        if (found.length > CSV_LIMITS.rows) refuseFile(`has more than ${grouped(CSV_LIMITS.rows)} rows`);
        found.push({ line: lines.startOf(bytes), values });
        return null;
      },
    });
  } catch (error) {
    throw refusalOf(error, lines);
  }
  return found;
}

/** csv-parse counts a line end inside of quotes twice if it is CR LF, so lines are counted here. */
class LineCounter {
  readonly #bytes: Buffer;
  #at = 0;
  #line = 1;

  constructor(text: string) {
    this.#bytes = Buffer.from(text);
  }

  /** The line in which the record begins that ends before this byte; records have to be asked for in their order. */
  startOf(end: number): number {
    while (this.#isBreak(this.#at)) this.#step();
    const line = this.#line;
    while (this.#at < end) this.#step();
    return line;
  }

  #isBreak(at: number): boolean {
    return this.#bytes[at] === 0x0a || this.#bytes[at] === 0x0d;
  }

  #step(): void {
    const isPair = this.#bytes[this.#at] === 0x0d && this.#bytes[this.#at + 1] === 0x0a;
    if (this.#isBreak(this.#at)) this.#line += 1;
    this.#at += isPair ? 2 : 1;
  }
}

const FAULTS: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: 'has a row of more than 1 MiB, or a quote that is not closed',
  CSV_QUOTE_NOT_CLOSED: 'has a quote that is not closed',
  CSV_INVALID_CLOSING_QUOTE: 'has text after a closing quote',
  INVALID_OPENING_QUOTE: 'has a quote amid a value',
};

function refusalOf(error: unknown, lines: LineCounter): Refusal {
  if (error instanceof Refusal) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const fault = FAULTS[code] ?? 'is a damaged CSV file';
  return fileRefusal(`${fault}, in the row that begins at line ${String(lines.startOf(0))}`);
}

function checkHeader(header: readonly string[]): void {
  if (header.length > CSV_LIMITS.columns) refuseFile(`has more than ${String(CSV_LIMITS.columns)} columns`);
  if (new Set(header.map(nameOf)).size < header.length) refuseFile('has two columns of one name');
}
