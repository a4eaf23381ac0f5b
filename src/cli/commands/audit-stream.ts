/** Entries of the log that are printed as they come. What was printed is never laid out again. */
import type { EntryShape } from '../../core/shapes.js';
import type { Entries } from '../../gate/log-door.js';
import { csv } from '../export/csv.js';
import { printJson, type Output } from '../output.js';
import type { Column } from '../table.js';
import { wrap } from '../width.js';
import { entryForm, entryLine } from './audit-text.js';

/** Prints entries below those that it printed before. */
export type EntryPrinter = (entries: Entries) => void;

/** The printer for the output's format: JSON is one entry a line, whatever was asked for. */
export function entryPrinter(out: Output): EntryPrinter {
  if (out.format === 'csv') return csvPrinter(out);
  if (out.format === 'human') return out.isTerminal && out.width < LEAST_TABLE ? linePrinter(out) : tablePrinter(out);
  return (entries) => out.data(entries.map((entry) => `${printJson(entry)}\n`).join(''));
}

function csvPrinter(out: Output): EntryPrinter {
  let isFirst = true;
  return (entries) => {
    out.data((isFirst ? csv.head : '') + entries.map((entry) => csv.line(entry)).join(''));
    isFirst = false;
  };
}

/** Below this width there are no columns: an entry is one line, wrapped. */
const LEAST_TABLE = 72;
const INDENT = '    ';

function linePrinter(out: Output): EntryPrinter {
  const fold = (entry: EntryShape): string =>
    wrap(entryLine(entry, out), out.width - INDENT.length).join(`\n${INDENT}`);
  return (entries) => out.data(entries.map((entry) => `${fold(entry)}\n`).join(''));
}

function tablePrinter(out: Output): EntryPrinter {
  const { columns, row, under } = entryForm(out);
  let fixed: readonly Column[] | undefined;
  const place = under === undefined ? undefined : underRow;
  return (entries) => {
    const rows = entries.map(row);
    if (fixed !== undefined) out.data(`${out.moreRows(fixed, rows, place)}\n`);
    else {
      const seq = Math.max(5, ...entries.map((entry) => String(entry.seq).length + 1));
      fixed = place === undefined ? wideColumns(columns, seq) : narrowColumns(columns, seq, out.width);
      out.data(`${out.table(fixed, rows, place)}\n`);
    }
  };
}

/** Below a row of a narrow terminal stands all that has no column of its own there: nothing of it is cut. */
function underRow(row: object): string {
  const [where, reason] = [Reflect.get(row, 'where') as unknown, Reflect.get(row, 'reason') as unknown];
  return [where, reason].filter((text) => typeof text === 'string' && text !== '').join('  ');
}

const GAP = 2;
const TIME = '2026-06-01 00:00'.length;
const ACTION = 'audit.checkpoint'.length;
const OUTCOME = 'REFUSED'.length;

/** Each column with the width that it keeps, for entries yet to come too; the reason has the rest. */
function wideColumns(columns: readonly Column[], seq: number): readonly Column[] {
  const outcome = 'REFUSED approval_required'.length;
  return withWidths(columns, { seq, time: TIME, who: 14, what: ACTION, where: 24, outcome });
}

function narrowColumns(columns: readonly Column[], seq: number, width: number): readonly Column[] {
  const who = width - seq - TIME - ACTION - OUTCOME - 4 * GAP;
  const shown = columns.filter(({ key }) => key !== 'where');
  return withWidths(shown, { seq, time: TIME, who, what: ACTION, outcome: OUTCOME });
}

function withWidths(columns: readonly Column[], widths: Readonly<Record<string, number>>): readonly Column[] {
  return columns.map((column) => {
    const width = widths[column.key];
    return width === undefined ? column : { ...column, width };
  });
}
