/** A vault is made, changed and deleted. */
import { Refusal } from '../../core/refusal.js';
import { foldName } from '../../core/text.js';
import type { VaultShape } from '../../core/shapes.js';
import type { ConsoleContext } from '../area.js';
import { ConfirmByName, Field, Form, FormActions } from '../field.js';
import { done, Faults, readForm, Sent } from '../form.js';
import { page } from '../page.js';
import { Notice } from '../part.js';
import { ASSETS, findVault, referenceOf, vaultPath } from './place.js';

/** The empty form of a new vault. */
export async function showNewVault(c: ConsoleContext): Promise<Response> {
  return formPage(c, { vault: null, form: new Sent(), faults: new Faults() });
}

/** Makes the vault. */
export async function createVault(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const faults = new Faults();
  if (form.text('name') === '') faults.add('name', 'Give it a name, such as Production.');
  if (!faults.areAny) {
    try {
      const made = await c.get('door').createVault(factsOf(form));
      return done(c, vaultPath(made.id), `${made.name} is made. Put the first item in.`);
    } catch (error) {
      faults.take(error, fieldOf(error));
    }
  }
  return formPage(c, { vault: null, form, faults });
}

/** The form that changes name and description. */
export async function showEditVault(c: ConsoleContext): Promise<Response> {
  const vault = await findVault(c);
  const { name, description } = vault;
  return formPage(c, { vault, form: new Sent(Object.entries({ name, description })), faults: new Faults() });
}

/** Changes name and description. */
export async function editVault(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const faults = new Faults();
  if (form.text('name') === '') faults.add('name', 'Give it a name.');
  if (!faults.areAny) {
    try {
      const vault = await c.get('door').updateVault(referenceOf(c), factsOf(form));
      return done(c, vaultPath(vault.id), `${vault.name} is changed.`);
    } catch (error) {
      faults.take(error, fieldOf(error));
    }
  }
  return formPage(c, { vault: await findVault(c), form, faults });
}

function factsOf(form: Sent): { name: string; description: string } {
  return { name: form.text('name'), description: form.text('description') };
}

function fieldOf(error: unknown): string | undefined {
  if (!(error instanceof Refusal)) return undefined;
  if (error.code === 'conflict' || /\bname\b/.test(error.message)) return 'name';
  return /\bdescription\b/.test(error.message) ? 'description' : undefined;
}

interface Shown {
  /** Null for a new one. */
  readonly vault: VaultShape | null;
  readonly form: Sent;
  readonly faults: Faults;
}

async function formPage(c: ConsoleContext, { vault, form, faults }: Shown): Promise<Response> {
  const back = vault === null ? '/vaults' : vaultPath(vault.id);
  return page(
    c,
    {
      title: vault === null ? 'New vault' : `Edit ${vault.name}`,
      parent: { href: back, title: vault?.name ?? 'Vaults' },
      ...ASSETS,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <Form csrf={c.get('csrf')} action={vault === null ? '/vaults' : vaultPath(vault.id, 'edit')} faults={faults}>
      <Field
        name="name"
        label="Name"
        hint="Agents see it when a token of theirs opens the vault."
        value={form.text('name')}
        faults={faults}
        required
        autofocus
      />
      <Field
        name="description"
        label="Description"
        hint="What lies in it; agents see this too. May stay empty."
        value={form.text('description')}
        faults={faults}
      />
      <FormActions submit={vault === null ? 'Make the vault' : 'Save'} cancel={back} />
    </Form>,
  );
}

/** Asks for its name, before it is deleted with all that is in it. */
export async function showDeleteVault(c: ConsoleContext): Promise<Response> {
  return deletePage(c, await findVault(c), new Faults());
}

/** Deletes it for good, if its name was typed. */
export async function deleteVault(c: ConsoleContext): Promise<Response> {
  const vault = await findVault(c);
  const confirm = (await readForm(c)).text('confirm');
  const faults = new Faults();
  if (foldName(confirm) !== foldName(vault.name)) faults.add('confirm', `Type its name: ${vault.name}`);
  if (!faults.areAny) {
    try {
      await c.get('door').deleteVault(referenceOf(c), confirm);
      return done(c, '/vaults', `${vault.name} is deleted, with all that was in it.`);
    } catch (error) {
      faults.take(error, 'confirm');
    }
  }
  return deletePage(c, vault, faults);
}

async function deletePage(c: ConsoleContext, vault: VaultShape, faults: Faults): Promise<Response> {
  const { id, name, items } = vault;
  const path = vaultPath(id);
  return page(
    c,
    {
      title: `Delete ${name}`,
      parent: { href: path, title: name },
      ...ASSETS,
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <>
      <Notice kind="warn" title="All that is in it is deleted for good, also its trash and every history.">
        <p>
          {items === 1 ? '1 item is' : `${items.toLocaleString('en')} items are`} outside of its trash now. Every access
          to the vault ends. What was done with it stays in the log.
        </p>
      </Notice>
      <ConfirmByName
        csrf={c.get('csrf')}
        action={vaultPath(id, 'delete')}
        faults={faults}
        confirm={name}
        submit="Delete for good"
        cancel={path}
      />
    </>,
  );
}
