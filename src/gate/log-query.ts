/** From the words of a query to what the log is asked: names resolved, times in numbers, and what only opening tells. */
import { parseSince, parseUntil } from '../core/expiry.js';
import { actionsOf, type NameTerm, parseQuery, type QueryTerm, type RangeTerm } from '../core/query.js';
import { sealedTerms } from '../core/query-match.js';
import { intervalsOf } from '../core/query-time.js';
import { Refusal } from '../core/refusal.js';
import { foldName } from '../core/text.js';
import { itemsInLog, lastNaming, readEntry } from '../store/audit.js';
import type { EntryCondition, EntryFilter, Interval, ValueCondition } from '../store/entry-search.js';
import { archivedSeq } from '../store/archive.js';
import { seqsBetween } from '../store/signals.js';
import { EntryReader } from './entry-reader.js';
import type { LogSelection } from './log-door.js';
import { allVaults, notFound } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { newestCertificates } from './token-reader.js';

/** A query in two parts: what SQL answers, and what only an opened entry does. Plain data. */
export interface LogAsk {
  readonly filter: EntryFilter;
  readonly sealed: readonly QueryTerm[];
}

const WHOLE: Interval = { from: 0, to: Number.MAX_SAFE_INTEGER };

/** Compiles a selection over the log as it stands on this snapshot. Throws what the query's words deserve. */
export async function compile(core: OwnerCore, ground: OwnerGround, selection: LogSelection): Promise<LogAsk> {
  const terms = parseQuery(selection.query);
  const at = { now: ground.now, timeZone: selection.timeZone ?? 'UTC' };
  const conditions: EntryCondition[] = [...boundsOf(selection, ground.now)];
  for (const term of terms) {
    if (term.kind === 'range') conditions.push(rangeOf(term, at));
    const found = term.kind === 'name' ? await valueOf(core, ground, term) : null;
    if (found !== null) conditions.push(found);
  }
  const { first, last } = await numbersOf(ground, conditions);
  return { filter: { first, last, conditions }, sealed: sealedTerms(terms) };
}

function boundsOf({ since, until }: LogSelection, now: number): readonly EntryCondition[] {
  if (since === undefined && until === undefined) return [];
  const from = since === undefined ? WHOLE.from : parseSince(since, now);
  const to = until === undefined ? WHOLE.to : parseUntil(until, now);
  return [{ kind: 'interval', column: 'at', isNot: false, intervals: [{ from, to }] }];
}

function rangeOf(term: RangeTerm, at: { now: number; timeZone: string }): EntryCondition {
  const column = term.qualifier === 'seq' ? 'seq' : 'at';
  return { kind: 'interval', column, isNot: term.not, intervals: intervalsOf(term, at) };
}

/** The narrowest stretch of numbers that can hold a match: times are found by their index. */
async function numbersOf(
  { handle, state }: OwnerGround,
  conditions: readonly EntryCondition[],
): Promise<{ first: number; last: number }> {
  let first = (await archivedSeq(handle)) + 1;
  let last = state.last.seq;
  for (const condition of conditions) {
    if (condition.kind !== 'interval' || condition.isNot) continue;
    const hull = hullOf(condition.intervals);
    const found =
      condition.column === 'seq'
        ? { first: hull.from, last: hull.to }
        : ((await seqsBetween(handle, hull.from, hull.to)) ?? { first: 1, last: 0 });
    first = Math.max(first, found.first);
    last = Math.min(last, found.last);
  }
  return { first, last };
}

function hullOf(intervals: readonly Interval[]): Interval {
  if (intervals.length === 0) return { from: 1, to: 0 };
  return { from: Math.min(...intervals.map(({ from }) => from)), to: Math.max(...intervals.map(({ to }) => to)) };
}

const COLUMNS: Readonly<Partial<Record<NameTerm['qualifier'], ValueCondition['column']>>> = {
  agent: 'actor',
  token: 'actor',
  vault: 'vault',
  item: 'item',
  action: 'action',
  outcome: 'outcome',
  code: 'code',
  grant: 'grant_id',
};

async function valueOf(core: OwnerCore, ground: OwnerGround, term: NameTerm): Promise<ValueCondition | null> {
  const column = COLUMNS[term.qualifier];
  if (column === undefined) return null;
  const values: string[] = [];
  for (const value of term.values) values.push(...(await idsOf(core, ground, { qualifier: term.qualifier, value })));
  return { kind: 'value', column, isNot: term.not, values };
}

interface Named {
  readonly qualifier: NameTerm['qualifier'];
  readonly value: string;
}

async function idsOf(core: OwnerCore, ground: OwnerGround, { qualifier, value }: Named): Promise<readonly string[]> {
  if (qualifier === 'agent' || qualifier === 'token') return tokenIds(core, ground, { qualifier, value });
  if (qualifier === 'vault') return vaultIds(core, ground, value);
  if (qualifier === 'item') return itemIdsByName(core, ground, value);
  return qualifier === 'action' ? actionsOf(value) : [value];
}

/** Whether a name is the one that was written, or begins with it where that ends in `*`. Case does not count. */
function isNamed(name: string, written: string): boolean {
  const folded = foldName(written);
  return folded.endsWith('*') ? foldName(name).startsWith(folded.slice(0, -1)) : foldName(name) === folded;
}

/** Tokens there ever were, by id or name. */
async function tokenIds(core: OwnerCore, ground: OwnerGround, { value }: Named): Promise<readonly string[]> {
  const tokens = [...(await newestCertificates(core, ground))];
  const found = tokens.filter(([id, { name }]) => id === value.toLowerCase() || isNamed(name, value));
  if (found.length > 0) return found.map(([id]) => id);
  throw notFound(
    'token',
    value,
    tokens.flatMap(([id, { name }]) => [name, id]),
  );
}

async function vaultIds(core: OwnerCore, ground: OwnerGround, value: string): Promise<readonly string[]> {
  const vaults = await allVaults(core, ground);
  const found = vaults.filter(({ id, name }) => id === value || isNamed(name, value));
  if (found.length > 0) return found.map(({ id }) => id);
  if (/^[0-9a-z]{16}$/.test(value)) return [value];
  throw notFound(
    'vault',
    value,
    vaults.map(({ name }) => name),
  );
}

/** Items by id or title; titles of items that are gone are those of their last entry. */
async function itemIdsByName(core: OwnerCore, ground: OwnerGround, value: string): Promise<readonly string[]> {
  if (/^[0-9a-z]{32}$/.test(value)) return [value];
  if (value.endsWith('*'))
    throw new Refusal('invalid_request', {
      message: 'item: takes a whole title or an id.',
      next: 'For a part of a title, write title: in place of item:.',
    });
  const found: string[] = [];
  for (const { id } of ground.state.value.vaults)
    found.push(...(await core.shelf.byTitle(ground, id, value)).map((item) => item.id));
  if (found.length > 0) return found;
  const titles = await titlesInLog(core, ground);
  const gone = [...titles].filter(([, title]) => isNamed(title, value));
  if (gone.length === 0) throw notFound('item', value, titles.values());
  return gone.map(([id]) => id);
}

/** The titles of all items that entries name, as they were when last named. */
async function titlesInLog(core: OwnerCore, ground: OwnerGround): Promise<ReadonlyMap<string, string>> {
  return titlesAt(core, ground, await itemsInLog(ground.handle));
}

/** The titles of items as they were when last named; an item without one goes by its id. */
export async function titlesOf(
  core: OwnerCore,
  ground: OwnerGround,
  items: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const named: { item: string; seq: number }[] = [];
  for (const item of new Set(items)) {
    const seq = await lastNaming(ground.handle, item);
    if (seq !== null) named.push({ item, seq });
  }
  return titlesAt(core, ground, named);
}

async function titlesAt(
  core: OwnerCore,
  ground: OwnerGround,
  named: readonly { item: string; seq: number }[],
): Promise<ReadonlyMap<string, string>> {
  const reader = new EntryReader(core);
  const titles = new Map<string, string>();
  for (const { item, seq } of named) {
    const row = await readEntry(ground.handle, seq);
    if (row !== null) titles.set(item, (await reader.open(ground, row)).payload.title ?? item);
  }
  return titles;
}

/** The cursor of a list of entries: the number before which the next page begins. Throws `invalid_request`. */
export function readCursor(cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  if (/^[1-9][0-9]{0,14}$/.test(cursor)) return Number(cursor);
  throw new Refusal('invalid_request', {
    message: 'The cursor is not one of the log.',
    next: 'Leave --cursor out to start over.',
  });
}
