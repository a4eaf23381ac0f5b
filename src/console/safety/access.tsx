/** Access that nobody needs: grants without a use, and what each token would be left with. */
import type { TighteningShape, TokenShape } from '../../core/shapes.js';
import type { LogReport } from '../../gate/log-door.js';
import type { Reference } from '../../gate/named.js';
import type { ConsoleContext } from '../area.js';
import { Form, FormActions, Select, type Choice } from '../field.js';
import { done, Faults, readForm, readQuery } from '../form.js';
import { page } from '../page.js';
import { Badge, Card, EmptyState, Notice, TokenBadge } from '../part.js';
import { Table } from '../table.js';
import { Time } from '../time.js';
import { placeText } from '../tokens/grant.js';
import { digestOf, isLess, Proposal } from './proposal.js';

const PATH = '/safety/access';
/** The most tokens on one page. */
const TOKENS = 200;
/** Whether a grant was ever used does not hang on the time; the shortest makes the rest of the report quick. */
const QUICK = '1h';

type Unused = LogReport['unused_grants'][number];

/** Grants that were never used, and the tokens. */
export async function showAccess(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const { unused_grants: unused } = await door.report(QUICK);
  const { data, nextCursor } = await door.listTokens({ all: false, agentsOnly: false, limit: TOKENS });
  return page(
    c,
    {
      title: 'Unused access',
      lead: 'What nobody needs is what an attacker gets for nothing.',
      parent: { href: '/safety', title: 'Safety' },
    },
    <>
      <UnusedGrants unused={unused} />
      <Tokens tokens={data} now={c.get('now')} />
      {nextCursor === null ? null : <p class="muted">{`Only the first ${String(TOKENS)} tokens are listed.`}</p>}
    </>,
  );
}

function UnusedGrants({ unused }: { readonly unused: readonly Unused[] }) {
  return (
    <Card title="Grants that were never used" flush>
      {unused.length === 0 ? (
        <EmptyState title="No grant is unused.">
          <p class="muted">A grant that no access was made with would stand here.</p>
        </EmptyState>
      ) : (
        <Table<Unused>
          caption="Grants that were never used"
          columns={[
            { title: 'Token', kind: 'main', cell: ({ token }) => <a href={`/tokens/${token.id}`}>{token.name}</a> },
            { title: 'Reaches', kind: 'wide', cell: placeText },
            { title: 'Role', cell: ({ role }) => <Badge>{role}</Badge> },
            { title: 'Action', cell: ({ token }) => <a href={`/tokens/${token.id}/access`}>Manage access</a> },
          ]}
          rows={unused}
        />
      )}
    </Card>
  );
}

function Tokens({ tokens, now }: { readonly tokens: readonly TokenShape[]; readonly now: number }) {
  return (
    <Card title="The least that each token needs" flush>
      {tokens.length === 0 ? (
        <EmptyState title="There is no token yet.">
          <p class="muted">Once tokens were used, the log says how little each of them needs.</p>
        </EmptyState>
      ) : (
        <Table<TokenShape>
          caption="Tokens"
          columns={[
            { title: 'Token', kind: 'main', cell: ({ id, name }) => <a href={`${PATH}/${id}`}>{name}</a> },
            { title: 'Status', cell: ({ status }) => <TokenBadge status={status} /> },
            { title: 'Last used', cell: (token) => <Time at={token.last_used_at} now={now} form="short" /> },
          ]}
          rows={tokens}
        />
      )}
    </Card>
  );
}

const TIMES: readonly Choice[] = [
  ['7d', 'the last 7 days'],
  ['30d', 'the last 30 days'],
  ['90d', 'the last 90 days'],
  ['365d', 'the last year'],
];

function sinceOf(text: string): string {
  return TIMES.some(([value]) => value === text) ? text : '30d';
}

function referenceOf(c: ConsoleContext): Reference {
  return { by: 'id', text: c.req.param('id') ?? '' };
}

/** What a token would be left with; nothing is changed. */
export async function showLeast(c: ConsoleContext): Promise<Response> {
  const since = sinceOf(readQuery(c).text('since'));
  const least = await c.get('door').tighten(referenceOf(c), { since, apply: false });
  return leastPage(c, { since, least, faults: new Faults() });
}

/** Does it, if it is still what the owner was shown: the token may have been used since. */
export async function applyLeast(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const since = sinceOf(form.text('since'));
  const door = c.get('door');
  const faults = new Faults();
  const least = await door.tighten(referenceOf(c), { since, apply: false });
  if (digestOf(least) !== form.text('shown')) return leastPage(c, { since, least, faults, hasChanged: true });
  try {
    await door.tighten(referenceOf(c), { since, apply: true });
    return done(c, `${PATH}/${least.token.id}?since=${since}`, `${least.token.name} has only what it needs now.`);
  } catch (error) {
    faults.take(error);
  }
  return leastPage(c, { since, least, faults });
}

interface LeastPage {
  readonly since: string;
  readonly least: TighteningShape;
  readonly faults: Faults;
  /** Whether it is another one than was shown before. */
  readonly hasChanged?: true;
}

async function leastPage(c: ConsoleContext, { since, least, faults, hasChanged }: LeastPage): Promise<Response> {
  const path = `${PATH}/${least.token.id}`;
  return page(
    c,
    {
      title: `What ${least.token.name} needs`,
      lead: 'The least that it needed, as the log tells it. It only ever narrows.',
      parent: { href: PATH, title: 'Unused access' },
      styles: ['safety.css'],
      ...(faults.areAny || hasChanged ? { status: 422 as const } : {}),
    },
    <>
      {hasChanged ? (
        <Notice kind="warn" title="It is no longer what you were shown, so nothing was done.">
          <p>The token was used, or its access was changed. Look at it again.</p>
        </Notice>
      ) : null}
      <form method="get" action={path} class="form">
        <Select name="since" label="What counts" choices={TIMES} value={since} />
        <div class="form-actions">
          <button class="button" type="submit">
            Show
          </button>
        </div>
      </form>
      <Proposal least={least} />
      {isLess(least) ? (
        <Form csrf={c.get('csrf')} action={path} faults={faults}>
          <input type="hidden" name="since" value={since} />
          <input type="hidden" name="shown" value={digestOf(least)} />
          <p>What ends here also has its keys changed. That takes longer the more items there are.</p>
          <FormActions submit="Apply all of it" cancel={PATH} />
        </Form>
      ) : null}
    </>,
  );
}
