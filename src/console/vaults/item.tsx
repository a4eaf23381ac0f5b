/** One item: what it says in the open, and where its secrets are asked for. */
import type { FieldShape, ItemShape } from '../../core/shapes.js';
import { fieldPath } from '../../core/item-field.js';
import type { ConsoleContext } from '../area.js';
import { Form } from '../field.js';
import { Icon } from '../icon.js';
import { page } from '../page.js';
import { Badge, Card, EmptyState, Facts, Notice } from '../part.js';
import { Time } from '../time.js';
import { Tags } from './item-table.js';
import { fieldTitle, TYPES } from './naming.js';
import { ASSETS, findItem, itemPath, parentOf, vaultPath } from './place.js';

/** The item, with everything concealed that has to be asked for. */
export async function showItem(c: ConsoleContext): Promise<Response> {
  const item = await findItem(c);
  const csrf = c.get('csrf');
  const now = c.get('now');
  return page(
    c,
    {
      title: item.title,
      parent: parentOf(item),
      actions: <Actions item={item} csrf={csrf} />,
      keys: [
        ['e', 'Edit the item'],
        ['c', 'Copy its first secret'],
        ['h', 'History'],
      ],
      ...ASSETS,
    },
    <>
      {item.trashed_at === undefined ? null : (
        <Notice kind="warn" title="It is in the trash.">
          <p>Restore it, or delete it for good.</p>
        </Notice>
      )}
      <Fields item={item} csrf={csrf} />
      <Card title="About">
        <Facts
          rows={[
            ['Type', TYPES[item.type][0]],
            ['Vault', <a href={vaultPath(item.vault_id)}>{item.vault}</a>],
            ['Reached by', <a href={itemPath(item.id, 'access')}>Tokens with access to it</a>],
            ['Tags', item.tags.length === 0 ? null : <Tags tags={item.tags} most={item.tags.length} />],
            ['Updated', <Time at={item.updated_at} now={now} />],
            ['Made', <Time at={item.created_at} now={now} />],
            ['Revision', <a href={itemPath(item.id, 'history')}>{String(item.revision)}</a>],
            ['In the trash', item.trashed_at === undefined ? null : <Time at={item.trashed_at} now={now} />],
            ['Id', <code>{item.id}</code>],
          ]}
        />
      </Card>
    </>,
  );
}

interface Seen {
  readonly item: ItemShape;
  readonly csrf: string;
}

function Actions({ item: { id, trashed_at: trashedAt }, csrf }: Seen) {
  const isTrashed = trashedAt !== undefined;
  return (
    <div class="acts">
      {isTrashed ? null : (
        <a class="button primary" href={itemPath(id, 'edit')} data-press="e">
          Edit
        </a>
      )}
      <a class="button" href={itemPath(id, 'history')} data-press="h">
        History
      </a>
      {isTrashed ? null : (
        <a class="button" href={itemPath(id, 'move')}>
          Move
        </a>
      )}
      <Form csrf={csrf} action={itemPath(id, isTrashed ? 'restore' : 'trash')} class="act">
        <button class="button" type="submit">
          {isTrashed ? 'Restore' : 'Move to the trash'}
        </button>
      </Form>
      {isTrashed ? (
        <a class="button danger" href={itemPath(id, 'delete')}>
          Delete for good
        </a>
      ) : null}
    </div>
  );
}

function Fields({ item, csrf }: Seen) {
  const { id, fields } = item;
  if (fields.length === 0)
    return (
      <Card title="Fields" flush>
        <EmptyState title="It holds nothing yet.">
          <p class="muted">Edit it to put a user name, a password or a note in.</p>
          <a class="button" href={itemPath(id, 'edit')}>
            Edit
          </a>
        </EmptyState>
      </Card>
    );
  const sections = [undefined, ...new Set(fields.flatMap(({ section }) => section ?? []))];
  const code = fields.find(({ kind }) => kind === 'totp');
  return (
    <Card title="Fields" flush>
      {fields.some(({ concealed }) => concealed === true) ? (
        <p class="hint fields-hint">
          Revealing or copying a secret, and each one-time code, is recorded in the log. After 30 seconds it is
          concealed again.
        </p>
      ) : null}
      {sections.map((section) => (
        <Section section={section} code={code} item={item} csrf={csrf} />
      ))}
    </Card>
  );
}

interface SectionProps extends Seen {
  readonly section: string | undefined;
  /** The field that one-time codes are made from. */
  readonly code: FieldShape | undefined;
}

function Section({ section, code, item, csrf }: SectionProps) {
  const fields = item.fields.filter((field) => field.section === section);
  if (fields.length === 0) return null;
  return (
    <>
      {section === undefined ? null : <h3 class="section-title">{section}</h3>}
      <dl class="item-fields">
        {fields.map((field) => (
          <div class="item-field" data-field>
            <dt>{section === undefined ? fieldTitle(item.type, field) : field.name}</dt>
            {field.value === undefined ? (
              <Concealed field={field} hasCode={field === code} id={item.id} csrf={csrf} />
            ) : (
              <Open value={field.value} title={fieldTitle(item.type, field)} />
            )}
          </div>
        ))}
      </dl>
    </>
  );
}

function Open({ value, title }: { readonly value: string; readonly title: string }) {
  return (
    <dd class="item-value">
      <span class="item-text" data-copy-text>
        {value}
      </span>
      <button type="button" class="button small" data-copy hidden>
        <Icon name="copy" /> <span data-copy-label>Copy</span>
        <span class="unseen"> {title}</span>
      </button>
    </dd>
  );
}

interface ConcealedProps {
  readonly field: FieldShape;
  readonly hasCode: boolean;
  readonly id: string;
  readonly csrf: string;
}

/** What stands for a value that is not shown. It says nothing of its length. */
const CONCEALED = '••••••••';

function Concealed({ field, hasCode, id, csrf }: ConcealedProps) {
  const path = fieldPath(field);
  return (
    <dd class="item-value" data-secret>
      <div class="item-shown">
        <span class="item-text concealed" data-shown>
          {CONCEALED}
        </span>
        {field.kind === 'note' ? (
          <>
            {' '}
            <Badge>note</Badge>
          </>
        ) : null}
        <p class="hint" role="status" data-said />
        <p class="hint" role="status" data-noted />
      </div>
      <div class="item-means">
        {hasCode ? <CodeForm id={id} csrf={csrf} /> : null}
        <Form csrf={csrf} action={itemPath(id, 'reveal')} class="act">
          <input type="hidden" name="field" value={path} />
          <button class="button small" type="submit" data-reveal>
            <span>
              <span data-label>Reveal</span>
              {hasCode ? ' the seed' : <span class="unseen"> {path}</span>}
            </span>
          </button>
          {hasCode ? null : <CopyButton what={path} />}
        </Form>
      </div>
    </dd>
  );
}

/** The script's: it asks for what it copies, and clears it from the clipboard. */
function CopyButton({ what }: { readonly what: string }) {
  return (
    <button class="button small" type="button" data-copy-secret hidden>
      <Icon name="copy" /> Copy<span class="unseen"> {what}</span>
    </button>
  );
}

/** What is copied from here is the code, not the seed. */
function CodeForm({ id, csrf }: { readonly id: string; readonly csrf: string }) {
  return (
    <Form csrf={csrf} action={itemPath(id, 'code')} class="act">
      <button class="button small" type="submit" data-code>
        Show the code
      </button>
      <CopyButton what="the code" />
    </Form>
  );
}
