/** The form over every page of the log, with what is wrong with it. */
import { OUTCOMES, QUALIFIERS } from '../../core/query.js';
import { Field, Select, type Choice } from '../field.js';
import { COMPLETION_PATH } from './completion.js';
import type { Filter, FilterFaults } from './filter.js';

const OUTCOME_CHOICES: readonly Choice[] = [['', 'Any'], ...OUTCOMES.map((one): Choice => [one, one])];

const SPANS: readonly Choice[] = [
  ['', 'Ever'],
  ['24h', 'The last 24 hours'],
  ['7d', 'The last 7 days'],
  ['30d', 'The last 30 days'],
  ['90d', 'The last 90 days'],
];

interface FilterFormProps extends FilterFaults {
  readonly action: string;
  readonly filter: Filter;
  /** Names of tokens, to choose from. */
  readonly tokens: readonly string[];
}

/** Sent by GET: what is shown can be kept as an address. */
export function FilterForm({ action, filter, tokens, faults, position }: FilterFormProps) {
  const spans = SPANS.some(([since]) => since === filter.since)
    ? SPANS
    : [...SPANS, [filter.since, filter.since] satisfies Choice];
  return (
    <form method="get" action={action} class="activity-filter" role="search" aria-label="Entries" novalidate>
      <Field name="token" label="Token" value={filter.token} options={tokens} faults={faults} />
      <Select name="outcome" label="Outcome" value={filter.outcome} choices={OUTCOME_CHOICES} faults={faults} />
      <Select name="since" label="When" value={filter.since} choices={spans} faults={faults} />
      <div class="activity-query">
        <Field
          name="q"
          type="search"
          label="Query"
          value={filter.q}
          code
          placeholder='item:"DB password" -action:item.list "staging outage"'
          options={QUALIFIERS.map((qualifier) => `${qualifier}:`)}
          data={{ words: COMPLETION_PATH }}
          faults={faults}
        />
        {position === null ? null : <Caret query={filter.q} position={position} />}
      </div>
      <div class="form-actions">
        <button class="button primary" type="submit">
          Show
        </button>
        <a class="button quiet" href={action}>
          Clear
        </a>
      </div>
      <details class="activity-help">
        <summary>The words of a query</summary>
        <p>
          Terms with spaces between them must all hold; <code>-</code> before one means not; of values with a comma
          between them one must hold. Words alone are looked for in reasons and names.
        </p>
        <p>
          {QUALIFIERS.map((qualifier) => (
            <>
              <code>{qualifier}:</code>{' '}
            </>
          ))}
        </p>
        <p>
          <code>action:item.*</code> · <code>signal:burst,off-hours</code> · <code>created:7d..1d</code> ·{' '}
          <code>seq:100..200</code>
        </p>
        <p>
          <a href="/help#query">Each of them, with examples</a>
        </p>
      </details>
    </form>
  );
}

/** The query with a caret under where it goes wrong; the words beside the field tell the place too. */
function Caret({ query, position }: { readonly query: string; readonly position: number }) {
  // tabs stay tabs, so that the caret stands where it should
  const before = query.slice(0, position).replace(/[^\t]/g, ' ');
  return (
    <pre class="activity-caret" aria-hidden="true" data-position={String(position)}>
      {`${query}\n${before}^`}
    </pre>
  );
}
