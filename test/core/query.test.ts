import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/core/model.js';
import { EXIT_STATUS } from '../../src/core/refusal.js';
import {
  OUTCOMES,
  QueryError,
  actionsOf,
  parseQuery,
  printQuery,
  type Qualifier,
  type QueryTerm,
} from '../../src/core/query.js';
import { refused } from './refused.js';

const term = (qualifier: Qualifier, values: readonly string[], not = false): QueryTerm => ({ qualifier, not, values });

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
  ])('reads %j', (text, terms) => {
    expect(parseQuery(text)).toEqual(terms);
  });

  it.each([
    ['deploy', 0, 'without a qualifier'],
    ['agent:x deploy', 8, 'without a qualifier'],
    ['-', 1, 'without a qualifier'],
    ['--agent:x', 1, 'unknown qualifier'],
    ['"agent:x"', 0, 'without a qualifier'],
    [':x', 0, 'unknown qualifier'],
    ['agnt:x', 0, 'unknown qualifier'],
    ['__proto__:x', 0, 'unknown qualifier'],
    ['agent:', 6, 'value is missing'],
    ['agent: x', 6, 'value is missing'],
    ['agent:""', 6, 'value is missing'],
    ['agent:"  "', 6, 'value is missing'],
    ['agent:a,', 8, 'value is missing'],
    ['agent:,a', 6, 'value is missing'],
    ['agent:a,,b', 8, 'value is missing'],
    ['agent:"a', 6, 'quotation mark without its end'],
    ['agent:"a\\', 6, 'quotation mark without its end'],
    ['agent:"a\\n"', 6, 'stray backslash'],
    ['agent:a"b"', 7, 'inside a value'],
    ['agent:"a"b', 9, 'space is missing'],
    ['outcome:refussed', 8, 'unknown outcome'],
    ['outcome:granted,no', 16, 'unknown outcome'],
    ['code:forbiden', 5, 'unknown code'],
    ['action:item.raed', 7, 'unknown action'],
    ['action:*', 7, 'unknown action'],
    ['action:itm.*', 7, 'unknown action'],
    ['action:item*read', 7, 'unknown action'],
    ['outcome:gran*', 8, 'unknown outcome'],
    ['code:__proto__', 5, 'unknown code'],
    [`agent:${'x'.repeat(2000)}`, 2000, 'too long'],
  ])('refuses %j at %i: %s', (text, position, fault) => {
    const refusal = refused('invalid_request', () => parseQuery(text));
    expect(refusal).toBeInstanceOf(QueryError);
    expect(refusal).toMatchObject({ query: text, position });
    expect(refusal.facts.message).toContain(fault);
    expect(refusal.facts.message).toContain(`at position ${String(position + 1)} of`);
  });

  it('counts characters as a person does', () => {
    expect(refused('invalid_request', () => parseQuery('item:😀 x')).facts.message).toContain('position 8 of');
  });

  it.each([
    ['agnt:x', 'agent'],
    ['outcom:x', 'outcome'],
    ['outcome:refussed', 'refused'],
    ['code:forbiden', 'forbidden'],
    ['action:item.raed', 'item.read'],
  ])('asks after %s whether %s was meant', (text, near) => {
    const { facts } = refused('invalid_request', () => parseQuery(text));
    expect(facts.next).toBe(`Did you mean ${near}?`);
    expect(facts.candidates).toEqual([near]);
  });

  it('lists the known values where none is near', () => {
    expect(refused('invalid_request', () => parseQuery('outcome:xyzzy')).facts.next).toBe(
      'The values of outcome are: granted, refused, error.',
    );
  });
});

describe('printQuery', () => {
  const name = fc
    .string({
      unit: fc.oneof(
        fc.constantFrom('"', '\\', ',', ' ', ':', '-', '*', '\n'),
        fc.string({ unit: 'binary', maxLength: 1 }),
      ),
      minLength: 1,
      maxLength: 12,
    })
    .filter((text) => text.trim() !== '');
  const values: Readonly<Record<Qualifier, fc.Arbitrary<string>>> = {
    agent: name,
    token: name,
    vault: name,
    item: name,
    action: fc.constantFrom(...ACTIONS, 'item.*', 'i*', 'safe.*'),
    outcome: fc.constantFrom(...OUTCOMES),
    code: fc.constantFrom(...Object.keys(EXIT_STATUS)),
  };
  const anyTerm = fc
    .constantFrom<Qualifier>('agent', 'token', 'vault', 'item', 'action', 'outcome', 'code')
    .chain((qualifier) =>
      fc.record({
        qualifier: fc.constant(qualifier),
        not: fc.boolean(),
        values: fc.array(values[qualifier], { minLength: 1, maxLength: 4 }),
      }),
    );

  it('is read back as what it was', () => {
    fc.assert(
      fc.property(fc.array(anyTerm, { maxLength: 8 }), (terms) => {
        expect(parseQuery(printQuery(terms))).toEqual(terms);
      }),
    );
  });

  it('is never anything but a query or a refusal with its place', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from('agent:item outcome:refused,"\\-*')) }), (text) => {
        try {
          const terms = parseQuery(text);
          expect(parseQuery(printQuery(terms))).toEqual(terms);
        } catch (error) {
          expect(error).toBeInstanceOf(QueryError);
          expect((error as QueryError).position).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 1000 },
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
