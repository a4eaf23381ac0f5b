import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DURATION_UNITS,
  addDuration,
  checkExpiry,
  formatExpiry,
  formatTime,
  isoTime,
  parseDuration,
  parseExpiry,
  parseSince,
  parseUntil,
  printDuration,
} from '../../src/core/expiry.js';
import { refused } from './refused.js';

const NOW = Date.parse('2026-01-31T12:00:00.000Z');
const RULES = { now: NOW, maximum: { amount: 1, unit: 'y' }, allowNever: false } as const;
const moment = fc.integer({ min: 0, max: Date.parse('2200-01-01T00:00:00Z') });

describe('parseDuration', () => {
  it.each([
    ['15min', 15, 'min'],
    ['1h', 1, 'h'],
    ['1d', 1, 'd'],
    ['2w', 2, 'w'],
    ['3m', 3, 'm'],
    ['1y', 1, 'y'],
    [' 007d ', 7, 'd'],
  ])('reads %s', (text, amount, unit) => {
    expect(parseDuration(text)).toEqual({ amount, unit });
  });

  it.each([
    '',
    '1x',
    '1',
    'd',
    '0d',
    '-1d',
    '1.5h',
    '1 d',
    '1D',
    '3M',
    '15mins',
    '9999999999d',
    '１d',
    '1d1h',
    '__proto__',
  ])('refuses %j', (text) => {
    const refusal = refused('invalid_request', () => parseDuration(text, 'ttl'));
    expect(refusal.facts.message).toMatch(/^The ttl is /);
  });

  it('reads what it prints', () => {
    const duration = fc.record({
      amount: fc.integer({ min: 1, max: 999_999_999 }),
      unit: fc.constantFrom(...DURATION_UNITS),
    });
    fc.assert(
      fc.property(duration, (value) => {
        expect(parseDuration(printDuration(value))).toEqual(value);
      }),
    );
  });
});

describe('addDuration', () => {
  it.each([
    ['2026-01-31T12:00:00.000Z', 1, 'm', '2026-02-28T12:00:00.000Z'],
    ['2028-01-31T12:00:00.000Z', 1, 'm', '2028-02-29T12:00:00.000Z'],
    ['2028-02-29T00:00:00.000Z', 1, 'y', '2029-02-28T00:00:00.000Z'],
    ['2026-10-31T23:59:59.999Z', 4, 'm', '2027-02-28T23:59:59.999Z'],
    ['2026-12-15T00:00:00.000Z', 1, 'm', '2027-01-15T00:00:00.000Z'],
    ['2026-03-31T00:00:00.000Z', -1, 'm', '2026-02-28T00:00:00.000Z'],
    ['2026-01-15T00:00:00.000Z', -1, 'm', '2025-12-15T00:00:00.000Z'],
    ['2026-01-31T12:00:00.000Z', 15, 'min', '2026-01-31T12:15:00.000Z'],
    ['2026-01-31T12:00:00.000Z', 2, 'w', '2026-02-14T12:00:00.000Z'],
  ] as const)('%s + %i%s = %s', (at, amount, unit, expected) => {
    expect(isoTime(addDuration(Date.parse(at), { amount, unit }))).toBe(expected);
  });

  it.each([
    [999_999_999, 'y'],
    [999_999_999, 'm'],
    [8000, 'y'],
    [-100, 'y'],
    [Number.NaN, 'd'],
  ] as const)('refuses to leave the calendar by %i%s', (amount, unit) => {
    refused('invalid_request', () => addDuration(NOW, { amount, unit }));
  });

  it('goes forward, and by a month to the same or the last day of the next one', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 1, max: 600 }), (at, amount) => {
        const [before, after] = [new Date(at), new Date(addDuration(at, { amount, unit: 'm' }))];
        expect(after.getTime()).toBeGreaterThan(at);
        const months = (date: Date): number => 12 * date.getUTCFullYear() + date.getUTCMonth();
        expect(months(after) - months(before)).toBe(amount);
        const isLast = new Date(after.getTime() + 86_400_000).getUTCDate() === 1;
        expect(after.getUTCDate() === before.getUTCDate() || (isLast && after.getUTCDate() < before.getUTCDate())).toBe(
          true,
        );
        expect(after.toISOString().slice(10)).toBe(before.toISOString().slice(10));
      }),
    );
  });

  it('takes a year for twelve months', () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 1, max: 50 }), (at, amount) => {
        expect(addDuration(at, { amount, unit: 'y' })).toBe(addDuration(at, { amount: 12 * amount, unit: 'm' }));
      }),
    );
  });
});

describe('parseExpiry', () => {
  it.each([
    ['1h', '2026-01-31T13:00:00.000Z'],
    ['60min', '2026-01-31T13:00:00.000Z'],
    ['1d', '2026-02-01T12:00:00.000Z'],
    ['30', '2026-03-02T12:00:00.000Z'],
    ['1m', '2026-02-28T12:00:00.000Z'],
    ['6m', '2026-07-31T12:00:00.000Z'],
    ['1y', '2027-01-31T12:00:00.000Z'],
    ['12m', '2027-01-31T12:00:00.000Z'],
    ['365', '2027-01-31T12:00:00.000Z'],
    ['2026-06-01', '2026-06-01T23:59:59.999Z'],
    ['2026-01-31', '2026-01-31T23:59:59.999Z'],
    ['2026-06-01T08:30Z', '2026-06-01T08:30:00.000Z'],
    ['2026-06-01T08:30:05Z', '2026-06-01T08:30:05.000Z'],
    ['2026-06-01T08:30:05.25Z', '2026-06-01T08:30:05.250Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(isoTime(parseExpiry(text, RULES) ?? NaN)).toBe(expected);
  });

  it.each([
    ['', 'not a duration'],
    ['1x', 'not a duration'],
    ['-1', 'not a duration'],
    ['-1d', 'not a duration'],
    ['0', 'zero'],
    ['0y', 'zero'],
    ['1.5', 'not a duration'],
    ['99999999999999999999', 'not a duration'],
    ['999999999y', 'too long'],
    ['15min', 'less than one hour'],
    ['59min', 'less than one hour'],
    ['2026-01-31T12:59:59Z', 'less than one hour'],
    ['2026-01-30', 'in the past'],
    ['1970-01-01', 'in the past'],
    ['2026-01-31T12:00:00Z', 'in the past'],
    ['2y', 'further away than 1y'],
    ['366', 'further away than 1y'],
    ['13m', 'further away than 1y'],
    ['2027-01-31', 'further away than 1y'],
    ['2027-06-01', 'further away than 1y'],
    ['9999-12-31', 'further away than 1y'],
    ['2026-02-30', 'not a duration'],
    ['2026-13-01', 'not a duration'],
    ['2026-6-1', 'not a duration'],
    ['1969-12-31', 'not a duration'],
    ['2026-06-01T24:00Z', 'not a duration'],
    ['2026-06-01T08:30', 'not a duration'],
    ['2026-06-01T08:30+02:00', 'not a duration'],
    ['tomorrow', 'not a duration'],
    ['never', 'never'],
    ['Never', 'never'],
  ])('refuses %j: %s', (text, fault) => {
    const refusal = refused('invalid_request', () => parseExpiry(text, RULES));
    expect(refusal.facts.message).toContain(fault);
    expect(refusal.facts.message).toMatch(/^The (expiration|duration) /);
    if (text.length > 5) expect(refusal.facts.message).not.toContain(text);
  });

  it('says the latest that is allowed', () => {
    expect(refused('invalid_request', () => parseExpiry('2y', RULES)).facts.next).toBe(
      'The latest that is allowed is 2027-01-31 12:00 (UTC).',
    );
  });

  it('takes never, and anything, where settings say so', () => {
    expect(parseExpiry('never', { now: NOW, allowNever: true })).toBeNull();
    expect(parseExpiry('NEVER', { now: NOW, allowNever: true, maximum: null })).toBeNull();
    expect(isoTime(parseExpiry('50y', { now: NOW, allowNever: false, maximum: null }) ?? 0)).toBe(
      '2076-01-31T12:00:00.000Z',
    );
  });

  it('has a minimum that can be set', () => {
    expect(parseExpiry('15min', { ...RULES, minimumMs: 0 })).toBe(NOW + 900_000);
    expect(
      refused('invalid_request', () => parseExpiry('1h', { ...RULES, minimumMs: 7_200_000 })).facts.message,
    ).toContain('2 hours');
    expect(
      refused('invalid_request', () => parseExpiry('1min', { ...RULES, minimumMs: 120_000 })).facts.message,
    ).toContain('2 minutes');
  });

  it('never gives a moment outside of the rules', () => {
    const text = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.integer({ min: -5, max: 3000 }), fc.constantFrom('', 'x', ...DURATION_UNITS))
        .map(([n, unit]) => `${String(n)}${unit}`),
      moment.map((at) => isoTime(at).slice(0, 10)),
      moment.map(isoTime),
    );
    fc.assert(
      fc.property(text, moment, (given, now) => {
        const rules = { ...RULES, now };
        let at: number | null;
        try {
          at = parseExpiry(given, rules);
        } catch (error) {
          refused('invalid_request', () => {
            throw error;
          });
          return;
        }
        expect(at).toBeGreaterThanOrEqual(now + 3_600_000);
        expect(at).toBeLessThanOrEqual(addDuration(now, RULES.maximum));
        checkExpiry(at, rules);
      }),
    );
  });

  it('checks a moment that was not typed', () => {
    refused('invalid_request', () => checkExpiry(null, RULES));
    refused('invalid_request', () => checkExpiry(NOW, RULES));
    expect(() => checkExpiry(null, { ...RULES, allowNever: true })).not.toThrow();
  });
});

describe('printing', () => {
  it('prints UTC, a zone and never', () => {
    const at = Date.parse('2026-06-01T00:00:59.999Z');
    expect(formatExpiry(at)).toBe('2026-06-01 00:00 (UTC)');
    expect(formatExpiry(at, 'Europe/Zurich')).toBe('2026-06-01 02:00 (Europe/Zurich)');
    expect(formatTime(at, 'America/New_York')).toBe('2026-05-31 20:00 (America/New_York)');
    expect(formatExpiry(null)).toBe('never');
  });

  it('prints midnight as 00:00 in every zone', () => {
    expect(formatTime(Date.parse('2026-05-31T22:00:00Z'), 'Europe/Zurich')).toBe('2026-06-01 00:00 (Europe/Zurich)');
  });
});

describe('parseSince and parseUntil', () => {
  it.each([
    ['24h', '2026-01-30T12:00:00.000Z', '2026-01-30T12:00:00.000Z'],
    ['7d', '2026-01-24T12:00:00.000Z', '2026-01-24T12:00:00.000Z'],
    ['15min', '2026-01-31T11:45:00.000Z', '2026-01-31T11:45:00.000Z'],
    ['1m', '2025-12-31T12:00:00.000Z', '2025-12-31T12:00:00.000Z'],
    ['1y', '2025-01-31T12:00:00.000Z', '2025-01-31T12:00:00.000Z'],
    ['500y', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['999999999m', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['999999999w', '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'],
    ['today', '2026-01-31T00:00:00.000Z', '2026-01-31T23:59:59.999Z'],
    ['Yesterday', '2026-01-30T00:00:00.000Z', '2026-01-30T23:59:59.999Z'],
    ['2026-01-05', '2026-01-05T00:00:00.000Z', '2026-01-05T23:59:59.999Z'],
    ['2026-01-05T10:20:30Z', '2026-01-05T10:20:30.000Z', '2026-01-05T10:20:30.000Z'],
  ])('%s', (text, since, until) => {
    expect(isoTime(parseSince(text, NOW))).toBe(since);
    expect(isoTime(parseUntil(text, NOW))).toBe(until);
  });

  it.each(['', '7', '1x', '-7d', 'last week', '2026-02-30', '__proto__'])('refuses %j', (text) => {
    expect(refused('invalid_request', () => parseSince(text, NOW)).facts.message).toContain('since');
    expect(refused('invalid_request', () => parseUntil(text, NOW)).facts.message).toContain('until');
  });
});
