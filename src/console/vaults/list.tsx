/** All vaults, and the search over all of them. */
import type { VaultShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { readQuery } from '../form.js';
import { Icon } from '../icon.js';
import { page } from '../page.js';
import { Card, EmptyState } from '../part.js';
import { type Column, Table } from '../table.js';
import { Time } from '../time.js';
import { type ItemQuery, ItemSearch, itemsWith, ItemTable, queryPath, readItemQuery } from './item-table.js';
import { ASSETS, LIST_KEYS, vaultPath } from './place.js';

const HERE = '/vaults';

/** The vaults; with words or a type to look for, the items of all of them that fit. */
export async function showVaults(c: ConsoleContext): Promise<Response> {
  const query = readItemQuery(readQuery(c));
  const isSearch = query.q !== '' || query.type !== '' || query.trash;
  const content = isSearch ? await Found({ c, query }) : await Vaults({ c });
  return page(
    c,
    {
      title: 'Vaults',
      lead: 'Credentials lie in vaults. A token opens only the vaults and items that you give it.',
      actions: <NewVault />,
      keys: [['n', 'New vault'], ...LIST_KEYS],
      ...ASSETS,
    },
    <>
      <ItemSearch path={HERE} query={query} label="Search all vaults" />
      {content}
    </>,
  );
}

function NewVault() {
  return (
    <a class="button primary" href="/vaults/new" data-press="n">
      <Icon name="plus" /> New vault
    </a>
  );
}

async function Vaults({ c }: { readonly c: ConsoleContext }) {
  const vaults = await c.get('door').listVaults();
  const now = c.get('now');
  if (vaults.length === 0)
    return (
      <Card title="Vaults" flush>
        <EmptyState title="There is no vault yet.">
          <p class="muted">
            Make one for each group of credentials that belong together, such as Production: then a token can be given
            one and not the other.
          </p>
          <NewVault />
        </EmptyState>
      </Card>
    );
  const columns: readonly Column<VaultShape>[] = [
    {
      title: 'Vault',
      kind: 'main',
      cell: ({ id, name }) => (
        <a class="clip" href={vaultPath(id)}>
          {name}
        </a>
      ),
    },
    { title: 'Items', kind: 'number', cell: ({ items }) => items.toLocaleString('en') },
    {
      title: 'Description',
      kind: 'wide',
      cell: ({ description }) =>
        description === '' ? <span class="none">–</span> : <span class="clip">{description}</span>,
    },
    { title: 'Changed', cell: (vault) => <Time at={vault.updated_at} now={now} form="short" /> },
  ];
  return (
    <Card title="All vaults" flush actions={<a href={queryPath(HERE, { trash: true })}>Trash of all vaults</a>}>
      <div class="items">
        <Table caption="Vaults, by name" columns={columns} rows={vaults} />
      </div>
    </Card>
  );
}

async function Found({ c, query }: { readonly c: ConsoleContext; readonly query: ItemQuery }) {
  const { q, type, trash } = query;
  const items = await c.get('door').listItems({ trashed: trash, ...(type === '' ? {} : { type }) });
  const found = itemsWith(items, q);
  return (
    <Card title={titleOf(found.length, query)} flush actions={<a href={HERE}>All vaults</a>}>
      {found.length === 0 ? (
        <EmptyState title={q === '' && type === '' ? 'The trash is empty.' : 'No item is like that.'}>
          <p class="muted">
            {q === '' && type === ''
              ? 'Items that you move to the trash can be restored from here.'
              : 'The words are looked for in titles, user names, sites and tags, never in secrets.'}
          </p>
        </EmptyState>
      ) : (
        <ItemTable
          caption="Items that were found"
          items={found}
          now={c.get('now')}
          path={HERE}
          query={query}
          withVault
        />
      )}
    </Card>
  );
}

function titleOf(count: number, { trash }: ItemQuery): string {
  const items = count === 1 ? '1 item' : `${count.toLocaleString('en')} items`;
  return trash ? `${items} in the trash` : `${items} found`;
}
