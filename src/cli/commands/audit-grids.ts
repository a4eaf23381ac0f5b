/** Two grids of the log: entries by hour and day of the week, and by who used what. */
import { escapeText } from '../../core/text.js';
import type { LogStats } from '../../gate/log-door.js';
import { compact, drawShades, glyphsOf, shadeLegend } from '../chart.js';
import { cut, displayWidth, pad, wrap } from '../width.js';

/** Where a grid is drawn. */
export interface GridPage {
  /** At least 40. */
  readonly width: number;
  readonly isUtf8: boolean;
  /** The name of the zone in which the hours are. */
  readonly zone: string;
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const HOURS = 24;
/** Columns of one hour where there is room for two. */
const TWO_FROM = 60;

/** A row of shades for each day of the week; nothing where there is no entry. */
export function heatmapLines(rows: LogStats['heatmap'], { width, isUtf8, zone }: GridPage): readonly string[] {
  const max = Math.max(0, ...rows.flat());
  if (max === 0) return [];
  const glyphs = glyphsOf(isUtf8);
  const cell = width >= TWO_FROM ? 2 : 1;
  const step = 6 / cell;
  const hours = Array.from({ length: HOURS / step }, (_, i) =>
    String(i * step)
      .padStart(2, '0')
      .padEnd(6),
  );
  return [
    ...wrap(`ENTRIES BY HOUR AND DAY OF THE WEEK (${zone})`, width),
    `     ${hours.join('')}`.trimEnd(),
    ...DAYS.map((day, i) => `${day}  ${drawShades(rows[i] ?? [], { max, cell }, glyphs)}`.trimEnd()),
    ...legendLines(max, { width, isUtf8 }),
  ];
}

/** What the shades mean, as many on a line as fit. */
function legendLines(max: number, { width, isUtf8 }: Omit<GridPage, 'zone'>): readonly string[] {
  const lines: string[] = [];
  for (const part of shadeLegend(max, glyphsOf(isUtf8))) {
    const joined = [lines.at(-1) ?? '', part].filter((text) => text !== '').join('   ');
    if (lines.length > 0 && joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(part);
  }
  return lines;
}

/**
 * Who used which item how often: numbers, or shades where they do not fit, close together where those do not either.
 * Nothing where no item was used.
 */
export function matrixLines(matrix: LogStats['matrix'], { width, isUtf8 }: GridPage): readonly string[] {
  const { agents, items, counts } = matrix;
  if (agents.length === 0 || items.length === 0) return [];
  const names = agents.map(({ name }) => cut(shown(name), Math.floor(width * 0.35)));
  const titles = items.map(({ title }) => shown(title));
  const grid = { names, titles, cells: counts.map((row) => row.map(numberText)) };
  if (widthOf(grid) <= width) return ['WHO USED WHAT', ...gridLines(grid)];
  const lettered = { ...grid, titles: items.map((_, i) => String.fromCharCode('A'.charCodeAt(0) + i)) };
  const key = titles.map((title, i) => cut(`${lettered.titles[i] ?? ''}  ${title}`, width));
  if (widthOf(lettered) <= width) return ['WHO USED WHAT', ...gridLines(lettered), ...key];
  const glyphs = glyphsOf(isUtf8);
  const max = Math.max(0, ...counts.flat());
  const cells = counts.map((row) => row.map((value) => drawShades([value], { max, cell: 1 }, glyphs)));
  const shaded = { ...lettered, cells };
  const gap = GAPS.find((one) => widthOf(shaded, one) <= width) ?? '';
  return ['WHO USED WHAT', ...gridLines(shaded, gap), ...legendLines(max, { width, isUtf8 }), ...key];
}

function shown(text: string): string {
  return text === '' ? '-' : escapeText(text);
}

interface Grid {
  readonly names: readonly string[];
  readonly titles: readonly string[];
  readonly cells: readonly (readonly string[])[];
}

const GAP = '  ';
const GAPS = [GAP, ' '];

function numberText(count: number): string {
  return count === 0 ? '-' : compact(count);
}

function columnWidths({ names, titles, cells }: Grid): readonly number[] {
  const name = Math.max(...names.map(displayWidth));
  return [
    name,
    ...titles.map((title, i) => Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[i] ?? '')))),
  ];
}

function widthOf(grid: Grid, gap = GAP): number {
  const widths = columnWidths(grid);
  return widths.reduce((sum, width) => sum + width, 0) + gap.length * (widths.length - 1);
}

function gridLines(grid: Grid, gap = GAP): readonly string[] {
  const [nameWidth = 0, ...widths] = columnWidths(grid);
  const draw = (name: string, cells: readonly string[]): string =>
    [pad(name, nameWidth), ...widths.map((width, i) => pad(cells[i] ?? '', width, true))].join(gap).trimEnd();
  return [draw('', grid.titles), ...grid.names.map((name, i) => draw(name, grid.cells[i] ?? []))];
}
