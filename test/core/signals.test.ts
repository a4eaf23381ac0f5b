/** Each rule of the signals, at its edges. docs/log.md has them in words. */
import { describe, expect, test } from 'vitest';
import {
  type EntryFact,
  type History,
  HOUR_MS,
  isClockBack,
  type NewFact,
  REASON_SIGNALS,
  type Signal,
  SIGNALS,
  signalsOf,
} from '../../src/core/signals.js';

const DAY_HOURS = 24;
const WEEK_HOURS = 7 * DAY_HOURS;
/** A clock hour: ten in the morning, UTC. */
const NOW = 490_000 * DAY_HOURS + 10;
const AT = NOW * HOUR_MS + 20 * 60_000;

const entry = (given: Partial<NewFact> = {}): NewFact => ({
  ...{ at: AT, action: 'item.read', outcome: 'granted', code: null, item: 'item' },
  ...{ reasonTag: 'reason', templateTag: 'template', clientTag: 'client' },
  ...{ reason: 'Deploy release 41 of billing', tool: 'get_item' },
  ...given,
});
const past = (given: Partial<EntryFact> = {}): EntryFact => ({
  ...{ at: AT - 60_000, action: 'item.read', outcome: 'granted', code: null, item: 'item' },
  ...{ reasonTag: 'another', templateTag: 'another', clientTag: 'client' },
  ...given,
});
const history = (given: Partial<History> = {}): History => ({
  ...{ firstAt: null, recent: [], hours: new Map(), knowsItem: true },
  ...given,
});
/** Counts by how many hours ago they are. */
const hoursAgo = (counts: Readonly<Record<number, number>>): ReadonlyMap<number, number> =>
  new Map(Object.entries(counts).map(([ago, count]) => [NOW - Number(ago), count]));

type Case = readonly [what: string, isSo: boolean, entry: Partial<NewFact>, history: Partial<History>];

const after = (recent: readonly Partial<EntryFact>[]): Partial<History> => ({ recent: recent.map(past) });
const denied = (given: Partial<EntryFact> = {}): Partial<EntryFact> => ({
  ...{ outcome: 'refused', code: 'forbidden' },
  ...given,
});
const since = (hours: number, counts: Readonly<Record<number, number>>): Partial<History> => ({
  firstAt: AT - hours * HOUR_MS,
  hours: hoursAgo(counts),
});

const RULES: Readonly<Record<Exclude<Signal, 'clock' | 'decoy'>, readonly Case[]>> = {
  'first-use': [
    ['an item that no earlier entry names', true, {}, { knowsItem: false }],
    ['refused too', true, { outcome: 'refused', code: 'forbidden' }, { knowsItem: false }],
    ['an item that one names', false, {}, { knowsItem: true }],
    ['no item', false, { item: null }, { knowsItem: false }],
    ['an item that it creates', false, { action: 'item.create' }, { knowsItem: false }],
  ],
  repeat: [
    ['the same reason', true, {}, after([{ reasonTag: 'reason' }])],
    ['the same reason, long before', true, {}, after([{ reasonTag: 'reason' }, {}, {}])],
    ['another one', false, {}, after([{}])],
    ['no reason, twice', false, { reasonTag: null }, after([{ reasonTag: null }])],
    ['nothing before', false, {}, {}],
  ],
  template: [
    ['another reason of the same template', true, {}, after([{ templateTag: 'template' }])],
    ['the same reason', false, {}, after([{ reasonTag: 'reason', templateTag: 'template' }])],
    ['both', true, {}, after([{ reasonTag: 'reason', templateTag: 'template' }, { templateTag: 'template' }])],
    ['no reason', false, { reasonTag: null, templateTag: null }, after([{ reasonTag: null, templateTag: null }])],
  ],
  boilerplate: [
    ['words that say nothing', true, { reason: 'I need access to the item' }, {}],
    ['a name', false, { reason: 'access for OPS-12' }, {}],
    ['no reason', false, { reason: null }, {}],
  ],
  burst: [
    ['four where one is usual', true, {}, { hours: hoursAgo({ 0: 3, 5: 1 }) }],
    ['three', false, {}, { hours: hoursAgo({ 0: 2, 5: 1 }) }],
    ['without an hour before', false, {}, { hours: hoursAgo({ 0: 99 }) }],
    ['without any', false, {}, {}],
    ['ten where three is the median', true, {}, { hours: hoursAgo({ 0: 9, 1: 1, 2: 3, 3: 50 }) }],
    ['nine', false, {}, { hours: hoursAgo({ 0: 8, 1: 1, 2: 3, 3: 50 }) }],
    ['of two hours the mean', true, {}, { hours: hoursAgo({ 0: 7, 1: 1, 2: 4 }) }],
    ['no more than thrice that', false, {}, { hours: hoursAgo({ 0: 6, 1: 1, 2: 4 }) }],
    ['the hour of seven days ago counts', false, {}, { hours: hoursAgo({ 0: 3, 5: 1, [WEEK_HOURS]: 9 }) }],
    ['the hour before it does not', true, {}, { hours: hoursAgo({ 0: 3, 5: 1, [WEEK_HOURS + 1]: 9 }) }],
    ['nor does one to come', true, {}, { hours: hoursAgo({ '-1': 9, 0: 3, 5: 1 }) }],
  ],
  'off-hours': [
    ['no entry near this hour of the day', true, {}, since(WEEK_HOURS, { 5: 1, 30: 4 })],
    ['no entry at all within seven days', true, {}, since(WEEK_HOURS, {})],
    ['a token that is younger', false, {}, since(WEEK_HOURS - 1, {})],
    ['one without an entry', false, {}, { hours: new Map() }],
    ['this hour, yesterday', false, {}, since(WEEK_HOURS, { 24: 1 })],
    ['the hour before it', false, {}, since(WEEK_HOURS, { 25: 1 })],
    ['the hour after it', false, {}, since(WEEK_HOURS, { 23: 1 })],
    ['two hours off', true, {}, since(WEEK_HOURS, { 22: 1, 26: 1 })],
    ['this hour, a week ago', false, {}, since(WEEK_HOURS, { [WEEK_HOURS]: 1 })],
    ['longer ago', true, {}, since(WEEK_HOURS + 1, { [WEEK_HOURS + 1]: 1 })],
    ['past midnight, the hour before it', false, { at: AT - 10 * HOUR_MS }, since(2 * WEEK_HOURS, { 11: 1, 35: 1 })],
    ['past midnight, two hours off', true, { at: AT - 10 * HOUR_MS }, since(2 * WEEK_HOURS, { 36: 1 })],
  ],
  'denied-then-granted': [
    ['refused just before', true, {}, after([denied()])],
    ['refused an hour before', true, {}, after([denied({ at: AT - HOUR_MS })])],
    ['longer ago', false, {}, after([denied({ at: AT - HOUR_MS - 1 })])],
    ['refused without an item', true, {}, after([denied({ item: null })])],
    ['refused about another item', false, {}, after([denied({ item: 'other' })])],
    ['another action', false, {}, after([denied({ action: 'item.update' })])],
    ['granted since', false, {}, after([denied(), {}])],
    ['granted since, another item', true, {}, after([denied(), { item: 'other' }])],
    ['an error since', false, {}, after([denied(), { outcome: 'error', code: 'unavailable' }])],
    ['refused again', false, { outcome: 'refused', code: 'forbidden' }, after([denied()])],
    ...['invalid_request', 'not_found', 'ambiguous', 'conflict'].map((code): Case => [
      `refused as ${code}`,
      false,
      {},
      after([denied({ code })]),
    ]),
    ...['forbidden', 'reason_required', 'limit_reached', 'unauthenticated'].map((code): Case => [
      `refused as ${code}`,
      true,
      {},
      after([denied({ code })]),
    ]),
    ['a harmless refusal after one that is none', true, {}, after([denied(), denied({ code: 'not_found' })])],
    ['a harmless refusal after a grant', false, {}, after([{}, denied({ code: 'not_found' })])],
    ['nothing before', false, {}, {}],
  ],
  'new-client': [
    ['another client than all before', true, {}, after([{ clientTag: 'a' }, { clientTag: 'b' }])],
    ['the client of one before', false, {}, after([{ clientTag: 'client' }, { clientTag: 'b' }])],
    ['the first entry', false, {}, {}],
    ['no client', false, { clientTag: null }, after([{}])],
    ['the first with a client', true, {}, after([{ clientTag: null }])],
  ],
};

describe.each(Object.entries(RULES))('%s:', (signal, cases) => {
  test.each(cases)('%s: %s', (_what, isSo, newFact, known) => {
    const found = signalsOf(entry(newFact), history(known));
    expect(found.some((name) => name === signal)).toBe(isSo);
  });
});

test('an entry with nothing unusual has none', () => {
  expect(
    signalsOf(entry(), history({ firstAt: AT - 60_000, recent: [past()], hours: hoursAgo({ 0: 1, 24: 2 }) })),
  ).toEqual([]);
});

test('several stand in the order in which they are listed', () => {
  const known = { ...since(WEEK_HOURS, { 0: 9, 5: 1 }), knowsItem: false };
  const recent = [denied({ reasonTag: 'reason', clientTag: 'a' }), denied({ templateTag: 'template', clientTag: 'a' })];
  const found = signalsOf(entry({ reason: 'test' }), history({ ...known, ...after(recent) }));
  expect(found).toEqual(SIGNALS.filter((signal) => signal !== 'clock' && signal !== 'decoy'));
});

test('those that no history shows stand last, the decoy after the clock', () => {
  expect(SIGNALS.slice(-2)).toEqual(['clock', 'decoy']);
});

test.each([
  [AT, AT, false],
  [AT - 1_000, AT, false],
  [AT - 1_001, AT, true],
  [AT + 5_000, AT, false],
])('a clock at %i, after an entry at %i: back is %s', (clock, latest, isBack) => {
  expect(isClockBack(clock, latest)).toBe(isBack);
});

test('those about the words of a reason are among all', () => {
  expect(SIGNALS).toEqual(expect.arrayContaining([...REASON_SIGNALS]));
});
