/** One secret of an item, or one code, given to the person who asked for it: recorded, once for each time. */
import { fieldKey, fieldPath } from '../../core/item-field.js';
import { Refusal } from '../../core/refusal.js';
import type { ItemShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { Form } from '../field.js';
import { readForm } from '../form.js';
import { page } from '../page.js';
import { Card, Copy, Notice } from '../part.js';
import { fieldTitle } from './naming.js';
import { ASSETS, findItem, itemPath, itemReferenceOf } from './place.js';

/** How long a secret stays on a page that has no script, in seconds. */
const SHOWN_SECONDS = 30;

function isForScript(c: ConsoleContext): boolean {
  return /^application\/json\b/.test(c.req.header('accept') ?? '');
}

/** The value of one field. A script gets it alone; without one it is a page that goes away by itself. */
export async function reveal(c: ConsoleContext): Promise<Response> {
  const path = (await readForm(c)).exact('field');
  if (path === '')
    throw new Refusal('invalid_request', { message: 'No field is named.', next: 'Go back to the item.' });
  const item = await c.get('door').viewItem(itemReferenceOf(c), [path]);
  const field = item.fields.find((one) => fieldKey(one) === fieldKey({ name: path }));
  if (field?.value === undefined) throw new Refusal('not_found', { message: 'The item has no such field.' });
  if (isForScript(c)) return c.json({ value: field.value });
  leaveAfter(c, item, SHOWN_SECONDS);
  return page(
    c,
    {
      title: `${fieldTitle(item.type, field)} of ${item.title}`,
      lead: 'It is recorded that it was shown. This page goes back to the item in 30 seconds.',
      parent: { href: itemPath(item.id), title: item.title },
      ...ASSETS,
    },
    <Card title={fieldPath(field)}>
      <Copy text={field.value} what={fieldPath(field)} long />
      <Back item={item} />
    </Card>,
  );
}

/** A browser goes back by itself: what is shown must not stay where somebody else passes. */
function leaveAfter(c: ConsoleContext, { id }: ItemShape, seconds: number): void {
  c.header('Refresh', `${String(seconds)}; url=${itemPath(id)}`);
}

function Back({ item: { id, title } }: { readonly item: ItemShape }) {
  return (
    <p>
      <a class="button" href={itemPath(id)}>
        Back to {title}
      </a>
    </p>
  );
}

/** The one-time code of now, with how long it holds. */
export async function showCode(c: ConsoleContext): Promise<Response> {
  const { code, seconds_left: left } = await c.get('door').totp(itemReferenceOf(c));
  if (isForScript(c)) return c.json({ code, seconds_left: left });
  const item = await findItem(c);
  leaveAfter(c, item, left);
  return page(
    c,
    {
      title: `One-time code of ${item.title}`,
      lead: 'It is recorded that a code was shown.',
      parent: { href: itemPath(item.id), title: item.title },
      ...ASSETS,
    },
    <Card title="The code of now">
      <Copy text={code} what="the code" />
      <Notice>
        <p>It holds for {left === 1 ? '1 more second' : `${String(left)} more seconds`}.</p>
      </Notice>
      <div class="form-actions">
        <Form csrf={c.get('csrf')} action={itemPath(item.id, 'code')} class="act">
          <button class="button" type="submit">
            Another code
          </button>
        </Form>
        <Back item={item} />
      </div>
    </Card>,
  );
}
