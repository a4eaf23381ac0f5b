/** All tokens: how they stand, when they were used, and what they reach. */
import { Refusal } from '../../core/refusal.js';
import type { GrantShape, TokenShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Badge, Card, EmptyState, Pager, TokenBadge } from '../part.js';
import { type Column, Table } from '../table.js';
import { Time } from '../time.js';
import { Icon } from '../icon.js';
import { Uses } from './detail.js';
import { placeText } from './grant.js';
import { pathOf, STYLES } from './named.js';

const PAGE_LENGTH = 50;

interface Row {
  readonly token: TokenShape;
  /** Null where that cannot be read. */
  readonly grants: readonly GrantShape[] | null;
  readonly days: readonly number[];
}

/** The list. `all` shows those that were deleted too. */
export async function showList(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const cursor = c.req.query('cursor');
  const all = c.req.query('all') === 'on';
  const query = { all, agentsOnly: false, limit: PAGE_LENGTH, ...(cursor === undefined ? {} : { cursor }) };
  const { data, nextCursor } = await door.listTokens(query);
  const days = new Map((await door.tokenActivity()).map((activity) => [activity.id, activity.days]));
  const rows: Row[] = [];
  for (const token of data) rows.push({ token, grants: await reachOf(c, token), days: days.get(token.id) ?? [] });
  return page(
    c,
    {
      title: 'Tokens',
      lead: 'Each opens only the vaults and items that you chose, until it ends.',
      actions: <NewButton />,
      styles: STYLES,
    },
    <>
      <Card title={all ? 'All tokens, also deleted ones' : 'Tokens'} flush actions={<Kinds all={all} />}>
        <List rows={rows} now={c.get('now')} />
        <Pager
          next={nextCursor === null ? null : hrefOf(all, nextCursor)}
          first={cursor === undefined ? null : hrefOf(all)}
        />
      </Card>
    </>,
  );
}

function hrefOf(all: boolean, cursor?: string): string {
  return `/tokens?${new URLSearchParams({ ...(all ? { all: 'on' } : {}), ...(cursor && { cursor }) }).toString()}`;
}

/** A token that cannot be read must not hide the others. */
async function reachOf(c: ConsoleContext, { id, status }: TokenShape): Promise<readonly GrantShape[] | null> {
  if (status === 'revoked') return [];
  try {
    return await c.get('door').listAccess({ by: 'id', text: id });
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

function NewButton() {
  return (
    <a class="button primary" href="/tokens/new">
      <Icon name="plus" /> New token
    </a>
  );
}

function Kinds({ all }: { readonly all: boolean }) {
  return all ? <a href="/tokens">Without deleted ones</a> : <a href="/tokens?all=on">Also deleted ones</a>;
}

function List({ rows, now }: { readonly rows: readonly Row[]; readonly now: number }) {
  if (rows.length === 0) {
    return (
      <EmptyState title="There is no token yet.">
        <p class="muted">
          Make one for each agent or script: then each reaches only what it needs, and the log says who did what.
        </p>
        <NewButton />
      </EmptyState>
    );
  }
  const columns: readonly Column<Row>[] = [
    { title: 'Token', kind: 'main', cell: (row) => <Name {...row} /> },
    { title: 'Status', cell: ({ token }) => <TokenBadge status={token.status} /> },
    { title: 'Ends', cell: ({ token }) => <Time at={token.expires_at} now={now} form="short" /> },
    { title: 'Last used', cell: ({ token }) => <Time at={token.last_used_at} now={now} form="short" /> },
    { title: '30 days', cell: ({ days }) => <Uses days={days} /> },
    { title: 'Reaches', kind: 'wide', cell: ({ grants }) => <Reach grants={grants} /> },
  ];
  return <Table caption="Tokens, oldest first" columns={columns} rows={rows} />;
}

function Name({ token: { id, name, agent, status }, grants }: Row) {
  // one whose rows were changed has no page, but it can be ended
  const href = grants === null ? pathOf(id, 'delete') : pathOf(id);
  return (
    <>
      {status === 'revoked' ? name : <a href={href}>{name}</a>} {agent ? <Badge>agent</Badge> : null}
    </>
  );
}

const SHOWN = 3;

function Reach({ grants }: Pick<Row, 'grants'>) {
  if (grants === null) return <Badge tone="bad">cannot be read</Badge>;
  if (grants.length === 0) return <span class="muted">nothing</span>;
  const shown = grants.slice(0, SHOWN).map((grant) => `${placeText(grant)} (${grant.role})`);
  const more = grants.length - shown.length;
  return (
    <>
      {shown.join(', ')}
      {more === 0 ? null : <span class="muted"> and {String(more)} more</span>}
    </>
  );
}
