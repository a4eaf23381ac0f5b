/** The part of a query that only opened entries can answer, as a predicate over what is sealed in them. */
import type { NameTerm, QueryTerm, TextTerm } from './query.js';
import { foldName } from './text.js';

/** What a query looks at in an opened entry; null or empty where the entry has none. */
export interface SealedFacts {
  readonly reason: string | null;
  /** Of the item. */
  readonly title: string | null;
  /** The vault's name. */
  readonly vault: string | null;
  readonly fields: readonly string[];
  readonly client: string;
  readonly transport: string;
  readonly signals: readonly string[];
}

type Test = (facts: SealedFacts) => boolean;
type Fold = (text: string) => string;

/** The terms that only an opened entry can answer: text, `field`, `client`, `transport`, `signal`. */
export function sealedTerms(terms: readonly QueryTerm[]): readonly QueryTerm[] {
  return terms.filter(isSealed);
}

function isSealed(term: QueryTerm): term is TextTerm | NameTerm {
  return term.kind === 'text' || (term.kind === 'name' && NAMES[term.qualifier] !== undefined);
}

/** How the names are found that a qualifier looks at. */
const NAMES: Readonly<Partial<Record<NameTerm['qualifier'], (facts: SealedFacts) => readonly string[]>>> = {
  field: ({ fields }) => fields,
  client: ({ client }) => (client === '' ? [] : [client]),
  transport: ({ transport }) => [transport],
  signal: ({ signals }) => signals,
};

/**
 * A test whether an opened entry fits all {@link sealedTerms}; the other terms are left out. Texts hold a value, names
 * are a value or begin with it where it ends in `*`, both by {@link foldText}; what an entry has not fits a `not` alone.
 * Make the test once for many entries.
 */
export function matcherOf(terms: readonly QueryTerm[]): (facts: SealedFacts) => boolean {
  const folds: TextFolds = { reason: lastFold(), title: lastFold(), vault: lastFold() };
  const tests = terms.filter(isSealed).map((term) => (term.kind === 'text' ? textTest(term, folds) : nameTest(term)));
  return (facts) => tests.every((test) => test(facts));
}

/** All terms of a query look at the same texts, and one entry often says what the one before it said. */
type TextFolds = Readonly<Record<'reason' | 'title' | 'vault', Fold>>;

function lastFold(): Fold {
  let last = '';
  let folded = '';
  return (text) => {
    if (text !== last) folded = foldText(text);
    last = text;
    return folded;
  };
}

const EVERYWHERE = ['reason', 'title', 'vault'] as const;

function textTest({ where, not: isNot, values }: TextTerm, folds: TextFolds): Test {
  const places = where === null ? EVERYWHERE : [where];
  const words = values.map(foldText).filter((word) => word !== '');
  return (facts) => {
    const isFound = places.some((place) => {
      const text = folds[place](facts[place] ?? '');
      return words.some((word) => text.includes(word));
    });
    return isFound !== isNot;
  };
}

function nameTest({ qualifier, not: isNot, values }: NameTerm): Test {
  const namesOf = NAMES[qualifier] ?? (() => []);
  const patterns = values.map(patternOf);
  return (facts) => namesOf(facts).some((name) => patterns.some((fits) => fits(foldText(name)))) !== isNot;
}

function patternOf(value: string): (folded: string) => boolean {
  const isStart = value.endsWith('*');
  const wanted = foldText(isStart ? value.slice(0, -1) : value);
  return isStart ? (name) => name.startsWith(wanted) : (name) => name === wanted;
}

/**
 * The form in which a query compares texts, without regard to case and accents: folded as names are, NFKD without
 * combining marks, and the final sigma like any other. `foldText(foldText(x)) === foldText(x)`.
 */
export function foldText(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return foldName(text)
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('ς', 'σ');
}
