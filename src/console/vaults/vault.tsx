/** One vault: its items, or those in its trash. */
import type { ItemSummaryShape, VaultShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { readQuery } from '../form.js';
import { Icon } from '../icon.js';
import { page } from '../page.js';
import { Card, EmptyState } from '../part.js';
import { type ItemQuery, ItemSearch, itemsWith, ItemTable, queryPath, readItemQuery } from './item-table.js';
import { ASSETS, findVault, LIST_KEYS, referenceOf, vaultPath } from './place.js';

/** The items of a vault that fit the query. */
export async function showVault(c: ConsoleContext): Promise<Response> {
  const vault = await findVault(c);
  const query = readItemQuery(readQuery(c));
  const { q, type, trash } = query;
  const filter = { vault: referenceOf(c), trashed: trash, ...(type === '' ? {} : { type }) };
  const found = itemsWith(await c.get('door').listItems(filter), q);
  const path = vaultPath(vault.id);
  return page(
    c,
    {
      title: vault.name,
      ...(vault.description === '' ? {} : { lead: vault.description }),
      parent: { href: '/vaults', title: 'Vaults' },
      actions: <Actions vault={vault} />,
      keys: [['n', 'New item'], ['e', 'Edit the vault'], ...LIST_KEYS],
      ...ASSETS,
    },
    <>
      <ItemSearch path={path} query={query} label={trash ? 'Search the trash' : 'Search this vault'} />
      <Card title={titleOf(found.length, query)} flush actions={<Views path={path} trash={trash} />}>
        {found.length === 0 ? (
          <Nothing vault={vault} query={query} />
        ) : (
          <ItemTable caption={captionOf(vault, trash)} items={found} now={c.get('now')} path={path} query={query} />
        )}
      </Card>
    </>,
  );
}

function captionOf({ name }: VaultShape, trash: boolean): string {
  return trash ? `Items in the trash of ${name}, by title` : `Items of ${name}, by title`;
}

function titleOf(count: ItemSummaryShape[]['length'], { q, type, trash }: ItemQuery): string {
  const items = count === 1 ? '1 item' : `${count.toLocaleString('en')} items`;
  if (trash) return `${items} in the trash`;
  return q === '' && type === '' ? items : `${items} found`;
}

function Actions({ vault }: { readonly vault: VaultShape }) {
  return (
    <div class="acts">
      <NewItem vault={vault} />
      <a class="button" href={vaultPath(vault.id, 'access')}>
        Who reaches it
      </a>
      <a class="button" href={vaultPath(vault.id, 'edit')} data-press="e">
        Edit
      </a>
      <a class="button danger" href={vaultPath(vault.id, 'delete')}>
        Delete
      </a>
    </div>
  );
}

function NewItem({ vault }: { readonly vault: VaultShape }) {
  return (
    <a class="button primary" href={vaultPath(vault.id, 'new')} data-press="n">
      <Icon name="plus" /> New item
    </a>
  );
}

function Views({ path, trash }: { readonly path: string; readonly trash: boolean }) {
  return trash ? <a href={path}>Back to the items</a> : <a href={queryPath(path, { trash: true })}>Trash</a>;
}

function Nothing({ vault, query: { q, type, trash } }: { readonly vault: VaultShape; readonly query: ItemQuery }) {
  if (q !== '' || type !== '')
    return (
      <EmptyState title="No item is like that.">
        <p class="muted">The words are looked for in titles, user names, sites and tags, never in secrets.</p>
      </EmptyState>
    );
  if (trash)
    return (
      <EmptyState title="The trash is empty.">
        <p class="muted">Items that you move to the trash can be restored from here.</p>
      </EmptyState>
    );
  return (
    <EmptyState title="There is nothing in this vault yet.">
      <p class="muted">
        Put a login, a key or a note in. Its secrets stay concealed until somebody asks for them by name.
      </p>
      <NewItem vault={vault} />
    </EmptyState>
  );
}
