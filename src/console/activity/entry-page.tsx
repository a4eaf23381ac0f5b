/** One entry: all that is known of it, what lies around it, and what proves it. */
import type { EntryShape } from '../../core/shapes.js';
import type { EntryDetail } from '../../gate/log-door.js';
import type { ConsoleContext } from '../area.js';
import { actorName, EntryTable } from '../entry.js';
import { page } from '../page.js';
import { Badge, Card, Copy, Facts, Notice, OutcomeBadge } from '../part.js';
import { answerNotFound } from '../problem.js';
import { Time } from '../time.js';
import { entriesPath } from './filter.js';

const EVERYTHING = { token: '', outcome: '', q: '', since: '' };

/** At `/activity/SEQ`. */
export async function showEntry(c: ConsoleContext): Promise<Response> {
  const number = c.req.param('seq') ?? '';
  if (!/^[1-9][0-9]{0,14}$/.test(number)) return answerNotFound(c);
  const seq = Number(number);
  const found = await c.get('door').showEntry(seq);
  const now = c.get('now');
  const { entry, neighbours, proof } = found;
  return page(
    c,
    {
      title: `Entry ${String(entry.seq)}`,
      parent: { href: '/activity', title: 'Activity' },
      styles: ['activity.css'],
      actions: <Badge tone={proof.verified ? 'good' : 'bad'}>{proof.verified ? 'verified' : 'not verified'}</Badge>,
    },
    <>
      {proof.verified ? null : (
        <Notice kind="bad" title="This entry is not what was signed.">
          <p>Do not rely on what stands here. See what the whole log says: vouchsafe audit verify</p>
        </Notice>
      )}
      <Card title="What happened">
        <Facts rows={happened(found, now)} />
      </Card>
      <Card title="How it came">
        <Facts rows={came(found)} />
      </Card>
      <Changes found={found} />
      <Card title="Proof">
        <Facts
          rows={[
            ['Hash', <code class="activity-hash">{entry.hash}</code>],
            ['Previous', <Previous seq={entry.seq} hash={proof.prev} />],
            ['Signature', <Signature signature={proof.signature} />],
            ['State', `version ${String(found.stateVersion)}`],
            ['Receipt', <Copy text={`${String(entry.seq)}:${entry.hash}`} what="the receipt" />],
          ]}
        />
      </Card>
      {neighbours.length === 0 ? null : (
        <Card title="Around it" flush>
          <EntryTable caption="Entries before and after this one" entries={neighbours} now={now} />
        </Card>
      )}
    </>,
  );
}

type Rows = Parameters<typeof Facts>[0]['rows'];

function happened({ entry, tool, detail, asked, purpose, suppressed }: EntryDetail, now: number): Rows {
  const { code, reason } = entry;
  return [
    ['Time', <Time at={entry.at} now={now} />],
    ['Who', <Who entry={entry} />],
    ['What', <code>{tool === null ? entry.action : `${entry.action} (${tool})`}</code>],
    [
      'Outcome',
      <>
        <OutcomeBadge outcome={entry.outcome} /> {code === undefined ? null : <code>{code}</code>}
      </>,
    ],
    ['Detail', detail],
    ['Vault', <Linked term="vault" id={entry.vault?.id} name={entry.vault?.name} />],
    ['Item', <Linked term="item" id={entry.item?.id} name={entry.item?.title} />],
    ['Fields', entry.fields.length === 0 ? null : entry.fields.join(', ')],
    ['Reason', reason === null ? <span class="muted">none was given</span> : <q>{reason}</q>],
    ['Signals', entry.signals.length === 0 ? null : <Signals signals={entry.signals} />],
    ['Asks for', asked],
    ['Purpose', purpose],
    [
      'Unrecorded',
      suppressed === 0 ? null : `${suppressed.toLocaleString('en')} refusals before this one were only counted`,
    ],
  ].filter((row): row is [string, Exclude<(typeof row)[1], undefined>] => row[1] !== null) satisfies Rows;
}

function came({ entry, requestId, address, exchange }: EntryDetail): Rows {
  const { client, transport } = entry;
  return [
    ['Client', `${client.name} ${client.version}`],
    ['Transport', transport],
    ['Address', address],
    ['Short-lived token', exchange],
    ['Request', requestId],
    ['Grant', entry.grant_id],
  ];
}

function Who({ entry }: { readonly entry: EntryShape }) {
  const { kind, id } = entry.actor;
  if (kind !== 'token' || id === null) return <>{actorName(entry)}</>;
  return (
    <>
      <a href={`/activity?token=${encodeURIComponent(id)}`}>{actorName(entry)}</a> <code class="muted">{id}</code>
    </>
  );
}

interface LinkedProps {
  readonly term: 'vault' | 'item';
  readonly id: string | undefined;
  readonly name: string | null | undefined;
}

function Linked({ term, id, name }: LinkedProps) {
  if (id === undefined) return <span class="muted">–</span>;
  return (
    <>
      <a href={entriesPath(EVERYTHING, `${term}:${id}`)}>{name ?? id}</a>{' '}
      {name === null || name === undefined ? null : <code class="muted">{id}</code>}
    </>
  );
}

function Signals({ signals }: { readonly signals: readonly string[] }) {
  return (
    <>
      {signals.map((signal) => (
        <>
          <Badge tone="warn">{signal}</Badge>{' '}
        </>
      ))}
    </>
  );
}

function Signature({ signature }: { readonly signature: string | null }) {
  return signature === null ? (
    <span class="muted">none: there was no usable token</span>
  ) : (
    <code class="activity-hash">{signature}</code>
  );
}

function Previous({ seq, hash }: { readonly seq: number; readonly hash: string }) {
  const text = <code class="activity-hash">{hash}</code>;
  return seq === 1 ? text : <a href={`/activity/${String(seq - 1)}`}>{text}</a>;
}

function Changes({ found: { changes } }: { readonly found: EntryDetail }) {
  if (changes.length === 0) return null;
  return (
    <Card title="What it changed">
      <ul class="activity-changes">
        {changes.map(({ kind, id, revision, hash, before }) => (
          <li>
            {kind} <code>{id}</code> revision {revision}: <code class="activity-hash">{hash ?? 'deleted'}</code>{' '}
            <span class="muted">{before === null ? 'new' : `was ${before}`}</span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
