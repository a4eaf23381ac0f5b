/** When a token or an access ends: a choice of times, or a date. */
import { type Choice, Field, Select } from '../field.js';
import type { Faults, Sent } from '../form.js';

const TIMES: readonly Choice[] = [
  ['1h', '1 hour'],
  ['1d', '1 day'],
  ['1w', '1 week'],
  ['1m', '1 month'],
  ['3m', '3 months'],
  ['6m', '6 months'],
  ['1y', '1 year'],
];

const USUAL = '3m';

interface ExpiryProps {
  readonly form: Sent;
  readonly faults: Faults;
  /** Where it may also end with what it belongs to: how that is called. */
  readonly otherwise?: string;
}

/** A time from now, and a date that counts instead where it is given. */
export function ExpiryFields({ form, faults, otherwise }: ExpiryProps) {
  const choices: readonly Choice[] = otherwise === undefined ? TIMES : [['', otherwise], ...TIMES];
  const usual = otherwise === undefined ? USUAL : '';
  return (
    <div class="pair">
      <Select
        name="expiration"
        label="Ends after"
        choices={choices}
        value={form.has('expiration') ? form.text('expiration') : usual}
        faults={faults}
      />
      <Field name="date" label="or on a date" type="date" value={form.text('date')} faults={faults} />
    </div>
  );
}

/** What was chosen, as the door reads it; nothing where it ends with what it belongs to. */
export function expiryOf(form: Sent): { readonly expiration?: string } {
  const text = form.text('date') || form.text('expiration');
  return text === '' ? {} : { expiration: text };
}

/** The field that an expiry came from. */
export function expiryField(form: Sent): string {
  return form.text('date') === '' ? 'expiration' : 'date';
}
