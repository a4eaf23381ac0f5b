/** A new item: its type is chosen, its form filled in. */
import { ITEM_TYPES, type ItemType } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import type { VaultShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { done, Faults, readForm, readQuery, Sent } from '../form.js';
import { page } from '../page.js';
import { fieldsOfType } from './entry-field.js';
import { ItemForm } from './item-form.js';
import { readNewItem, takeDoorFault } from './item-input.js';
import { TYPES } from './naming.js';
import { ASSETS, findVault, itemPath, referenceOf, vaultPath } from './place.js';

function typeOf(text: string): ItemType | undefined {
  return ITEM_TYPES.find((one) => one === text);
}

/** The choice of a type; with one in the address, the form of it. */
export async function showNewItem(c: ConsoleContext): Promise<Response> {
  const vault = await findVault(c);
  const type = typeOf(readQuery(c).text('type'));
  return type === undefined ? typePage(c, vault) : formPage(c, { vault, type, form: new Sent(), faults: new Faults() });
}

async function typePage(c: ConsoleContext, vault: VaultShape): Promise<Response> {
  const path = vaultPath(vault.id);
  return page(
    c,
    {
      title: 'New item',
      lead: 'What is it? Each type has the fields that it usually needs; you can add others.',
      parent: { href: path, title: vault.name },
      ...ASSETS,
    },
    <ul class="types">
      {ITEM_TYPES.map((type) => (
        <li class="card type-card">
          <a href={`${vaultPath(vault.id, 'new')}?type=${type}`}>{TYPES[type][0]}</a>
          <p class="muted">{TYPES[type][1]}</p>
        </li>
      ))}
    </ul>,
  );
}

/** Keeps the new item, or shows the form again with what was wrong, without its secrets. */
export async function createItem(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const type = typeOf(form.text('type'));
  if (type === undefined)
    throw new Refusal('invalid_request', { message: 'That is no item type.', next: 'Choose one of the list.' });
  const faults = new Faults();
  const item = await readNewItem({ form, faults, type });
  if (!faults.areAny) {
    try {
      const { id, title } = await c.get('door').createItem(referenceOf(c), item);
      return done(c, itemPath(id), `${title} is kept.`);
    } catch (error) {
      takeDoorFault(faults, error);
    }
  }
  return formPage(c, { vault: await findVault(c), type, form, faults });
}

interface Shown {
  readonly vault: VaultShape;
  readonly type: ItemType;
  readonly form: Sent;
  readonly faults: Faults;
}

async function formPage(c: ConsoleContext, { vault, type, form, faults }: Shown): Promise<Response> {
  const path = vaultPath(vault.id, 'new');
  return page(
    c,
    {
      title: `New ${titleOf(type)}`,
      lead: `It is put into ${vault.name}.`,
      parent: { href: path, title: 'New item' },
      ...ASSETS,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <ItemForm
      csrf={c.get('csrf')}
      action={path}
      cancel={vaultPath(vault.id)}
      submit="Keep it"
      fields={fieldsOfType(type)}
      form={form}
      faults={faults}
      type={type}
    />,
  );
}

function titleOf(type: ItemType): string {
  const [title] = TYPES[type];
  return /^[A-Z]{2}|-/.test(title) ? title : title.toLowerCase();
}
