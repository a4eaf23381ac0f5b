/** The groups of the statistics, each with a bar and how it went day after day. */
import { escapeText } from '../../core/text.js';
import type { LogStats, StatsGroup } from '../../gate/log-door.js';
import { compact, drawBar, drawSparks, glyphsOf, grouped, neighbours } from '../chart.js';
import type { Output } from '../output.js';
import type { Column } from '../table.js';
import { cut, displayWidth, wrap } from '../width.js';

/** Where the groups are drawn; `width` is at least 40. */
export type GroupPage = Pick<Output, 'width' | 'isUtf8' | 'table'>;

/** How many groups are shown; hours and days are shown in their order, and the newest of the days. */
const MOST_GROUPS = 25;
const MOST_DAYS = 62;

/** The groups as a table of charts, and what its marks mean. Names are escaped. */
export function groupLines(stats: LogStats, page: GroupPage): readonly string[] {
  const { by, groups, error } = stats;
  const isOrdered = by === 'day' || by === 'hour';
  const shown = isOrdered ? groups.slice(-MOST_DAYS) : groups.slice(0, MOST_GROUPS);
  if (shown.length === 0) return [];
  const { granted, other } = glyphsOf(page.isUtf8);
  const hidden = groups.length - shown.length;
  return [
    ...chartLines(stats, shown, page),
    ...(hidden === 0 ? [] : [`and ${grouped(hidden)} ${isOrdered ? 'earlier' : 'more'}; --json has all of them`]),
    ...wrap(`${granted} granted  ${other} refused${error > 0 ? ' or error' : ''}`, page.width),
  ];
}

function chartLines(stats: LogStats, shown: readonly StatsGroup[], page: GroupPage): readonly string[] {
  const glyphs = glyphsOf(page.isUtf8);
  const names = namesOf(shown);
  const layout = layOut(stats, { shown, names }, page.width);
  const scale = { max: Math.max(...shown.map(({ total }) => total)), width: layout.bar };
  const rows = shown.map(({ total, granted, refused, error, series }, i) => ({
    name: cut(names[i] ?? '', layout.name),
    total: layout.number(total),
    refused: layout.number(refused),
    error: layout.number(error),
    bar: drawBar({ granted, other: total - granted }, scale, glyphs),
    trend: drawSparks(series, layout.trend, glyphs),
  }));
  return page.table(columnsOf(layout, stats.by), rows).split('\n');
}

/** Names of the groups, escaped; with the id behind one that two groups have, such as a token made again. */
function namesOf(groups: readonly StatsGroup[]): readonly string[] {
  const seen = new Map<string, number>();
  for (const { name } of groups) seen.set(name, (seen.get(name) ?? 0) + 1);
  return groups.map(({ key, name }) => {
    const isShared = (seen.get(name) ?? 0) > 1;
    return escapeText(isShared && key !== name ? `${name} (${key})` : name);
  });
}

/** The columns, as wide as they are; no `trend` where it is 0. */
interface Layout {
  readonly number: (count: number) => string;
  readonly hasErrors: boolean;
  readonly name: number;
  readonly bar: number;
  readonly trend: number;
  readonly trendTitle: string;
}

interface Shown {
  readonly shown: readonly StatsGroup[];
  readonly names: readonly string[];
}

/** What gives way, one after the other, where a bar would be too short. */
const FORMS = [
  { number: grouped, hasErrors: true, hasTrend: true },
  { number: grouped, hasErrors: true, hasTrend: false },
  { number: compact, hasErrors: true, hasTrend: false },
  { number: compact, hasErrors: false, hasTrend: false },
] as const;
type Form = (typeof FORMS)[number];

const GAP = 2;
const LEAST_BAR = 10;
const WIDEST_BAR = 50;

function layOut(stats: LogStats, groups: Shown, width: number): Layout {
  let layout = tryForm(FORMS[0], stats, { ...groups, width });
  for (const form of FORMS.slice(1)) {
    if (layout.bar < LEAST_BAR) layout = tryForm(form, stats, { ...groups, width });
  }
  return layout;
}

function tryForm(form: Form, stats: LogStats, { shown, names, width }: Shown & { readonly width: number }): Layout {
  const { number } = form;
  const hasErrors = form.hasErrors && stats.error > 0;
  const widest = (title: string, texts: readonly string[]): number =>
    Math.max(title.length, ...texts.map((text) => displayWidth(text)));
  const name = Math.min(widest(stats.by, names), Math.floor(width * 0.3));
  const numbers = [
    widest(
      'entries',
      shown.map(({ total }) => number(total)),
    ),
    widest(
      'refused',
      shown.map(({ refused }) => number(refused)),
    ),
    ...(hasErrors
      ? [
          widest(
            'errors',
            shown.map(({ error }) => number(error)),
          ),
        ]
      : []),
  ];
  const room = numbers.reduce((left, one) => left - one - GAP, width - name - GAP);
  const trend = form.hasTrend && stats.by !== 'day' ? trendOf(stats.days.length, Math.floor(width / 5)) : NO_TREND;
  const bar = Math.min(WIDEST_BAR, room - (trend.width === 0 ? 0 : Math.max(trend.width, trend.title.length) + GAP));
  return { number, hasErrors, name, bar, trend: trend.width, trendTitle: trend.title };
}

const NO_TREND = { width: 0, title: '' };

function trendOf(days: number, room: number): { readonly width: number; readonly title: string } {
  if (days < 2) return NO_TREND;
  const size = neighbours(days, room);
  return { width: Math.min(days, room), title: size === 1 ? 'per day' : `per ${String(size)} days` };
}

function columnsOf({ hasErrors, trend, trendTitle, bar }: Layout, by: string): readonly Column[] {
  return [
    { key: 'name', title: by, whole: true },
    { key: 'total', title: 'entries', alignRight: true, whole: true },
    { key: 'refused', title: 'refused', alignRight: true, whole: true, style: refusedStyle },
    ...(hasErrors ? [{ key: 'error', title: 'errors', alignRight: true, whole: true }] : []),
    { key: 'bar', title: '', whole: true, width: bar },
    ...(trend === 0 ? [] : [{ key: 'trend', title: trendTitle, whole: true }]),
  ];
}

function refusedStyle(row: object): 'red' | undefined {
  return Reflect.get(row, 'refused') === '0' ? undefined : 'red';
}
