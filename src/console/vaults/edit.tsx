/** An item is changed: what was typed of it and nothing else, if nobody changed it meanwhile. */
import { Refusal } from '../../core/refusal.js';
import type { ItemShape } from '../../core/shapes.js';
import type { ItemEdit } from '../../gate/door.js';
import type { ConsoleContext } from '../area.js';
import { done, Faults, readForm, Sent } from '../form.js';
import { page } from '../page.js';
import { Notice } from '../part.js';
import { fieldsOfItem, shownText } from './entry-field.js';
import { ItemForm } from './item-form.js';
import { readEdit, sitesOf, takeDoorFault } from './item-input.js';
import { ASSETS, findItem, itemPath, itemReferenceOf } from './place.js';

interface Shown {
  readonly item: ItemShape;
  readonly form: Sent;
  readonly faults: Faults;
  /** Whether it was changed while the form was being filled in. */
  readonly isOther: boolean;
}

/** The form with what is not concealed in it. */
export async function showEdit(c: ConsoleContext): Promise<Response> {
  return formPage(c, { item: await findItem(c), form: new Sent(), faults: new Faults(), isOther: false });
}

/** Changes what was typed; of an item that is another one by now it says so, and keeps what was typed. */
export async function editItem(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const item = await findItem(c);
  const faults = new Faults();
  const edit = await readEdit({ form, faults }, item);
  if (form.text('revision') !== String(item.revision)) return formPage(c, { item, form, faults, isOther: true });
  if (faults.areAny) return formPage(c, { item, form, faults, isOther: false });
  if (edit === undefined) return done(c, itemPath(item.id), 'Nothing was changed.');
  return save(c, { item, form, faults, isOther: false }, edit);
}

async function save(c: ConsoleContext, shown: Shown, edit: ItemEdit): Promise<Response> {
  const { item, faults } = shown;
  try {
    const { id, title } = await c.get('door').updateItem(itemReferenceOf(c), edit, item.revision);
    return done(c, itemPath(id), `${title} is changed.`);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'conflict')
      return formPage(c, { ...shown, item: await findItem(c), isOther: true });
    takeDoorFault(faults, error);
  }
  return formPage(c, shown);
}

async function formPage(c: ConsoleContext, { item, form, faults, isOther }: Shown): Promise<Response> {
  const path = itemPath(item.id);
  const failed = isOther ? (409 as const) : (422 as const);
  return page(
    c,
    {
      title: `Edit ${item.title}`,
      parent: { href: path, title: item.title },
      ...ASSETS,
      ...(isOther || faults.areAny ? { status: failed } : {}),
    },
    <>
      {isOther ? <Other item={item} /> : null}
      <ItemForm
        csrf={c.get('csrf')}
        action={itemPath(item.id, 'edit')}
        cancel={path}
        submit="Save"
        fields={fieldsOfItem(item)}
        form={form}
        faults={faults}
        held={{
          title: item.title,
          sites: sitesOf(item),
          tags: item.tags.map(shownText).join('\n'),
          revision: item.revision,
          isOther,
        }}
      />
    </>,
  );
}

/** Focused by the script, as what is wrong with a form is. */
function Other({ item: { id, revision } }: { readonly item: ItemShape }) {
  return (
    <div role="alert" tabindex={-1} data-fault>
      <Notice kind="warn" title={`It was changed meanwhile, and is at revision ${String(revision)} now.`}>
        <p>
          Nothing of yours is saved yet. What you typed stands here still, but for secrets: type those again. Where it
          differs, what the item holds now stands beside it. Save to put yours in its place, or{' '}
          <a href={itemPath(id, 'history')}>look at the history</a> first.
        </p>
      </Notice>
    </div>
  );
}
