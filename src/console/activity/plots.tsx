/** What the entries amount to: each bar and each cell leads to those behind it. */
import type { OwnerDoor } from '../../gate/door.js';
import type { LogStats } from '../../gate/log-door.js';
import type { ConsoleContext } from '../area.js';
import { readQuery } from '../form.js';
import { page } from '../page.js';
import { Card, EmptyState } from '../part.js';
import { FilterForm } from './filter-form.js';
import {
  entriesPath,
  faultsOf,
  type Filter,
  type FilterFaults,
  NO_FAULTS,
  pathOf,
  readFilter,
  selectionOf,
  TIME_ZONE,
} from './filter.js';
import { DayPlot } from './day-plot.js';
import { Grid } from './grid.js';
import { type Cut, cutOf, CutNote } from './newest.js';
import { tokenNames } from './token-names.js';

/** What is counted where nothing was chosen. */
const USUAL_SPAN = '30d';

/** At `/activity/plots`; of the newest `most` entries, if the query does not say which by `seq:`. */
export async function showPlots(c: ConsoleContext, most: number): Promise<Response> {
  const sent = readQuery(c);
  const typed = readFilter(sent);
  const filter = sent.has('since') || typed.q.includes('created:') ? typed : { ...typed, since: USUAL_SPAN };
  let drawn: Drawn | null = null;
  let faults: FilterFaults = NO_FAULTS;
  try {
    drawn = await draw(c.get('door'), filter, most);
  } catch (error) {
    faults = faultsOf(error, filter);
  }
  const tokens = await tokenNames(c.get('door'));
  return page(
    c,
    {
      title: 'Plots',
      lead: 'Each bar and each cell leads to the entries behind it.',
      parent: { href: pathOf('/activity', filter), title: 'Activity' },
      styles: ['activity.css'],
      scripts: ['query.js'],
      status: faults.faults.areAny ? 422 : 200,
    },
    <>
      <FilterForm action="/activity/plots" filter={filter} tokens={tokens.names} {...faults} />
      {drawn?.cut == null ? null : <CutNote {...drawn.cut} whole={pathOf('/activity/plots', within(filter, 1))} />}
      {drawn === null ? null : <Plots {...drawn} />}
    </>,
  );
}

interface PlotsProps {
  readonly stats: LogStats;
  /** What was counted, so that each link leads to as many entries as it says. */
  readonly filter: Filter;
}

interface Drawn extends PlotsProps {
  readonly cut: Cut | null;
}

async function draw(door: OwnerDoor, asked: Filter, most: number): Promise<Drawn> {
  const cut = await cutOf(door, selectionOf(asked), most);
  const filter = cut === null ? asked : within(asked, cut.first);
  return { stats: await door.stats(selectionOf(filter), 'outcome'), filter, cut };
}

/** The filter, from that entry on. */
function within(filter: Filter, first: number): Filter {
  return { ...filter, q: `${filter.q} seq:>=${String(first)}`.trim() };
}

function Plots({ stats, filter }: PlotsProps) {
  if (stats.total === 0) {
    return (
      <EmptyState title="There is nothing to draw.">
        <p class="muted">No entry is like that. Look further back, or take a term away.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Card title="Outcomes per day">
        <DayPlot days={stats.days} filter={filter} />
      </Card>
      <Card title="When in the week">
        <p class="muted">Entries by hour and day of the week, {TIME_ZONE}.</p>
        <Week stats={stats} filter={filter} />
      </Card>
      <Card title="Who used what">
        <Matrix stats={stats} filter={filter} />
      </Card>
    </>
  );
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;
const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));

function Week({ stats: { heatmap, days }, filter }: PlotsProps) {
  const rows = WEEKDAYS.map((name, weekday) => ({
    name,
    cells: HOURS.map((hour, at) => ({
      value: heatmap[weekday]?.[at] ?? 0,
      href: entriesPath(filter, hourTerm(daysOf(days, weekday), hour)),
      label: `${name} ${hour}:00`,
    })),
  }));
  return <Grid caption="Entries by hour and day of the week" corner="Day" columns={HOURS} rows={rows} />;
}

/** More would not fit into a query. */
const MOST_DAYS = 35;

/** The newest days of that weekday on which there was anything. */
function daysOf(days: LogStats['days'], weekday: number): readonly string[] {
  const used = days.filter(
    ({ total, day }) => total > 0 && (new Date(`${day}T00:00Z`).getUTCDay() + 6) % 7 === weekday,
  );
  return used.slice(-MOST_DAYS).map(({ day }) => day);
}

function hourTerm(days: readonly string[], hour: string): string {
  return `created:${days.map((day) => `${day}T${hour}:00..${day}T${hour}:59`).join(',')}`;
}

function Matrix({ stats: { matrix }, filter }: PlotsProps) {
  const { agents, items, counts } = matrix;
  if (agents.length === 0 || items.length === 0) return <p class="muted">No token used an item.</p>;
  const rows = agents.map(({ id, name }, agent) => ({
    name,
    href: pathOf('/activity', { ...filter, token: id }),
    cells: items.map((item, at) => ({
      value: counts[agent]?.[at] ?? 0,
      href: entriesPath(filter, `token:${id} item:${item.id}`),
      label: `${name}, ${item.title}`,
    })),
  }));
  return (
    <Grid caption="Entries by token and item" corner="Token" columns={items.map(({ title }) => title)} rows={rows} />
  );
}
