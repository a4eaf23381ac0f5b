/** Tables for a terminal: aligned by what is seen, cut to the width; one column may be wrapped in place of cut. */
import type { styleText } from 'node:util';
import { escapeText } from '../core/text.js';
import { cut, displayWidth, pad, wrap } from './width.js';

/** A style of `util.styleText`. */
export type Style = Parameters<typeof styleText>[0];

/** A column: the member of the row that it shows. */
export interface Column {
  readonly key: string;
  readonly title: string;
  /** This one column takes the rest of the width and is wrapped, not cut. It should be the last. */
  readonly wrap?: boolean;
  readonly alignRight?: boolean;
  /** Never cut: a table that is still too wide goes over the edge. For ids. */
  readonly whole?: boolean;
  /** At least so wide, and exactly so unless it is `whole`; without a limit to the whole table, nothing is cut. */
  readonly width?: number;
  /** The style of a cell, by its row; a colour is never the only sign of anything. */
  readonly style?: (row: object) => Style | undefined;
}

/** What stands under a row, over the whole width, escaped and wrapped; undefined: nothing. */
export type UnderRow = (row: object) => string | undefined;

export interface TableOptions {
  /** Columns of the terminal; Infinity: nothing is cut. */
  readonly width: number;
  readonly style: (style: Style, text: string) => string;
  /** For what would leave no room to the columns of a narrow terminal. */
  readonly under?: UnderRow | undefined;
  /** False for rows that follow others, in columns of a fixed `width`. */
  readonly hasTitles?: boolean;
}

const GAP = '  ';
const LEAST_WIDTH = 5;
const LEAST_WRAPPED = 16;

/**
 * The table, with its line of titles unless there is one above; cells are escaped. Null, undefined and nothing show as
 * `-`; lists have commas.
 */
export function printTable(columns: readonly Column[], rows: readonly object[], options: TableOptions): string {
  const titles = columns.map((column) => column.title.toUpperCase());
  const texts = rows.map((row) => columns.map((column) => cellText(Reflect.get(row, column.key))));
  const widths = fit(columns, [titles, ...texts], options.width);
  const isCut = options.width !== Infinity;
  const draw = (cells: readonly string[], style: (column: Column) => Style | undefined): string =>
    printRow({ columns, widths, cells, isCut, paint: (column, text) => paint(options, style(column), text) });
  const body = rows.flatMap((row, i) => [
    draw(texts[i] ?? [], (column) => column.style?.(row)),
    ...below(row, options),
  ]);
  return [...(options.hasTitles === false ? [] : [draw(titles, () => 'bold')]), ...body].join('\n');
}

const INDENT = '    ';

function below(row: object, { under, width }: TableOptions): readonly string[] {
  const text = under?.(row);
  if (text === undefined || text === '') return [];
  return wrap(escapeText(text), Math.max(LEAST_WRAPPED, width - INDENT.length)).map((line) => INDENT + line);
}

function paint(options: TableOptions, style: Style | undefined, text: string): string {
  return style === undefined || text === '' ? text : options.style(style, text);
}

/** What a cell shows of a value. */
function cellText(value: unknown): string {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(cellText).join(', ');
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return escapeText(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The widths of the columns: as wide as their cells, then the widest made narrower until the row fits. */
function fit(columns: readonly Column[], lines: readonly (readonly string[])[], width: number): readonly number[] {
  const widths = columns.map((column, i) => column.width ?? widestCell(lines, i));
  let over = widths.reduce((sum, one) => sum + one, 0) + GAP.length * (columns.length - 1) - width;
  const wrapped = columns.findIndex((column) => column.wrap === true);
  over -= narrow(widths, wrapped, { by: over, least: LEAST_WRAPPED });
  while (over > 0) {
    const widest = widestOf(columns, widths);
    const done = narrow(widths, widest, { by: 1, least: LEAST_WIDTH });
    if (done === 0) break;
    over -= done;
  }
  return widths;
}

function widestCell(lines: readonly (readonly string[])[], index: number): number {
  return lines.reduce((most, cells) => Math.max(most, displayWidth(cells[index] ?? '')), 0);
}

function narrow(widths: number[], index: number, { by, least }: { by: number; least: number }): number {
  const width = widths[index];
  if (width === undefined) return 0;
  const done = Math.max(0, Math.min(by, width - least));
  widths[index] = width - done;
  return done;
}

function widestOf(columns: readonly Column[], widths: readonly number[]): number {
  const isFixed = ({ whole, wrap: isWrapped, width }: Column): boolean =>
    whole === true || isWrapped === true || width !== undefined;
  const movable = columns.map((column, i) => (isFixed(column) ? 0 : (widths[i] ?? 0)));
  const widest = Math.max(...movable);
  return widest === 0 ? -1 : movable.indexOf(widest);
}

interface Row {
  readonly columns: readonly Column[];
  readonly widths: readonly number[];
  readonly cells: readonly string[];
  readonly isCut: boolean;
  readonly paint: (column: Column, text: string) => string;
}

function printRow({ columns, widths, cells, isCut, paint: color }: Row): string {
  const stacks = columns.map((column, i) => {
    const [text, width] = [cells[i] ?? '', widths[i] ?? 0];
    if (column.wrap === true) return wrap(text, width);
    return [isCut && column.whole !== true ? cut(text, width) : text];
  });
  const height = Math.max(...stacks.map((stack) => stack.length));
  const lines = Array.from({ length: height }, (_, line) =>
    columns
      .map((column, i) => printCell(stacks[i]?.[line] ?? '', { column, width: widths[i] ?? 0, color }))
      .join(GAP)
      .trimEnd(),
  );
  return lines.join('\n');
}

interface Cell {
  readonly column: Column;
  readonly width: number;
  readonly color: (column: Column, text: string) => string;
}

/** The spaces stay outside of the style, so that the end of a line can be trimmed. */
function printCell(text: string, { column, width, color }: Cell): string {
  const spaces = pad(text, width).slice(text.length);
  const painted = color(column, text);
  return column.alignRight === true ? spaces + painted : painted + spaces;
}
