/** The limits of a grant, as they are typed into a form. */
import type { LimitText } from '../../core/limits.js';
import { Refusal } from '../../core/refusal.js';
import { Field, Select } from '../field.js';
import type { Faults, Sent } from '../form.js';

interface LimitField {
  readonly name: Exclude<keyof LimitText, 'reveal'>;
  readonly label: string;
  readonly hint: string;
  /** What a refusal says where it is about this one. */
  readonly said: RegExp;
}

const FIELDS: readonly LimitField[] = [
  { name: 'maxUses', label: 'Uses in all', hint: 'How often a secret may be given: 5', said: /--max-uses/ },
  { name: 'rate', label: 'Calls within a time', hint: '10/1h', said: /--rate/ },
  { name: 'distinctItems', label: 'Different items within a time', hint: '3/1d', said: /--distinct-items/ },
  { name: 'hours', label: 'Hours', hint: '08:00-18:00', said: /^The hours/ },
  { name: 'days', label: 'Days', hint: 'mon-fri, or mon,wed', said: /^The days/ },
  { name: 'tz', label: 'Time zone of hours and days', hint: 'UTC, or Europe/Zurich', said: /\btime zone\b/i },
  {
    name: 'fields',
    label: 'Only these secret fields',
    hint: 'password, api key',
    said: /name of a field/,
  },
  { name: 'cidr', label: 'Only from these addresses', hint: 'Over HTTP: 10.0.0.0/8', said: /--cidr/ },
  { name: 'clients', label: 'Only for these clients', hint: 'claude-code', said: /name of a client/ },
];

interface LimitsProps {
  readonly form: Sent;
  readonly faults: Faults;
}

/** All limits, folded away where none is given or wrong. */
export function LimitFields({ form, faults }: LimitsProps) {
  const isOpen = FIELDS.some(({ name }) => form.text(name) !== '' || faults.at(name) !== undefined);
  return (
    <details class="fold" open={isOpen || (form.has('reveal') && form.text('reveal') !== 'allow')}>
      <summary>Limits</summary>
      <div class="fold-body limits">
        <Select
          name="reveal"
          label="Secrets are shown"
          choices={[
            ['allow', 'freely'],
            ['approve', 'when you approve it each time'],
            ['never', 'never: they can only be used'],
          ]}
          value={form.text('reveal')}
        />
        {FIELDS.map(({ name, label, hint }) => (
          <Field name={name} label={label} hint={hint} value={form.text(name)} faults={faults} />
        ))}
      </div>
    </details>
  );
}

/** The limits that were typed, if there are any. */
export function limitsOf(form: Sent): { readonly limits?: LimitText } {
  const text = (name: LimitField['name'] | 'reveal'): string | undefined => form.text(name) || undefined;
  const limits: LimitText = {
    maxUses: text('maxUses'),
    rate: text('rate'),
    distinctItems: text('distinctItems'),
    hours: text('hours'),
    days: text('days'),
    tz: text('tz'),
    fields: listOf(text('fields')),
    reveal: text('reveal'),
    cidr: listOf(text('cidr')),
    clients: listOf(text('clients')),
  };
  return Object.values(limits).some((value) => value !== undefined) ? { limits } : {};
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Puts a refusal beside the limit that it is about, in the words of the page. False: it is about none. */
export function takeLimitFault(faults: Faults, error: unknown): boolean {
  if (!(error instanceof Refusal) || error.code !== 'invalid_request') return false;
  const field = FIELDS.find(({ said }) => said.test(error.message));
  if (field === undefined) return false;
  const words = [error.message, error.facts.next].filter((part) => part !== undefined).join(' ');
  faults.add(
    field.name,
    words.replace(new RegExp(`^${field.said.source} takes`), 'This takes').replace(/--[a-z-]+ /g, ''),
  );
  return true;
}
