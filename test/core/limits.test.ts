/** Limits as they are typed, sealed, read again and printed. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Limits,
  type LimitText,
  limitsShape,
  NO_LIMITS,
  parseLimits,
  readLimits,
  sealedLimits,
} from '../../src/core/limits.js';
import { WEEKDAYS } from '../../src/core/opening-hours.js';
import { refused, told } from './refused.js';

const HOUR = 3_600_000;

const SECRET = 'hunter2';

describe('what is typed', () => {
  const good: [text: LimitText, limits: Partial<Limits>][] = [
    [{}, {}],
    [{ maxUses: '1' }, { maxUses: 1 }],
    [{ maxUses: ' 5 ' }, { maxUses: 5 }],
    [{ maxUses: '1000000' }, { maxUses: 1_000_000 }],
    [{ rate: '10/1h' }, { rate: { count: 10, windowMs: HOUR, window: '1h' } }],
    [{ rate: '10/h' }, { rate: { count: 10, windowMs: HOUR, window: '1h' } }],
    [{ rate: ' 10 / 15min ' }, { rate: { count: 10, windowMs: HOUR / 4, window: '15min' } }],
    [{ rate: '1/31d' }, { rate: { count: 1, windowMs: 31 * 24 * HOUR, window: '31d' } }],
    [{ distinctItems: '3/1d' }, { distinctItems: { count: 3, windowMs: 24 * HOUR, window: '1d' } }],
    [{ distinctItems: '3/007d' }, { distinctItems: { count: 3, windowMs: 7 * 24 * HOUR, window: '7d' } }],
    [{ rate: '2/4w' }, { rate: { count: 2, windowMs: 28 * 24 * HOUR, window: '4w' } }],
    [{ fields: [] }, {}],
    [{ fields: [' password '] }, { fields: ['password'] }],
    [{ fields: ['Server/PIN', 'server/pin', 'user'] }, { fields: ['server/pin', 'user'] }],
    [{ reveal: 'allow' }, {}],
    [{ reveal: ' NEVER ' }, { reveal: 'never' }],
    [{ reveal: 'approve' }, { reveal: 'approve' }],
    [{ reveal: ' Approve' }, { reveal: 'approve' }],
    [{ hours: '00:00-24:00' }, {}],
    [{ hours: '00:00-24:00', days: 'mon-sun', tz: 'Europe/Zurich' }, {}],
    [{ days: 'mon-sun' }, {}],
  ];

  test.each(good)('%j is understood', (text, limits) => {
    expect(parseLimits(text)).toEqual({ ...NO_LIMITS, ...limits });
  });

  const bad: [option: string, key: keyof LimitText, texts: readonly string[]][] = [
    [
      '--max-uses',
      'maxUses',
      ['', '0', '-1', '1.5', '1e3', '0x10', '1000001', '99999999', '١', '5 5', `5${SECRET}`, 'Infinity', 'NaN'],
    ],
    [
      '--rate',
      'rate',
      ['', '10', '/1h', '10/', '10/1', '10/0h', '0/1h', '-1/1h', '10/1m', '10/1y', '10/32d', '10/5w', '10/745h'],
    ],
    ['--rate', 'rate', ['10/1h/1h', '10/1.5h', '1.5/1h', '10-1h', '10/1H', '10/h1', `10/${SECRET}`, '10/999999999w']],
    ['--distinct-items', 'distinctItems', ['', '3', '3/', '3/2m', '3/32d', '0/1d', '3/1d,', `${SECRET}/1d`]],
    ['--reveal', 'reveal', ['', 'yes', 'nevér', 'allow never', 'approved', 'approve never', 'ask', SECRET]],
  ];

  test.each(bad)(
    'what %s does not understand is refused, with a next step and without what was given',
    (option, key, texts) => {
      for (const text of texts) {
        const refusal = refused('invalid_request', () => parseLimits({ [key]: text }));
        expect(told(refusal)).toContain(option);
        expect(told(refusal)).not.toContain(SECRET);
      }
    },
  );

  test.each(['', ' ', '\u0000', 'a\nb', '\u202e', '—', 'x'.repeat(301)])('a field named %j is refused', (name) => {
    const refusal = refused('invalid_request', () => parseLimits({ fields: ['password', name] }));
    expect(refusal.facts.message).toContain('field');
  });

  test('hours, days and time zones are refused by what they are, without what was given', () => {
    for (const text of [{ hours: SECRET }, { hours: '08:00-18:00', days: SECRET }, { days: 'mon', tz: SECRET }]) {
      const refusal = refused('invalid_request', () => parseLimits(text));
      expect(told(refusal)).not.toContain(SECRET);
      expect(refusal.facts.message).toMatch(/hours|days|time zone/);
    }
  });
});

const two = (n: number): string => String(n).padStart(2, '0');
const minute = fc.integer({ min: 0, max: 1439 }).map((m) => `${two(Math.floor(m / 60))}:${two(m % 60)}`);
const quota = fc
  .tuple(fc.integer({ min: 1, max: 1_000_000 }), fc.constantFrom('1min', '90min', '1h', '24h', '1d', '31d', '4w'))
  .map(([count, window]) => `${String(count)}/${window}`);
const name = fc.stringMatching(/^[a-zA-ZäÖß][a-zA-Z0-9 ./ß-]{0,12}$/);
const hours = fc
  .tuple(minute, minute)
  .filter(([from, to]) => from !== to && to !== '00:00')
  .map(([from, to]) => `${from}-${to}`);
const zone = fc.constantFrom('UTC', 'Europe/Zurich', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Apia');
const NETWORKS = ['10.0.0.0/8', '192.0.2.7', '::1', '2001:db8::/32', '0.0.0.0/0', 'fe80::1:0:0:2/127'];
const text: fc.Arbitrary<LimitText> = fc
  .record({
    maxUses: fc.option(fc.integer({ min: 1, max: 1_000_000 }).map(String), { nil: undefined }),
    rate: fc.option(quota, { nil: undefined }),
    distinctItems: fc.option(quota, { nil: undefined }),
    hours: fc.option(hours, { nil: undefined }),
    days: fc.option(
      fc.subarray([...WEEKDAYS], { minLength: 1 }).map((days) => days.join(',')),
      { nil: undefined },
    ),
    tz: fc.option(zone, { nil: undefined }),
    fields: fc.option(fc.array(name, { maxLength: 3 }), { nil: undefined }),
    reveal: fc.constantFrom('allow', 'approve', 'never', undefined),
    cidr: fc.option(fc.uniqueArray(fc.constantFrom(...NETWORKS)), { nil: undefined }),
    clients: fc.option(fc.array(name, { maxLength: 3 }), { nil: undefined }),
  })
  .map((given) => (given.hours === undefined && given.days === undefined ? { ...given, tz: undefined } : given));

test.each(['10.0.0.1/8', '10.0.0.0/33', '10.0.0', 'x', '::1::', '', '10.0.0.0/8/8', SECRET])(
  'the range %j is refused',
  (cidr) => {
    const refusal = refused('invalid_request', () => parseLimits({ cidr: ['10.0.0.0/8', cidr] }));
    expect(told(refusal)).toContain('--cidr');
    expect(told(refusal)).not.toContain(SECRET);
  },
);

describe('what is sealed in a grant', () => {
  test('says the same when it is read again', () => {
    fc.assert(
      fc.property(text, (given) => {
        const limits = parseLimits(given);
        expect(readLimits(sealedLimits(limits))).toEqual(limits);
      }),
    );
  });

  test('and so does what is printed, as it would be typed', () => {
    fc.assert(
      fc.property(text, (given) => {
        const limits = parseLimits(given);
        const { max_uses: maxUses, distinct_items: distinctItems, client: clients, ...others } = limitsShape(limits);
        const typed = {
          ...others,
          clients,
          distinctItems,
          maxUses: maxUses === undefined ? undefined : String(maxUses),
        };
        expect(parseLimits(typed)).toEqual(limits);
      }),
    );
  });

  test('is none where one limit more stands that is not known, whatever it is called', () => {
    const unknown = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'network',
        'clients',
        'fields',
        'maxUses',
        'max_uses',
        'Rate',
        ' rate',
        '__proto__',
        'constructor',
        '',
      ),
    );
    const known = new Set(['max-uses', 'rate', 'distinct-items', 'hours', 'days', 'tz', 'reveal', 'field']);
    fc.assert(
      fc.property(text, unknown, fc.nat(), (given, label, place) => {
        fc.pre(!known.has(label));
        const sealed = [...sealedLimits(parseLimits(given))];
        sealed.splice(place % (sealed.length + 1), 0, { name: label, value: '1' });
        expect(readLimits(sealed)).toBeNull();
      }),
    );
  });

  test('is none where a limit stands twice, but for those that stand once for each', () => {
    fc.assert(
      fc.property(text, (given) => {
        const sealed = sealedLimits(parseLimits(given));
        for (const limit of sealed)
          if (!['field', 'cidr', 'client'].includes(limit.name)) expect(readLimits([...sealed, limit])).toBeNull();
          else expect(readLimits([...sealed, limit])).toEqual(parseLimits(given));
      }),
    );
  });

  const malformed: [name: string, value: string][] = [
    ['max-uses', '0'],
    ['max-uses', '5 uses'],
    ['rate', '10'],
    ['rate', '10/1m'],
    ['distinct-items', '/1d'],
    ['hours', '08:00'],
    ['hours', '08:00-08:00'],
    ['days', 'monday'],
    ['tz', 'Europe/Zurich'],
    ['reveal', 'approved'],
    ['reveal', 'approve,never'],
    ['reveal', ''],
    ['field', ''],
    ['field', 'a\u0000b'],
  ];

  test.each(malformed)('is none where %s says %j', (label, value) => {
    expect(readLimits([{ name: label, value }])).toBeNull();
  });

  test('is none where days or a time zone say nothing that is known beside good hours', () => {
    const open = { name: 'hours', value: '08:00-18:00' };
    expect(readLimits([open, { name: 'days', value: 'mon-fri' }])).not.toBeNull();
    expect(readLimits([open, { name: 'days', value: 'mon-someday' }])).toBeNull();
    expect(readLimits([open, { name: 'tz', value: 'Europe/Nowhere' }])).toBeNull();
  });
});
