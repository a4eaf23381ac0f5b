/** The form of an item, new or held. A concealed value is never in it, not even one that was typed a moment ago. */
import { FIELD_KINDS, type FieldKind, type ItemType } from '../../core/model.js';
import { type Choice, Field, Form, FormActions, Select } from '../field.js';
import type { Faults, Sent } from '../form.js';
import { Notice } from '../part.js';
import { type EntryField, shownText } from './entry-field.js';
import { SecretShapeFields } from './generation.js';
import { furtherNumbers, furtherRow } from './item-input.js';
import { KINDS } from './naming.js';

interface ItemFormProps {
  readonly csrf: string;
  readonly action: string;
  readonly cancel: string;
  readonly submit: string;
  readonly fields: readonly EntryField[];
  /** What was typed; nothing at first. */
  readonly form: Sent;
  readonly faults: Faults;
  /** Of a new one. */
  readonly type?: ItemType;
  /** What the item holds now, of a held one. */
  readonly held?: Held;
}

/** What stands in the form of a held item at first. */
export interface Held {
  readonly title: string;
  /** On lines. */
  readonly sites: string;
  /** On lines. */
  readonly tags: string;
  readonly revision: number;
  /** Whether it was changed while the form was being filled in: then what it holds now is said beside what was typed. */
  readonly isOther: boolean;
}

/** Title, fields, sites, tags and further fields. */
export function ItemForm(props: ItemFormProps) {
  const { csrf, action, cancel, submit, fields, form, faults, held, type } = props;
  const isNew = held === undefined;
  const lastMade = fields.findLast(({ isMakeable }) => isMakeable);
  return (
    <Form csrf={csrf} action={action} faults={faults} id="item-form" class="form item-form">
      {faults.areAny ? <SecretsAgain form={form} fields={fields} /> : null}
      {type === undefined ? null : <input type="hidden" name="type" value={type} />}
      {held === undefined ? null : <input type="hidden" name="revision" value={String(held.revision)} />}
      <Field
        name="title"
        label="Title"
        value={textIn(form, 'title', held?.title ?? '')}
        {...nowHint(props, 'title', held?.title ?? '')}
        faults={faults}
        required
        autofocus={isNew && !faults.areAny}
      />
      {fields.map((field) => (
        <>
          <Entry field={field} {...props} />
          {field === lastMade ? <SecretShapeFields form={form} faults={faults} /> : null}
        </>
      ))}
      <Lines {...props} name="sites" label="Sites" hint="Where it is used; one on a line." now={held?.sites ?? ''} />
      <Lines {...props} name="tags" label="Tags" hint="Words to find it by; one on a line." now={held?.tags ?? ''} />
      <Further form={form} faults={faults} />
      <FormActions submit={submit} cancel={cancel} />
    </Form>
  );
}

function SecretsAgain({ form, fields }: Pick<ItemFormProps, 'form' | 'fields'>) {
  const isTyped =
    fields.some(({ at, isConcealed }) => isConcealed && form.exact(at) !== '') ||
    furtherNumbers(form).some((number) => {
      const { kind, value } = furtherRow(number);
      return isSecret(form.text(kind)) && form.exact(value) !== '';
    });
  return isTyped ? (
    <Notice kind="warn">
      <p>Nothing is saved yet. Secrets and concealed notes are not shown again: they must be typed again.</p>
    </Notice>
  ) : null;
}

function isSecret(kind: string): boolean {
  return kind === 'secret' || kind === 'totp' || kind === 'note';
}

/** What was typed, or what stands there at first. */
function textIn(form: Sent, name: string, first: string): string {
  return form.has(name) ? form.exact(name) : shownText(first);
}

/** After a change by somebody else: what stands there now, where that is something else than what was typed. */
function nowHint({ form, held }: Pick<ItemFormProps, 'form' | 'held'>, name: string, now: string) {
  const isOther = held?.isOther === true && form.has(name) && form.exact(name) !== shownText(now);
  if (!isOther) return {};
  return { hint: now === '' ? 'It is empty now.' : `It is “${shownText(now).replaceAll('\n', '”, “')}” now.` };
}

interface EntryProps extends ItemFormProps {
  readonly field: EntryField;
}

function Entry(props: EntryProps) {
  const { field, form, faults } = props;
  if (field.isConcealed) return <SecretEntry {...props} />;
  const { at, title, kind, value } = field;
  const isLong = /[\r\n]/.test(value) || value.length > LONG || field.name === 'public_key' || field.name === 'address';
  return (
    <Field
      name={at}
      label={title}
      value={textIn(form, at, value)}
      {...(kind === 'date' ? { hint: 'As YYYY-MM-DD, YYYY-MM or MM/YY.' } : {})}
      {...nowHint(props, at, value)}
      {...(isLong ? { lines: 3 } : {})}
      {...(field.name === 'public_key' ? { code: true } : {})}
      faults={faults}
    />
  );
}

const LONG = 120;

const SECRET_HINTS: Readonly<Partial<Record<FieldKind, string>>> = {
  totp: 'The seed in letters and digits, or the whole otpauth:// address that the site shows.',
};

/** Browsers must not fill the password of the console in. */
const NO_FILLING = 'new-password';

function SecretEntry({ field, form, faults }: EntryProps) {
  const { at, title, kind, name, isHeld, isMakeable } = field;
  const lines = isHeld ? 4 : 8;
  const isLong = kind === 'note' || name === 'private_key';
  const hints = [SECRET_HINTS[kind], ...(isHeld ? ['Leave it empty to keep what it is.'] : [])];
  const hint = hints.filter((part) => part !== undefined).join(' ');
  return (
    <div class="secret-entry">
      <Field
        name={at}
        label={title}
        {...(isLong ? { lines, code: name === 'private_key' } : { type: 'password' as const })}
        autocomplete={NO_FILLING}
        {...(hint === '' ? {} : { hint })}
        faults={faults}
      />
      <div class="secret-means">
        {isMakeable ? <Make at={at} title={title} form={form} /> : null}
        {isLong ? null : <Peek at={at} title={title} />}
        {isHeld ? <Box name={`drop-${at}`} label="Remove it" checked={form.has(`drop-${at}`)} of={title} /> : null}
      </div>
    </div>
  );
}

/** The button is the script's; without it, the secret is made when the form is saved. */
function Make({ at, title, form }: { readonly at: string; readonly title: string; readonly form: Sent }) {
  return (
    <>
      <button type="button" class="button small" data-generate={`field-${at}`} hidden>
        Generate<span class="unseen"> {title}</span>
      </button>
      <Box
        name={`make-${at}`}
        label={form.has(`make-${at}`) ? 'Made when it is saved' : 'Make one when it is saved'}
        checked={form.has(`make-${at}`)}
        of={title}
      />
    </>
  );
}

function Peek({ at, title }: { readonly at: string; readonly title: string }) {
  return (
    <button type="button" class="button small" data-peek={`field-${at}`} aria-pressed="false" hidden>
      Show<span class="unseen"> {title}</span>
    </button>
  );
}

interface BoxProps {
  readonly name: string;
  readonly label: string;
  readonly checked: boolean;
  readonly of: string;
}

function Box({ name, label, checked, of }: BoxProps) {
  return (
    <label class="check box">
      <input type="checkbox" name={name} value="on" checked={checked} />
      <span>
        {label}
        <span class="unseen"> ({of})</span>
      </span>
    </label>
  );
}

interface LinesProps extends ItemFormProps {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly now: string;
}

function Lines(props: LinesProps) {
  const { name, label, hint, now, form, faults } = props;
  const other = nowHint(props, name, now).hint;
  const value = textIn(form, name, now);
  const lines = Math.min(8, Math.max(2, value.split('\n').length));
  return <Field {...{ name, label, value, lines, faults }} hint={other === undefined ? hint : `${hint} ${other}`} />;
}

const KIND_CHOICES: readonly Choice[] = FIELD_KINDS.map((kind): Choice => [kind, KINDS[kind]]);
const ROWS_AT_FIRST = 1;
const ROWS_WITHOUT_SCRIPT = 3;

/** Fields of one's own. The script adds rows one by one; without it, some stand there, and more can be added later. */
function Further({ form, faults }: Pick<ItemFormProps, 'form' | 'faults'>) {
  const used = furtherNumbers(form);
  const first = used.length === 0 ? 0 : Math.max(...used) + 1;
  const spare = Array.from({ length: ROWS_WITHOUT_SCRIPT }, (_, at) => first + at);
  const seen = used.length === 0 ? ROWS_AT_FIRST : 0;
  return (
    <details class="fold" open={used.length > 0} id="further">
      <summary>Further fields</summary>
      <div class="fold-body">
        <p class="hint">
          Fields of your own. Those with the same section stand together. Secrets, one-time codes and notes stay
          concealed.
        </p>
        {used.map((number) => (
          <Row number={number} form={form} faults={faults} />
        ))}
        {spare.map((number, at) => (
          <Row number={number} form={form} faults={faults} isSpare={at >= seen} />
        ))}
        <div>
          <button type="button" class="button small" id="further-add" hidden>
            Add another field
          </button>
        </div>
      </div>
    </details>
  );
}

interface RowProps extends Pick<ItemFormProps, 'form' | 'faults'> {
  readonly number: number;
  /** The script hides it until it is asked for. */
  readonly isSpare?: boolean;
}

function Row({ number, form, faults, isSpare = false }: RowProps) {
  const { section, name, kind, value } = furtherRow(number);
  const isHidden = isSecret(form.text(kind));
  return (
    <fieldset class="further-row" data-further={String(number)} data-spare={isSpare ? 'true' : undefined}>
      <legend class="unseen">Further field {String(number + 1)}</legend>
      <Field name={name} label="Name" value={form.exact(name)} faults={faults} />
      <Field name={section} label="Section" placeholder="none" value={form.exact(section)} faults={faults} />
      <Select name={kind} label="Kind" value={form.text(kind) || 'text'} choices={KIND_CHOICES} faults={faults} />
      <div class="further-value">
        <Field
          name={value}
          label="Value"
          lines={2}
          code={isHidden}
          value={isHidden ? '' : form.exact(value)}
          faults={faults}
        />
        <button type="button" class="button small" data-generate={`field-${value}`} hidden>
          Generate<span class="unseen"> the value of field {String(number + 1)}</span>
        </button>
      </div>
    </fieldset>
  );
}
