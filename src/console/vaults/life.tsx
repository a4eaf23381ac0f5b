/** What becomes of an item as a whole: another vault, the trash, and its end. */
import { Refusal } from '../../core/refusal.js';
import type { ItemShape } from '../../core/shapes.js';
import { foldName } from '../../core/text.js';
import type { ConsoleContext } from '../area.js';
import { ConfirmByName, Form, FormActions, Select } from '../field.js';
import { done, Faults, readForm, refused } from '../form.js';
import { page } from '../page.js';
import { EmptyState, Notice } from '../part.js';
import { ASSETS, findItem, itemPath, itemReferenceOf, parentOf, vaultPath } from './place.js';

/** Puts it into the trash of its vault. */
export async function trash(c: ConsoleContext): Promise<Response> {
  const reference = itemReferenceOf(c);
  try {
    const { title, vault_id: vault } = await c.get('door').trashItem(reference);
    return done(c, vaultPath(vault), `${title} is in the trash. It can be restored from there.`);
  } catch (error) {
    return refused(c, itemPath(reference.item.text), error);
  }
}

/** Takes it out of the trash. */
export async function restore(c: ConsoleContext): Promise<Response> {
  const reference = { ...itemReferenceOf(c), trashed: true };
  try {
    const { id, title } = await c.get('door').restoreItem(reference);
    return done(c, itemPath(id), `${title} is restored.`);
  } catch (error) {
    return refused(c, itemPath(reference.item.text), error);
  }
}

/** The choice of another vault. */
export async function showMove(c: ConsoleContext): Promise<Response> {
  return movePage(c, new Faults());
}

/** Moves it; what was granted on it alone ends by that. */
export async function move(c: ConsoleContext): Promise<Response> {
  const faults = new Faults();
  const to = (await readForm(c)).text('vault');
  if (to === '') faults.add('vault', 'Choose a vault.');
  if (!faults.areAny) {
    try {
      const { id, title, vault } = await c.get('door').moveItem(itemReferenceOf(c), { by: 'id', text: to });
      return done(c, itemPath(id), `${title} is in ${vault} now.`);
    } catch (error) {
      faults.take(error, error instanceof Refusal && error.code === 'conflict' ? 'vault' : undefined);
    }
  }
  return movePage(c, faults);
}

async function movePage(c: ConsoleContext, faults: Faults): Promise<Response> {
  const item = await findItem(c);
  const others = (await c.get('door').listVaults()).filter(({ id }) => id !== item.vault_id);
  const path = itemPath(item.id);
  return page(
    c,
    {
      title: `Move ${item.title}`,
      lead: `It lies in ${item.vault}.`,
      parent: { href: path, title: item.title },
      ...ASSETS,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    others.length === 0 ? (
      <EmptyState title="There is no other vault yet.">
        <p class="muted">Make one first; then the item can be moved there.</p>
        <a class="button" href="/vaults/new">
          New vault
        </a>
      </EmptyState>
    ) : (
      <>
        <Notice kind="warn">
          <p>
            Tokens reach it as they reach the vault that you choose. Accesses to this item alone end, and its history
            begins anew.
          </p>
        </Notice>
        <Form csrf={c.get('csrf')} action={itemPath(item.id, 'move')} faults={faults}>
          <Select
            name="vault"
            label="To the vault"
            choices={[['', 'Choose'], ...others.map(({ id, name }): [string, string] => [id, name])]}
            faults={faults}
          />
          <FormActions submit="Move it" cancel={path} />
        </Form>
      </>
    ),
  );
}

/** Asks for its title, before it is deleted for good. */
export async function showDelete(c: ConsoleContext): Promise<Response> {
  return deletePage(c, await findItem(c), new Faults());
}

/** Deletes it for good, if its title was typed. */
export async function deleteItem(c: ConsoleContext): Promise<Response> {
  const item = await findItem(c);
  const faults = new Faults();
  const confirm = (await readForm(c)).text('confirm');
  if (foldName(confirm) !== foldName(item.title)) faults.add('confirm', `Type its title: ${item.title}`);
  if (!faults.areAny) {
    try {
      await c.get('door').deleteItem({ ...itemReferenceOf(c), trashed: item.trashed_at !== undefined });
      return done(c, vaultPath(item.vault_id), `${item.title} is deleted for good.`);
    } catch (error) {
      faults.take(error);
    }
  }
  return deletePage(c, item, faults);
}

async function deletePage(c: ConsoleContext, item: ItemShape, faults: Faults): Promise<Response> {
  const { id, title } = item;
  return page(
    c,
    {
      title: `Delete ${title}`,
      parent: parentOf(item),
      ...ASSETS,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <>
      <Notice kind="warn" title="Its secrets and its whole history are erased, and this cannot be undone.">
        <p>What was done with it stays in the log. Backups hold it still.</p>
      </Notice>
      <ConfirmByName
        csrf={c.get('csrf')}
        action={itemPath(id, 'delete')}
        faults={faults}
        confirm={title}
        submit="Delete for good"
        cancel={itemPath(id)}
      />
    </>,
  );
}
