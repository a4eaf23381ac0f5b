/** Whether one grant allows no more than another, against calls that are tried on both. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Consent, type Exposure, NO_USAGE, type Usage } from '../../src/core/limit-check.js';
import { NO_LIMITS, parseLimits } from '../../src/core/limits.js';
import { type Action, ROLES } from '../../src/core/model.js';
import { WEEKDAYS } from '../../src/core/opening-hours.js';
import { authorize, type PolicyGrant } from '../../src/core/policy.js';
import { type Beside, isAsTight } from '../../src/core/tightness.js';

const MONDAY = Date.parse('2026-11-02T00:00:00Z');
const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;

const quota = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('1h', '2h', '1d'))
  .map(([count, window]) => `${String(count)}/${window}`);
const hour = fc.integer({ min: 0, max: 3 }).map((n) => `0${String(6 * n)}`.slice(-2));
const hours = fc
  .tuple(hour, hour)
  .filter(([from, to]) => from !== to && to !== '00')
  .map(([from, to]) => `${from}:00-${to}:00`);
const seldom = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(some, { nil: undefined, freq: 1 });
const limits = fc
  .record({
    maxUses: seldom(fc.constantFrom('1', '2', '3')),
    rate: seldom(quota),
    distinctItems: seldom(quota),
    hours: seldom(hours),
    days: seldom(fc.subarray([...WEEKDAYS], { minLength: 5 }).map((days) => days.join(','))),
    fields: seldom(fc.subarray(['password', 'PIN', 'db/password'], { minLength: 1 })),
    reveal: fc.constantFrom('allow', 'allow', 'approve', 'never'),
    cidr: seldom(fc.subarray(['10.0.0.0/8', '10.1.0.0/16', '192.0.2.0/24', '::/0'], { minLength: 1 })),
    clients: seldom(fc.subarray(['codex', 'Claude', 'CODEX '], { minLength: 1 })),
  })
  .map(parseLimits);
const grant = fc.record({
  id: fc.constant('g'),
  vault: fc.constant('v'),
  item: fc.constant(null),
  role: fc.constantFrom(...ROLES),
  notAfter: fc.option(fc.integer({ min: 1, max: 3 }).map((n) => MONDAY + (n * WEEK) / 3)),
  limits,
});
const beside = fc.record({
  uses: fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 })),
  tokenEnd: fc.option(fc.integer({ min: 1, max: 3 }).map((n) => MONDAY + (n * WEEK) / 3)),
});

function pairOf(
  one: PolicyGrant,
  other: PolicyGrant,
  of: { uses: readonly [number, number]; tokenEnd: number | null },
) {
  const [inner, outer] = [
    { ...one, id: 'inner' },
    { ...other, id: 'outer' },
  ];
  const usage = new Map([
    ['inner', { ...NO_USAGE, uses: of.uses[0] }],
    ['outer', { ...NO_USAGE, uses: of.uses[1] }],
  ]);
  return { inner, outer, beside: { usage, tokenEnd: of.tokenEnd } satisfies Beside };
}

interface Tried {
  readonly action: Action;
  readonly item: string;
  readonly secrets: readonly string[];
  readonly exposure: Exposure;
  readonly consent: Consent;
  readonly wait: number;
  readonly from: { readonly address: string | null; readonly client: string };
}

const tried: fc.Arbitrary<Tried> = fc.record({
  action: fc.constantFrom('item.read', 'item.read', 'item.totp', 'item.use', 'item.update', 'item.delete'),
  item: fc.constantFrom('v/a', 'v/b', 'v/c'),
  secrets: fc.subarray(['password', 'pin', 'db/password'], { maxLength: 2 }),
  exposure: fc.constantFrom('shown', 'shown', 'masked', 'hidden'),
  consent: fc.record({ isDemanded: fc.boolean(), isGiven: fc.boolean() }),
  from: fc.record({
    address: fc.constantFrom('10.1.2.3', '10.2.0.1', '192.0.2.1', '2001:db8::1', null),
    client: fc.constantFrom('Codex', 'claude', 'other'),
  }),
  wait: fc.constantFrom(0, 1, HOUR / 2, HOUR, 7 * HOUR, 24 * HOUR),
});

/** Makes calls under the one grant, and asks for each of those that pass whether the other would have let it pass. */
function escapes(
  inner: PolicyGrant,
  outer: PolicyGrant,
  on: { beside: Beside; calls: readonly Tried[] },
): Tried | null {
  const usage = new Map<string, Usage>(on.beside.usage);
  let now = MONDAY;
  for (const call of on.calls) {
    now += call.wait;
    const { action, item, secrets, exposure, consent, from } = call;
    const target = { kind: 'item', vault: 'v', item } as const;
    const passes = (one: PolicyGrant): boolean =>
      (on.beside.tokenEnd === null || now < on.beside.tokenEnd) &&
      authorize({ action, scopes: null, grants: [one], usage, target, secrets, exposure, consent, from, now }).allowed;
    if (!passes(inner)) continue;
    if (!passes(outer)) return call;
    for (const { id } of [inner, outer]) {
      const { uses, calls, items } = usage.get(id) ?? NO_USAGE;
      usage.set(id, {
        uses: uses + (secrets.length > 0 ? 1 : 0),
        calls: [...calls, now],
        items: new Map([...items, [item, now]]),
      });
    }
  }
  return null;
}

test('a grant is as tight as itself', () => {
  fc.assert(
    fc.property(grant, beside, (one, of) => {
      const { inner, beside: facts } = pairOf(one, one, { ...of, uses: [of.uses[0], of.uses[0]] });
      expect(isAsTight(inner, { ...inner, id: 'outer' }, facts)).toBe(true);
      expect(isAsTight(inner, inner, facts)).toBe(true);
    }),
  );
});

test('what is as tight as something that is as tight as a third is as tight as the third', () => {
  let found = 0;
  fc.assert(
    fc.property(
      grant,
      grant,
      grant,
      fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 2 }), fc.nat({ max: 2 })),
      (a, b, c, uses) => {
        const grants = [a, b, c].map((one, i) => ({ ...one, id: String(i) }));
        const usage = new Map(grants.map(({ id }, i) => [id, { ...NO_USAGE, uses: uses[i] ?? 0 }]));
        const [one, two, three] = grants as [PolicyGrant, PolicyGrant, PolicyGrant];
        const facts = { usage, tokenEnd: null };
        if (!isAsTight(one, two, facts) || !isAsTight(two, three, facts)) return;
        found += 1;
        expect(isAsTight(one, three, facts)).toBe(true);
      },
    ),
    { numRuns: 6000 },
  );
  expect(found).toBeGreaterThan(10);
});

test('of a grant that is as tight as another no call passes that the other would stop', () => {
  let found = 0;
  fc.assert(
    fc.property(grant, grant, beside, fc.array(tried, { minLength: 4, maxLength: 16 }), (one, other, of, calls) => {
      const { inner, outer, beside: facts } = pairOf(one, other, of);
      if (!isAsTight(inner, outer, facts)) return;
      found += 1;
      expect(escapes(inner, outer, { beside: facts, calls })).toBeNull();
    }),
    { numRuns: 6000 },
  );
  expect(found).toBeGreaterThan(50);
});

const base: PolicyGrant = { id: 'x', vault: 'v', item: null, role: 'editor', notAfter: null, limits: NO_LIMITS };
const table: [what: string, inner: Partial<PolicyGrant>, outer: Partial<PolicyGrant>, isTight: boolean][] = [
  ['a weaker role', { role: 'viewer' }, {}, true],
  ['a stronger role', { role: 'manager' }, {}, false],
  ['an end', { notAfter: 5 }, {}, true],
  ['no end', {}, { notAfter: 5 }, false],
  ['a later end', { notAfter: 6 }, { notAfter: 5 }, false],
  ['ends after the token’s', { notAfter: 60 }, { notAfter: 50 }, true],
  ['fewer uses', { limits: parseLimits({ maxUses: '1' }) }, { limits: parseLimits({ maxUses: '2' }) }, true],
  ['more uses', { limits: parseLimits({ maxUses: '3' }) }, { limits: parseLimits({ maxUses: '2' }) }, false],
  ['no limit of uses', {}, { limits: parseLimits({ maxUses: '2' }) }, false],
  ['fewer calls', { limits: parseLimits({ rate: '1/1h' }) }, { limits: parseLimits({ rate: '2/1h' }) }, true],
  ['a longer time', { limits: parseLimits({ rate: '2/2h' }) }, { limits: parseLimits({ rate: '2/1h' }) }, true],
  ['a shorter time', { limits: parseLimits({ rate: '2/1h' }) }, { limits: parseLimits({ rate: '2/2h' }) }, false],
  [
    'the same at another pace',
    { limits: parseLimits({ rate: '2/1h' }) },
    { limits: parseLimits({ rate: '48/1d' }) },
    false,
  ],
  ['items without a limit', {}, { limits: parseLimits({ distinctItems: '2/1h' }) }, false],
  ['hours', { limits: parseLimits({ hours: '09:00-10:00' }) }, { limits: parseLimits({ hours: '08:00-18:00' }) }, true],
  [
    'hours without days',
    { limits: parseLimits({ hours: '09:00-10:00' }) },
    { limits: parseLimits({ days: 'mon' }) },
    false,
  ],
  ['no hours', {}, { limits: parseLimits({ hours: '08:00-18:00' }) }, false],
  [
    'fields',
    { limits: parseLimits({ fields: ['PIN'] }) },
    { limits: parseLimits({ fields: ['pin', 'password'] }) },
    true,
  ],
  [
    'other fields',
    { limits: parseLimits({ fields: ['pin', 'x'] }) },
    { limits: parseLimits({ fields: ['pin'] }) },
    false,
  ],
  ['all fields', {}, { limits: parseLimits({ fields: ['pin'] }) }, false],
  ['what is never shown', { limits: parseLimits({ reveal: 'never' }) }, {}, true],
  ['what is shown', {}, { limits: parseLimits({ reveal: 'never' }) }, false],
  ['what is shown with the owner’s word', { limits: parseLimits({ reveal: 'approve' }) }, {}, true],
  ['what is shown without it', {}, { limits: parseLimits({ reveal: 'approve' }) }, false],
  [
    'the same word',
    { limits: parseLimits({ reveal: 'approve' }) },
    { limits: parseLimits({ reveal: 'approve' }) },
    true,
  ],
  [
    'never where a word is enough',
    { limits: parseLimits({ reveal: 'never' }) },
    { limits: parseLimits({ reveal: 'approve' }) },
    true,
  ],
  [
    'a word where it is never',
    { limits: parseLimits({ reveal: 'approve' }) },
    { limits: parseLimits({ reveal: 'never' }) },
    false,
  ],
];

test.each(table)('%s', (_what, inner, outer, isTight) => {
  const facts = { usage: new Map(), tokenEnd: 40 };
  const ends = [inner.notAfter, outer.notAfter].some((end) => (end ?? 0) > 40);
  const tokenEnd = ends ? 40 : null;
  expect(isAsTight({ ...base, ...inner }, { ...base, ...outer }, { ...facts, tokenEnd })).toBe(isTight);
});
