/** What is done to a token as a whole: renew, rename, freeze, delete. */
import { Refusal } from '../../core/refusal.js';
import type { TokenShape } from '../../core/shapes.js';
import type { Ended } from '../../gate/door.js';
import type { ConsoleContext } from '../area.js';
import { ConfirmByName, Field, Form, FormActions, Switch } from '../field.js';
import { done, Faults, readForm, refused, Sent } from '../form.js';
import { page } from '../page.js';
import { Notice } from '../part.js';
import { expiryField, ExpiryFields, expiryOf } from './expiry.js';
import { showIssued } from './issue.js';
import { findEndable, pathOf, referenceOf, STYLES } from './named.js';

interface Shown {
  readonly c: ConsoleContext;
  readonly token: TokenShape;
  readonly form: Sent;
  readonly faults: Faults;
}

function optionsOf({ token, faults }: Shown, title: string) {
  return {
    title,
    parent: { href: pathOf(token.id), title: token.name },
    styles: STYLES,
    ...(faults.areAny ? { status: 422 as const } : {}),
  };
}

async function emptyForm(c: ConsoleContext): Promise<Shown> {
  return { c, token: await c.get('door').findToken(referenceOf(c)), form: new Sent(), faults: new Faults() };
}

/** The form that renews. */
export async function showRenew(c: ConsoleContext): Promise<Response> {
  return renewPage(await emptyForm(c));
}

/** Renews, and shows the new value once. */
export async function renew(c: ConsoleContext): Promise<Response> {
  const shown: Shown = { ...(await emptyForm(c)), form: await readForm(c) };
  const { form, faults } = shown;
  try {
    const rotate = form.has('rotate');
    const renewed = await c.get('door').renewToken(referenceOf(c), { ...expiryOf(form), rotate });
    return await showIssued(c, renewed, `${renewed.name} is renewed`);
  } catch (error) {
    const isExpiry = error instanceof Refusal && error.code === 'invalid_request';
    faults.take(error, isExpiry ? expiryField(form) : undefined);
  }
  return renewPage(shown);
}

async function renewPage(shown: Shown): Promise<Response> {
  const { c, token, form, faults } = shown;
  return page(
    c,
    {
      ...optionsOf(shown, `Renew ${token.name}`),
      lead: 'You get a new value with the same access. The old one stops working at once.',
    },
    <Form csrf={c.get('csrf')} action={pathOf(token.id, 'renew')} faults={faults}>
      <ExpiryFields form={form} faults={faults} />
      <Switch
        name="rotate"
        label="The old value may have leaked"
        hint="Also changes the keys of the vaults that it reaches. That takes longer the more items there are."
        checked={form.has('rotate')}
      />
      <FormActions submit="Renew" cancel={pathOf(token.id)} />
    </Form>,
  );
}

/** The form that renames. */
export async function showRename(c: ConsoleContext): Promise<Response> {
  const shown = await emptyForm(c);
  return renamePage({ ...shown, form: new Sent([['name', shown.token.name]]) });
}

/** Gives it another name. */
export async function rename(c: ConsoleContext): Promise<Response> {
  const shown: Shown = { ...(await emptyForm(c)), form: await readForm(c) };
  const { form, faults, token } = shown;
  if (form.text('name') === '') faults.add('name', 'Give it a name.');
  if (!faults.areAny) {
    try {
      const renamed = await c.get('door').renameToken(referenceOf(c), form.text('name'));
      return done(c, pathOf(token.id), `It is called ${renamed.name} now.`);
    } catch (error) {
      faults.take(error, 'name');
    }
  }
  return renamePage(shown);
}

async function renamePage(shown: Shown): Promise<Response> {
  const { c, token, form, faults } = shown;
  return page(
    c,
    optionsOf(shown, `Rename ${token.name}`),
    <Form csrf={c.get('csrf')} action={pathOf(token.id, 'rename')} faults={faults}>
      <Field name="name" label="New name" value={form.text('name')} faults={faults} required />
      <FormActions submit="Rename" cancel={pathOf(token.id)} />
    </Form>,
  );
}

/** Refuses it everything, at once. */
export async function freeze(c: ConsoleContext): Promise<Response> {
  try {
    const { id, name } = await c.get('door').freezeToken(referenceOf(c));
    return done(c, pathOf(id), `${name} is frozen. It is refused everything.`);
  } catch (error) {
    return refused(c, pathOf(referenceOf(c).text), error);
  }
}

/** Lets it work again. */
export async function unfreeze(c: ConsoleContext): Promise<Response> {
  try {
    const { id, name } = await c.get('door').unfreezeToken(referenceOf(c));
    return done(c, pathOf(id), `${name} is no longer frozen.`);
  } catch (error) {
    return refused(c, pathOf(referenceOf(c).text), error);
  }
}

/** Asks for its name, before it is deleted. */
export async function showDelete(c: ConsoleContext): Promise<Response> {
  return deletePage({ c, token: await findEndable(c), form: new Sent(), faults: new Faults() });
}

/** Deletes it for good, if its name was typed. */
export async function deleteToken(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const shown: Shown = { c, token: await findEndable(c), form, faults: new Faults() };
  const { token, faults } = shown;
  if (form.text('confirm') !== token.name.trim()) faults.add('confirm', `Type its name: ${token.name}`);
  if (!faults.areAny) {
    try {
      const ended = await c.get('door').deleteToken(referenceOf(c), { rotate: true });
      return done(c, '/tokens', `${token.name} is deleted. It opens nothing from now on. ${endedText(ended)}`);
    } catch (error) {
      faults.take(error);
    }
  }
  return deletePage(shown);
}

async function deletePage(shown: Shown): Promise<Response> {
  const { c, token, faults } = shown;
  return page(
    c,
    optionsOf(shown, `Delete ${token.name}`),
    <>
      <Notice kind="warn" title="It stops working at once, and this cannot be undone.">
        <p>What it did stays in the log. The keys of what it reached are changed.</p>
      </Notice>
      <ConfirmByName
        csrf={c.get('csrf')}
        action={pathOf(token.id, 'delete')}
        faults={faults}
        confirm={token.name}
        submit="Delete for good"
        cancel={pathOf(token.id)}
      />
    </>,
  );
}

const NAMED = 20;

/** What an ended token or grant leaves to do, in words. */
export function endedText({ read, skipped }: Ended): string {
  const titles = read.slice(0, NAMED).map(({ id, title }) => title ?? id);
  const more = read.length > NAMED ? ` and ${String(read.length - NAMED)} more` : '';
  return [
    read.length === 0
      ? 'It has read no secret.'
      : `It has read secrets of these, so change them at their services: ${titles.join(', ')}${more}.`,
    ...(skipped.length === 0 ? [] : [`Left as they were, since they could not be verified: ${skipped.join(', ')}.`]),
  ].join(' ');
}
