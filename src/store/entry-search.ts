/** What can be asked of the log in clear columns, answered by SQL and its indexes. */
import { column, type Handle, type Value } from './database.js';
import { type EntryRow, entryRows } from './audit.js';

/** Both ends included. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/** A column is one of the values, or none of them if `isNot`. Values that end in `*` are prefixes. */
export interface ValueCondition {
  readonly kind: 'value';
  readonly column: 'actor' | 'vault' | 'item' | 'action' | 'outcome' | 'code' | 'grant_id';
  readonly isNot: boolean;
  readonly values: readonly string[];
}

/** A number lies in one of the intervals, or in none of them if `isNot`. */
export interface IntervalCondition {
  readonly kind: 'interval';
  readonly column: 'seq' | 'at';
  readonly isNot: boolean;
  readonly intervals: readonly Interval[];
}

export type EntryCondition = ValueCondition | IntervalCondition;

/** Conditions that must all hold of the entries from `first` to `last`. Plain data: it is handed to other threads. */
export interface EntryFilter {
  readonly first: number;
  readonly last: number;
  readonly conditions: readonly EntryCondition[];
}

interface Sql {
  readonly text: string;
  readonly values: readonly Value[];
}

function whereOf({ first, last, conditions }: EntryFilter): Sql {
  const range: Sql = { text: 'seq >= ? AND seq <= ?', values: [first, last] };
  const parts = [range, ...conditions.map(conditionSql), ...(isAboutRefusals(conditions) ? [REFUSALS] : [])];
  return { text: parts.map(({ text }) => text).join(' AND '), values: parts.flatMap(({ values }) => values) };
}

/** Said in so many words, it lets the index over all that was not granted be used. */
const REFUSALS: Sql = { text: "outcome <> 'granted'", values: [] };

function isAboutRefusals(conditions: readonly EntryCondition[]): boolean {
  return conditions.some((condition) => {
    if (condition.kind !== 'value' || condition.isNot) return false;
    return condition.column === 'code' || (condition.column === 'outcome' && !condition.values.includes('granted'));
  });
}

function conditionSql(condition: EntryCondition): Sql {
  const found = condition.kind === 'value' ? valueSql(condition) : intervalSql(condition);
  return condition.isNot ? { ...found, text: `NOT ${found.text}` } : found;
}

function valueSql({ column: name, values }: ValueCondition): Sql {
  const exact = values.filter((value) => !value.endsWith('*'));
  const prefixes = values.filter((value) => value.endsWith('*')).map((value) => value.slice(0, -1));
  const alternatives: Sql[] = prefixes.map((prefix) => ({
    text: `substr(${name}, 1, ?) = ?`,
    values: [prefix.length, prefix],
  }));
  if (exact.length > 0) alternatives.push({ text: `${name} IN (${exact.map(() => '?').join(', ')})`, values: exact });
  const any = anyOf(alternatives);
  return { text: `(${name} IS NOT NULL AND ${any.text})`, values: any.values };
}

/** The plus keeps a wide stretch of time from being walked by its index: numbers stand beside it and are as narrow. */
function intervalSql({ column: name, intervals }: IntervalCondition): Sql {
  return anyOf(intervals.map(({ from, to }) => ({ text: `(+${name} >= ? AND +${name} <= ?)`, values: [from, to] })));
}

function anyOf(alternatives: readonly Sql[]): Sql {
  if (alternatives.length === 0) return { text: '(1 = 0)', values: [] };
  const text = alternatives.map((one) => one.text).join(' OR ');
  return { text: `(${text})`, values: alternatives.flatMap(({ values }) => values) };
}

/** Where a page of entries lies: `limit` at most, newest or oldest first. */
export interface Slice {
  readonly order: 'newest' | 'oldest';
  readonly limit: number;
}

const direction = (order: Slice['order']): string => (order === 'newest' ? 'DESC' : 'ASC');

/** The matching entries, whole. Only numbers are sorted, so that an index answers without the rows. */
export async function findEntries(handle: Handle, filter: EntryFilter, slice: Slice): Promise<readonly EntryRow[]> {
  const where = whereOf(filter);
  const order = direction(slice.order);
  const inner = `SELECT seq FROM entry WHERE ${where.text} ORDER BY seq ${order} LIMIT ?`;
  return entryRows(handle, `seq IN (${inner}) ORDER BY seq ${order}`, [...where.values, slice.limit]);
}

/** The entries of these numbers, in that order; those that are not there are left out. */
export async function entriesOf(
  handle: Handle,
  seqs: readonly number[],
  order: Slice['order'],
): Promise<readonly EntryRow[]> {
  return entryRows(handle, `seq IN (${seqs.map(() => '?').join(', ')}) ORDER BY seq ${direction(order)}`, seqs);
}

/** What stands sealed in an entry, and what it takes to open it. */
export interface SealedRow {
  readonly seq: number;
  readonly actor: string | null;
  readonly session: Uint8Array;
  readonly payload: Uint8Array;
}

/** The sealed parts of the matching entries, oldest first. */
export async function findSealed(handle: Handle, filter: EntryFilter): Promise<readonly SealedRow[]> {
  const where = whereOf(filter);
  const sql = `SELECT seq, actor, session, payload FROM entry WHERE ${where.text} ORDER BY seq`;
  return (await handle.all(sql, ...where.values)).map((row) => ({
    seq: column.integer(row, 'seq'),
    actor: column.textOrNull(row, 'actor'),
    session: column.blob(row, 'session'),
    payload: column.blob(row, 'payload'),
  }));
}

/** What an entry shows unopened, for counting. */
export interface ClearRow {
  readonly seq: number;
  readonly at: number;
  readonly actorKind: string;
  readonly actor: string | null;
  readonly session: Uint8Array;
  readonly action: string;
  readonly outcome: string;
  readonly vault: string | null;
  readonly item: string | null;
  readonly grant: string | null;
}

/** The clear columns of the matching entries, oldest first. */
export async function findClear(handle: Handle, filter: EntryFilter): Promise<readonly ClearRow[]> {
  const where = whereOf(filter);
  const sql = `SELECT seq, at, actor_kind, actor, session, action, outcome, vault, item, grant_id FROM entry WHERE ${where.text} ORDER BY seq`;
  return (await handle.all(sql, ...where.values)).map((row) => ({
    seq: column.integer(row, 'seq'),
    at: column.integer(row, 'at'),
    actorKind: column.text(row, 'actor_kind'),
    actor: column.textOrNull(row, 'actor'),
    session: column.blob(row, 'session'),
    action: column.text(row, 'action'),
    outcome: column.text(row, 'outcome'),
    vault: column.textOrNull(row, 'vault'),
    item: column.textOrNull(row, 'item'),
    grant: column.textOrNull(row, 'grant_id'),
  }));
}
