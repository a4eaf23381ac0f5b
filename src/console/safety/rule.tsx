/** The owner's rules about items: policies, and decoys. */
import { Refusal } from '../../core/refusal.js';
import type { ItemRulesShape } from '../../core/rule-shapes.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ConsoleContext } from '../area.js';
import { page } from '../page.js';
import { Badge, Card, Command, EmptyState } from '../part.js';
import { type Column, Table } from '../table.js';

/** The most items whose titles are looked up for one page. */
const ITEMS = 200;

interface Ruled {
  readonly id: string;
  /** Null for an item that does not open any more. */
  readonly title: string | null;
  readonly vault: string | null;
  readonly rules: ItemRulesShape;
}

/** Items with policies, and decoys. */
export async function showRules(c: ConsoleContext): Promise<Response> {
  const door = c.get('door');
  const all = [...(await door.allItemRules())];
  const ruled: Ruled[] = [];
  for (const [id, rules] of all.slice(0, ITEMS)) ruled.push({ id, rules, ...(await namesOf(door, id)) });
  const policies = ruled.filter(({ rules }) => rules.approve || rules.http !== null);
  return page(
    c,
    {
      title: 'Policies and decoys',
      lead: 'What you demand of single items. Agents do not see it.',
      parent: { href: '/safety', title: 'Safety' },
    },
    <>
      <Policies policies={policies} />
      <Decoys decoys={ruled.filter(({ rules }) => rules.decoy)} hasActivity={hasActivity(c)} />
      {all.length > ITEMS ? <p class="muted">{`${String(all.length - ITEMS)} more are not listed.`}</p> : null}
    </>,
  );
}

function hasActivity(c: ConsoleContext): boolean {
  return c.get('site').areas.some(({ path }) => path === '/activity');
}

async function namesOf(door: OwnerDoor, id: string): Promise<Pick<Ruled, 'title' | 'vault'>> {
  try {
    return await door.viewItem({ item: { by: 'id', text: id } }, []);
  } catch (error) {
    // one that cannot be read must not hide the others
    if (error instanceof Refusal) return { title: null, vault: null };
    throw error;
  }
}

const ITEM: Column<Ruled> = { title: 'Item', kind: 'main', cell: ({ id, title }) => title ?? <code>{id}</code> };
const VAULT: Column<Ruled> = { title: 'Vault', cell: ({ vault }) => vault ?? <span class="muted">not found</span> };

function Policies({ policies }: { readonly policies: readonly Ruled[] }) {
  return (
    <Card title="Policies" flush>
      {policies.length === 0 ? (
        <EmptyState title="No item has a policy.">
          <p class="muted">An item can need your word for each use, or be carried by requests to certain hosts only.</p>
          <Command line="vouchsafe item policy VAULT/ITEM --approve" />
        </EmptyState>
      ) : (
        <Table<Ruled>
          caption="Items with policies"
          columns={[
            ITEM,
            VAULT,
            {
              title: 'Approval',
              cell: ({ rules }) =>
                rules.approve ? <Badge tone="good">each use</Badge> : <span class="muted">no</span>,
            },
            { title: 'Requests', kind: 'wide', cell: ({ rules }) => <Requests http={rules.http} /> },
          ]}
          rows={policies}
        />
      )}
    </Card>
  );
}

function Requests({ http }: Pick<ItemRulesShape, 'http'>) {
  if (http === null) return <span class="muted">may not carry it</span>;
  const { hosts, methods, paths, auth, allow_loopback: isLoopback, allow_private: isPrivate } = http;
  const also = [...(isLoopback ? ['this machine'] : []), ...(isPrivate ? ['private networks'] : [])];
  return (
    <>
      <p>
        {methods.join(', ')} to {hosts.join(', ')}
        {also.length === 0 ? '' : `, also to ${also.join(' and ')}`}
      </p>
      <p class="muted">
        Paths {paths.join(', ')}; the credential goes in as {auth.kind}
      </p>
    </>
  );
}

interface DecoysProps {
  readonly decoys: readonly Ruled[];
  readonly hasActivity: boolean;
}

function Decoys({ decoys, hasActivity: isLinked }: DecoysProps) {
  const touched = isLinked ? <a href="/activity?q=signal:decoy">Who touched one</a> : undefined;
  return (
    <Card title="Decoys" flush actions={touched}>
      {decoys.length === 0 ? (
        <EmptyState title="There is no decoy.">
          <p class="muted">
            A decoy is a false item that nobody should touch. Whoever uses it shows that something is wrong.
          </p>
          <Command line="vouchsafe item create login --vault Personal --title 'AWS root' --decoy=aws" />
        </EmptyState>
      ) : (
        <Table<Ruled> caption="Decoys" columns={[ITEM, VAULT]} rows={decoys} />
      )}
    </Card>
  );
}
