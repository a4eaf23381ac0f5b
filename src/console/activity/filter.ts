/** What of the log a page shows: read from its address, and written into the addresses that lead to others. */
import { OUTCOMES, parseQuery, printQuery, QueryError } from '../../core/query.js';
import { Refusal } from '../../core/refusal.js';
import type { LogSelection } from '../../gate/log-door.js';
import { Faults, type Sent } from '../form.js';

/** As typed; empty where nothing was. */
export interface Filter {
  /** The name or the id of a token. */
  readonly token: string;
  readonly outcome: string;
  /** In the query language of the log. */
  readonly q: string;
  /** How far back, as `--since` takes it. */
  readonly since: string;
}

/** The filter that the parameters of an address, or the fields of a form, hold. */
export function readFilter(sent: Sent): Filter {
  return { token: sent.text('token'), outcome: sent.text('outcome'), q: sent.text('q'), since: sent.text('since') };
}

/** Whether it leaves anything out. */
export function isNarrow({ token, outcome, q, since }: Filter): boolean {
  return [token, outcome, q, since].some((text) => text !== '');
}

/** A path with the filter, and what else is given, as its parameters. */
export function pathOf(path: string, filter: Filter, more: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries({ ...filter, ...more }).filter(([, text]) => text !== '');
  return pairs.length === 0 ? path : `${path}?${new URLSearchParams(pairs).toString()}`;
}

/** The path of the entries that the filter finds and the terms do too. */
export function entriesPath(filter: Filter, terms: string): string {
  return pathOf('/activity', { ...filter, q: [filter.q, terms].filter((text) => text !== '').join(' ') });
}

/** The zone in which pages count days and hours: that of the machine, as all their times are. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What the door is asked for. Throws `QueryError`, or `invalid_request` for an outcome that there is not. */
export function selectionOf({ token, outcome, q, since }: Filter): LogSelection {
  parseQuery(q);
  const ended = OUTCOMES.find((known) => known === outcome);
  if (outcome !== '' && ended === undefined) {
    throw new Refusal('invalid_request', {
      message: 'There is no such outcome.',
      next: `The outcomes are ${OUTCOMES.join(', ')}.`,
    });
  }
  const terms = printQuery([
    ...(token === '' ? [] : [{ kind: 'name' as const, qualifier: 'token' as const, not: false, values: [token] }]),
    ...(ended === undefined
      ? []
      : [{ kind: 'name' as const, qualifier: 'outcome' as const, not: false, values: [ended] }]),
  ]);
  return {
    query: [terms, q].filter((text) => text !== '').join(' '),
    timeZone: TIME_ZONE,
    ...(since === '' ? {} : { since }),
  };
}

/** What is wrong with a filter, and where in its query. */
export interface FilterFaults {
  readonly faults: Faults;
  /** The offset of the first bad UTF-16 code unit of the query; null where it is not the query's grammar. */
  readonly position: number | null;
}

/** Nothing is wrong. */
export const NO_FAULTS: FilterFaults = { faults: new Faults(), position: null };

/** The refusal's words beside the field that they are about. Throws what is no refusal, and those of other things. */
export function faultsOf(error: unknown, filter: Filter): FilterFaults {
  if (error instanceof Refusal && !['invalid_request', 'not_found', 'ambiguous'].includes(error.code)) throw error;
  const faults = new Faults();
  faults.take(error, fieldOf(error, filter));
  return { faults, position: error instanceof QueryError && error.query === filter.q ? error.position : null };
}

function fieldOf(error: unknown, { token, outcome, q }: Filter): string {
  if (error instanceof QueryError) return 'q';
  if (outcome !== '' && !OUTCOMES.some((known) => known === outcome)) return 'outcome';
  return token !== '' && q === '' ? 'token' : 'q';
}
