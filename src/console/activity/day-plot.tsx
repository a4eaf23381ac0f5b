/** How the entries of each day ended, as columns of three colours. */
import type { LogStats } from '../../gate/log-door.js';
import { entriesPath, type Filter } from './filter.js';

/** As many columns as can be told apart. */
const MOST_DAYS = 92;
const HEIGHT = 100;
const STEP = 10;

/** Bottom to top. */
const PARTS = ['granted', 'refused', 'error'] as const;

type Day = LogStats['days'][number];

interface DayPlotProps {
  readonly days: LogStats['days'];
  readonly filter: Filter;
}

/** The newest days, each a link to its entries. */
export function DayPlot({ days, filter }: DayPlotProps) {
  const shown = days.slice(-MOST_DAYS);
  const most = Math.max(1, ...shown.map(({ total }) => total));
  return (
    <figure class="activity-days">
      <p class="activity-legend">
        {PARTS.map((part) => (
          <a class={`activity-key ${part}`} href={entriesPath(filter, `outcome:${part}`)}>
            {part}
          </a>
        ))}
        <span class="muted">up to {most.toLocaleString('en')} a day</span>
      </p>
      <svg
        viewBox={`0 0 ${String(Math.max(shown.length, 14) * STEP)} ${String(HEIGHT)}`}
        preserveAspectRatio="none"
        role="group"
        aria-label="Outcomes per day"
      >
        {shown.map((day, at) =>
          day.total === 0 ? null : (
            <a href={entriesPath(filter, `created:${day.day}`)} aria-label={wordsOf(day)}>
              <title>{wordsOf(day)}</title>
              <rect class="ground" x={at * STEP} y="0" width={STEP} height={HEIGHT} />
              <Column day={day} x={at * STEP + 1} most={most} />
            </a>
          ),
        )}
      </svg>
      <p class="activity-ends muted">
        <span>{shown[0]?.day}</span>
        <span>{shown.length > 1 ? shown.at(-1)?.day : ''}</span>
      </p>
    </figure>
  );
}

function wordsOf(day: Day): string {
  return `${day.day}: ${PARTS.map((part) => `${day[part].toLocaleString('en')} ${part}`).join(', ')}`;
}

function Column({ day, x, most }: { readonly day: Day; readonly x: number; readonly most: number }) {
  let top = HEIGHT;
  return (
    <>
      {PARTS.map((part) => {
        if (day[part] === 0) return null;
        // what there is can be seen, however little it is
        const height = Math.max(2, (day[part] / most) * (HEIGHT - 6));
        top -= height;
        return <rect class={part} x={x} y={top.toFixed(2)} width={STEP - 2} height={height.toFixed(2)} />;
      })}
    </>
  );
}
