/** The lockdown: every token is refused everything, until the owner lifts it. */
import type { ConsoleContext } from '../area.js';
import { ConfirmByName, Form, FormActions } from '../field.js';
import { done, Faults, readForm, refused } from '../form.js';
import { page } from '../page.js';
import { Card, Notice } from '../part.js';

const WORD = 'lockdown';
const PATH = '/safety/lockdown';

/** What it does, and the form that begins or lifts it. */
export async function showLockdown(c: ConsoleContext): Promise<Response> {
  return lockdownPage(c, new Faults());
}

/** Freezes every token, if the word was typed. */
export async function lockDown(c: ConsoleContext): Promise<Response> {
  const faults = new Faults();
  if ((await readForm(c)).text('confirm').toLowerCase() !== WORD) faults.add('confirm', `Type the word: ${WORD}`);
  if (!faults.areAny) {
    try {
      await c.get('site').lockDown();
      return done(c, PATH, 'Every token is frozen now, for servers that run too. Nothing was deleted.');
    } catch (error) {
      faults.take(error);
    }
  }
  return lockdownPage(c, faults);
}

/** Lets tokens work again, but those that were frozen by themselves. */
export async function lift(c: ConsoleContext): Promise<Response> {
  try {
    const { lifted, frozen } = await c.get('door').liftLockdown();
    const works = lifted.length === 0 ? 'No token works again.' : `Work again: ${lifted.join(', ')}.`;
    const stays = frozen.length === 0 ? '' : ` Stay frozen: ${frozen.join(', ')}.`;
    return done(c, PATH, `The lockdown is lifted. ${works}${stays}`);
  } catch (error) {
    return refused(c, PATH, error);
  }
}

async function lockdownPage(c: ConsoleContext, faults: Faults): Promise<Response> {
  const { lockdown, tokens } = await c.get('door').standing();
  const csrf = c.get('csrf');
  return page(
    c,
    {
      title: 'Lockdown',
      parent: { href: '/safety', title: 'Safety' },
      ...(faults.areAny ? { status: 422 as const } : {}),
    },
    lockdown ? (
      <>
        <Notice kind="bad" title="Lockdown: every token is refused everything." />
        <Card title="Lift it">
          <p>Tokens work again, except those that you froze by themselves.</p>
          <Form csrf={csrf} action={`${PATH}/lift`}>
            <FormActions submit="Lift the lockdown" cancel="/safety" />
          </Form>
        </Card>
      </>
    ) : (
      <Card title="Stop every token">
        <p>
          Every token is refused everything, at once, also by servers that run. Nothing is deleted, and you can lift it
          here.
        </p>
        {tokens === 0 ? <p class="muted">There is no token yet: nothing would change.</p> : null}
        <ConfirmByName
          csrf={csrf}
          action={PATH}
          faults={faults}
          confirm={WORD}
          submit="Stop every token"
          cancel="/safety"
        />
      </Card>
    ),
  );
}
