/** Manage access: what a token reaches, ended or added. */
import { Refusal } from '../../core/refusal.js';
import type { GrantShape, TokenShape, VaultShape } from '../../core/shapes.js';
import type { NewGrant } from '../../gate/door.js';
import type { ConsoleContext } from '../area.js';
import { Checks, Field, Form, FormActions, Select } from '../field.js';
import { done, Faults, readForm, refused, Sent } from '../form.js';
import { page } from '../page.js';
import { Card, EmptyState } from '../part.js';
import { endedText } from './change.js';
import { expiryField, ExpiryFields, expiryOf } from './expiry.js';
import { GrantTable, placeText } from './grant.js';
import { LimitFields, limitsOf, takeLimitFault } from './limits.js';
import { pathOf, referenceOf, STYLES } from './named.js';
import { ROLE_CHOICES } from './role.js';

/** The page with its grants, and the form for another. */
export async function showAccess(c: ConsoleContext): Promise<Response> {
  return accessPage(c, new Sent(), new Faults());
}

/** Lets it reach one more vault or item, or the same with other terms. */
export async function addAccess(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const faults = new Faults();
  if (form.text('vault') === '') faults.add('vault', 'Choose a vault.');
  if (faults.areAny) return accessPage(c, form, faults);
  try {
    const made = await c.get('door').grant(grantOf(c, form));
    return done(c, pathOf(referenceOf(c).text, 'access'), `It reaches ${placeText(made)} as ${made.role}.`);
  } catch (error) {
    if (!takeLimitFault(faults, error)) faults.take(error, fieldOf(error, form));
  }
  return accessPage(c, form, faults);
}

function grantOf(c: ConsoleContext, form: Sent): NewGrant {
  const [item, role, purpose] = [form.text('item'), form.text('role'), form.text('purpose')];
  return {
    token: referenceOf(c),
    vault: { by: 'id', text: form.text('vault') },
    ...(item === '' ? {} : { item: { by: 'any', text: item } }),
    ...(role === '' ? {} : { role }),
    ...(purpose === '' ? {} : { purpose }),
    ...expiryOf(form),
    ...limitsOf(form),
  };
}

function fieldOf(error: unknown, form: Sent): string | undefined {
  if (!(error instanceof Refusal)) return undefined;
  const { code, message } = error;
  if ((code === 'not_found' || code === 'ambiguous') && form.text('item') !== '') return 'item';
  if (/\bpurpose\b/.test(message)) return 'purpose';
  return /\bexpiration|duration\b/.test(message) ? expiryField(form) : undefined;
}

/** Ends one grant. */
export async function endAccess(c: ConsoleContext): Promise<Response> {
  const token = referenceOf(c);
  const back = pathOf(token.text, 'access');
  try {
    const grantId = c.req.param('grant') ?? '';
    const ended = await c.get('door').revoke({ token, grantId, rotate: true });
    return done(c, back, `It no longer reaches ${ended.ended.map(placeText).join(', ')}. ${endedText(ended)}`);
  } catch (error) {
    return refused(c, back, error);
  }
}

interface Shown {
  readonly token: TokenShape;
  readonly grants: readonly GrantShape[];
  readonly vaults: readonly VaultShape[];
  readonly csrf: string;
  readonly form: Sent;
  readonly faults: Faults;
}

async function accessPage(c: ConsoleContext, form: Sent, faults: Faults): Promise<Response> {
  const door = c.get('door');
  const token = await door.findToken(referenceOf(c));
  const grants = await door.listAccess(referenceOf(c));
  const shown: Shown = { token, grants, vaults: await door.listVaults(), csrf: c.get('csrf'), form, faults };
  return page(
    c,
    {
      title: `Access of ${token.name}`,
      lead: 'A change counts from its next call on.',
      parent: { href: pathOf(token.id), title: token.name },
      styles: STYLES,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <>
      <Card title="What it reaches" flush>
        {grants.length === 0 ? (
          <EmptyState title="It reaches nothing.">
            <p class="muted">Add a vault or an item below.</p>
          </EmptyState>
        ) : (
          <GrantTable
            caption={`What ${token.name} reaches`}
            grants={grants}
            now={c.get('now')}
            action={(grant) => <End {...shown} grant={grant} />}
          />
        )}
      </Card>
      <Card title="Add access">
        <AddForm {...shown} />
      </Card>
    </>,
  );
}

function End({ token, csrf, grant }: Shown & { readonly grant: GrantShape }) {
  return (
    <Form csrf={csrf} action={pathOf(token.id, `access/${encodeURIComponent(grant.grant_id)}/end`)} class="act">
      <button class="button danger small" type="submit">
        End<span class="unseen"> access to {placeText(grant)}</span>
      </button>
    </Form>
  );
}

function AddForm({ token, vaults, csrf, form, faults }: Shown) {
  const shared = { form, faults };
  return (
    <Form csrf={csrf} action={pathOf(token.id, 'access')} faults={faults}>
      <Select
        name="vault"
        label="Vault"
        hint="Given again, the role, end and limits that it had there are replaced."
        choices={[['', 'Choose'], ...vaults.map(({ id, name }): [string, string] => [id, name])]}
        value={form.text('vault')}
        faults={faults}
      />
      <Field
        name="item"
        label="Item"
        hint="The title or id of one item in it. Leave it empty for the whole vault."
        value={form.text('item')}
        faults={faults}
      />
      <Checks
        name="role"
        label="Role"
        choices={ROLE_CHOICES}
        values={[form.text('role') || 'viewer']}
        faults={faults}
        single
      />
      <ExpiryFields {...shared} otherwise="with the token" />
      <Field
        name="purpose"
        label="Purpose"
        hint="What it is for; the agent is shown it. May stay empty."
        value={form.text('purpose')}
        faults={faults}
      />
      <LimitFields {...shared} />
      <FormActions submit="Add access" cancel={pathOf(token.id)} />
    </Form>
  );
}
