import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseQuery, printQuery } from '../../src/core/query.js';
import { foldText, matcherOf, sealedTerms, type SealedFacts } from '../../src/core/query-match.js';

const FACTS: SealedFacts = {
  reason: 'Run the Zürich migration of OPS-42, since Σίσυφος asked',
  title: 'DB password (Straße)',
  vault: 'Production',
  fields: ['Password', 'user name'],
  client: 'Claude Code',
  transport: 'stdio',
  signals: ['repeat', 'off-hours'],
};
const NOTHING: SealedFacts = {
  reason: null,
  title: null,
  vault: null,
  fields: [],
  client: '',
  transport: 'cli',
  signals: [],
};

const fits = (query: string, facts: SealedFacts = FACTS): boolean => matcherOf(parseQuery(query))(facts);

describe('matcherOf', () => {
  it.each([
    '',
    'migration',
    'MIGRA',
    'zurich',
    'ZÜRICH',
    'Zu\u0308rich',
    'ops-42',
    '"migration of ops"',
    'password',
    'production',
    'PROD db zürich',
    'nothing,prod',
    '-nothing',
    '-nothing,"no more"',
    'strasse',
    'STRASSE',
    'straße',
    'ΣΊΣΥΦΟΣ',
    'σισυφος',
    'σισ',
    'reason:migration',
    '-reason:password',
    '-reason:production',
    'title:db',
    'title:nothing,strasse',
    '-title:migration',
    'field:password',
    'field:PASS*',
    'field:"User Name"',
    'field:x,user*',
    'field:*',
    '-field:pass',
    '-field:name',
    'client:"claude code"',
    'client:claude*',
    'client:*',
    '-client:claude',
    'transport:stdio',
    'transport:http,stdio',
    '-transport:cli',
    'signal:repeat',
    'signal:burst,off-hours',
    '-signal:unreadable',
    'reason:migration field:password -signal:burst transport:stdio',
  ])('finds %s', (query) => {
    expect(fits(query)).toBe(true);
  });

  it.each([
    'nothing',
    '-migration',
    '-nothing,migration',
    'migration nothing',
    '"of migration"',
    'claude',
    'stdio',
    'repeat',
    'reason:password',
    'reason:production',
    'title:production',
    'title:migration',
    '-title:password',
    'field:pass',
    'field:name',
    'field:word*',
    '-field:*',
    '-field:password',
    'client:claude',
    'client:code*',
    '-client:claude*',
    'transport:http,cli',
    '-transport:stdio',
    'signal:burst',
    '-signal:off-hours,burst',
    'm*',
    'migr*',
  ])('does not find %s', (query) => {
    expect(fits(query)).toBe(false);
  });

  it.each([
    ['deploy', false],
    ['-deploy', true],
    ['reason:deploy', false],
    ['-reason:deploy', true],
    ['title:deploy', false],
    ['-title:deploy', true],
    ['field:*', false],
    ['-field:password', true],
    ['client:*', false],
    ['-client:*', true],
    ['-client:x', true],
    ['signal:repeat', false],
    ['-signal:repeat', true],
    ['transport:cli', true],
  ])('finds where there is nothing %s: %s', (query, isFound) => {
    expect(fits(query, NOTHING)).toBe(isFound);
  });

  it('leaves out what an entry shows unopened', () => {
    expect(
      fits('agent:other vault:other item:x action:import outcome:error code:locked grant:g seq:9 created:1h'),
    ).toBe(true);
    expect(fits('agent:other nothing')).toBe(false);
  });

  it('finds nothing by an accent alone', () => {
    expect(fits('\u0301')).toBe(false);
    expect(fits('reason:"\u0301"', { ...FACTS, reason: 'cafe\u0301' })).toBe(false);
  });

  it('holds no entry for another', () => {
    const matches = matcherOf(parseQuery('deploy -title:db'));
    const reasons = ['Deploy', 'rollback', null, 'rollback', 'redeploy it', 'redeploy it', ''];
    const answers = reasons.map((reason) => matches({ ...NOTHING, reason }));
    expect(answers).toEqual([true, false, false, false, true, true, false]);
    expect(matches({ ...NOTHING, reason: 'deploy', title: 'DB' })).toBe(false);
    expect(matches({ ...NOTHING, reason: 'deploy', title: 'D' })).toBe(true);
  });

  const word = fc.string({
    unit: fc.oneof(fc.constantFrom('a', 'B', 'é', ' ', 'ß', 'Σ', '*'), fc.string({ maxLength: 1 })),
  });
  const facts = fc.record<SealedFacts>({
    reason: fc.option(word),
    title: fc.option(word),
    vault: fc.option(word),
    fields: fc.array(word),
    client: word,
    transport: fc.constantFrom('stdio', 'http', 'cli', 'console'),
    signals: fc.subarray(['repeat', 'burst', 'clock']),
  });
  const query = fc.constantFrom(
    ...['a', 'b,"é a"', 'title:a', 'reason:ß,σ', 'field:a*,b', 'client:*', 'transport:http', 'signal:repeat,clock'],
  );

  it('gives with a minus the opposite', () => {
    fc.assert(
      fc.property(query, facts, (text, entry) => {
        expect(fits(`-${text}`, entry)).toBe(!fits(text, entry));
      }),
    );
  });

  it('takes spaces for and, commas for or', () => {
    fc.assert(
      fc.property(query, query, facts, (one, other, entry) => {
        expect(fits(`${one} ${other}`, entry)).toBe(fits(one, entry) && fits(other, entry));
      }),
    );
    fc.assert(
      fc.property(facts, (entry) => {
        expect(fits('a,b', entry)).toBe(fits('a', entry) || fits('b', entry));
        expect(fits('field:a,b*', entry)).toBe(fits('field:a', entry) || fits('field:b*', entry));
      }),
    );
  });

  it('finds every part of what stands there, whatever its case', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
        fc.string({ maxLength: 5 }),
        (part, more) => {
          fc.pre(part.trim() !== '' && foldText(part) !== '');
          const entry = { ...NOTHING, reason: `${more} ${part} ${more}` };
          for (const value of [part, part.toUpperCase(), part.toLowerCase(), part.normalize('NFD')]) {
            const terms = [{ kind: 'text', where: 'reason', not: false, values: [value] }] as const;
            expect(matcherOf(terms)(entry)).toBe(true);
          }
        },
      ),
    );
  });
});

describe('sealedTerms', () => {
  it('are those that only an opened entry can answer', () => {
    const open = 'agent:a token:a vault:a item:a action:import outcome:error code:locked grant:a seq:1 created:1d';
    const sealed = 'a title:a -reason:a field:a client:a transport:http -signal:clock';
    expect(printQuery(sealedTerms(parseQuery(`${open} ${sealed}`)))).toBe(sealed);
    expect(sealedTerms(parseQuery(open))).toEqual([]);
  });
});

describe('foldText', () => {
  it.each([
    ['Deploy', 'deploy'],
    ['Zürich', 'zurich'],
    ['ÅNGSTRÖM', 'angstrom'],
    ['Straße', 'strasse'],
    ['ẞ', 'ss'],
    ['ﬁle', 'file'],
    ['Ｗｉｄｅ', 'wide'],
    ['İstanbul', 'istanbul'],
    ['Άσος', 'ασοσ'],
    ['Ёлка', 'елка'],
    ['', ''],
  ])('makes of %s %s', (text, folded) => {
    expect(foldText(text)).toBe(folded);
  });

  it('changes nothing the second time, and takes the short way to the same', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(foldText(foldText(text))).toBe(foldText(text));
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (text) => {
        expect(foldText(`${text}é`)).toBe(`${foldText(text)}e`);
      }),
    );
  });

  it('does not look at case, nor at how accents are written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(foldText(text.toUpperCase())).toBe(foldText(text));
        expect(foldText(text.normalize('NFD'))).toBe(foldText(text));
      }),
      { numRuns: 2000 },
    );
  });
});
