/** Seeing the log: what it comes to, what is added to it, and how tokens are used. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isoTime } from '../core/expiry.js';
import { archivedSeq } from '../store/archive.js';
import type { EntryRow } from '../store/audit.js';
import { countsByTime, seqsBetween } from '../store/signals.js';
import { entriesOf, findEntries } from '../store/entry-search.js';
import { EntryReader } from './entry-reader.js';
import type { Entries, LogSelection, LogStats, Progress, StatsGroup, StatsKey, TokenActivity } from './log-door.js';
import { stretches } from './log-crew.js';
import { within } from './log-job.js';
import type { LogAsk } from './log-query.js';
import { addTally, type Counts, DAY_MS, emptyTally, type GroupTally, type LogTally, totalOf } from './log-tally.js';
import { allVaults } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { tokenNames } from './token-reader.js';

// Loaded within a snapshot that is open already: what a follower is told begins with its call.
const queries = async () => import('./log-query.js');
const searches = async () => import('./log-search.js');
const audit = async () => import('./owner-audit.js');

const POLL_MS = 200;
const AT_ONCE = 500;

/** Hands over the newest entries, and then what is added, by whatever process. */
export async function followEntries(
  core: OwnerCore,
  of: { selection: LogSelection; last: number; signal: AbortSignal },
  each: (entries: Entries) => void,
): Promise<void> {
  const { selection, last, signal } = of;
  let seen = await core.read(async (ground) => {
    const [{ compile }, { newestRows }] = await Promise.all([queries(), audit()]);
    const ask = await compile(core, ground, selection);
    const rows = last === 0 ? [] : await newestRows(core, ground, { ask, limit: last, progress: () => undefined });
    each(await new EntryReader(core).shapes(ground, rows.toReversed()));
    return ground.state.last.seq;
  });
  while (!signal.aborted) {
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    seen = await core.read(async (ground) => giveNew(core, ground, { ...of, seen, each }));
  }
}

async function giveNew(
  core: OwnerCore,
  ground: OwnerGround,
  of: { selection: LogSelection; seen: number; each: (entries: Entries) => void },
): Promise<number> {
  const { seq } = ground.state.last;
  if (seq <= of.seen) return of.seen;
  const { compile } = await queries();
  const ask = await compile(core, ground, of.selection);
  const fresh = { ...ask, filter: within(ask.filter, of.seen + 1, seq) };
  const reader = new EntryReader(core);
  const take = async (rows: readonly EntryRow[]): Promise<void> => {
    of.each(await reader.shapes(ground, rows));
  };
  await eachMatch(core, ground, { ask: fresh, progress: () => undefined, take });
  return seq;
}

/** Hands over the rows of all matches, oldest first, some hundred at a time. */
export async function eachMatch(
  core: OwnerCore,
  ground: OwnerGround,
  of: { ask: LogAsk; progress: Progress; take: (rows: readonly EntryRow[]) => Promise<void> },
): Promise<void> {
  const { ask, progress, take } = of;
  if (ask.sealed.length > 0) {
    const { searchAll } = await searches();
    return searchAll(core, ground, {
      ...of,
      take: async (seqs) => take(await entriesOf(ground.handle, seqs, 'oldest')),
    });
  }
  const { first, last } = ask.filter;
  for (let next = first; next <= last;) {
    const filter = within(ask.filter, next, last);
    const rows = await findEntries(ground.handle, filter, { order: 'oldest', limit: AT_ONCE });
    await take(rows);
    next = rows.length < AT_ONCE ? last + 1 : (rows.at(-1)?.seq ?? last) + 1;
    progress(Math.min(next, last + 1) - first, last - first + 1);
  }
}

/** Counts the entries that match, on all threads. */
export async function tallyAll(
  core: OwnerCore,
  ground: OwnerGround,
  of: { ask: LogAsk; by: StatsKey; timeZone: string; progress: Progress },
): Promise<LogTally> {
  const { ask, by, timeZone, progress } = of;
  const sum = emptyTally();
  const { crewFor } = await searches();
  const crew = crewFor(core, ground, ask);
  try {
    const { first, last } = ask.filter;
    const jobs = stretches(first, last, crew.stretch).map((stretch) => ({
      ...{ kind: 'tally' as const, by, timeZone },
      ask: { ...ask, filter: within(ask.filter, stretch.first, stretch.last) },
    }));
    await crew.each(jobs, (tally, job) => {
      addTally(sum, tally);
      progress(job.ask.filter.last - first + 1, last - first + 1);
      return true;
    });
  } finally {
    await crew.end();
  }
  return sum;
}

const DAYS_AT_MOST = 366;
const BUSIEST = 10;

export async function stats(
  core: OwnerCore,
  of: { selection: LogSelection; by: StatsKey; progress: Progress },
): Promise<LogStats> {
  return core.read(async (ground) => {
    const { by } = of;
    const { compile } = await queries();
    const ask = await compile(core, ground, of.selection);
    const tally = await tallyAll(core, ground, {
      ask,
      by,
      timeZone: of.selection.timeZone ?? 'UTC',
      progress: of.progress,
    });
    const days = daysOf(tally);
    const groups = [...tally.groups].sort(orderOf(by));
    const matrix = busiest(tally);
    const keys = groups.map(([key]) => key);
    const names = await namesOf(core, ground, { by, keys, items: matrix.items });
    return {
      ...countsOf(tally),
      first_at: isoOrNull(tally.first),
      last_at: isoOrNull(tally.last),
      by,
      groups: groups.map(([key, group]) => groupShape(names.groups.get(key) ?? key, key, { group, days })),
      days: days.map((day) => ({ day: dayText(day), ...countsOf(tally.days.get(day) ?? NONE) })),
      heatmap: Array.from({ length: 7 }, (_, weekday) => tally.week.slice(weekday * 24, weekday * 24 + 24)),
      matrix: {
        agents: matrix.agents.map((id) => ({ id, name: names.tokens.get(id) ?? id })),
        items: matrix.items.map((id) => ({ id, title: names.titles.get(id) ?? id })),
        counts: matrix.agents.map((agent) => matrix.items.map((item) => tally.pairs.get(`${agent} ${item}`) ?? 0)),
      },
    };
  });
}

const NONE: Counts = { granted: 0, refused: 0, error: 0 };

export function countsOf(counts: Counts): { total: number; granted: number; refused: number; error: number } {
  const { granted, refused, error } = counts;
  return { total: totalOf(counts), granted, refused, error };
}

const isoOrNull = (at: number | null): string | null => (at === null ? null : isoTime(at));
const dayText = (day: number): string => isoTime(day * DAY_MS).slice(0, 10);

function daysOf(tally: LogTally): readonly number[] {
  const days = [...tally.days.keys()].sort((a, b) => a - b);
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return [];
  const from = Math.max(first, last - DAYS_AT_MOST + 1);
  return Array.from({ length: last - from + 1 }, (_, i) => from + i);
}

type Group = readonly [key: string, group: GroupTally];

function orderOf(by: StatsKey): (a: Group, b: Group) => number {
  const byKey = ([a]: Group, [b]: Group): number => (a < b ? -1 : 1);
  if (by === 'hour' || by === 'day') return byKey;
  return (a, b) => totalOf(b[1]) - totalOf(a[1]) || byKey(a, b);
}

function groupShape(name: string, key: string, of: { group: GroupTally; days: readonly number[] }): StatsGroup {
  const series = of.days.map((day) => of.group.days.get(day) ?? 0);
  return { key, name, ...countsOf(of.group), series };
}

function busiest({ pairs }: LogTally): { agents: readonly string[]; items: readonly string[] } {
  const sums = { agents: new Map<string, number>(), items: new Map<string, number>() };
  for (const [pair, count] of pairs) {
    const [agent = '', item = ''] = pair.split(' ');
    sums.agents.set(agent, (sums.agents.get(agent) ?? 0) + count);
    sums.items.set(item, (sums.items.get(item) ?? 0) + count);
  }
  const top = (map: ReadonlyMap<string, number>): readonly string[] =>
    [...map]
      .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
      .slice(0, BUSIEST)
      .map(([id]) => id);
  return { agents: top(sums.agents), items: top(sums.items) };
}

interface Names {
  readonly groups: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
  readonly titles: ReadonlyMap<string, string>;
}

async function namesOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { by: StatsKey; keys: readonly string[]; items: readonly string[] },
): Promise<Names> {
  const tokens = await tokenNames(core, ground);
  const { titlesOf } = await queries();
  const titles = await titlesOf(core, ground, of.by === 'item' ? [...of.keys, ...of.items] : of.items);
  const vaults = new Map((await allVaults(core, ground)).map(({ id, name }) => [id, name]));
  const byKey: Partial<Record<StatsKey, ReadonlyMap<string, string>>> = { agent: tokens, item: titles, vault: vaults };
  return { groups: byKey[of.by] ?? new Map(), tokens, titles };
}

const ACTIVITY_DAYS = 30;

/** How often each listed token was used on each of the last 30 days. */
export async function tokenActivity(core: OwnerCore): Promise<readonly TokenActivity[]> {
  return core.read(async ({ handle, state, now }) => {
    const today = Math.floor(now / DAY_MS);
    const since = (today - ACTIVITY_DAYS + 1) * DAY_MS;
    const { first } = (await seqsBetween(handle, since, Number.MAX_SAFE_INTEGER)) ?? { first: state.last.seq + 1 };
    const firstSeq = Math.max(first, (await archivedSeq(handle)) + 1);
    const activity: TokenActivity[] = [];
    for (const { id } of state.value.tokens) {
      const counts = await countsByTime(handle, id, { since, firstSeq, lengthMs: DAY_MS });
      const days = Array.from({ length: ACTIVITY_DAYS }, (_, i) => counts.get(today - ACTIVITY_DAYS + 1 + i) ?? 0);
      activity.push({ id, days });
    }
    return activity;
  });
}
