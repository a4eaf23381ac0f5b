import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/core/model.js';
import { EXIT_STATUS } from '../../src/core/refusal.js';
import { SIGNALS } from '../../src/core/signals.js';
import {
  OUTCOMES,
  QUALIFIERS,
  QueryError,
  actionsOf,
  parseQuery,
  printQuery,
  type NameQualifier,
  type Qualifier,
  type QueryTerm,
  type Range,
  type RangeTerm,
  type TextTerm,
} from '../../src/core/query.js';
import { refused } from './refused.js';

const term = (qualifier: NameQualifier, values: readonly string[], not = false): QueryTerm => ({
  kind: 'name',
  qualifier,
  not,
  values,
});
const text = (where: TextTerm['where'], values: readonly string[], not = false): QueryTerm => ({
  kind: 'text',
  where,
  not,
  values,
});
type Ends = readonly [Range['operator'], string | null, (string | null)?];
const range = (qualifier: RangeTerm['qualifier'], values: readonly Ends[], not = false): QueryTerm => ({
  kind: 'range',
  qualifier,
  not,
  values: values.map(([operator, first, last = null]) => ({ operator, first, last })),
});

describe('parseQuery', () => {
  it.each<[string, readonly QueryTerm[]]>([
    ['', []],
    ['   ', []],
    ['agent:deploy-bot', [term('agent', ['deploy-bot'])]],
    ['agent:deploy-bot outcome:refused', [term('agent', ['deploy-bot']), term('outcome', ['refused'])]],
    ['  AGENT:Deploy-Bot\toutcome:REFUSED ', [term('agent', ['Deploy-Bot']), term('outcome', ['refused'])]],
    ['-item:"DB password"', [term('item', ['DB password'], true)]],
    ['vault:a,"b c",d', [term('vault', ['a', 'b c', 'd'])]],
    ['item:"say \\"hi\\" \\\\ now"', [term('item', ['say "hi" \\ now'])]],
    ['item:a:b/c*', [term('item', ['a:b/c*'])]],
    ['item:back\\slash', [term('item', ['back\\slash'])]],
    ['action:item.*', [term('action', ['item.*'])]],
    ['action:item.read,vault.list', [term('action', ['item.read', 'vault.list'])]],
    ['-code:forbidden,not_found', [term('code', ['forbidden', 'not_found'], true)]],
    ['token:x', [term('token', ['x'])]],
    ['vault:-x', [term('vault', ['-x'])]],
    ['vault:__proto__', [term('vault', ['__proto__'])]],
    ['agent:ci*,* field:pass*', [term('agent', ['ci*', '*']), term('field', ['pass*'])]],
    ['client:"Claude Code" transport:HTTP,cli', [term('client', ['Claude Code']), term('transport', ['http', 'cli'])]],
    ['-signal:Off-Hours,unreadable', [term('signal', ['off-hours', 'unreadable'], true)]],
    ['grant:g1', [term('grant', ['g1'])]],
    ['agent:>=2026 item:1..5', [term('agent', ['>=2026']), term('item', ['1..5'])]],
  ])('reads names in %j', (query, terms) => {
    expect(parseQuery(query)).toEqual(terms);
  });

  it.each<[string, readonly QueryTerm[]]>([
    ['deploy', [text(null, ['deploy'])]],
    ['Deploy the Thing', [text(null, ['Deploy']), text(null, ['the']), text(null, ['Thing'])]],
    ['"the staging outage"', [text(null, ['the staging outage'])]],
    ['-outage -"DB password"', [text(null, ['outage'], true), text(null, ['DB password'], true)]],
    ['ops-42,"a, b",c*', [text(null, ['ops-42', 'a, b', 'c*'])]],
    ['"agent:x" "-y" "http://x"', [text(null, ['agent:x']), text(null, ['-y']), text(null, ['http://x'])]],
    ['-"-"', [text(null, ['-'], true)]],
    ['agent created', [text(null, ['agent']), text(null, ['created'])]],
    ['title:db,"My SSH" -reason:x:y', [text('title', ['db', 'My SSH']), text('reason', ['x:y'], true)]],
    ['42 >=42 1..5', [text(null, ['42']), text(null, ['>=42']), text(null, ['1..5'])]],
    ['agent:x deploy', [term('agent', ['x']), text(null, ['deploy'])]],
  ])('reads text in %j', (query, terms) => {
    expect(parseQuery(query)).toEqual(terms);
  });

  it.each<[string, readonly QueryTerm[]]>([
    ['seq:42', [range('seq', [['=', '42']])]],
    ['seq:>=42 seq:<7', [range('seq', [['>=', '42']]), range('seq', [['<', '7']])]],
    ['seq:1,5,9..12', [range('seq', [['=', '1'], ['=', '5'], ['..', '9', '12']])]], // prettier-ignore
    ['-seq:..20,>30', [range('seq', [['..', null, '20'], ['>', '30']], true)]], // prettier-ignore
    ['seq:10..', [range('seq', [['..', '10', null]])]],
    ['seq:5..5', [range('seq', [['..', '5', '5']])]],
    ['created:2026-11-01', [range('created', [['=', '2026-11-01']])]],
    ['created:>=2026-11-01', [range('created', [['>=', '2026-11-01']])]],
    ['created:>2026-11-01', [range('created', [['>', '2026-11-01']])]],
    ['created:<=2026-11-01', [range('created', [['<=', '2026-11-01']])]],
    ['created:<2026-11-01', [range('created', [['<', '2026-11-01']])]],
    ['created:2026-11-01..2026-11-05', [range('created', [['..', '2026-11-01', '2026-11-05']])]],
    ['created:2026-11-01..', [range('created', [['..', '2026-11-01', null]])]],
    ['created:..2026-11-05', [range('created', [['..', null, '2026-11-05']])]],
    ['created:Today,YESTERDAY', [range('created', [['=', 'today'], ['=', 'yesterday']])]], // prettier-ignore
    ['created:7D', [range('created', [['=', '7d']])]],
    ['created:15min,3m', [range('created', [['=', '15min'], ['=', '3m']])]], // prettier-ignore
    ['created:30d..7d', [range('created', [['..', '30d', '7d']])]],
    ['created:>2026-11-01t10:00z', [range('created', [['>', '2026-11-01T10:00Z']])]],
    ['created:2026-11-01T10:00', [range('created', [['=', '2026-11-01T10:00']])]],
    [
      'created:2026-11-01T10:00:00.25Z..2026-11-01T10:00:01Z',
      [range('created', [['..', '2026-11-01T10:00:00.25Z', '2026-11-01T10:00:01Z']])],
    ],
    ['created:2026-11-01T10:00..2026-11-01', [range('created', [['..', '2026-11-01T10:00', '2026-11-01']])]],
    ['created:">= 7d"', [range('created', [['>=', '7d']])]],
  ])('reads ranges in %j', (query, terms) => {
    expect(parseQuery(query)).toEqual(terms);
  });

  it.each([
    ['-', 1, 'value is missing'],
    ['a - b', 3, 'value is missing'],
    ['a, b', 2, 'value is missing'],
    ['""', 0, 'value is missing'],
    ['--agent:x', 1, 'unknown qualifier'],
    ['--force', 1, 'minus sign stands before a value'],
    ['a,-b', 2, 'minus sign stands before a value'],
    [':x', 0, 'unknown qualifier'],
    ['agnt:x', 0, 'unknown qualifier'],
    ['x http://x', 2, 'unknown qualifier'],
    ['a,agent:x', 2, 'colon stands inside a word'],
    ['__proto__:x', 0, 'unknown qualifier'],
    ['agent:', 6, 'value is missing'],
    ['agent: x', 6, 'value is missing'],
    ['agent:""', 6, 'value is missing'],
    ['agent:"  "', 6, 'value is missing'],
    ['agent:a,', 8, 'value is missing'],
    ['agent:,a', 6, 'value is missing'],
    ['agent:a,,b', 8, 'value is missing'],
    ['reason:', 7, 'value is missing'],
    ['created:', 8, 'value is missing'],
    ['agent:"a', 6, 'quotation mark without its end'],
    ['agent:"a\\', 6, 'quotation mark without its end'],
    ['agent:"a\\n"', 6, 'stray backslash'],
    ['"a', 0, 'quotation mark without its end'],
    ['agent:a"b"', 7, 'inside a value'],
    ['say"hi"', 3, 'inside a value'],
    ['agent:"a"b', 9, 'space is missing'],
    ['"a""b"', 3, 'space is missing'],
    ['outcome:refussed', 8, 'unknown outcome'],
    ['outcome:granted,no', 16, 'unknown outcome'],
    ['code:forbiden', 5, 'unknown code'],
    ['action:item.raed', 7, 'unknown action'],
    ['action:*', 7, 'unknown action'],
    ['action:itm.*', 7, 'unknown action'],
    ['action:item*read', 7, 'unknown action'],
    ['outcome:gran*', 8, 'unknown outcome'],
    ['code:__proto__', 5, 'unknown code'],
    ['transport:smtp', 10, 'unknown transport'],
    ['signal:repeat,busrt', 14, 'unknown signal'],
    ['seq:', 4, 'value is missing'],
    ['seq:x', 4, 'number of an entry'],
    ['seq:1,2x', 6, 'number of an entry'],
    ['seq:-1', 4, 'number of an entry'],
    ['seq:1e3', 4, 'number of an entry'],
    ['seq:1.5', 4, 'number of an entry'],
    ['seq:>', 4, 'number of an entry'],
    ['seq:..', 4, 'number of an entry'],
    ['seq:1..2..3', 4, 'number of an entry'],
    ['seq:>=1..3', 4, 'number of an entry'],
    ['seq:=1', 4, 'number of an entry'],
    ['seq:1234567890123456', 4, 'number of an entry'],
    ['seq:today', 4, 'number of an entry'],
    ['seq:20..10', 4, 'ends before it begins'],
    ['created:2026-02-30', 8, 'time that cannot be read'],
    ['created:2026-13-01', 8, 'time that cannot be read'],
    ['created:2026-11', 8, 'time that cannot be read'],
    ['created:1969-12-31', 8, 'time that cannot be read'],
    ['created:7', 8, 'time that cannot be read'],
    ['created:-7d', 8, 'time that cannot be read'],
    ['created:0d', 8, 'time that cannot be read'],
    ['created:>=tomorrow', 8, 'time that cannot be read'],
    ['created:2026-11-01T24:00Z', 8, 'time that cannot be read'],
    ['created:2026-11-01T10:00+02:00', 8, 'time that cannot be read'],
    ['created:2026-11-01Z', 8, 'time that cannot be read'],
    ['created:2026-11-01T10', 8, 'time that cannot be read'],
    ['created:today,2026-11-01...2026-11-02', 14, 'time that cannot be read'],
    ['created:2026-11-05..2026-11-01', 8, 'ends before it begins'],
    ['created:2026-11-02..2026-11-01T10:00', 8, 'ends before it begins'],
    ['created:2026-11-01T10:00:01Z..2026-11-01T10:00:00Z', 8, 'ends before it begins'],
    ['created:7d..30d', 8, 'ends before it begins'],
    ['created:today..yesterday', 8, 'ends before it begins'],
    [`agent:${'x'.repeat(2000)}`, 2000, 'too long'],
  ])('refuses %j at %i: %s', (query, position, fault) => {
    const refusal = refused('invalid_request', () => parseQuery(query));
    expect(refusal).toBeInstanceOf(QueryError);
    expect(refusal).toMatchObject({ query, position });
    expect(refusal.facts.message).toContain(fault);
    expect(refusal.facts.message).toContain(`at position ${String(position + 1)} of`);
    expect(refusal.facts.next).toMatch(/[.?]$/);
  });

  it('takes as many characters as it says', () => {
    expect(parseQuery(`agent:${'x'.repeat(1994)}`)).toHaveLength(1);
  });

  it('counts characters as a person does', () => {
    expect(refused('invalid_request', () => parseQuery('item:😀 x:y')).facts.message).toContain('position 8 of');
  });

  it.each([
    ['agnt:x', 'agent'],
    ['agnet:bot', 'agent'],
    ['outcom:x', 'outcome'],
    ['creatd:7d', 'created'],
    ['--item:x', 'item'],
    ['outcome:refussed', 'refused'],
    ['code:forbiden', 'forbidden'],
    ['action:item.raed', 'item.read'],
    ['transport:htp', 'http'],
    ['signal:ofhours', 'off-hours'],
    ['created:todya', 'today'],
    ['created:2026-11-01..yesterdy', 'yesterday'],
  ])('asks after %s whether %s was meant', (query, near) => {
    const { facts } = refused('invalid_request', () => parseQuery(query));
    expect(facts.next).toBe(`Did you mean ${near}?`);
    expect(facts.candidates).toEqual([near]);
  });

  it.each([
    ['outcome:xyzzy', 'The values of outcome are: granted, refused, error.'],
    ['transport:xyzzy', 'The values of transport are: stdio, http, cli, console.'],
    ['http://x', `Put text to look for in double quotes: "http://x". The qualifiers are: ${QUALIFIERS.join(', ')}.`],
    ['a,b:c', 'Put text to look for in double quotes: "b:c".'],
    [
      `http://${'x'.repeat(80)}`,
      `Put text to look for in double quotes: "…". The qualifiers are: ${QUALIFIERS.join(', ')}.`,
    ],
    ['--force', 'Put text to look for in double quotes: "-force".'],
    ['seq:ten', 'Write the number of an entry, such as 42, >=42 or 10..20.'],
    ['seq:2..1', 'Put the smaller number first: 10..20.'],
  ])('says what to do about %j', (query, next) => {
    expect(refused('invalid_request', () => parseQuery(query)).facts.next).toBe(next);
  });

  it('takes for examples only what it reads itself', () => {
    for (const query of ['agent', 'seq:x', 'created:x', 'created:today..yesterday', 'seq:2..1'].flatMap(advised)) {
      expect(parseQuery(query)).toHaveLength(1);
    }
  });
});

/** The values that the advice about a bad range shows, as queries. */
function advised(query: string): string[] {
  const [qualifier = ''] = query.split(':');
  if (qualifier === query) return [query];
  const next = refused('invalid_request', () => parseQuery(query)).facts.next ?? '';
  const values = next.match(/(?:>=)?[0-9][^ ,;]*(?<![.])/g) ?? [];
  expect(values).not.toEqual([]);
  return values.map((value) => `${qualifier}:${value}`);
}

describe('printQuery', () => {
  const name = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('"', '\\', ',', ' ', ':', '-', '*', '\n', '.', '>'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 12,
    })
    .filter((value) => value.trim() !== '');
  const known: Readonly<Partial<Record<Qualifier, fc.Arbitrary<string>>>> = {
    action: fc.constantFrom(...ACTIONS, 'item.*', 'i*', 'safe.*'),
    outcome: fc.constantFrom(...OUTCOMES),
    code: fc.constantFrom(...Object.keys(EXIT_STATUS)),
    transport: fc.constantFrom('stdio', 'http', 'cli', 'console'),
    signal: fc.constantFrom(...SIGNALS, 'unreadable'),
  };
  const many = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(value, { minLength: 1, maxLength: 4 });
  const isName = (qualifier: Qualifier): qualifier is NameQualifier =>
    !['title', 'reason', 'seq', 'created'].includes(qualifier);
  const nameTerm = fc
    .tuple(fc.constantFrom(...QUALIFIERS.filter(isName)), fc.boolean())
    .chain(([qualifier, not]) => many(known[qualifier] ?? name).map((values) => term(qualifier, values, not)));
  const textTerm = fc
    .tuple(fc.constantFrom(null, 'title' as const, 'reason' as const), many(name), fc.boolean())
    .map((parts) => text(...parts));

  const number = fc.integer({ min: 0, max: 999_999_999_999_999 });
  const day = fc.integer({ min: 0, max: 80_000 }).map((days) => new Date(days * 86_400_000).toISOString().slice(0, 10));
  const duration = fc
    .tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom('min', 'h', 'd', 'w', 'm', 'y'))
    .map(([amount, unit]) => `${amount}${unit}`);
  const moment = fc
    .tuple(day, fc.constantFrom('00:00', '23:59', '10:30:59', '10:30:00.5'), fc.constantFrom('', 'Z'))
    .map(([on, time, zone]) => `${on}T${time}${zone}`);
  const end = fc.oneof(day, duration, moment, fc.constantFrom('today', 'yesterday'));
  const operator = fc.constantFrom<Range['operator']>('=', '>=', '>', '<=', '<');
  const rangeOf = (one: fc.Arbitrary<string>, pair: fc.Arbitrary<Ends>): fc.Arbitrary<Ends> =>
    fc.oneof(
      fc.tuple(operator, one),
      one.map((first): Ends => ['..', first]),
      one.map((last): Ends => ['..', null, last]),
      pair,
    );
  const ordered = fc.tuple(number, number).map(([a, b]): Ends => ['..', `${Math.min(a, b)}`, `${Math.max(a, b)}`]);
  const days = fc.tuple(day, day).map(([a, b]): Ends => (a < b ? ['..', a, b] : ['..', b, a]));
  const rangeTerm = (qualifier: RangeTerm['qualifier'], one: fc.Arbitrary<Ends>): fc.Arbitrary<QueryTerm> =>
    fc.tuple(many(one), fc.boolean()).map(([values, not]) => range(qualifier, values, not));
  const anyTerm = fc.oneof(
    nameTerm,
    textTerm,
    rangeTerm('seq', rangeOf(number.map(String), ordered)),
    rangeTerm('created', rangeOf(end, days)),
  );

  it('is read back as what it was', () => {
    fc.assert(
      fc.property(fc.array(anyTerm, { maxLength: 8 }), (terms) => {
        expect(parseQuery(printQuery(terms))).toEqual(terms);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['agent:a,"b c"', '-deploy', '"a:b"', 'seq:1,>=5,7..,..9', 'created:>=2026-11-01T10:00Z'])(
    'leaves %s as it is',
    (query) => {
      expect(printQuery(parseQuery(query))).toBe(query);
    },
  );

  it('is never anything but a query or a refusal with its place', () => {
    const piece = fc.constantFrom(
      ...Array.from('agent:item outcome:refused,"\\-*'),
      ...['seq:', 'created:', '>=', '<', '..', '1', '7d', 'today', '2026-11-01', 'T10:00', 'Z', ' ', '-'],
    );
    fc.assert(
      fc.property(fc.string({ unit: piece }), (query) => {
        try {
          const terms = parseQuery(query);
          expect(parseQuery(printQuery(terms))).toEqual(terms);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
          expect((error as QueryError).position).toBeLessThanOrEqual(query.length);
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('actionsOf', () => {
  it('gives an action itself, and all that begin so for a star', () => {
    expect(actionsOf('item.read')).toEqual(['item.read']);
    expect(actionsOf('grant.*')).toEqual(['grant.create', 'grant.revoke']);
    expect(actionsOf('nothing')).toEqual([]);
  });
});
