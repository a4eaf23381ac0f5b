/** Small plots, drawn by the server as SVG: attributes and classes alone, so that no policy has to be widened. */

interface SparklineProps {
  readonly values: readonly number[];
  /** What it shows, in words: `42 entries in the last 30 days`. */
  readonly label: string;
}

const SPARK_WIDTH = 96;
const SPARK_HEIGHT = 20;

/** A line of bars, one for each value, without axes. */
export function Sparkline({ values, label }: SparklineProps) {
  const most = Math.max(1, ...values);
  const step = SPARK_WIDTH / Math.max(1, values.length);
  return (
    <svg
      class="spark"
      viewBox={`0 0 ${String(SPARK_WIDTH)} ${String(SPARK_HEIGHT)}`}
      width={SPARK_WIDTH}
      height={SPARK_HEIGHT}
      role="img"
      aria-label={label}
    >
      {values.map((value, at) => {
        const height = value === 0 ? 1 : Math.max(2, (value / most) * SPARK_HEIGHT);
        return (
          <rect
            class={value === 0 ? 'none' : undefined}
            x={round(at * step)}
            y={round(SPARK_HEIGHT - height)}
            width={round(Math.max(1, step - 1))}
            height={round(height)}
          />
        );
      })}
    </svg>
  );
}

function round(value: number): string {
  return value.toFixed(2);
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Leads to what is behind it. */
  readonly href?: string;
}

/** Bars with their names and figures, the longest as wide as there is room: a list, read as one. */
export function Bars({ bars, label }: { readonly bars: readonly Bar[]; readonly label: string }) {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <ul class="bars" aria-label={label}>
      {bars.map(({ label: name, value, href }) => (
        <li>
          <span class="bars-name">{href === undefined ? name : <a href={href}>{name}</a>}</span>
          <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">
            <rect class="ground" width="100" height="8" rx="1" />
            <rect class="value" width={round((value / most) * 100)} height="8" rx="1" />
          </svg>
          <span class="bars-value">{value.toLocaleString('en')}</span>
        </li>
      ))}
    </ul>
  );
}
