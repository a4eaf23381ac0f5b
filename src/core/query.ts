/**
 * The log's query language. `agent:deploy-bot,ci outcome:refused -item:"DB password" created:7d "staging outage"`: terms
 * with a space between them must all hold, of values with a comma between them one must, `-` in front turns a term round,
 * and a value without a qualifier is text to look for. Here are its terms, as they are read and printed.
 */
import { ACTIONS, type Action, type Outcome, type Transport } from './model.js';
import { printRange, readRange, type Range, type RangeQualifier } from './query-range.js';
import { EXIT_STATUS, Refusal } from './refusal.js';
import { SIGNALS } from './signals.js';
import { codePoints, nearest } from './text.js';

/** Everything that an entry's outcome can be. */
export const OUTCOMES = ['granted', 'refused', 'error'] as const satisfies readonly Outcome[];

const TRANSPORTS = ['stdio', 'http', 'cli', 'console'] as const satisfies readonly Transport[];

/** The most characters that a query may have. */
export const MAX_QUERY_LENGTH = 2000;

/** What a term can look at. `token` finds what `agent` finds, and other tokens too. */
export const QUALIFIERS = [
  'agent',
  'token',
  'vault',
  'item',
  'title',
  'reason',
  'action',
  'outcome',
  'code',
  'field',
  'client',
  'transport',
  'signal',
  'grant',
  'seq',
  'created',
] as const;
export type Qualifier = (typeof QUALIFIERS)[number];

/** The qualifiers that look at something with a name or an id. */
export type NameQualifier = Exclude<Qualifier, 'title' | 'reason' | RangeQualifier>;

/** One condition: the entry's qualifier is one of the values, or none of them if `not`. */
export interface NameTerm {
  readonly kind: 'name';
  readonly qualifier: NameQualifier;
  readonly not: boolean;
  /** At least one, none empty; names as typed, known words in lower case. Actions and names may have `*` at the end. */
  readonly values: readonly string[];
}

/** One condition: a text of the entry holds one of the values, or none of them if `not`. */
export interface TextTerm {
  readonly kind: 'text';
  /** Null: bare text, looked for in reason, item title and vault name. */
  readonly where: 'title' | 'reason' | null;
  readonly not: boolean;
  /** At least one, none empty; as typed. */
  readonly values: readonly string[];
}

/** One condition: the entry's number or time is in one of the ranges, or in none of them if `not`. */
export interface RangeTerm {
  readonly kind: 'range';
  readonly qualifier: RangeQualifier;
  readonly not: boolean;
  /** At least one. */
  readonly values: readonly Range[];
}

export type { Range };

/** One condition of a query. */
export type QueryTerm = NameTerm | TextTerm | RangeTerm;

/** A query that is refused, with the place: `position` is the offset of the first bad UTF-16 code unit in `query`. */
export class QueryError extends Refusal {
  readonly query: string;
  readonly position: number;

  constructor(query: string, { position, what, ...advice }: QueryFault) {
    const column = codePoints(query.slice(0, position)) + 1;
    super('invalid_request', { message: `${what} at position ${String(column)} of the query.`, ...advice });
    this.name = 'QueryError';
    this.query = query;
    this.position = position;
  }
}

interface QueryFault {
  readonly position: number;
  readonly what: string;
  readonly next: string;
  readonly candidates?: readonly string[];
}

/** Known values of the qualifiers that have a fixed list, in lower case; the others take anything. */
export const KNOWN_VALUES: Readonly<Partial<Record<Qualifier, readonly string[]>>> = {
  action: ACTIONS,
  outcome: OUTCOMES,
  code: Object.keys(EXIT_STATUS),
  transport: TRANSPORTS,
  signal: [...SIGNALS, 'unreadable'],
};

/** The terms of a query; none for an empty one. Throws {@link QueryError}. */
export function parseQuery(text: string): readonly QueryTerm[] {
  if (text.length > MAX_QUERY_LENGTH) {
    const next = `A query has at most ${String(MAX_QUERY_LENGTH)} characters: leave out terms.`;
    throw new QueryError(text, { position: MAX_QUERY_LENGTH, what: 'The query is too long', next });
  }
  const reader: Reader = { text, position: 0 };
  const terms: QueryTerm[] = [];
  take(reader, /\s*/y);
  while (reader.position < text.length) {
    terms.push(readTerm(reader));
    take(reader, /\s*/y);
  }
  return terms;
}

/** The query as text, so that `parseQuery(printQuery(terms))` is `terms` again. */
export function printQuery(terms: readonly QueryTerm[]): string {
  return terms.map((term) => `${term.not ? '-' : ''}${printTerm(term)}`).join(' ');
}

function printTerm(term: QueryTerm): string {
  if (term.kind === 'range') return `${term.qualifier}:${term.values.map(printRange).join(',')}`;
  const where = term.kind === 'name' ? term.qualifier : term.where;
  return where === null ? term.values.map(printText).join(',') : `${where}:${term.values.map(printValue).join(',')}`;
}

function printValue(value: string): string {
  return /[\s,"\\]/.test(value) ? quote(value) : value;
}

/** Bare text, in which a colon would end a qualifier and a minus sign would mean not. */
function printText(value: string): string {
  return /^-|:/.test(value) ? quote(value) : printValue(value);
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
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

/** What the sticky pattern finds here, and goes past it; empty if it finds nothing. */
function take(reader: Reader, sticky: RegExp): string {
  const found = peek(reader, sticky);
  reader.position += found.length;
  return found;
}

function peek(reader: Reader, sticky: RegExp): string {
  sticky.lastIndex = reader.position;
  return sticky.exec(reader.text)?.[0] ?? '';
}

function fail(reader: Reader, fault: Omit<QueryFault, 'position'>, position = reader.position): never {
  throw new QueryError(reader.text, { ...fault, position });
}

function readTerm(reader: Reader): QueryTerm {
  const not = take(reader, /-/y) !== '';
  const qualifier = readQualifier(reader);
  const values = readValues(reader);
  switch (qualifier) {
    case null:
      return { kind: 'text', where: null, not, values: values.map((value) => checkText(reader, value)) };
    case 'title':
    case 'reason':
      return { kind: 'text', where: qualifier, not, values: values.map(({ text }) => text) };
    case 'seq':
    case 'created':
      return { kind: 'range', qualifier, not, values: values.map((value) => checkRange(reader, qualifier, value)) };
    default:
      return { kind: 'name', qualifier, not, values: values.map((value) => checkKnown(reader, qualifier, value)) };
  }
}

/** The qualifier here, past its colon; null where bare text stands. */
function readQualifier(reader: Reader): Qualifier | null {
  const word = peek(reader, /[^\s:",]*/y);
  if (reader.text[reader.position + word.length] !== ':') return null;
  const found = QUALIFIERS.find((known) => known === word.toLowerCase());
  if (found === undefined) {
    const next = `${textAdvice(peek(reader, /\S*/y))} The qualifiers are: ${QUALIFIERS.join(', ')}.`;
    fail(reader, { what: 'An unknown qualifier stands', next, ...suggest(word, QUALIFIERS) });
  }
  reader.position += word.length + 1;
  return found;
}

function suggest(word: string, known: readonly string[]): Partial<QueryFault> {
  const near = nearest(word, known);
  return near === undefined ? {} : { next: `Did you mean ${near}?`, candidates: [near] };
}

function textAdvice(text: string): string {
  return `Put text to look for in double quotes: ${text.length > 60 ? '"…"' : quote(text)}.`;
}

interface ReadValue {
  readonly text: string;
  readonly start: number;
  readonly isQuoted: boolean;
}

function readValues(reader: Reader): readonly ReadValue[] {
  const values: ReadValue[] = [];
  do values.push(readValue(reader));
  while (take(reader, /,/y) !== '');
  if (peek(reader, /\S/y) !== '') fail(reader, { what: 'A space is missing', next: NEXT_TERM });
  return values;
}

const NEXT_TERM = 'Put a space between terms, and a comma without a space between values.';
const NEXT_VALUE =
  'Put values right after the colon or minus sign, with commas alone between them; quote what has spaces: "DB password".';
const NEXT_QUOTE = 'Put the whole value in double quotes, and in it \\" for a quotation mark and \\\\ for a backslash.';

function readValue(reader: Reader): ReadValue {
  const start = reader.position;
  const isQuoted = peek(reader, /"/y) !== '';
  const text = isQuoted ? readQuoted(reader) : readPlain(reader);
  if (text.trim() === '') fail(reader, { what: 'A value is missing', next: NEXT_VALUE }, start);
  return { text, start, isQuoted };
}

function readPlain(reader: Reader): string {
  const value = take(reader, /[^\s,"]*/y);
  if (peek(reader, /"/y) !== '') fail(reader, { what: 'A quotation mark stands inside a value', next: NEXT_QUOTE });
  return value;
}

function readQuoted(reader: Reader): string {
  const quoted = take(reader, /"(?:[^"\\]|\\["\\])*"/y);
  const what = 'A quotation mark without its end, or a stray backslash after it, stands';
  if (quoted === '') fail(reader, { what, next: NEXT_QUOTE });
  return quoted.slice(1, -1).replace(/\\(["\\])/g, '$1');
}

function checkText(reader: Reader, { text, start, isQuoted }: ReadValue): string {
  const what = text.startsWith('-') ? 'A minus sign stands before a value' : 'A colon stands inside a word';
  if (!isQuoted && /^-|:/.test(text)) fail(reader, { what, next: textAdvice(text) }, start);
  return text;
}

function checkKnown(reader: Reader, qualifier: NameQualifier, { text, start }: ReadValue): string {
  const known = KNOWN_VALUES[qualifier];
  if (known === undefined) return text;
  const word = text.toLowerCase();
  if (known.includes(word) || (qualifier === 'action' && isWildcard(word))) return word;
  const next = `The values of ${qualifier} are: ${known.join(', ')}.`;
  return fail(reader, { what: `An unknown ${qualifier} stands`, next, ...suggest(word, known) }, start);
}

function isWildcard(word: string): boolean {
  return word.length > 1 && word.endsWith('*') && actionsOf(word).length > 0;
}

function checkRange(reader: Reader, qualifier: RangeQualifier, { text, start }: ReadValue): Range {
  const range = readRange(qualifier, text);
  return 'what' in range ? fail(reader, range, start) : range;
}
