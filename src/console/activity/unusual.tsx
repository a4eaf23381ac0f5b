/** What is out of the ordinary: signals, and reasons that say nothing. */
import type { LogReport } from '../../gate/log-door.js';
import type { ConsoleContext } from '../area.js';
import { EntryTable } from '../entry.js';
import { readQuery } from '../form.js';
import { page } from '../page.js';
import { Card, EmptyState } from '../part.js';
import { Bars } from '../plot.js';
import { Table } from '../table.js';
import { entriesPath, type Filter } from './filter.js';
import { cutOf, CutNote } from './newest.js';

/** How far back it goes. */
const SPAN = '30d';

const LAST_MONTH: Filter = { token: '', outcome: '', q: '', since: SPAN };

/** At `/activity/unusual`: the last 30 days, and of them the newest `most` entries, if not `whole` is asked for. */
export async function showUnusual(c: ConsoleContext, most: number): Promise<Response> {
  const door = c.get('door');
  const isWhole = readQuery(c).has('whole');
  const cut = isWhole ? null : await cutOf(door, { query: '', since: SPAN }, most);
  const { signals, unusual, hollow } = await door.report(cut?.since ?? SPAN);
  const filter = cut === null ? LAST_MONTH : { ...LAST_MONTH, since: cut.since };
  return page(
    c,
    {
      title: 'Unusual',
      lead: 'What of the last 30 days is worth a look.',
      parent: { href: '/activity', title: 'Activity' },
      styles: ['activity.css'],
    },
    <>
      {cut === null ? null : <CutNote {...cut} whole="/activity/unusual?whole=1" />}
      {signals.length === 0 ? (
        <EmptyState title={`Nothing unusual ${cut === null ? 'in the last 30 days' : 'among them'}.`}>
          <p class="muted">Bursts, hours that a token never worked in, new clients and the like would stand here.</p>
        </EmptyState>
      ) : (
        <Card title="Signals">
          <Bars
            label="Entries with each signal"
            bars={signals.map(({ signal, count }) => ({
              label: signal,
              value: count,
              href: entriesPath(filter, `signal:${signal}`),
            }))}
          />
        </Card>
      )}
      {unusual.newest.length === 0 ? null : (
        <Card title="Unusual accesses" flush>
          <EntryTable caption="Unusual accesses, newest first" entries={unusual.newest} now={c.get('now')} />
        </Card>
      )}
      {hollow.length === 0 ? null : <Hollow hollow={hollow} />}
    </>,
  );
}

function Hollow({ hollow }: Pick<LogReport, 'hollow'>) {
  return (
    <Card title="Reasons that say nothing" flush>
      <Table<LogReport['hollow'][number]>
        caption="Reasons that say nothing, the most frequent first"
        columns={[
          {
            title: 'Token',
            kind: 'main',
            cell: ({ token }) => <a href={`/activity?token=${token.id}`}>{token.name}</a>,
          },
          { title: 'Reason', kind: 'wide', cell: ({ reason }) => <q>{reason}</q> },
          { title: 'Times', kind: 'number', cell: ({ count }) => count.toLocaleString('en') },
          {
            title: 'Last',
            cell: ({ last_seq: seq }) => <a href={`/activity/${String(seq)}`}>entry {seq}</a>,
          },
        ]}
        rows={hollow}
      />
    </Card>
  );
}
