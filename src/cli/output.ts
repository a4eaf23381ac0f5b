/**
 * What is printed, and where. Data goes to stdout or the file of `--to`, everything else to stderr; a table fits the
 * terminal; nothing that an agent or an item wrote reaches a terminal unescaped.
 */
import { styleText } from 'node:util';
import { formatTime, isoTime } from '../core/expiry.js';
import { Refusal } from '../core/refusal.js';
import { printCsv } from './csv.js';
import { fold } from './fold.js';
import { isUtf8Locale, localZone } from './locale.js';
import { fileSink, streamSink, type Sink } from './sink.js';
import { didYouMean } from './suggestion.js';
import { statusLine, type StatusLine } from './status-line.js';
import { printTable, type Column, type Style, type UnderRow } from './table.js';

export type { Column, Style } from './table.js';

/** The forms in which data is printed. */
export const FORMATS = ['human', 'json', 'ndjson', 'csv'] as const;
export type Format = (typeof FORMATS)[number];

export interface Output {
  /** The flag's; else, once the owner's door is open, the setting `output.format`; else `human`. */
  readonly format: Format;
  /** Columns of the terminal (`COLUMNS`, else its own, else 80). */
  readonly width: number;
  /** Whether data goes to a terminal. */
  readonly isTerminal: boolean;
  /** Whether data goes to the file of `--to`. */
  readonly isFile: boolean;
  readonly local: boolean;
  /** Whether the locale has characters that are not ASCII. */
  readonly isUtf8: boolean;
  /** The line for what goes on meanwhile; undefined where stderr is no terminal. */
  readonly status: StatusLine | undefined;
  /** One thing: the object in the format, or `human`, exactly. */
  one(value: object, human: string): void;
  /** As `one`, for sentences: a terminal does not break them within a word. */
  say(value: object, human: string): void;
  /** A list: the rows in the format, or `human` and on stderr how to see more. */
  list(rows: readonly object[], nextCursor: string | null, human: string): void;
  /** The rows as an aligned table, each cell escaped; `under` gives a row a line of its own. No newline at the end. */
  table(columns: readonly Column[], rows: readonly object[], under?: UnderRow): string;
  /** Rows that go on a table whose columns have a `width`, in the same way but without the line of titles. */
  moreRows(columns: readonly Column[], rows: readonly object[], under?: UnderRow): string;
  /** The text as `say` prints it. */
  fold(text: string): string;
  /** A line for people, on stderr, folded to a terminal; escape what others wrote before. */
  note(text: string): void;
  /** Exactly this text, where data goes. */
  data(text: string): void;
  /** `2026-06-01 00:00` in UTC, or in the local zone with `--local`; `never` for null. */
  time(iso: string | null): string;
  /** The text in that style where data goes to a terminal that takes colours; else as it is. */
  style(style: Style, text: string): string;
  /** Takes a format from the settings, unless a flag said one. */
  prefer(format: string): void;
  /** Throws `unavailable` where the file of `--to` cannot be written: before anything is made that is shown once. */
  prepare(): void;
  /** Takes the file of `--to` away again, if it is new and nothing was written to it. */
  abandon(): void;
  /** Calls back when whoever read the data has gone (`| head`), which is found out by writing. */
  onGone(callback: () => void): void;
}

export interface OutputOptions {
  /** From a flag; undefined where none was given. */
  readonly format?: Format | undefined;
  /** The file that data is written to (0600) in place of stdout; `-` is stdout. */
  readonly to?: string | undefined;
  readonly local?: boolean | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly stdout?: NodeJS.WriteStream | undefined;
  readonly stderr?: NodeJS.WriteStream | undefined;
}

/** The format that a flag or setting names; `jsonl` is `ndjson`. Throws `invalid_request`. */
export function parseFormat(text: string): Format {
  const word = text.trim().toLowerCase();
  const format = FORMATS.find((known) => known === (word === 'jsonl' ? 'ndjson' : word));
  if (format !== undefined) return format;
  throw new Refusal('invalid_request', {
    message: 'The output format is not known.',
    next: `${didYouMean(word, FORMATS)}Use --output with one of ${FORMATS.join(', ')}.`,
  });
}

/** An output to the process's own streams, unless others are given. */
export function createOutput(options: OutputOptions = {}): Output {
  return new StreamOutput(options);
}

class StreamOutput implements Output {
  readonly width: number;
  readonly isTerminal: boolean;
  readonly isFile: boolean;
  readonly local: boolean;
  readonly isUtf8: boolean;
  readonly status: StatusLine | undefined;
  readonly #options: OutputOptions;
  readonly #sink: Sink;
  readonly #errors: Sink;
  readonly #errorWidth: number;
  #preferred: Format = 'human';

  constructor(options: OutputOptions) {
    const { stdout = process.stdout, stderr = process.stderr, env = process.env } = options;
    const file = options.to === undefined || options.to === '-' ? undefined : options.to;
    this.#options = options;
    this.#sink = file === undefined ? streamSink(stdout) : fileSink(file);
    this.#errors = streamSink(stderr);
    this.isFile = file !== undefined;
    this.isTerminal = file === undefined && stdout.isTTY;
    this.width = columnsOf(env) ?? (stdout.isTTY ? stdout.columns : 80);
    this.#errorWidth = stderr.isTTY ? (columnsOf(env) ?? stderr.columns) : Infinity;
    this.local = options.local ?? false;
    this.isUtf8 = isUtf8Locale(env);
    this.status = statusLine(stderr, env);
  }

  get format(): Format {
    return this.#options.format ?? this.#preferred;
  }

  prefer(format: string): void {
    this.#preferred = parseFormat(format);
  }

  prepare(): void {
    this.#sink.prepare();
  }

  abandon(): void {
    this.#sink.abandon();
  }

  onGone(callback: () => void): void {
    this.#sink.onGone(callback);
  }

  one(value: object, human: string): void {
    if (this.format === 'human') this.#line(human);
    else if (this.format === 'csv') this.data(printCsv([value], this.isTerminal));
    else this.#line(this.#json(value));
  }

  say(value: object, human: string): void {
    this.one(value, this.fold(human));
  }

  fold(text: string): string {
    return this.isTerminal ? fold(text, this.width) : text;
  }

  list(rows: readonly object[], nextCursor: string | null, human: string): void {
    if (this.format === 'json') this.#line(this.#json({ schema_version: 1, data: rows, next_cursor: nextCursor }));
    else if (this.format === 'ndjson') this.data(rows.map((row) => `${printJson(row)}\n`).join(''));
    else if (this.format === 'csv') this.data(printCsv(rows, this.isTerminal));
    else this.#line(human);
    if (nextCursor !== null && this.format !== 'json') this.note(`There is more: add --cursor ${nextCursor}`);
  }

  table(columns: readonly Column[], rows: readonly object[], under?: UnderRow): string {
    return printTable(columns, rows, { ...this.#tableForm(), under });
  }

  moreRows(columns: readonly Column[], rows: readonly object[], under?: UnderRow): string {
    return printTable(columns, rows, { ...this.#tableForm(), under, hasTitles: false });
  }

  #tableForm(): { readonly width: number; readonly style: (style: Style, text: string) => string } {
    return { width: this.isTerminal ? this.width : Infinity, style: (name, text) => this.style(name, text) };
  }

  note(text: string): void {
    this.status?.erase();
    this.#errors.write(`${fold(text, this.#errorWidth)}\n`);
  }

  data(text: string): void {
    this.status?.erase();
    this.#sink.write(text);
  }

  time(iso: string | null): string {
    if (iso === null) return 'never';
    return formatTime(Date.parse(iso), this.local ? localZone() : 'UTC').slice(
      0,
      isoTime(0).indexOf('T') + ' 00:00'.length,
    );
  }

  style(style: Style, text: string): string {
    const noColor = this.#env['NO_COLOR'] ?? '';
    if (!this.isTerminal || noColor !== '' || this.#env['TERM'] === 'dumb') return text;
    return styleText(style, text, { validateStream: false });
  }

  get #env(): NodeJS.ProcessEnv {
    return this.#options.env ?? process.env;
  }

  #line(text: string): void {
    this.data(text === '' || text.endsWith('\n') ? text : `${text}\n`);
  }

  #json(value: object): string {
    return printJson(value, this.format === 'json' && this.isTerminal ? 2 : 0);
  }
}

function columnsOf(env: NodeJS.ProcessEnv): number | undefined {
  const columns = env['COLUMNS'] ?? '';
  return /^[1-9][0-9]{1,4}$/.test(columns) ? Number(columns) : undefined;
}

const HIDDEN_IN_JSON = /(?!\n)[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** JSON in which every character that cannot be seen stands as `\uXXXX`: the same data, harmless on a terminal. */
export function printJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replace(HIDDEN_IN_JSON, (character) =>
    Array.from({ length: character.length }, (_, i) => escapeUnit(character.charCodeAt(i))).join(''),
  );
}

function escapeUnit(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
