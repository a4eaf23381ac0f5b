/** Opening hours against a clock that is read minute by minute, over the days on which clocks are put forward and back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isOpenAt,
  isWithin,
  type OpeningHours,
  opensAfter,
  parseOpeningHours,
  printOpeningHours,
  WEEKDAYS,
} from '../../src/core/opening-hours.js';
import { refused } from './refused.js';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const UTC_MONDAY = Date.parse('2026-11-02T00:00:00Z');

const open = (hours: string | undefined, days?: string, tz?: string): OpeningHours => {
  const read = parseOpeningHours({ hours, days, tz });
  if (read === null) throw new Error('always open');
  return read;
};

/** The naive oracle: what the clock on the wall of that zone shows, in words, compared in words. */
const walls = new Map<string, Intl.DateTimeFormat>();
function isOpenNaively({ from, to, days, zone }: OpeningHours, at: number): boolean {
  const wall =
    walls.get(zone) ??
    new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit' });
  walls.set(zone, wall);
  const parts = new Map(wall.formatToParts(at).map(({ type, value }) => [type, value]));
  const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
  const today = WEEKDAYS.findIndex((day) => day === parts.get('weekday')?.toLowerCase());
  const isOn = (index: number): boolean => days.some((day) => day === WEEKDAYS[(index + 7) % 7]);
  return from < to
    ? isOn(today) && minute >= from && minute < to
    : (isOn(today) && minute >= from) || (isOn(today - 1) && minute < to);
}

/** The first minute after `at` at which the oracle says open. */
function opensNaively(hours: OpeningHours, at: number): number | null {
  for (let moment = (Math.floor(at / MINUTE) + 1) * MINUTE; moment <= at + 15 * DAY; moment += MINUTE)
    if (isOpenNaively(hours, moment)) return moment;
  return null;
}

describe('what is typed', () => {
  const good: [hours: string | undefined, days: string | undefined, printed: string][] = [
    ['8:00-18:00', undefined, '08:00-18:00'],
    ['08:00-18:00', 'mon-fri', '08:00-18:00 mon-fri'],
    ['08:00-18:00', 'mon-sun', '08:00-18:00'],
    [' 22:00 - 06:00 ', 'SAT', '22:00-06:00 sat'],
    ['00:00-24:00', 'mon,wed', 'mon,wed'],
    [undefined, 'sat,sun', 'sat,sun'],
    [undefined, 'fri-mon', 'mon,fri,sat,sun'],
    [undefined, 'sun,mon,mon', 'mon,sun'],
    ['23:59-00:01', undefined, '23:59-00:01'],
    ['00:00-00:01', undefined, '00:00-00:01'],
    ['12:00-24:00', undefined, '12:00-24:00'],
  ];

  test.each(good)('hours %s and days %s are printed as %s', (hours, days, printed) => {
    expect(Object.values(printOpeningHours(open(hours, days))).join(' ')).toBe(printed);
  });

  const bad: [what: string, texts: readonly Parameters<typeof parseOpeningHours>[0][]][] = [
    ['hours', ['', '8-18', '08:00', '08:00-08:00', '24:00-08:00', '08:00-00:00'].map((hours) => ({ hours }))],
    ['hours', ['08:60-18:00', '25:00-26:00', '08:00-24:01', '-1:00-08:00', '08:00–18:00'].map((hours) => ({ hours }))],
    ['days', ['', 'monday', 'mon-', '-mon', 'mon-tue-wed', 'mon,,tue', '1-5', 'mo'].map((days) => ({ days }))],
    ['time zone', ['', 'Zurich', 'Europe/Nowhere', 'CEST+2'].map((tz) => ({ days: 'mon', tz }))],
    ['time zone', [{ tz: 'Europe/Zurich' }]],
  ];

  test.each(bad)('%s that are none are refused', (what, texts) => {
    for (const text of texts)
      expect(refused('invalid_request', () => parseOpeningHours(text)).facts.message).toContain(what);
  });
});

describe('over midnight', () => {
  const friday = open('22:00-06:00', 'fri');
  test.each([
    ['fri 21:59', 4, 21 * 60 + 59, false],
    ['fri 22:00', 4, 22 * 60, true],
    ['sat 05:59', 5, 5 * 60 + 59, true],
    ['sat 06:00', 5, 6 * 60, false],
    ['sat 22:00', 5, 22 * 60, false],
    ['fri 05:00', 4, 5 * 60, false],
  ])('hours that begin on a Friday: %s', (_when, day, minute, isOpen) => {
    expect(isOpenAt(friday, UTC_MONDAY + day * DAY + minute * MINUTE)).toBe(isOpen);
  });

  test('a Sunday’s hours go on into Monday', () => {
    expect(isOpenAt(open('22:00-06:00', 'sun'), UTC_MONDAY + 60 * MINUTE)).toBe(true);
    expect(isOpenAt(open('22:00-06:00', 'mon'), UTC_MONDAY + 60 * MINUTE)).toBe(false);
  });
});

// the days around which these zones put their clocks forward and back
const CHANGES = [
  ['Europe/Zurich', '2026-03-29T01:00:00Z'],
  ['Europe/Zurich', '2026-10-25T01:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['America/Santiago', '2026-09-06T04:00:00Z'],
  ['UTC', '2026-10-25T01:00:00Z'],
] as const;

const minuteOfDay = fc.oneof(fc.integer({ min: 0, max: 1439 }), fc.integer({ min: 0, max: 240 }));
const hours = fc
  .record({
    from: minuteOfDay,
    to: fc.oneof(minuteOfDay, fc.constant(1440)),
    days: fc.subarray([...WEEKDAYS], { minLength: 1 }),
  })
  .filter(({ from, to }) => from !== to && to !== 0);
const change = fc.constantFrom(...CHANGES);
const offset = fc.integer({ min: -2 * 1440, max: 1440 });

describe('against the clock on the wall', () => {
  test('they are open when it says so', () => {
    fc.assert(
      fc.property(hours, change, offset, fc.nat({ max: 59_999 }), (part, [zone, when], minutes, ms) => {
        const at = Date.parse(when) + minutes * MINUTE + ms;
        expect(isOpenAt({ ...part, zone }, at)).toBe(isOpenNaively({ ...part, zone }, at));
      }),
      { numRuns: 2000 },
    );
  });

  test('away from the days on which clocks change, they open at the first moment that it says so', () => {
    fc.assert(
      fc.property(
        hours,
        fc.constantFrom(...CHANGES.map(([zone]) => zone)),
        fc.nat({ max: 7 * 1440 }),
        (part, zone, minutes) => {
          const at = Date.parse('2026-06-10T00:00:00Z') + minutes * MINUTE;
          fc.pre(!isOpenAt({ ...part, zone }, at));
          expect(opensAfter({ ...part, zone }, at)).toBe(opensNaively({ ...part, zone }, at));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('on the days on which clocks change as well', () => {
    fc.assert(
      fc.property(hours, change, offset, (part, [zone, when], minutes) => {
        const at = Date.parse(when) + minutes * MINUTE;
        fc.pre(!isOpenAt({ ...part, zone }, at));
        expect(opensAfter({ ...part, zone }, at)).toBe(opensNaively({ ...part, zone }, at));
      }),
      { numRuns: 150 },
    );
  });
});

describe('where the clock is put forward over the opening', () => {
  const night = open('02:30-03:30', undefined, 'Europe/Zurich');
  test('they open when it is put forward', () => {
    const forward = Date.parse('2026-03-29T01:00:00Z');
    expect(isOpenAt(night, forward - 1)).toBe(false);
    expect(opensAfter(night, forward - 1)).toBe(forward);
    expect(isOpenAt(night, forward)).toBe(true);
  });

  test('and over the closing too, they open at the next time', () => {
    const sunday = open('02:10-02:50', 'sun', 'Europe/Zurich');
    const before = Date.parse('2026-03-22T03:00:00Z');
    const next = Date.parse('2026-04-05T00:10:00Z');
    expect(opensNaively(sunday, before)).toBe(next);
    expect(opensAfter(sunday, before)).toBe(next);
  });
});

describe('where the clock is put back', () => {
  test('hours within the hour that comes twice open twice', () => {
    const night = open('02:30-02:45', undefined, 'Europe/Zurich');
    const second = Date.parse('2026-10-25T01:30:00Z');
    expect(isOpenAt(night, second - 60 * MINUTE)).toBe(true);
    expect(isOpenAt(night, second)).toBe(true);
    expect(opensAfter(night, second - 10 * MINUTE)).toBe(second);
  });

  test('hours that end within it open again when it is put back', () => {
    const night = open('01:00-02:30', undefined, 'Europe/Zurich');
    const back = Date.parse('2026-10-25T01:00:00Z');
    expect(opensAfter(night, back - 10 * MINUTE)).toBe(back);
  });
});

describe('isWithin', () => {
  test('says so only where whatever is open within is open without', () => {
    fc.assert(
      fc.property(hours, hours, (one, other) => {
        const [inner, outer] = [
          { ...one, zone: 'UTC' },
          { ...other, zone: 'UTC' },
        ];
        const minutes = Array.from({ length: 7 * 1440 }, (_, i) => UTC_MONDAY + i * MINUTE);
        const isNaivelyWithin = minutes.every((at) => !isOpenAt(inner, at) || isOpenAt(outer, at));
        expect(isWithin(inner, outer)).toBe(isNaivelyWithin);
      }),
      { numRuns: 60 },
    );
  });

  test('hours are within themselves, and hours of another zone are not', () => {
    fc.assert(
      fc.property(hours, (part) => {
        expect(isWithin({ ...part, zone: 'UTC' }, { ...part, zone: 'UTC' })).toBe(true);
        expect(isWithin({ ...part, zone: 'Europe/Zurich' }, { ...part, zone: 'UTC' })).toBe(false);
      }),
      { numRuns: 30 },
    );
  });
});
