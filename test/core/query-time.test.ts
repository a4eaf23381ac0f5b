import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isoTime } from '../../src/core/expiry.js';
import { parseQuery, type Range, type RangeTerm } from '../../src/core/query.js';
import { intervalsOf, type Interval } from '../../src/core/query-time.js';
import { timeZoneOf } from '../../src/core/time-zone.js';

const NOW = Date.parse('2026-11-10T12:00:00.000Z');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LATEST = Number.MAX_SAFE_INTEGER;

function rangeTerm(query: string): RangeTerm {
  const [term] = parseQuery(query);
  if (term?.kind !== 'range') throw new Error('no range');
  return term;
}

const intervals = (query: string, timeZone = 'UTC', now = NOW): readonly Interval[] =>
  intervalsOf(rangeTerm(query), { now, timeZone });

/** The intervals of `created:`, as times. */
function times(value: string, timeZone = 'UTC', now = NOW): string[] {
  const show = (at: number): string => (at === 0 ? '' : at === LATEST ? '' : isoTime(at));
  return intervals(`created:${value}`, timeZone, now).map(({ from, to }) => `${show(from)} to ${show(to)}`);
}

describe('intervalsOf seq', () => {
  it.each<[string, readonly (readonly [number, number])[]]>([
    ['42', [[42, 42]]],
    ['>=42', [[42, LATEST]]],
    ['>42', [[43, LATEST]]],
    ['<=42', [[0, 42]]],
    ['<42', [[0, 41]]],
    ['<0', []],
    ['0', [[0, 0]]],
    ['10..20', [[10, 20]]],
    ['10..', [[10, LATEST]]],
    ['..20', [[0, 20]]],
    ['007', [[7, 7]]],
    ['1,5,9..12', [[1, 1], [5, 5], [9, 12]]], // prettier-ignore
    ['999999999999999', [[999_999_999_999_999, 999_999_999_999_999]]],
  ])('%s', (value, expected) => {
    expect(intervals(`seq:${value}`)).toEqual(expected.map(([from, to]) => ({ from, to })));
    expect(intervals(`-seq:${value}`)).toEqual(expected.map(([from, to]) => ({ from, to })));
  });
});

describe('intervalsOf created', () => {
  it.each([
    ['2026-11-01', '2026-11-01T00:00:00.000Z to 2026-11-01T23:59:59.999Z'],
    ['>=2026-11-01', '2026-11-01T00:00:00.000Z to '],
    ['>2026-11-01', '2026-11-02T00:00:00.000Z to '],
    ['<=2026-11-01', ' to 2026-11-01T23:59:59.999Z'],
    ['<2026-11-01', ' to 2026-10-31T23:59:59.999Z'],
    ['2026-11-01..2026-11-05', '2026-11-01T00:00:00.000Z to 2026-11-05T23:59:59.999Z'],
    ['2026-11-01..', '2026-11-01T00:00:00.000Z to '],
    ['..2026-11-05', ' to 2026-11-05T23:59:59.999Z'],
    ['today', '2026-11-10T00:00:00.000Z to 2026-11-10T23:59:59.999Z'],
    ['yesterday', '2026-11-09T00:00:00.000Z to 2026-11-09T23:59:59.999Z'],
    ['<today', ' to 2026-11-09T23:59:59.999Z'],
    ['yesterday..today', '2026-11-09T00:00:00.000Z to 2026-11-10T23:59:59.999Z'],
    ['7d', '2026-11-03T12:00:00.000Z to 2026-11-10T12:00:00.000Z'],
    ['15min', '2026-11-10T11:45:00.000Z to 2026-11-10T12:00:00.000Z'],
    ['24h', '2026-11-09T12:00:00.000Z to 2026-11-10T12:00:00.000Z'],
    ['2w', '2026-10-27T12:00:00.000Z to 2026-11-10T12:00:00.000Z'],
    ['1m', '2026-10-10T12:00:00.000Z to 2026-11-10T12:00:00.000Z'],
    ['1y', '2025-11-10T12:00:00.000Z to 2026-11-10T12:00:00.000Z'],
    ['999y', ' to 2026-11-10T12:00:00.000Z'],
    ['>=7d', '2026-11-03T12:00:00.000Z to '],
    ['>7d', '2026-11-03T12:00:00.001Z to '],
    ['<=7d', ' to 2026-11-03T12:00:00.000Z'],
    ['<7d', ' to 2026-11-03T11:59:59.999Z'],
    ['30d..7d', '2026-10-11T12:00:00.000Z to 2026-11-03T12:00:00.000Z'],
    ['2026-11-01..7d', '2026-11-01T00:00:00.000Z to 2026-11-03T12:00:00.000Z'],
    ['2026-11-01T10:00Z', '2026-11-01T10:00:00.000Z to 2026-11-01T10:00:59.999Z'],
    ['2026-11-01T10:00', '2026-11-01T10:00:00.000Z to 2026-11-01T10:00:59.999Z'],
    ['2026-11-01T10:00:05Z', '2026-11-01T10:00:05.000Z to 2026-11-01T10:00:05.999Z'],
    ['2026-11-01T10:00:05.25Z', '2026-11-01T10:00:05.250Z to 2026-11-01T10:00:05.250Z'],
    ['>=2026-11-01T10:00Z', '2026-11-01T10:00:00.000Z to '],
    ['>2026-11-01T10:00Z', '2026-11-01T10:01:00.000Z to '],
    ['<=2026-11-01T10:00Z', ' to 2026-11-01T10:00:59.999Z'],
    ['<2026-11-01T10:00Z', ' to 2026-11-01T09:59:59.999Z'],
    ['2026-11-01T10:00Z..2026-11-01T11:00Z', '2026-11-01T10:00:00.000Z to 2026-11-01T11:00:59.999Z'],
    ['1970-01-01', ' to 1970-01-01T23:59:59.999Z'],
    ['9999-12-31', '9999-12-31T00:00:00.000Z to 9999-12-31T23:59:59.999Z'],
  ])('%s', (value, expected) => {
    expect(times(value)).toEqual([expected]);
  });

  it('leaves out what holds nothing', () => {
    expect(intervals('created:<1970-01-01')).toEqual([]);
    expect(intervals('created:today..2026-11-09')).toEqual([]);
    expect(intervals('created:2026-11-01,<1970-01-01,yesterday')).toHaveLength(2);
  });

  it.each([
    ['Europe/Zurich', '2026-03-29', '2026-03-28T23:00:00.000Z to 2026-03-29T21:59:59.999Z', 23],
    ['Europe/Zurich', '2026-10-25', '2026-10-24T22:00:00.000Z to 2026-10-25T22:59:59.999Z', 25],
    ['Europe/Zurich', '2026-11-01', '2026-10-31T23:00:00.000Z to 2026-11-01T22:59:59.999Z', 24],
    // Clocks are put forward at midnight, so the day begins at one; and back at midnight.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z to 2018-11-05T01:59:59.999Z', 23],
    ['America/Sao_Paulo', '2018-02-17', '2018-02-17T02:00:00.000Z to 2018-02-18T02:59:59.999Z', 25],
    ['America/Sao_Paulo', '2018-02-18', '2018-02-18T03:00:00.000Z to 2018-02-19T02:59:59.999Z', 24],
    ['Asia/Kathmandu', '2026-11-01', '2026-10-31T18:15:00.000Z to 2026-11-01T18:14:59.999Z', 24],
    // From one to midnight, so that the day begins twice.
    ['America/Havana', '2026-11-01', '2026-11-01T04:00:00.000Z to 2026-11-02T04:59:59.999Z', 25],
    // From a minute past midnight into the day before, which is then shown again.
    ['America/St_Johns', '2010-11-07', '2010-11-07T02:30:00.000Z to 2010-11-08T03:29:59.999Z', 25],
    ['Australia/Lord_Howe', '2026-10-04', '2026-10-03T13:30:00.000Z to 2026-10-04T12:59:59.999Z', 23.5],
    ['Pacific/Kiritimati', '2026-11-01', '2026-10-31T10:00:00.000Z to 2026-11-01T09:59:59.999Z', 24],
    ['Africa/Monrovia', '1971-05-05', '1971-05-05T00:44:30.000Z to 1971-05-06T00:44:29.999Z', 24],
    ['Etc/GMT+12', '9999-12-31', '9999-12-31T12:00:00.000Z to +010000-01-01T11:59:59.999Z', 24],
    ['Asia/Tokyo', '1970-01-01', ' to 1970-01-01T14:59:59.999Z', 15],
  ])('a day in %s: %s', (timeZone, day, expected, hours) => {
    expect(times(day, timeZone)).toEqual([expected]);
    const [{ from, to } = { from: 0, to: 0 }] = intervals(`created:${day}`, timeZone);
    expect((to - from + 1) / HOUR_MS).toBe(hours);
  });

  it('has nothing of a day that was left out', () => {
    expect(times('2011-12-30', 'Pacific/Apia')).toEqual([]);
    expect(times('2011-12-29..2011-12-30', 'Pacific/Apia')).toEqual([
      '2011-12-29T10:00:00.000Z to 2011-12-30T09:59:59.999Z',
    ]);
    expect(times('>=2011-12-30', 'Pacific/Apia')).toEqual(times('>=2011-12-31', 'Pacific/Apia'));
  });

  it.each([
    ['2026-11-01T10:00', '2026-11-01T09:00:00.000Z to 2026-11-01T09:00:59.999Z'],
    ['2026-11-01T10:00:30.5', '2026-11-01T09:00:30.500Z to 2026-11-01T09:00:30.500Z'],
    ['2026-07-01T10:00', '2026-07-01T08:00:00.000Z to 2026-07-01T08:00:59.999Z'],
    // Shown twice: the range between takes in both, the first begins it.
    ['2026-10-25T02:00..2026-10-25T02:59', '2026-10-25T00:00:00.000Z to 2026-10-25T01:59:59.999Z'],
    ['<2026-10-25T02:30', ' to 2026-10-25T00:29:59.999Z'],
    // Never shown.
    ['>=2026-03-29T02:30', '2026-03-29T01:00:00.000Z to '],
    ['<=2026-03-29T02:30', ' to 2026-03-29T00:59:59.999Z'],
    ['today', '2026-11-09T23:00:00.000Z to 2026-11-10T22:59:59.999Z'],
    ['yesterday', '2026-11-08T23:00:00.000Z to 2026-11-09T22:59:59.999Z'],
    ['7d', '2026-11-03T12:00:00.000Z to 2026-11-10T12:00:00.000Z'],
  ])('%s in Zurich', (value, expected) => {
    expect(times(value, 'Europe/Zurich')).toEqual([expected]);
  });

  it('has nothing of a minute that the clock never shows', () => {
    expect(times('2026-03-29T02:30', 'Europe/Zurich')).toEqual([]);
  });

  it('counts today where the zone is', () => {
    const now = Date.parse('2026-11-10T23:30:00Z');
    expect(times('today', 'Europe/Zurich', now)).toEqual(['2026-11-10T23:00:00.000Z to 2026-11-11T22:59:59.999Z']);
    expect(times('yesterday', 'Europe/Zurich', now)).toEqual(times('2026-11-10', 'Europe/Zurich'));
    expect(times('today', 'America/New_York', now)).toEqual(times('2026-11-10', 'America/New_York'));
  });

  it('refuses a zone that is none, and a range that was never read', () => {
    expect(() => intervals('created:today', 'Mars/Olympus')).toThrow(RangeError);
    const values: readonly Range[] = [{ operator: '=', first: 'nonsense', last: null }];
    expect(() =>
      intervalsOf({ kind: 'range', qualifier: 'created', not: false, values }, { now: NOW, timeZone: 'UTC' }),
    ).toThrow('did not check');
  });
});

describe('time zones', () => {
  const zone = fc.constantFrom(
    ...['UTC', 'Europe/Zurich', 'America/Sao_Paulo', 'Asia/Kathmandu', 'America/St_Johns', 'America/Havana'],
    ...['Pacific/Apia', 'Pacific/Kwajalein', 'Australia/Lord_Howe', 'Africa/Casablanca', 'Asia/Gaza', 'Asia/Tehran'],
    ...['Antarctica/Troll', 'Antarctica/Casey', 'Africa/Monrovia', 'Africa/Cairo', 'Etc/GMT+12'],
    ...Intl.supportedValuesOf('timeZone'),
  );
  const dayNumber = fc.integer({ min: 1, max: 47_500 }); // 1970 to 2100
  const dayOf = (days: number): string => new Date(days * DAY_MS).toISOString().slice(0, 10);
  const moment = fc.integer({ min: 0, max: 47_500 * DAY_MS });

  it('have days that tile', () => {
    fc.assert(
      fc.property(zone, dayNumber, (timeZone, days) => {
        const span = intervals(`created:${dayOf(days)}..${dayOf(days + 3)}`, timeZone);
        const singles = [0, 1, 2, 3].flatMap((more) => intervals(`created:${dayOf(days + more)}`, timeZone));
        expect(singles[0]?.from).toBe(span[0]?.from);
        expect(singles.at(-1)?.to).toBe(span[0]?.to);
        for (const [index, { to }] of singles.slice(0, -1).entries()) expect(singles[index + 1]?.from).toBe(to + 1);
      }),
      { numRuns: 2000 },
    );
  });

  it('have days that begin when the clock first shows them', () => {
    const shown = (at: number, timeZone: string): string =>
      new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(at);
    fc.assert(
      fc.property(zone, dayNumber, (timeZone, days) => {
        const day = dayOf(days);
        for (const { from, to } of intervals(`created:${day}`, timeZone)) {
          if (from > 0) expect(shown(from - 1, timeZone) < day).toBe(true);
          expect(shown(from, timeZone)).toBe(day);
          expect(shown(to, timeZone)).toBe(day);
          expect(shown(to + 1, timeZone) > day).toBe(true);
        }
      }),
    );
  });

  it('show at the moment of a reading that reading, or the first above it', () => {
    fc.assert(
      fc.property(zone, moment, (name, clock) => {
        const { clockAt, momentOf } = timeZoneOf(name);
        const at = momentOf(clock);
        expect(clockAt(at)).toBeGreaterThanOrEqual(clock);
        expect(clockAt(at - 1)).toBeLessThan(clock);
      }),
      { numRuns: 2000 },
    );
  });

  it('put every moment into one day and one minute', () => {
    fc.assert(
      fc.property(zone, moment, fc.integer({ min: 0, max: 2 * DAY_MS }), (name, clock, more) => {
        const { momentOf } = timeZoneOf(name);
        expect(momentOf(clock + more)).toBeGreaterThanOrEqual(momentOf(clock));
      }),
      { numRuns: 2000 },
    );
  });

  it('never touch a moment in UTC', () => {
    fc.assert(
      fc.property(zone, moment, (timeZone, at) => {
        const query = `created:${isoTime(at)}`;
        expect(intervals(query, timeZone)).toEqual([{ from: at, to: at }]);
        expect(intervals(query, timeZone)).toEqual(intervals(query));
      }),
    );
  });
});
