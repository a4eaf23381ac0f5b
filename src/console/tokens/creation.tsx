/** A new token: its form, and its making. */
import { Refusal } from '../../core/refusal.js';
import type { VaultShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { Checks, Field, Form, FormActions, Switch } from '../field.js';
import { Faults, readForm, Sent } from '../form.js';
import { page } from '../page.js';
import { expiryField, ExpiryFields, expiryOf } from './expiry.js';
import { showIssued } from './issue.js';
import { STYLES } from './named.js';
import { ROLE_CHOICES } from './role.js';

/** The empty form; for an agent, as most tokens are. */
export async function showNew(c: ConsoleContext): Promise<Response> {
  return showForm(c, new Sent([['agent', 'on']]), new Faults());
}

/** Makes the token and shows it, or the form again with what was wrong. */
export async function create(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const faults = new Faults();
  if (form.text('name') === '') faults.add('name', 'Give it a name, such as deploy-bot.');
  if (faults.areAny) return showForm(c, form, faults);
  const role = form.text('role');
  try {
    const made = await c.get('door').createToken({
      name: form.text('name'),
      description: form.text('description'),
      ...expiryOf(form),
      isAgent: form.has('agent'),
      vaults: form.all('vault').map((text) => ({ by: 'id', text })),
      ...(role === '' ? {} : { role }),
    });
    return await showIssued(c, made, `${made.name} is ready`);
  } catch (error) {
    faults.take(error, fieldOf(error, form));
  }
  return showForm(c, form, faults);
}

function fieldOf(error: unknown, form: Sent): string | undefined {
  if (!(error instanceof Refusal)) return undefined;
  if (error.code === 'conflict' || /\bname\b/.test(error.message)) return 'name';
  if (/\bdescription\b/.test(error.message)) return 'description';
  return /\bexpiration|duration\b/.test(error.message) ? expiryField(form) : undefined;
}

async function showForm(c: ConsoleContext, form: Sent, faults: Faults): Promise<Response> {
  const vaults = await c.get('door').listVaults();
  return page(
    c,
    {
      title: 'New token',
      lead: 'It opens only what you choose here, until the time that you choose.',
      parent: { href: '/tokens', title: 'Tokens' },
      styles: STYLES,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <NewForm csrf={c.get('csrf')} form={form} faults={faults} vaults={vaults} />,
  );
}

interface NewFormProps {
  readonly csrf: string;
  readonly form: Sent;
  readonly faults: Faults;
  readonly vaults: readonly VaultShape[];
}

function NewForm({ csrf, form, faults, vaults }: NewFormProps) {
  return (
    <Form csrf={csrf} action="/tokens" faults={faults}>
      <Field
        name="name"
        label="Name"
        hint="You will find it in the log by this."
        value={form.text('name')}
        faults={faults}
        required
      />
      <Field
        name="description"
        label="Description"
        hint="What it is for; may stay empty."
        value={form.text('description')}
        faults={faults}
      />
      <ExpiryFields form={form} faults={faults} />
      <Switch
        name="agent"
        label="Use for AI agent"
        hint="The agent must give a reason for every access, and you get instructions for it."
        checked={form.has('agent')}
      />
      <Checks
        name="vault"
        label="Vaults"
        hint="Which vaults it may reach. Single items and limits can be given afterwards."
        choices={vaults.map(({ id, name, items }) => [id, name, items === 1 ? '1 item' : `${String(items)} items`])}
        values={form.all('vault')}
        faults={faults}
      />
      <Checks
        name="role"
        label="Role in them"
        choices={ROLE_CHOICES}
        values={[form.text('role') || 'viewer']}
        faults={faults}
        single
      />
      <FormActions submit="Make the token" cancel="/tokens" />
    </Form>
  );
}
