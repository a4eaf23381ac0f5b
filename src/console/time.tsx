/** Times as people read them: in the zone of the machine that the console runs on. */
import { DAY_MS, MINUTE_MS } from '../core/expiry.js';

const HOUR_MS = 60 * MINUTE_MS;
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const ABSOLUTE = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const EXACT = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeStyle: 'long' });

const STEPS: readonly (readonly [least: number, unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  [365 * DAY_MS, 'year', 365 * DAY_MS],
  [60 * DAY_MS, 'month', 30 * DAY_MS],
  [DAY_MS, 'day', DAY_MS],
  [HOUR_MS, 'hour', HOUR_MS],
  [MINUTE_MS, 'minute', MINUTE_MS],
];

/** `2 hours ago`, `in 6 days`, `just now`. */
export function relativeTime(at: number, now: number): string {
  const away = Math.abs(at - now);
  const step = STEPS.find(([least]) => away >= least);
  if (step === undefined) return at > now ? 'in a moment' : 'just now';
  return RELATIVE.format(Math.round((at - now) / step[2]), step[1]);
}

interface TimeProps {
  /** ISO 8601; null is shown as `none`. */
  readonly at: string | null;
  readonly now: number;
  /** Said where there is no time. */
  readonly none?: string;
  /** `short` is the relative time alone, with the other one to be pointed at. */
  readonly form?: 'full' | 'short';
}

/** A moment, absolute and relative. */
export function Time({ at, now, none = 'never', form = 'full' }: TimeProps) {
  if (at === null) return <span class="muted">{none}</span>;
  const ms = Date.parse(at);
  const relative = relativeTime(ms, now);
  return (
    <time datetime={at} title={EXACT.format(ms)}>
      {form === 'short' ? (
        relative
      ) : (
        <>
          {ABSOLUTE.format(ms)} <span class="muted">{relative}</span>
        </>
      )}
    </time>
  );
}
