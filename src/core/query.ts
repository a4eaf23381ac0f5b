/**
 * The log's query language. `agent:deploy-bot,ci outcome:refused -item:"DB password"`: terms with a space between them
 * must all hold, of values with a comma between them one must, and `-` in front turns a term round.
 */
import { ACTIONS, type Action, type Outcome } from './model.js';
import { EXIT_STATUS, Refusal } from './refusal.js';
import { codePoints, nearest } from './text.js';

/** Everything that an entry's outcome can be. */
export const OUTCOMES = ['granted', 'refused', 'error'] as const satisfies readonly Outcome[];

/** The most characters that a query may have. */
export const MAX_QUERY_LENGTH = 2000;

/** What a term looks at. `token` finds what `agent` finds, and other tokens too. */
export const QUALIFIERS = ['agent', 'token', 'vault', 'item', 'action', 'outcome', 'code'] as const;
export type Qualifier = (typeof QUALIFIERS)[number];

/** One condition: the entry's qualifier is one of the values, or none of them if `not`. */
export interface QueryTerm {
  readonly qualifier: Qualifier;
  readonly not: boolean;
  /** At least one, none empty; names as typed, known words in lower case, actions perhaps with `*` at the end. */
  readonly values: readonly string[];
}

/** A query that is refused, with the place: `position` is the offset of the first bad UTF-16 code unit in `query`. */
export class QueryError extends Refusal {
  readonly query: string;
  readonly position: number;

  constructor(query: string, fault: QueryFault) {
    const column = codePoints(query.slice(0, fault.position)) + 1;
    super('invalid_request', {
      message: `${fault.what} at position ${String(column)} of the query.`,
      next: fault.next ?? NEXT,
      ...(fault.candidates === undefined ? {} : { candidates: fault.candidates }),
    });
    this.name = 'QueryError';
    this.query = query;
    this.position = fault.position;
  }
}

interface QueryFault {
  readonly position: number;
  readonly what: string;
  readonly next?: string;
  readonly candidates?: readonly string[];
}

const NEXT = `Write terms such as agent:deploy-bot outcome:refused -item:"DB password"; there are ${QUALIFIERS.join(', ')}.`;

/** Known values of the qualifiers that have a fixed list; the others take any name or id. */
const KNOWN_VALUES: Readonly<Partial<Record<Qualifier, readonly string[]>>> = {
  action: ACTIONS,
  outcome: OUTCOMES,
  code: Object.keys(EXIT_STATUS),
};

/** The terms of a query; none for an empty one. Throws {@link QueryError}. */
export function parseQuery(text: string): readonly QueryTerm[] {
  if (text.length > MAX_QUERY_LENGTH) {
    throw new QueryError(text, { position: MAX_QUERY_LENGTH, what: 'The query is too long' });
  }
  const reader: Reader = { text, position: 0 };
  const terms: QueryTerm[] = [];
  skipSpace(reader);
  while (reader.position < text.length) {
    terms.push(readTerm(reader));
    skipSpace(reader);
  }
  return terms;
}

/** The query as text, so that `parseQuery(printQuery(terms))` is `terms` again. */
export function printQuery(terms: readonly QueryTerm[]): string {
  return terms.map(printTerm).join(' ');
}

function printTerm({ qualifier, not, values }: QueryTerm): string {
  return `${not ? '-' : ''}${qualifier}:${values.map(printValue).join(',')}`;
}

function printValue(value: string): string {
  return /[\s,"\\]/.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : value;
}

/** The actions that a value of `action:` means: itself, or for `item.*` all that begin so. */
export function actionsOf(value: string): readonly Action[] {
  if (!value.endsWith('*')) return ACTIONS.filter((action) => action === value);
  return ACTIONS.filter((action) => action.startsWith(value.slice(0, -1)));
}

interface Reader {
  readonly text: string;
  position: number;
}

function skipSpace(reader: Reader): void {
  reader.position += match(reader, /\s*/y).length;
}

function match(reader: Reader, sticky: RegExp): string {
  sticky.lastIndex = reader.position;
  return sticky.exec(reader.text)?.[0] ?? '';
}

function fail(reader: Reader, fault: Omit<QueryFault, 'position'>, position = reader.position): never {
  throw new QueryError(reader.text, { ...fault, position });
}

function readTerm(reader: Reader): QueryTerm {
  const not = match(reader, /-/y) !== '';
  if (not) reader.position += 1;
  const qualifier = readQualifier(reader);
  const values = [readValue(reader, qualifier)];
  while (match(reader, /,/y) !== '') {
    reader.position += 1;
    values.push(readValue(reader, qualifier));
  }
  if (match(reader, /\S/y) !== '') fail(reader, { what: 'A space is missing' });
  return { qualifier, not, values };
}

function readQualifier(reader: Reader): Qualifier {
  const word = match(reader, /[^\s:",]*/y);
  const end = reader.position + word.length;
  if (reader.text[end] !== ':') fail(reader, { what: 'A word without a qualifier stands' });
  const found = QUALIFIERS.find((known) => known === word.toLowerCase());
  if (found === undefined) fail(reader, { what: 'An unknown qualifier stands', ...suggest(word, QUALIFIERS) });
  reader.position = end + 1;
  return found;
}

function suggest(word: string, known: readonly string[]): { next?: string; candidates?: readonly string[] } {
  const near = nearest(word, known);
  return near === undefined ? {} : { next: `Did you mean ${near}?`, candidates: [near] };
}

function readValue(reader: Reader, qualifier: Qualifier): string {
  const start = reader.position;
  const value = match(reader, /"/y) === '' ? readPlain(reader) : readQuoted(reader);
  if (value.trim() === '') fail(reader, { what: 'A value is missing' }, start);
  return checkKnown(reader, { qualifier, value, start });
}

function readPlain(reader: Reader): string {
  const value = match(reader, /[^\s,"]*/y);
  reader.position += value.length;
  if (reader.text[reader.position] === '"') fail(reader, { what: 'A quotation mark stands inside a value' });
  return value;
}

function readQuoted(reader: Reader): string {
  const quoted = match(reader, /"(?:[^"\\]|\\["\\])*"/y);
  if (quoted === '') fail(reader, { what: 'A quotation mark without its end, or a stray backslash after it, stands' });
  reader.position += quoted.length;
  return quoted.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

interface ReadValue {
  readonly qualifier: Qualifier;
  readonly value: string;
  readonly start: number;
}

function checkKnown(reader: Reader, { qualifier, value, start }: ReadValue): string {
  const known = KNOWN_VALUES[qualifier];
  if (known === undefined) return value;
  const word = value.toLowerCase();
  if (known.includes(word) || (qualifier === 'action' && isWildcard(word))) return word;
  const next = `The values of ${qualifier} are: ${known.join(', ')}.`;
  return fail(reader, { what: `An unknown ${qualifier} stands`, next, ...suggest(word, known) }, start);
}

function isWildcard(word: string): boolean {
  return word.length > 1 && word.endsWith('*') && actionsOf(word).length > 0;
}
