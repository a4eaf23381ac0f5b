/** One token: what it is, what it reaches and what it did last. */
import type { EntryShape, GrantShape, TokenShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { EntryTable } from '../entry.js';
import { Form } from '../field.js';
import { page } from '../page.js';
import { Badge, Card, EmptyState, Facts, Notice, TokenBadge } from '../part.js';
import { Sparkline } from '../plot.js';
import { Time } from '../time.js';
import { GrantTable } from './grant.js';
import { pathOf, referenceOf, STYLES } from './named.js';

const LAST_ENTRIES = 10;

interface Seen {
  readonly token: TokenShape;
  readonly grants: readonly GrantShape[];
  readonly entries: readonly EntryShape[];
  readonly days: readonly number[];
  readonly now: number;
  /** Whether there is a page of the whole log. */
  readonly hasActivity: boolean;
}

/** The page of one token. */
export async function showToken(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const reference = referenceOf(c);
  const token = await door.findToken(reference);
  const { data: entries } = await door.listEntries({ query: `token:${token.id}`, limit: LAST_ENTRIES });
  const activity = await door.tokenActivity();
  const seen: Seen = {
    token,
    grants: await door.listAccess(reference),
    entries,
    days: activity.find(({ id }) => id === token.id)?.days ?? [],
    now: c.get('now'),
    hasActivity: c.get('site').areas.some(({ path }) => path === '/activity'),
  };
  return page(
    c,
    {
      title: token.name,
      ...(token.description === '' ? {} : { lead: token.description }),
      parent: { href: '/tokens', title: 'Tokens' },
      actions: <Actions token={token} csrf={c.get('csrf')} />,
      styles: STYLES,
    },
    <>
      {token.status === 'frozen' ? (
        <Notice kind="bad" title="Frozen: it is refused everything until you unfreeze it." />
      ) : null}
      <About {...seen} />
      <Access {...seen} />
      <Entries {...seen} />
    </>,
  );
}

function Actions({ token: { id, agent, status }, csrf }: { readonly token: TokenShape; readonly csrf: string }) {
  const change = status === 'frozen' ? 'unfreeze' : 'freeze';
  return (
    <div class="acts">
      {agent ? (
        <a class="button" href={pathOf(id, 'setup')}>
          Instructions
        </a>
      ) : null}
      <a class="button" href={pathOf(id, 'renew')}>
        Renew
      </a>
      <a class="button" href={pathOf(id, 'rename')}>
        Rename
      </a>
      <Form csrf={csrf} action={pathOf(id, change)} class="act">
        <button class="button" type="submit">
          {change === 'freeze' ? 'Freeze' : 'Unfreeze'}
        </button>
      </Form>
      <a class="button danger" href={pathOf(id, 'delete')}>
        Delete
      </a>
    </div>
  );
}

function About({ token, days, now }: Seen) {
  return (
    <Card title="About">
      <Facts
        rows={[
          ['Status', <TokenBadge status={token.status} />],
          ['For', token.agent ? <Badge>AI agent</Badge> : 'a script or an application'],
          ['Ends', <Time at={token.expires_at} now={now} />],
          ['Last used', <Time at={token.last_used_at} now={now} />],
          ['Last 30 days', <Uses days={days} />],
          ['Made', <Time at={token.created_at} now={now} />],
          [
            'Scopes',
            token.scopes.length === 0 || token.scopes.includes('*')
              ? 'all that its roles allow'
              : token.scopes.join(', '),
          ],
          ['Id', <code>{token.id}</code>],
        ]}
      />
    </Card>
  );
}

/** How often it was used on each of the last days. */
export function Uses({ days }: { readonly days: readonly number[] }) {
  const total = days.reduce((sum, day) => sum + day, 0);
  if (total === 0) return <span class="muted">no use</span>;
  return <Sparkline values={days} label={`${String(total)} entries in the last 30 days`} />;
}

function Access({ token, grants, now }: Seen) {
  const manage = (
    <a class="button small" href={pathOf(token.id, 'access')}>
      Manage access
    </a>
  );
  return (
    <Card title="What it reaches" flush actions={manage}>
      {grants.length === 0 ? (
        <EmptyState title="It reaches nothing.">
          <p class="muted">Add a vault or an item under Manage access.</p>
        </EmptyState>
      ) : (
        <GrantTable caption={`What ${token.name} reaches`} grants={grants} now={now} />
      )}
    </Card>
  );
}

function Entries({ token, entries, now, hasActivity }: Seen) {
  const all = hasActivity ? <a href={`/activity?q=token:${token.id}`}>All that it did</a> : undefined;
  return (
    <Card title="Last accesses" flush actions={all}>
      {entries.length === 0 ? (
        <EmptyState title="It has asked for nothing yet.">
          <p class="muted">Each access and each refusal will stand here, with the reason that was given.</p>
        </EmptyState>
      ) : (
        <EntryTable caption={`The last accesses of ${token.name}, newest first`} entries={entries} now={now} />
      )}
    </Card>
  );
}
