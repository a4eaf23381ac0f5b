/** The log: every access and every refusal with its reason, what lies around each, and what they amount to. */
import type { EntryShape } from '../../core/shapes.js';
import type { LogSelection } from '../../gate/log-door.js';
import type { Area, ConsoleContext } from '../area.js';
import { downloadEntries, exportFormat } from '../download.js';
import { EntryTable } from '../entry.js';
import { Form, Select } from '../field.js';
import { readForm, readQuery, refused } from '../form.js';
import { html, page } from '../page.js';
import { Card, EmptyState, Pager } from '../part.js';
import { COMPLETION_PATH, showCompletion } from './completion.js';
import { showEntry } from './entry-page.js';
import { FilterForm } from './filter-form.js';
import {
  faultsOf,
  type Filter,
  type FilterFaults,
  isNarrow,
  NO_FAULTS,
  pathOf,
  readFilter,
  selectionOf,
} from './filter.js';
import { MOST_COUNTED, MOST_OPENED } from './newest.js';
import { showPlots } from './plots.js';
import { tokenNames } from './token-names.js';
import { showUnusual } from './unusual.js';

interface Most {
  readonly counted: number;
  readonly opened: number;
}

/** At `/activity`; what sums up is drawn from the newest entries, `most` of them, if not more are asked for. */
export function activityOf(most: Most): Area {
  return {
    path: '/activity',
    title: 'Activity',
    key: 'a',
    register: (app) => {
      app.get('/activity', showList);
      app.get('/activity/rows', showRows);
      app.get(COMPLETION_PATH, showCompletion);
      app.get('/activity/plots', async (c) => showPlots(c, most.counted));
      app.get('/activity/unusual', async (c) => showUnusual(c, most.opened));
      app.post('/activity/export', exportShown);
      app.get('/activity/:seq', showEntry);
    },
  };
}

/** With as much as a page can be drawn from while its reader waits. */
export const activity: Area = activityOf({ counted: MOST_COUNTED, opened: MOST_OPENED });

const PAGE = 50;

interface Found {
  readonly entries: readonly EntryShape[];
  readonly next: string | null;
}

const NOTHING: Found = { entries: [], next: null };

async function find(c: ConsoleContext, selection: LogSelection, cursor: string): Promise<Found> {
  const { data, nextCursor } = await c
    .get('door')
    .listEntries({ ...selection, limit: PAGE, ...(cursor === '' ? {} : { cursor }) });
  return { entries: data, next: nextCursor };
}

async function showList(c: ConsoleContext): Promise<Response> {
  const sent = readQuery(c);
  const filter = readFilter(sent);
  const cursor = sent.text('cursor');
  let found = NOTHING;
  let faults: FilterFaults = NO_FAULTS;
  try {
    found = await find(c, selectionOf(filter), cursor);
  } catch (error) {
    faults = faultsOf(error, filter);
  }
  const isWrong = faults.faults.areAny;
  const tokens = await tokenNames(c.get('door'));
  return page(
    c,
    {
      title: filter.token === '' ? 'Activity' : `Activity of ${tokens.nameOf(filter.token)}`,
      lead: 'Every access and every refusal, with the reason that was given.',
      styles: ['activity.css'],
      scripts: ['activity.js', 'query.js'],
      status: isWrong ? 422 : 200,
      actions: <Views filter={filter} />,
      ...(filter.token === '' ? {} : { parent: { href: '/activity', title: 'Activity' } }),
    },
    <>
      <FilterForm action="/activity" filter={filter} tokens={tokens.names} {...faults} />
      {isWrong ? null : (
        <>
          <Card
            title={cursor === '' ? 'Newest first' : 'Earlier entries'}
            flush
            actions={cursor === '' ? <Tail filter={filter} /> : undefined}
          >
            <div id="activity-rows">
              <Rows c={c} found={found} filter={filter} />
            </div>
            <Pager
              next={found.next === null ? null : pathOf('/activity', filter, { cursor: found.next })}
              first={cursor === '' ? null : pathOf('/activity', filter)}
            />
          </Card>
          {found.entries.length === 0 ? null : <Export c={c} filter={filter} />}
        </>
      )}
    </>,
  );
}

function Views({ filter }: { readonly filter: Filter }) {
  return (
    <>
      <a class="button" href={pathOf('/activity/plots', filter)}>
        Plots
      </a>
      <a class="button" href="/activity/unusual">
        Unusual
      </a>
    </>
  );
}

/** The live tail is the script's; without it, its button stays away. */
function Tail({ filter }: { readonly filter: Filter }) {
  return (
    <>
      <span id="activity-news" role="status" class="muted" />
      <button
        type="button"
        class="button small"
        id="activity-tail"
        aria-pressed="false"
        data-rows={pathOf('/activity/rows', filter)}
        hidden
      >
        Live
      </button>
    </>
  );
}

interface RowsProps {
  readonly c: ConsoleContext;
  readonly found: Found;
  readonly filter: Filter;
}

function Rows({ c, found: { entries }, filter }: RowsProps) {
  if (entries.length > 0)
    return <EntryTable caption="Entries of the log, newest first" entries={entries} now={c.get('now')} />;
  return isNarrow(filter) ? (
    <EmptyState title="No entry is like that.">
      <p class="muted">Take a term away, or look further back.</p>
      <a class="button" href="/activity">
        Show everything
      </a>
    </EmptyState>
  ) : (
    <EmptyState title="Nothing has happened yet.">
      <p class="muted">Each access and each refusal will stand here, with the reason that was given.</p>
    </EmptyState>
  );
}

/** The rows alone, for the live tail. */
async function showRows(c: ConsoleContext): Promise<Response> {
  const filter = readFilter(readQuery(c));
  const found = await find(c, selectionOf(filter), '');
  return html(
    c,
    <div id="activity-rows" data-newest={String(found.entries[0]?.seq ?? 0)}>
      <Rows c={c} found={found} filter={filter} />
    </div>,
  );
}

function Export({ c, filter }: { readonly c: ConsoleContext; readonly filter: Filter }) {
  const formats = c.get('site').ports.exportFormats;
  return (
    <Card title="Export">
      <Form csrf={c.get('csrf')} action="/activity/export" class="activity-export">
        {Object.entries<string>({ ...filter }).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <Select
          name="format"
          label="Format"
          hint="Every entry that the filter finds, not this page alone. The export is itself recorded."
          choices={formats.map(({ name }) => [name, name])}
        />
        <button class="button" type="submit">
          Download
        </button>
      </Form>
    </Card>
  );
}

async function exportShown(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const filter = readFilter(form);
  try {
    return await downloadEntries(c, selectionOf(filter), exportFormat(c, form.text('format')));
  } catch (error) {
    return refused(c, pathOf('/activity', filter), error);
  }
}
