/** A call held against limits: what stops it, until when, and what is left. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leftOf, type LimitedCall, limitMet, NO_CONSENT, NO_USAGE, type Usage } from '../../src/core/limit-check.js';
import { type Limits, type LimitText, NO_LIMITS, parseLimits, type Quota } from '../../src/core/limits.js';

const HOUR = 3_600_000;
const NOW = Date.parse('2026-11-02T12:00:00Z');

const limitsOf = (text: LimitText): Limits => parseLimits(text);
const used = (usage: Partial<Usage>): Usage => ({ ...NO_USAGE, ...usage });
const call = (facts: Partial<LimitedCall> = {}): LimitedCall => ({
  item: 'a',
  secrets: ['password'],
  exposure: 'shown',
  consent: NO_CONSENT,
  from: { address: '10.0.0.7', client: 'codex' },
  now: NOW,
  ...facts,
});

/** `by` and the time from now in ms after which it opens; `-` where no waiting helps. */
function told(limits: Limits, usage: Usage, of: LimitedCall): string {
  const stopped = limitMet(limits, usage, of);
  if (stopped === null) return 'passes';
  return `${stopped.by} ${stopped.opensAt === null ? '-' : String(stopped.opensAt - of.now)}`;
}

const items = (...ages: readonly number[]): Usage['items'] =>
  new Map(ages.map((age, i) => [String.fromCharCode(97 + i), NOW - age]));

const RULE = { isDemanded: true, isGiven: false };
const WORD = { isDemanded: true, isGiven: true };

const table: [what: string, limits: LimitText, usage: Partial<Usage>, of: Partial<LimitedCall>, told: string][] = [
  ['no limit', {}, { uses: 1e9 }, {}, 'passes'],
  ['a last use', { maxUses: '5' }, { uses: 4 }, {}, 'passes'],
  ['a use too many', { maxUses: '5' }, { uses: 5 }, {}, 'uses -'],
  ['what is no use, where uses are spent', { maxUses: '5' }, { uses: 9 }, { secrets: [] }, 'passes'],
  ['a secret where none is shown', { reveal: 'never' }, {}, {}, 'reveal -'],
  ['no secret where none is shown', { reveal: 'never' }, {}, { secrets: [] }, 'passes'],
  ['the field', { fields: ['PASSWORD'] }, {}, {}, 'passes'],
  ['another field', { fields: ['pin'] }, {}, {}, 'field -'],
  ['the field and another', { fields: ['password'] }, {}, { secrets: ['password', 'pin'] }, 'field -'],
  ['the field in a section', { fields: ['password'] }, {}, { secrets: ['db/password'] }, 'field -'],
  ['the section’s field', { fields: ['DB/Password'] }, {}, { secrets: ['db/password'] }, 'passes'],
  ['no field where fields are named', { fields: ['pin'] }, {}, { secrets: [] }, 'passes'],
  ['an address', { cidr: ['192.0.2.0/24', '10.0.0.0/8'] }, {}, {}, 'passes'],
  ['another address', { cidr: ['192.0.2.0/24'] }, {}, {}, 'cidr -'],
  ['another address, for no secret', { cidr: ['192.0.2.0/24'] }, {}, { secrets: [] }, 'cidr -'],
  ['no address', { cidr: ['0.0.0.0/0', '::/0'] }, {}, { from: { address: null, client: 'codex' } }, 'cidr -'],
  ['what is no address', { cidr: ['0.0.0.0/0'] }, {}, { from: { address: 'x', client: 'codex' } }, 'cidr -'],
  ['an address in IPv6', { cidr: ['10.0.0.0/8'] }, {}, { from: { address: '::ffff:10.0.0.7', client: '' } }, 'passes'],
  ['a client', { clients: ['Claude Code', 'CODEX'] }, {}, {}, 'passes'],
  ['another client', { clients: ['Claude Code'] }, {}, { secrets: [] }, 'client -'],
  ['anywhere', { cidr: ['192.0.2.0/24'], clients: ['x'] }, {}, { from: 'anywhere' }, 'passes'],
  ['a last call', { rate: '2/1h' }, { calls: [NOW - 1] }, {}, 'passes'],
  ['a call too many', { rate: '2/1h' }, { calls: [NOW - HOUR + 7, NOW - 1] }, {}, 'rate 7'],
  ['a call when one is just over', { rate: '2/1h' }, { calls: [NOW - HOUR, NOW - 1] }, {}, 'passes'],
  ['a call one ms before', { rate: '2/1h' }, { calls: [NOW - HOUR + 1, NOW - 1] }, {}, 'rate 1'],
  ['more calls than allowed', { rate: '1/1h' }, { calls: [NOW - 9, NOW - 5, NOW - 2] }, {}, `rate ${HOUR - 2}`],
  ['the same item again', { distinctItems: '1/1h' }, { items: items(5) }, { item: 'a' }, 'passes'],
  ['another item', { distinctItems: '1/1h' }, { items: items(5) }, { item: 'z' }, `items ${HOUR - 5}`],
  ['a last item', { distinctItems: '2/1h' }, { items: items(5) }, { item: 'z' }, 'passes'],
  ['an item when one is over', { distinctItems: '1/1h' }, { items: items(HOUR) }, { item: 'z' }, 'passes'],
  [
    'an item whose time is over',
    { distinctItems: '1/1h' },
    { items: items(HOUR, 5) },
    { item: 'a' },
    `items ${HOUR - 5}`,
  ],
  ['no item', { distinctItems: '1/1h' }, { items: items(5) }, { item: null }, 'passes'],
  ['the hours', { hours: '12:00-13:00' }, {}, {}, 'passes'],
  ['before the hours', { hours: '12:01-13:00' }, {}, {}, 'hours 60000'],
  ['after the hours', { hours: '11:00-12:00' }, {}, {}, `hours ${23 * HOUR}`],
  ['never before closed', { reveal: 'never', hours: '13:00-14:00' }, {}, {}, 'reveal -'],
  [
    'a secret that a program gets masked, where none is shown',
    { reveal: 'never' },
    {},
    { exposure: 'masked' },
    'reveal -',
  ],
  ['one that stays hidden, where none is shown', { reveal: 'never' }, {}, { exposure: 'hidden' }, 'passes'],
  ['a secret where the owner is asked', { reveal: 'approve' }, {}, {}, 'approval -'],
  ['no secret where the owner is asked', { reveal: 'approve' }, {}, { secrets: [] }, 'passes'],
  ['a masked one where the owner is asked', { reveal: 'approve' }, {}, { exposure: 'masked' }, 'approval -'],
  ['a hidden one where the owner is asked', { reveal: 'approve' }, {}, { exposure: 'hidden' }, 'passes'],
  ['with the owner’s word', { reveal: 'approve' }, {}, { consent: WORD }, 'passes'],
  ['the owner’s word where none is shown', { reveal: 'never' }, {}, { consent: WORD }, 'reveal -'],
  ['a rule of the owner’s', {}, {}, { consent: RULE }, 'approval -'],
  ['a rule, masked', {}, {}, { consent: RULE, exposure: 'masked' }, 'approval -'],
  ['a rule, hidden', {}, {}, { consent: RULE, exposure: 'hidden' }, 'approval -'],
  ['a rule, hidden, where none is shown', { reveal: 'never' }, {}, { consent: RULE, exposure: 'hidden' }, 'approval -'],
  ['a rule, also without a secret', {}, {}, { consent: RULE, secrets: [] }, 'approval -'],
  ['a rule, with the owner’s word', {}, {}, { consent: WORD, exposure: 'hidden' }, 'passes'],
  ['a field before the owner’s word', { reveal: 'approve', fields: ['pin'] }, {}, {}, 'field -'],
  ['spent before the owner’s word', { reveal: 'approve', maxUses: '1' }, { uses: 1 }, {}, 'uses -'],
  ['closed before the owner’s word', { reveal: 'approve', hours: '13:00-14:00' }, {}, {}, `hours ${HOUR}`],
  ['a rate before the owner’s word', { reveal: 'approve', rate: '1/1h' }, { calls: [NOW - 1] }, {}, `rate ${HOUR - 1}`],
  [
    'items before the owner’s word',
    { reveal: 'approve', distinctItems: '1/1h' },
    { items: items(5) },
    { item: 'z' },
    `items ${HOUR - 5}`,
  ],
  ['never before a field', { reveal: 'never', fields: ['pin'] }, {}, {}, 'reveal -'],
  ['a field before spent', { maxUses: '1', fields: ['pin'] }, { uses: 1 }, {}, 'field -'],
  ['hours before a rate', { hours: '13:00-14:00', rate: '1/1h' }, { calls: [NOW - HOUR] }, {}, `hours ${HOUR}`],
  [
    'a rate before items',
    { rate: '1/1h', distinctItems: '1/1h' },
    { calls: [NOW - 1], items: items(5) },
    { item: 'z' },
    `rate ${HOUR - 1}`,
  ],
  ['spent before closed', { maxUses: '1', hours: '13:00-14:00' }, { uses: 1 }, {}, 'uses -'],
];

test.each(table)('%s', (_what, limits, usage, of, expected) => {
  expect(told(limitsOf(limits), used(usage), call(of))).toBe(expected);
});

const quota = fc.record({ count: fc.integer({ min: 1, max: 4 }), windowMs: fc.integer({ min: 1, max: 20 }) });
const times = fc.array(fc.integer({ min: NOW - 30, max: NOW }), { maxLength: 8 }).map((at) => at.sort((a, b) => a - b));
const asQuota = ({ count, windowMs }: { count: number; windowMs: number }): Quota => ({ count, windowMs, window: '' });

describe('a time that slides', () => {
  test('lets so many calls pass within it and no more, and opens just when it says', () => {
    fc.assert(
      fc.property(quota, times, (limit, calls) => {
        const rate = asQuota(limit);
        const stopped = limitMet({ ...NO_LIMITS, rate }, used({ calls }), call());
        const within = calls.filter((at) => at > NOW - rate.windowMs).length;
        expect(stopped === null).toBe(within < rate.count);
        if (stopped?.opensAt == null) return;
        const at = (now: number) => limitMet({ ...NO_LIMITS, rate }, used({ calls }), call({ now }));
        expect(at(stopped.opensAt)).toBeNull();
        expect(at(stopped.opensAt - 1)).not.toBeNull();
      }),
    );
  });

  test('lets so many different items be named, and opens just when it says', () => {
    const named = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: NOW - 30, max: NOW }));
    fc.assert(
      fc.property(quota, named, fc.constantFrom('a', 'b', 'f'), (limit, last, item) => {
        const distinctItems = asQuota(limit);
        const usage = used({ items: new Map(Object.entries(last)) });
        const at = (now: number) => limitMet({ ...NO_LIMITS, distinctItems }, usage, call({ item, now }));
        const within = Object.entries(last).filter(([, when]) => when > NOW - limit.windowMs);
        const isNamed = within.some(([id]) => id === item);
        const stopped = at(NOW);
        expect(stopped === null).toBe(isNamed || within.length < limit.count);
        if (stopped?.opensAt == null) return;
        expect(at(stopped.opensAt)).toBeNull();
        expect(at(stopped.opensAt - 1)).not.toBeNull();
      }),
    );
  });
});

test('of several limits that open by themselves it says when all of them are open', () => {
  const limits = limitsOf({ hours: '13:00-18:00', rate: '1/1d' });
  const usage = used({ calls: [NOW - HOUR] });
  const stopped = limitMet(limits, usage, call());
  expect(stopped?.opensAt).not.toBeNull();
  expect(limitMet(limits, usage, call({ now: stopped?.opensAt ?? 0 }))).toBeNull();
});

describe('what is left', () => {
  test('is said of what counts alone, and never below nothing', () => {
    const usage = used({ uses: 7, calls: [NOW - HOUR, NOW - 1], items: items(HOUR, 5) });
    expect(leftOf(NO_LIMITS, usage, NOW)).toEqual({});
    const limits = limitsOf({ maxUses: '5', rate: '3/1h', distinctItems: '1/1h', reveal: 'never' });
    expect(leftOf(limits, usage, NOW)).toEqual({ uses: 0, calls: 2, items: 0 });
  });

  test('is nothing just where a call, a use or another item is stopped', () => {
    fc.assert(
      fc.property(quota, times, fc.nat({ max: 3 }), (limit, calls, uses) => {
        const rate = asQuota(limit);
        const usage = used({ calls, uses });
        expect(leftOf({ ...NO_LIMITS, rate }, usage, NOW).calls === 0).toBe(
          limitMet({ ...NO_LIMITS, rate }, usage, call()) !== null,
        );
        expect(leftOf({ ...NO_LIMITS, maxUses: 2 }, usage, NOW).uses === 0).toBe(
          limitMet({ ...NO_LIMITS, maxUses: 2 }, usage, call()) !== null,
        );
      }),
    );
  });
});
