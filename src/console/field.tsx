/** Forms and what is typed into them. An error stands beside its field, and the field says so. */
import type { Child, PropsWithChildren } from 'hono/jsx';
import type { Faults } from './form.js';
import { Notice } from './part.js';

interface FormProps {
  readonly csrf: string;
  readonly action: string;
  readonly class?: string;
  /** What is wrong with all of it stands first. */
  readonly faults?: Faults;
  readonly id?: string;
}

/** A form that is sent by POST, with the token that shows that it is ours. */
export function Form({ csrf, action, faults, id, children, ...rest }: PropsWithChildren<FormProps>) {
  return (
    <form method="post" action={action} class={rest.class ?? 'form'} id={id} novalidate>
      <input type="hidden" name="csrf" value={csrf} />
      {faults === undefined ? null : <FaultSummary faults={faults} />}
      {children}
    </form>
  );
}

/** What is wrong with a form as a whole; focused by the script where no field is wrong. */
function FaultSummary({ faults }: { readonly faults: Faults }) {
  if (faults.whole === null) return null;
  const { message, next } = faults.whole;
  return (
    <div role="alert" tabindex={-1} data-fault>
      <Notice kind="bad" title={message}>
        {next === undefined ? null : <p>{next}</p>}
      </Notice>
    </div>
  );
}

interface LabelledProps {
  /** The name in the form; it makes the id too. */
  readonly name: string;
  readonly label: string;
  readonly hint?: Child;
  readonly faults?: Faults;
}

/** What a control says of its hint and its error. */
interface Described {
  readonly id: string;
  readonly name: string;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-invalid': 'true' | undefined;
}

function describe({ name, hint, faults }: LabelledProps): Described {
  const id = `field-${name}`;
  const fault = faults?.at(name);
  const parts = [...(hint === undefined ? [] : [`${id}-hint`]), ...(fault === undefined ? [] : [`${id}-fault`])];
  return {
    id,
    name,
    'aria-describedby': parts.length === 0 ? undefined : parts.join(' '),
    'aria-invalid': fault === undefined ? undefined : 'true',
  };
}

function Labelled({ name, label, hint, faults, children }: PropsWithChildren<LabelledProps>) {
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      <Hint name={name} hint={hint} />
      {children}
      <Fault name={name} faults={faults} />
    </div>
  );
}

function Hint({ name, hint }: Pick<LabelledProps, 'name' | 'hint'>) {
  return hint === undefined ? null : (
    <p class="hint" id={`field-${name}-hint`}>
      {hint}
    </p>
  );
}

function Fault({ name, faults }: { readonly name: string; readonly faults: Faults | undefined }) {
  const fault = faults?.at(name);
  return fault === undefined ? null : (
    <p class="fault" id={`field-${name}-fault`}>
      {fault}
    </p>
  );
}

interface FieldProps extends LabelledProps {
  readonly value?: string;
  readonly type?: 'text' | 'password' | 'search' | 'date' | 'number' | 'email' | 'url';
  readonly autocomplete?: string;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly autofocus?: boolean;
  /** More than one line, as many as this to begin with. */
  readonly lines?: number;
  /** Texts to choose from while typing. */
  readonly options?: readonly string[];
  /** What a script needs to know of it: `words` becomes `data-words`. */
  readonly data?: Readonly<Record<string, string>>;
  /** What is typed is code: one width for all letters, nothing corrected. */
  readonly code?: boolean;
}

/** One text, of a line or of several. A password is never shown again. */
export function Field(props: FieldProps) {
  const { value, type = 'text', lines, options, code = false, autocomplete = 'off', data = {}, ...rest } = props;
  const { placeholder, required, autofocus } = rest;
  const described = describe(props);
  const shared = { ...described, placeholder, required, autofocus, autocomplete, class: code ? 'code' : undefined };
  const quiet = code || type === 'password' ? ({ spellcheck: false, autocapitalize: 'none' } as const) : {};
  const list = options === undefined ? undefined : `${described.id}-options`;
  return (
    <Labelled {...props}>
      {lines === undefined ? (
        <input
          type={type}
          {...shared}
          {...quiet}
          {...dataset(data)}
          list={list}
          value={type === 'password' ? undefined : value}
        />
      ) : (
        <textarea rows={lines} {...shared} {...quiet}>
          {value}
        </textarea>
      )}
      {options === undefined ? null : (
        <datalist id={list}>
          {options.map((option) => (
            <option value={option} />
          ))}
        </datalist>
      )}
    </Labelled>
  );
}

function dataset(data: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [`data-${name}`, value]));
}

/** One of several, by value and title. */
export type Choice = readonly [value: string, title: string];

interface SelectProps extends LabelledProps {
  readonly choices: readonly Choice[];
  readonly value?: string;
}

export function Select(props: SelectProps) {
  return (
    <Labelled {...props}>
      <select {...describe(props)}>
        {props.choices.map(([value, title]) => (
          <option value={value} selected={value === props.value}>
            {title}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface SwitchProps extends LabelledProps {
  readonly checked?: boolean;
}

/** On or off; sent as `on`, or not at all. */
export function Switch(props: SwitchProps) {
  const { name, label, hint, faults, checked = false } = props;
  return (
    <div class="field switch">
      <input type="checkbox" role="switch" value="on" checked={checked} {...describe(props)} />
      <div>
        <label for={`field-${name}`}>{label}</label>
        <Hint name={name} hint={hint} />
        <Fault name={name} faults={faults} />
      </div>
    </div>
  );
}

interface ChecksProps extends LabelledProps {
  /** Each with words under it, if there are any. */
  readonly choices: readonly (readonly [value: string, title: string, hint?: string])[];
  readonly values?: readonly string[];
  /** Only one of them can be chosen. */
  readonly single?: boolean;
}

/** Several of several, or one of few with words to each; a group with a legend. */
export function Checks(props: ChecksProps) {
  const { name, label, hint, faults, choices, values = [], single = false } = props;
  const { 'aria-describedby': describedBy, 'aria-invalid': invalid } = describe(props);
  return (
    <fieldset class="field checks" aria-describedby={describedBy} data-invalid={invalid}>
      <legend>{label}</legend>
      <Hint name={name} hint={hint} />
      {choices.map(([value, title, words], at) => (
        <div class="check">
          <input
            type={single ? 'radio' : 'checkbox'}
            id={`field-${name}-${String(at)}`}
            name={name}
            value={value}
            checked={values.includes(value)}
          />
          <label for={`field-${name}-${String(at)}`}>
            {title}
            {words === undefined ? null : <span class="hint">{words}</span>}
          </label>
        </div>
      ))}
      <Fault name={name} faults={faults} />
    </fieldset>
  );
}

/** The end of a form: what sends it, and the way out. */
export function FormActions({ submit, tone = 'primary', cancel }: FormActionsProps) {
  return (
    <div class="form-actions">
      <button class={`button ${tone}`} type="submit">
        {submit}
      </button>
      {cancel === undefined ? null : (
        <a class="button quiet" href={cancel}>
          Cancel
        </a>
      )}
    </div>
  );
}

interface FormActionsProps {
  readonly submit: string;
  readonly tone?: 'primary' | 'danger';
  readonly cancel?: string;
}

interface ConfirmProps extends Omit<FormProps, 'class'> {
  /** What has to be typed. */
  readonly confirm: string;
  readonly submit: string;
  readonly cancel: string;
}

/** For what cannot be undone: its name has to be typed, as the field `confirm`. The route compares it. */
export function ConfirmByName({ confirm, submit, cancel, children, ...form }: PropsWithChildren<ConfirmProps>) {
  return (
    <Form {...form}>
      {children}
      <Field
        name="confirm"
        label={`To confirm, type ${confirm}`}
        required
        {...(form.faults === undefined ? {} : { faults: form.faults })}
      />
      <FormActions submit={submit} tone="danger" cancel={cancel} />
    </Form>
  );
}
