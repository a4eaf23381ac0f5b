/** The revisions of an item, and the way back to one. */
import type { ItemShape, RevisionShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { Form } from '../field.js';
import { done, readForm, refused } from '../form.js';
import { page } from '../page.js';
import { Badge, Card } from '../part.js';
import { type Column, Table } from '../table.js';
import { Time } from '../time.js';
import { ASSETS, findItem, itemPath, itemReferenceOf } from './place.js';

/** Who changed it and when; no value of any revision. */
export async function showHistory(c: ConsoleContext): Promise<Response> {
  const item = await findItem(c);
  const revisions = await c.get('door').history(itemReferenceOf(c));
  return page(
    c,
    {
      title: `History of ${item.title}`,
      lead: 'To go back to a revision writes what it held as a new one. Nothing is lost by it.',
      parent: { href: itemPath(item.id), title: item.title },
      ...ASSETS,
    },
    <Card title={revisions.length === 1 ? '1 revision' : `${String(revisions.length)} revisions`} flush>
      <Table
        caption="Revisions, newest first"
        columns={columnsOf({ item, csrf: c.get('csrf'), now: c.get('now') })}
        rows={revisions}
      />
    </Card>,
  );
}

interface Shown {
  readonly item: ItemShape;
  readonly csrf: string;
  readonly now: number;
}

function columnsOf({ item, csrf, now }: Shown): readonly Column<RevisionShape>[] {
  return [
    { title: 'Revision', kind: 'main', cell: ({ revision }) => String(revision) },
    { title: 'When', cell: ({ at }) => <Time at={at} now={now} /> },
    { title: 'By', kind: 'text', cell: ({ author }) => (author === 'owner' ? 'you' : author) },
    { title: 'Title', kind: 'text', cell: (revision) => <Title {...revision} /> },
    { title: 'Fields', kind: 'wide', cell: ({ fields }) => fields.join(', ') || <span class="none">none</span> },
    {
      title: 'Go back',
      cell: ({ revision }) =>
        revision === item.revision ? (
          <Badge tone="good">now</Badge>
        ) : (
          <Form csrf={csrf} action={itemPath(item.id, 'revert')} class="act">
            <input type="hidden" name="revision" value={String(revision)} />
            <button class="button small" type="submit">
              Go back<span class="unseen"> to revision {String(revision)}</span>
            </button>
          </Form>
        ),
    },
  ];
}

function Title({ title, trashed }: RevisionShape) {
  return (
    <>
      {title} {trashed ? <Badge>in the trash</Badge> : null}
    </>
  );
}

/** Writes what an earlier revision held as the newest one. */
export async function revert(c: ConsoleContext): Promise<Response> {
  const text = (await readForm(c)).text('revision');
  const number = /^[0-9]{1,9}$/.test(text) ? Number(text) : 0;
  const { text: id } = itemReferenceOf(c).item;
  try {
    const item = await c.get('door').revertItem(itemReferenceOf(c), number);
    return done(c, itemPath(item.id), `${item.title} is as it was at revision ${text}.`);
  } catch (error) {
    return refused(c, itemPath(id, 'history'), error);
  }
}
