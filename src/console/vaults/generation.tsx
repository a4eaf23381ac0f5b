/** Secrets that the program makes: the same as `password generate` makes. What is asked for is a form. */
import { Refusal } from '../../core/refusal.js';
import type { ConsoleContext } from '../area.js';
import { Checks, Field, Switch } from '../field.js';
import { type Faults, readForm, type Sent } from '../form.js';

const LENGTH = '24';
const WORDS = '6';

/** What the secrets of a form are made of, folded away: it is right for most as it is. */
export function SecretShapeFields({ form, faults }: { readonly form: Sent; readonly faults: Faults }) {
  const isWrong = ['made-length', 'made-words'].some((name) => faults.at(name) !== undefined);
  return (
    <details class="fold" open={isWrong}>
      <summary>How passwords are generated</summary>
      <div class="fold-body">
        <Checks
          name="made"
          label="What is made"
          choices={[
            ['password', 'A password of random characters'],
            ['words', 'A passphrase of random words'],
          ]}
          values={[form.text('made') || 'password']}
          single
        />
        <div class="pair">
          <Field
            name="made-length"
            label="Characters"
            hint="Of a password: 8 to 256."
            type="number"
            value={form.text('made-length') || LENGTH}
            faults={faults}
          />
          <Field
            name="made-words"
            label="Words"
            hint="Of a passphrase: 3 to 20."
            type="number"
            value={form.text('made-words') || WORDS}
            faults={faults}
          />
        </div>
        <Switch
          name="made-plain"
          label="Letters and digits only"
          hint="For sites that refuse other characters."
          checked={form.has('made-plain')}
        />
      </div>
    </details>
  );
}

/** A new secret of the form that was asked for. Throws `invalid_request` for numbers that are out of range. */
export async function makeSecret(form: Sent): Promise<string> {
  const { generatePassphrase, generatePassword } = await import('../../gate/password.js');
  const isWords = form.text('made') === 'words';
  const number = numberOf(form.text(shapeField(form)) || (isWords ? WORDS : LENGTH));
  return isWords
    ? generatePassphrase({ words: number })
    : generatePassword({ length: number, symbols: !form.has('made-plain') });
}

/** The field that says how long what is made is. */
export function shapeField(form: Sent): 'made-length' | 'made-words' {
  return form.text('made') === 'words' ? 'made-words' : 'made-length';
}

function numberOf(text: string): number {
  if (/^[0-9]{1,4}$/.test(text)) return Number(text);
  throw new Refusal('invalid_request', { message: 'That is no whole number.', next: 'Give one, such as 24.' });
}

/** Makes a secret for a field of a form that is being filled in; it is kept nowhere. */
export async function generate(c: ConsoleContext): Promise<Response> {
  return c.json({ value: await makeSecret(await readForm(c)) });
}
