/** Entries of the log in a table; the same columns wherever they stand. */
import type { EntryShape } from '../core/shapes.js';
import { Badge, OutcomeBadge } from './part.js';
import { type Column, Table } from './table.js';
import { Time } from './time.js';

/** Who acted, by name. */
export function actorName({ actor }: EntryShape): string {
  return actor.name ?? (actor.kind === 'owner' ? 'you' : 'nobody known');
}

/** What it was about: an item in its vault, or a vault. */
export function Place({ entry: { vault, item } }: { readonly entry: EntryShape }) {
  if (item !== undefined) {
    return (
      <>
        {item.title ?? item.id} {vault === undefined ? null : <span class="muted">in {vault.name ?? vault.id}</span>}
      </>
    );
  }
  return vault === undefined ? <span class="muted">–</span> : <>{vault.name ?? vault.id}</>;
}

function columnsAt(now: number): readonly Column<EntryShape>[] {
  return [
    {
      title: 'When',
      cell: ({ at, seq }) => (
        <a href={`/activity/${String(seq)}`}>
          <Time at={at} now={now} form="short" />
        </a>
      ),
    },
    { title: 'Who', kind: 'main', cell: (entry) => actorName(entry) },
    { title: 'Action', cell: ({ action }) => <code>{action}</code> },
    { title: 'Where', kind: 'text', cell: (entry) => <Place entry={entry} /> },
    {
      title: 'Outcome',
      cell: ({ outcome, code }) => (
        <>
          <OutcomeBadge outcome={outcome} /> {code === undefined ? null : <code>{code}</code>}
        </>
      ),
    },
    { title: 'Reason', kind: 'wide', cell: (entry) => <Reason entry={entry} /> },
  ];
}

function Reason({ entry: { reason, signals } }: { readonly entry: EntryShape }) {
  return (
    <>
      {reason === null ? <span class="muted">–</span> : <q>{reason}</q>}
      {signals.map((signal) => (
        <>
          {' '}
          <Badge tone="warn">{signal}</Badge>
        </>
      ))}
    </>
  );
}

interface EntriesProps {
  readonly caption: string;
  readonly entries: readonly EntryShape[];
  readonly now: number;
}

export function EntryTable({ caption, entries, now }: EntriesProps) {
  return <Table caption={caption} columns={columnsAt(now)} rows={entries} />;
}
