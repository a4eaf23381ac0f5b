/** How the statistics of the log are shown: totals, bars, hours of the week, who used what. It fits any 40 columns. */
import { escapeText } from '../../core/text.js';
import type { LogStats, OutcomeCounts } from '../../gate/log-door.js';
import { counted, drawSparks, glyphsOf, grouped, neighbours } from '../chart.js';
import { localZone } from '../locale.js';
import type { Output } from '../output.js';
import { wrap } from '../width.js';
import { groupLines } from './audit-groups.js';
import { heatmapLines, matrixLines } from './audit-grids.js';

/** What the charts have to know of the output. */
export type ChartPage = Pick<Output, 'width' | 'isUtf8' | 'local' | 'table' | 'time'>;

/** Nothing is made narrower than this. */
const LEAST_WIDTH = 40;

/** The statistics for people; names and titles are escaped. */
export function statsText(stats: LogStats, out: ChartPage): string {
  if (stats.total === 0) return 'No entries.';
  const { isUtf8, table } = out;
  const page = {
    width: Math.max(LEAST_WIDTH, out.width),
    zone: out.local ? localZone() : 'UTC',
    ...{ isUtf8, table: table.bind(out), time: out.time.bind(out) },
  };
  const sections = [
    totalLines(stats, page),
    dayLines(stats, page),
    groupLines(stats, page),
    heatmapLines(stats.heatmap, page),
    matrixLines(stats.matrix, page),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

/** `1,234 entries: 1,100 granted, 120 refused, 14 errors`. */
export function totalsText({ total, granted, refused, error }: OutcomeCounts): string {
  const errors = error === 0 ? '' : `, ${counted(error, 'error', 'errors')}`;
  return `${counted(total, 'entry', 'entries')}: ${grouped(granted)} granted, ${grouped(refused)} refused${errors}`;
}

interface Page extends Pick<Output, 'isUtf8' | 'time'> {
  readonly width: number;
  readonly zone: string;
}

function totalLines(stats: LogStats, { width, zone, time }: Page): readonly string[] {
  const { first_at: first, last_at: last } = stats;
  const span = first === null || last === null ? [] : [`${time(first)} to ${time(last)} (${zone})`];
  return [totalsText(stats), ...span].flatMap((line) => wrap(line, width));
}

/** All entries, day after day; nothing for a single day. */
function dayLines({ days }: LogStats, { width, isUtf8 }: Page): readonly string[] {
  if (days.length < 2) return [];
  const totals = days.map(({ total }) => total);
  const busiest = days.reduce((most, day) => (day.total > most.total ? day : most));
  const size = neighbours(days.length, width);
  const what = `per ${size === 1 ? 'day' : `${String(size)} days`}, at most ${grouped(busiest.total)} on ${busiest.day}`;
  return [drawSparks(totals, width, glyphsOf(isUtf8)), ...wrap(escapeText(what), width)];
}
