/** Counting entries by what they show unopened. Tallies of stretches add up to the tally of all. */
import type { ClearRow } from '../store/entry-search.js';
import { isoTime } from '../core/expiry.js';
import { HOUR_MS } from '../core/signals.js';
import { timeZoneOf } from '../core/time-zone.js';
import type { StatsKey } from './log-door.js';

export const DAY_MS = 24 * HOUR_MS;

export interface Counts {
  granted: number;
  refused: number;
  error: number;
}

/** A group's counts, and its entries on each day (days since 1970 in the zone that is counted in). */
export interface GroupTally extends Counts {
  readonly days: Map<number, number>;
}

/** Plain data. */
export interface LogTally extends Counts {
  first: number | null;
  last: number | null;
  readonly groups: Map<string, GroupTally>;
  readonly days: Map<number, Counts>;
  /** Entries by hour of the week, Monday 00:00 first. */
  readonly week: number[];
  /** Entries of each token with each item: `TOKEN ITEM`. */
  readonly pairs: Map<string, number>;
  /** What was done under each grant, as far as it was granted. */
  readonly grants: Map<string, Set<string>>;
}

const WEEK_HOURS = 168;
/** 1970-01-01 was a Thursday. */
const FIRST_WEEKDAY = 3;

export function emptyTally(): LogTally {
  const maps = { groups: new Map(), days: new Map(), pairs: new Map(), grants: new Map() };
  return { ...noCounts(), first: null, last: null, week: Array.from({ length: WEEK_HOURS }, () => 0), ...maps };
}

function noCounts(): Counts {
  return { granted: 0, refused: 0, error: 0 };
}

function count(counts: Counts, outcome: string): void {
  if (outcome === 'granted') counts.granted += 1;
  else if (outcome === 'refused') counts.refused += 1;
  else counts.error += 1;
}

export const totalOf = ({ granted, refused, error }: Counts): number => granted + refused + error;

/** How entries are grouped, and by which clock their days and hours are told. */
export interface Grouping {
  readonly by: StatsKey;
  readonly localTime: (at: number) => number;
  readonly clientOf: (row: ClearRow) => string;
}

/** Takes one entry in. */
export function tallyRow(tally: LogTally, row: ClearRow, grouping: Grouping): void {
  const at = grouping.localTime(row.at);
  const day = Math.floor(at / DAY_MS);
  count(tally, row.outcome);
  tally.first = Math.min(tally.first ?? row.at, row.at);
  tally.last = Math.max(tally.last ?? row.at, row.at);
  count(known(tally.days, day, noCounts), row.outcome);
  const hour = hourOfWeek(at);
  tally.week[hour] = (tally.week[hour] ?? 0) + 1;
  tallyGroup(tally, row, { key: keyOf(row, at, grouping), day });
  if (row.grant !== null && row.outcome === 'granted')
    known(tally.grants, row.grant, () => new Set<string>()).add(row.action);
  if (row.actor !== null && row.item !== null) add(tally.pairs, `${row.actor} ${row.item}`, 1);
}

function tallyGroup(tally: LogTally, row: ClearRow, of: { key: string | null; day: number }): void {
  if (of.key === null) return;
  const group = known(tally.groups, of.key, () => ({ ...noCounts(), days: new Map<number, number>() }));
  count(group, row.outcome);
  add(group.days, of.day, 1);
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key) ?? make();
  map.set(key, found);
  return found;
}

function add<K>(map: Map<K, number>, key: K, by: number): void {
  map.set(key, (map.get(key) ?? 0) + by);
}

function hourOfWeek(at: number): number {
  const hours = Math.floor(at / HOUR_MS) + FIRST_WEEKDAY * 24;
  return ((hours % WEEK_HOURS) + WEEK_HOURS) % WEEK_HOURS;
}

/** Null for an entry that belongs to no group: one about no item, where items are counted. */
function keyOf(row: ClearRow, at: number, grouping: Grouping): string | null {
  const keys: Readonly<Record<StatsKey, () => string | null>> = {
    agent: () => row.actor ?? row.actorKind,
    item: () => row.item,
    vault: () => row.vault,
    action: () => row.action,
    client: () => grouping.clientOf(row),
    hour: () => isoTime(at).slice(11, 13),
    day: () => isoTime(at).slice(0, 10),
    outcome: () => row.outcome,
  };
  return keys[grouping.by]();
}

/** Takes a tally into another. */
export function addTally(sum: LogTally, more: LogTally): void {
  addCounts(sum, more);
  if (more.first !== null) sum.first = Math.min(sum.first ?? more.first, more.first);
  if (more.last !== null) sum.last = Math.max(sum.last ?? more.last, more.last);
  for (const [day, counts] of more.days) addCounts(known(sum.days, day, noCounts), counts);
  for (const [hour, n] of more.week.entries()) sum.week[hour] = (sum.week[hour] ?? 0) + n;
  for (const [pair, n] of more.pairs) add(sum.pairs, pair, n);
  for (const [key, group] of more.groups) {
    const own = known(sum.groups, key, () => ({ ...noCounts(), days: new Map<number, number>() }));
    addCounts(own, group);
    for (const [day, n] of group.days) add(own.days, day, n);
  }
  for (const [grant, actions] of more.grants)
    for (const action of actions) known(sum.grants, grant, () => new Set<string>()).add(action);
}

function addCounts(sum: Counts, more: Counts): void {
  sum.granted += more.granted;
  sum.refused += more.refused;
  sum.error += more.error;
}

const QUARTER_MS = HOUR_MS / 4;

/** The time on the clocks of a zone, as if it were UTC; asked of the system once for each quarter of an hour. */
export function localClock(timeZone: string): (at: number) => number {
  const { clockAt } = timeZoneOf(timeZone);
  const offsets = new Map<number, number>();
  return (at) => {
    const start = Math.floor(at / QUARTER_MS) * QUARTER_MS;
    const offset = offsets.get(start) ?? clockAt(start) - start;
    offsets.set(start, offset);
    return at + offset;
  };
}
