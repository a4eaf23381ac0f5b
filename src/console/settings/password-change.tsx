/** Another master password: the old one is typed too, and every session ends with it. */
import { Refusal } from '../../core/refusal.js';
import type { ConsoleContext } from '../area.js';
import { takeCookie } from '../cookie.js';
import { Field, Form, FormActions } from '../field.js';
import { Faults, readForm } from '../form.js';
import { page } from '../page.js';
import { Card } from '../part.js';

const PATH = '/settings/password';

/** The form. */
export async function showPassword(c: ConsoleContext): Promise<Response> {
  return passwordPage(c, new Faults());
}

/** Changes it where the old one is right and the new one is good enough; then all is locked. */
export async function changePassword(c: ConsoleContext): Promise<Response> {
  const form = await readForm(c);
  const [current, next, again] = [form.exact('current'), form.exact('next'), form.exact('again')];
  const faults = new Faults();
  if (current === '') faults.add('current', 'Type the master password that it is now.');
  if (next === '') faults.add('next', 'Type the new master password.');
  else if (next !== again) faults.add('again', 'This is not the same as the new one above.');
  if (faults.areAny) return passwordPage(c, faults);
  const { withPassword, endSessions } = c.get('site');
  try {
    await withPassword(current, async (door) => door.changePassword(next));
  } catch (error) {
    faults.take(error, fieldOf(error));
    return passwordPage(c, faults);
  }
  await endSessions();
  c.get('browser').lock('password');
  takeCookie(c, 'session');
  return c.redirect('/unlock', 303);
}

function fieldOf(error: unknown): string | undefined {
  if (!(error instanceof Refusal)) return undefined;
  if (error.code === 'locked' || error.code === 'limit_reached') return 'current';
  return error.code === 'invalid_request' ? 'next' : undefined;
}

async function passwordPage(c: ConsoleContext, faults: Faults): Promise<Response> {
  return page(
    c,
    {
      title: 'Change the master password',
      parent: { href: '/settings', title: 'Settings' },
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    <Card title="The old one, and the new one twice">
      <p>
        Then every session of yours ends, here and in terminals, and you unlock with the new one. Tokens and grants stay
        as they are. Copies of the safe from before, backups too, still open with the old one.
      </p>
      <Form csrf={c.get('csrf')} action={PATH} faults={faults}>
        <Field
          name="current"
          label="Master password now"
          type="password"
          autocomplete="current-password"
          required
          faults={faults}
        />
        <Field
          name="next"
          label="New master password"
          hint="At least 10 characters, and hard to guess: five random words are good."
          type="password"
          autocomplete="new-password"
          required
          faults={faults}
        />
        <Field
          name="again"
          label="New master password, again"
          type="password"
          autocomplete="new-password"
          required
          faults={faults}
        />
        <FormActions submit="Change it" cancel="/settings" />
      </Form>
    </Card>,
  );
}
