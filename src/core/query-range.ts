/** The ranges of `seq:` and `created:` in a query: how they are typed, and what stands at their ends. */
import { MINUTE_MS, readDay, readDuration, readMoment, type DurationUnit } from './expiry.js';
import { nearest } from './text.js';

/** The qualifiers that take ranges. */
export type RangeQualifier = 'seq' | 'created';

/**
 * `operator` `..` has `first`, `last` or both, the others have `first` alone. Each is a text that {@link readSpan} takes,
 * as typed but for its case: words in lower case, the `T` and `Z` of moments in upper.
 */
export interface Range {
  readonly operator: '=' | '>=' | '>' | '<=' | '<' | '..';
  readonly first: string | null;
  readonly last: string | null;
}

/** What is wrong with a range, and how to write it right. */
export interface RangeFault {
  readonly what: string;
  readonly next: string;
  readonly candidates?: readonly string[];
}

const OPERATORS = ['>=', '<=', '>', '<'] as const;

const FAULTS = {
  seq: {
    unread: {
      what: 'A number of an entry that cannot be read stands',
      next: 'Write the number of an entry, such as 42, >=42 or 10..20.',
    },
    reversed: { what: 'A range that ends before it begins stands', next: 'Put the smaller number first: 10..20.' },
  },
  created: {
    unread: {
      what: 'A time that cannot be read stands',
      next:
        'Write a day such as 2026-11-01, today or yesterday, a duration back from now such as 7d, or a moment such as ' +
        '2026-11-01T10:00Z; with >=, >, <= or < before it, or two with .. between them.',
    },
    reversed: { what: 'A range that ends before it begins stands', next: 'Put the earlier time first: 7d..yesterday.' },
  },
} as const satisfies Record<RangeQualifier, Record<string, RangeFault>>;

/** The range that a value means. One that cannot be read, or that ends before it begins, is a fault. */
export function readRange(qualifier: RangeQualifier, text: string): Range | RangeFault {
  const range = splitRange(text);
  const ends = [range.first, range.last].filter((end) => end !== null);
  const spans = ends.map((end) => readSpan(qualifier, end));
  const bad = ends.find((_, index) => spans[index] === undefined);
  if (bad !== undefined || ends.length === 0) return { ...FAULTS[qualifier].unread, ...suggest(qualifier, bad ?? '') };
  const [first, last] = spans;
  return first && last && isReversed(first, last) ? FAULTS[qualifier].reversed : range;
}

function splitRange(text: string): Range {
  const cut = text.indexOf('..');
  if (cut >= 0)
    return { operator: '..', first: endOf(text.slice(0, cut)) || null, last: endOf(text.slice(cut + 2)) || null };
  const operator = OPERATORS.find((known) => text.startsWith(known));
  if (operator === undefined) return { operator: '=', first: endOf(text), last: null };
  return { operator, first: endOf(text.slice(operator.length)), last: null };
}

function endOf(text: string): string {
  const end = text.trim();
  return /^[0-9]+-/.test(end) ? end.toUpperCase() : end.toLowerCase();
}

function suggest(qualifier: RangeQualifier, word: string): Partial<RangeFault> {
  const near = qualifier === 'created' ? nearest(word, ['today', 'yesterday']) : undefined;
  return near === undefined ? {} : { next: `Did you mean ${near}?`, candidates: [near] };
}

/** The range as text, so that {@link readRange} takes it for the same. */
export function printRange({ operator, first, last }: Range): string {
  if (operator === '..') return `${first ?? ''}..${last ?? ''}`;
  return `${operator === '=' ? '' : operator}${first ?? ''}`;
}

/**
 * What one end of a range stands for, as far as it is known without a clock and a time zone: `first` to `last`, both
 * included, on a scale of its own.
 */
export interface Span {
  /**
   * `entry`: numbers of entries. `utc`: unix ms. `local`: ms of a clock in a zone yet to be given, as though it showed
   * UTC. `day`: days from today, 0 or -1. A unit of duration: as many of them from now, below 0.
   */
  readonly scale: 'entry' | 'utc' | 'local' | 'day' | DurationUnit;
  readonly first: number;
  readonly last: number;
}

/** The span that the end of a range means, without regard to case; undefined if it means none. */
export function readSpan(qualifier: RangeQualifier, text: string): Span | undefined {
  return qualifier === 'seq' ? readEntry(text) : readTime(text);
}

function readEntry(text: string): Span | undefined {
  return /^[0-9]{1,15}$/.test(text) ? point('entry', Number(text)) : undefined;
}

function readTime(text: string): Span | undefined {
  const word = text.toLowerCase();
  if (word === 'today' || word === 'yesterday') return point('day', word === 'today' ? 0 : -1);
  const duration = readDuration(word);
  if (duration !== undefined) return duration.amount === 0 ? undefined : point(duration.unit, -duration.amount);
  const day = readDay(word);
  return day === undefined ? readTimeOfDay(word.toUpperCase()) : { scale: 'local', ...day };
}

function point(scale: Span['scale'], at: number): Span {
  return { scale, first: at, last: at };
}

/** A moment with `Z` at its end is in UTC, one without is on the zone's clock. */
function readTimeOfDay(text: string): Span | undefined {
  const bare = text.endsWith('Z') ? text.slice(0, -1) : text;
  const first = readMoment(`${bare}Z`);
  if (first === undefined) return undefined;
  return { scale: bare === text ? 'local' : 'utc', first, last: first + precisionOf(bare) - 1 };
}

/** How many ms a moment without its `Z` covers: the minute or the second that it names. */
function precisionOf({ length }: string): number {
  if (length === '2026-11-01T10:00'.length) return MINUTE_MS;
  return length === '2026-11-01T10:00:00'.length ? 1000 : 1;
}

/** Whether a range between the two ends before it begins, whatever the clock and the zone are. */
function isReversed(first: Span, last: Span): boolean {
  return first.scale === last.scale && first.first > last.last;
}
