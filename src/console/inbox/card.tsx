/** A request with all that decides it: who asks, with which client, for what, why, and what it did before. */
import type {
  AccessCardShape,
  AccessRequestShape,
  InboxCardShape,
  InboxRequestShape,
  UseCardShape,
  UseRequestShape,
} from '../../core/inbox-shapes.js';
import type { GrantShape } from '../../core/shapes.js';
import { askedText, type RequestState } from '../../core/request.js';
import { EntryTable } from '../entry.js';
import { Badge, Facts, Notice, type Tone } from '../part.js';
import { Time } from '../time.js';

const STATE_TONES: Readonly<Record<RequestState, Tone>> = {
  pending: 'warn',
  approved: 'good',
  denied: 'bad',
  expired: 'plain',
};

/** What became of a request. */
export function StateBadge({ state }: { readonly state: RequestState }) {
  return <Badge tone={STATE_TONES[state]}>{state === 'pending' ? 'waits' : state}</Badge>;
}

/** What is asked for in a line: `viewer on vault Production`, or `see password of Grafana`. */
export function askedLine(request: InboxRequestShape): string {
  return request.kind === 'use' ? useLine(request.use) : accessLine(request.asked);
}

/** As {@link askedLine}, after the name of who asks. */
export function asksLine(request: InboxRequestShape): string {
  return `asks ${request.kind === 'use' ? 'to' : 'for'} ${askedLine(request)}`;
}

function accessLine({ max_uses: maxUses, ...asked }: AccessRequestShape['asked']): string {
  return askedText({ ...asked, maxUses });
}

function useLine({ item, fields, purpose }: UseRequestShape['use']): string {
  const what = `${fields.join(', ')}${item === null ? '' : ` of ${item.title ?? item.id}`}`;
  const [first = '', ...more] = purpose.split('\n');
  return first === '' ? `see ${what}` : `use ${what} for ${first}${more.length === 0 ? '' : ' …'}`;
}

interface CardProps {
  readonly card: InboxCardShape;
  readonly now: number;
}

/** The facts of a request, of either kind. */
export function RequestFacts({ card, now }: CardProps) {
  const { token, client, transport, reason, because } = card;
  const decidedAt = card.decided_at;
  return (
    <Facts
      rows={[
        ['Who', <strong>{token.name}</strong>],
        [
          'Client',
          <>
            {client.name} {client.version} <span class="muted">by {transport}</span>
          </>,
        ],
        ...(card.kind === 'use' ? useRows(card, now) : accessRows(card)),
        ['Why', reason === null ? <span class="muted">no reason</span> : <q>{reason}</q>],
        ['Asked', <Time at={card.at} now={now} />],
        ['Ends', card.state === 'pending' ? <Time at={card.expires_at} now={now} /> : null],
        ['Decided', decidedAt === undefined ? null : <Time at={decidedAt} now={now} />],
        ['Your words', because === undefined ? null : <q>{because}</q>],
      ]}
    />
  );
}

type Rows = Parameters<typeof Facts>[0]['rows'];

function accessRows({ asked, means }: AccessCardShape): Rows {
  return [
    ['Asks for', accessLine(asked)],
    ['That is', <Meaning means={means} />],
  ];
}

function Meaning({ means: { vault, item } }: Pick<AccessCardShape, 'means'>) {
  if (vault === null)
    return <span>Nothing that there is under that name, or several things: choose before you approve.</span>;
  if (item === null) return <span>all items of the vault {vault.name}</span>;
  return (
    <span>
      the item {item.title} in the vault {vault.name}
    </span>
  );
}

function useRows({ use, uses, used, until }: UseCardShape, now: number): Rows {
  const { tool, vault, item, fields, purpose } = use;
  return [
    ['Asks', tool === 'lend_item' ? 'to use it in a command' : <code>{tool}</code>],
    ['Item', item === null ? null : `${item.title ?? item.id}${vault === null ? '' : ` in the vault ${vault.name}`}`],
    ['Fields', fields.join(', ')],
    [
      'For',
      purpose === '' ? (
        'to see it'
      ) : (
        <pre class="purpose" tabindex={0} role="region" aria-label="What it is for">
          {purpose}
        </pre>
      ),
    ],
    [
      'Good for',
      uses === undefined ? null : (
        <>
          {String(used ?? 0)} of {String(uses)} used, until <Time at={until ?? null} now={now} />
        </>
      ),
    ],
  ];
}

/** What the token did, or has, before this request. */
export function Before({ card, now }: CardProps) {
  return card.kind === 'use' ? <UsesBefore card={card} /> : <AccessBefore card={card} now={now} />;
}

/** The last uses of a secret by the token of a use; nothing for access. */
export function LastUses({ card, now }: CardProps) {
  if (card.kind !== 'use' || card.last_uses.length === 0) return null;
  return <EntryTable caption={`Last uses of a secret by ${card.token.name}`} entries={card.last_uses} now={now} />;
}

function UsesBefore({ card: { before, last_uses: last } }: { readonly card: UseCardShape }) {
  const { granted, refused, approved, denied } = before;
  return (
    <p class="muted">
      Before: {counted(granted, 'call')} granted, {String(refused)} refused; you approved {counted(approved, 'request')}{' '}
      and denied {String(denied)}.{last.length === 0 ? ' It has used no secret yet.' : ''}
    </p>
  );
}

function AccessBefore({ card: { access, replaces }, now }: { readonly card: AccessCardShape; readonly now: number }) {
  return (
    <>
      {replaces === undefined ? null : (
        <Notice kind="warn" title="To approve replaces access that it has.">
          <p>
            <Grant grant={replaces} now={now} />
          </p>
        </Notice>
      )}
      {access.length === 0 ? (
        <p class="muted">It has no access yet.</p>
      ) : (
        <div class="muted">
          <p>It has now:</p>
          <ul class="has-now">
            {access.map((grant) => (
              <li>
                <Grant grant={grant} now={now} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

function Grant({ grant, now }: { readonly grant: GrantShape; readonly now: number }) {
  const { role, vault, item, limits } = grant;
  const place = item === undefined ? `the vault ${vault.name}` : `${item.title} in ${vault.name}`;
  const isLimited = Object.keys(limits).length > 0;
  return (
    <>
      {role} on {place}
      {isLimited ? ', with limits' : ''}, ends <Time at={grant.expires_at} now={now} form="short" />
    </>
  );
}

function counted(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`;
}
