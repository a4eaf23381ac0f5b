/** How entries of the log are shown in tables and files. All that agents wrote in them is escaped. */
import type { EntryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { Output } from '../output.js';
import type { Column } from '../table.js';

const COLUMNS: readonly Column[] = [
  { key: 'seq', title: '#', alignRight: true, whole: true },
  { key: 'time', title: 'time', whole: true },
  { key: 'who', title: 'who' },
  { key: 'what', title: 'what' },
  { key: 'where', title: 'where' },
  { key: 'outcome', title: 'outcome', whole: true, style: outcomeStyle },
  { key: 'reason', title: 'reason', wrap: true },
];

function outcomeStyle(row: object): 'red' | undefined {
  return Reflect.get(row, 'outcome') === 'granted' ? undefined : 'red';
}

/** What a table of entries has to know of the output. */
export type EntryPage = Pick<Output, 'table' | 'time' | 'isTerminal' | 'width'>;

/** Below this width the code of a refusal and the reason stand under the row: nothing of them is ever cut. */
const WIDE = 130;

/** Columns of a table of entries, and what shows an entry in them. */
export interface EntryForm {
  readonly columns: readonly Column[];
  readonly row: (entry: EntryShape) => object;
  /** What stands under a row, where there is no room for it in the row. */
  readonly under: ((row: object) => string) | undefined;
}

/** How entries are shown at the output's width. */
export function entryForm(out: EntryPage): EntryForm {
  const isNarrow = out.isTerminal && out.width < WIDE;
  return {
    columns: isNarrow ? COLUMNS.filter(({ key }) => key !== 'reason') : COLUMNS,
    row: (entry) => ({
      seq: entry.seq,
      time: out.time(entry.at),
      who: whoOf(entry),
      what: entry.action,
      where: whereOf(entry),
      outcome: isNarrow ? outcomeWord(entry) : outcomeOf(entry),
      reason: isNarrow ? reasonWithCode(entry) : reasonOf(entry),
    }),
    under: isNarrow ? (row) => String(Reflect.get(row, 'reason')) : undefined,
  };
}

/** The entries as a table: what was not granted stands in capitals. */
export function entryTable(entries: readonly EntryShape[], out: EntryPage): string {
  const { columns, row, under } = entryForm(out);
  return out.table(columns, entries.map(row), under);
}

/** The entry as one line, for where there is no room for a table; escaped. */
export function entryLine(entry: EntryShape, out: EntryPage): string {
  const facts = [String(entry.seq), out.time(entry.at), whoOf(entry), entry.action, whereOf(entry), outcomeOf(entry)];
  const said = facts.filter((fact) => fact !== null).join(' ');
  return escapeText([said, ...(reasonOf(entry) === '' ? [] : [reasonOf(entry)])].join(': '));
}

function reasonWithCode(entry: EntryShape): string {
  return [...(entry.code === undefined ? [] : [`(${entry.code})`]), reasonOf(entry)].join(' ').trim();
}

/** What the agent said, and behind it in brackets what it did not: the signals. */
function reasonOf({ reason, signals }: EntryShape): string {
  const said = reason === null ? [] : [reason];
  return [...said, ...(signals.length === 0 ? [] : [`[${signals.join(', ')}]`])].join('  ');
}

/** The name of whoever acted, as it was then; not yet escaped. */
export function whoOf({ actor }: EntryShape): string {
  if (actor.kind === 'none') return '(nobody)';
  return actor.name ?? actor.id ?? actor.kind;
}

/** `Production/DB password`; not yet escaped. Null where the entry is about no vault. */
function whereOf({ vault, item }: EntryShape): string | null {
  const place = vault === undefined ? undefined : (vault.name ?? vault.id);
  const thing = item === undefined ? undefined : (item.title ?? item.id);
  if (place === undefined) return thing ?? null;
  return thing === undefined ? place : `${place}/${thing}`;
}

/** `granted`, or in capitals `REFUSED` with its code in small letters. */
export function outcomeOf(entry: EntryShape): string {
  return [outcomeWord(entry), ...(entry.code === undefined ? [] : [entry.code])].join(' ');
}

function outcomeWord({ outcome }: EntryShape): string {
  return outcome === 'granted' ? outcome : outcome.toUpperCase();
}
