/** What the ranges of a query mean, once the time and the time zone are known. */
import { DAY_MS, DURATION_UNITS, subtractDuration } from './expiry.js';
import { readSpan, type Range, type Span } from './query-range.js';
import type { RangeTerm } from './query.js';
import { timeZoneOf, type TimeZone } from './time-zone.js';

/** From one whole number to another, both included: unix ms of `created:`, or numbers of entries of `seq:`. */
export interface Interval {
  /** At least 0, which is also where an open range begins. */
  readonly from: number;
  /** At least `from`; `Number.MAX_SAFE_INTEGER` where the range is open. */
  readonly to: number;
}

/** What words such as `today` are counted from. */
interface Place {
  /** Unix ms. */
  readonly now: number;
  readonly zone: TimeZone;
}

/**
 * The intervals that a term's ranges mean, in their order, leaving out those that hold nothing; an entry fits if it is in
 * one of them, or for a `not` in none. `now` is unix ms, `timeZone` an IANA name (`RangeError` if it is none).
 *
 * A day lasts until the zone's clock first shows the next one, so days have 23 to 25 hours and tile; a moment lasts as
 * long as what was typed of it, a minute or a second. `>` and `<` leave all of that out, `>=` and `<=` and `..` take it in.
 * A duration means the moment that long ago, and by itself the time since then.
 */
export function intervalsOf(term: RangeTerm, at: { now: number; timeZone: string }): readonly Interval[] {
  const place = { now: at.now, zone: timeZoneOf(at.timeZone) };
  const read = (text: string | null): Span | null => (text === null ? null : spanOf(term.qualifier, text));
  return term.values
    .map(({ operator, first, last }) => intervalOf({ operator, first: read(first), last: read(last) }, place))
    .map(({ from, to }) => ({ from: Math.max(0, from), to }))
    .filter(({ from, to }) => from <= to);
}

function spanOf(qualifier: RangeTerm['qualifier'], text: string): Span {
  const span = readSpan(qualifier, text);
  if (span === undefined) throw new Error(`a range of ${qualifier} that the parser did not check`);
  return span;
}

interface Ends {
  readonly operator: Range['operator'];
  readonly first: Span | null;
  readonly last: Span | null;
}

const OPEN: Interval = { from: 0, to: Number.MAX_SAFE_INTEGER };

function intervalOf({ operator, first, last }: Ends, place: Place): Interval {
  const { from, to } = resolve(first, place);
  switch (operator) {
    case '=':
      return { from, to: isDuration(first) ? place.now : to };
    case '>=':
      return { ...OPEN, from };
    case '>':
      return { ...OPEN, from: to + 1 };
    case '<=':
      return { ...OPEN, to };
    case '<':
      return { ...OPEN, to: from - 1 };
    case '..':
      return { from, to: resolve(last, place).to };
  }
}

function resolve(span: Span | null, place: Place): Interval {
  if (span === null) return OPEN;
  const { scale, first, last } = span;
  if (scale === 'entry' || scale === 'utc') return { from: first, to: last };
  if (scale === 'local') return stretchOf(place.zone, first, last + 1);
  if (scale === 'day') return dayFromToday(place, first);
  const at = subtractDuration(place.now, { amount: -first, unit: scale });
  return { from: at, to: at };
}

/** The time from when the zone's clock first shows `start` until it first shows `end`. */
function stretchOf(zone: TimeZone, start: number, end: number): Interval {
  return { from: zone.momentOf(start), to: zone.momentOf(end) - 1 };
}

function dayFromToday({ now, zone }: Place, days: number): Interval {
  const start = (Math.floor(zone.clockAt(now) / DAY_MS) + days) * DAY_MS;
  return stretchOf(zone, start, start + DAY_MS);
}

function isDuration(span: Span | null): boolean {
  return DURATION_UNITS.some((unit) => unit === span?.scale);
}
