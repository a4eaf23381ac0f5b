/** One setting in a form: its control, what it means, and how it is by itself. */
import type { VaultShape } from '../../core/shapes.js';
import { Checks, type Choice, Field, Select, Switch } from '../field.js';
import type { Faults } from '../form.js';
import { WordLink } from '../help/word-link.js';
import { Badge } from '../part.js';
import { defaultWords, type SettingWords } from './catalogue.js';

/** The form that every button for a default belongs to; it stands once on the page. */
export const DEFAULTS_FORM = 'settings-defaults';

interface SettingFieldProps {
  readonly words: SettingWords;
  /** As it is typed or stands. */
  readonly value: string;
  /** Whether it stands as it is by itself. */
  readonly isDefault: boolean;
  readonly vaults: readonly VaultShape[];
  readonly faults: Faults;
}

export function SettingField(props: SettingFieldProps) {
  const { words, isDefault } = props;
  return (
    <div class="setting">
      <Control {...props} />
      <p class="setting-foot">
        <code>{words.name}</code>
        <span>Default: {defaultWords(words)}</span>
        {words.word === undefined ? null : <WordLink id={words.word} />}
        {isDefault ? null : (
          <>
            <Badge>changed</Badge>
            <button class="button small" type="submit" form={DEFAULTS_FORM} name="name" value={words.name}>
              Reset to default <span class="unseen">{words.title}</span>
            </button>
          </>
        )}
      </p>
    </div>
  );
}

function Control({ words, value, vaults, faults }: SettingFieldProps) {
  const { name, title: label, meaning: hint, control } = words;
  const shared = { name, label, hint, faults };
  switch (control.kind) {
    case 'switch':
      return <Switch {...shared} checked={value === 'true'} />;
    case 'options':
      return <Checks {...shared} single choices={control.options} values={[value]} />;
    case 'choice':
      return <Select {...shared} choices={control.choices} value={value} />;
    case 'vault':
      return <Select {...shared} choices={vaultChoices(vaults, value)} value={value} />;
    case 'duration':
      return <Field {...shared} value={value} options={control.options} />;
    case 'number':
      return <Field {...shared} value={value} type="number" />;
    case 'url':
      return <Field {...shared} value={value} type="url" />;
    case 'path':
    case 'command':
      return <Field {...shared} value={value} code />;
  }
}

/** A vault that was deleted since stays chosen until another one is. */
function vaultChoices(vaults: readonly VaultShape[], value: string): readonly Choice[] {
  const known = vaults.map(({ id, name }): Choice => [id, name]);
  const isGone = value !== '' && !known.some(([id]) => id === value);
  return [['', 'None'], ...known, ...(isGone ? [[value, `${value} (deleted)`] satisfies Choice] : [])];
}
