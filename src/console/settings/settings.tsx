/** The owner's settings, the master password, and what there is to know of the program and its files. */
import { Refusal } from '../../core/refusal.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Area, ConsoleContext } from '../area.js';
import { Field, Form } from '../field.js';
import { done, Faults, readForm, refused, type Sent } from '../form.js';
import { page } from '../page.js';
import { Card, Notice } from '../part.js';
import { answerNotFound } from '../problem.js';
import { type Section, SECTIONS, type SettingWords } from './catalogue.js';
import { changePassword, showPassword } from './password-change.js';
import { endSessions, Installation, Sessions } from './installation.js';
import { DEFAULTS_FORM, SettingField } from './setting-field.js';

/** At `/settings`. */
export const settings: Area = {
  path: '/settings',
  title: 'Settings',
  key: 'e',
  register: (app) => {
    app.get('/settings', show);
    app.get('/settings/password', showPassword).post(changePassword);
    app.post('/settings/sessions', endSessions);
    app.post('/settings/defaults', reset);
    app.post('/settings/:section', save);
  },
};

/** What was typed into one section, and what is wrong with it. */
interface Typed {
  readonly section: Section;
  readonly form: Sent;
  readonly faults: Faults;
}

async function show(c: ConsoleContext): Promise<Response> {
  return settingsPage(c, null);
}

async function settingsPage(c: ConsoleContext, typed: Typed | null): Promise<Response> {
  const door = c.get('door');
  const values = await valuesOf(door);
  const vaults = await door.listVaults();
  const csrf = c.get('csrf');
  return page(
    c,
    {
      title: 'Settings',
      lead: 'What you have decided for the whole safe. Each change is an entry of the log.',
      styles: ['settings.css'],
      ...(typed === null ? {} : { status: 422 as const }),
    },
    <>
      {SECTIONS.map((section) => (
        <SectionCard
          section={section}
          values={values}
          vaults={vaults}
          csrf={csrf}
          typed={typed?.section === section ? typed : null}
        />
      ))}
      <Form csrf={csrf} action="/settings/defaults" id={DEFAULTS_FORM} class="settings-defaults" />
      <Card title="Master password">
        <p>
          A recovery code, if you made one with the safe, goes on opening it: it is another way in, and only{' '}
          <code>vouchsafe init --recovery-code</code> makes one.
        </p>
        <p>
          <a class="button" href="/settings/password">
            Change the master password
          </a>
        </p>
      </Card>
      <Sessions csrf={csrf} idleMs={c.get('site').idleMs} />
      <Installation places={c.get('site').places} />
    </>,
  );
}

type Values = ReadonlyMap<string, string>;

async function valuesOf(door: OwnerDoor): Promise<Values> {
  return new Map((await door.listSettings()).map(({ name, value }) => [name, value]));
}

interface SectionProps {
  readonly section: Section;
  readonly values: Values;
  readonly vaults: Awaited<ReturnType<OwnerDoor['listVaults']>>;
  readonly csrf: string;
  readonly typed: Typed | null;
}

function SectionCard({ section, values, vaults, csrf, typed }: SectionProps) {
  const faults = typed?.faults ?? new Faults();
  const { id, title, settings: all, runsPrograms } = section;
  return (
    <Card title={title} id={id}>
      {runsPrograms === true ? <ProgramsNotice /> : null}
      <Form csrf={csrf} action={`/settings/${id}`} faults={faults}>
        {all.map((words) => {
          const value = values.get(words.name) ?? words.fallback;
          return (
            <SettingField
              words={words}
              value={typed === null ? value : valueIn(typed.form, words)}
              isDefault={value === words.fallback}
              vaults={vaults}
              faults={faults}
            />
          );
        })}
        {runsPrograms === true ? (
          <Field
            name="password"
            label="Master password"
            hint="Asked for again, since what is set here is run. To clear a command needs none."
            type="password"
            autocomplete="current-password"
            faults={faults}
          />
        ) : null}
        <div class="form-actions">
          <button class="button primary" type="submit">
            Save<span class="unseen"> {title}</span>
          </button>
        </div>
      </Form>
    </Card>
  );
}

function ProgramsNotice() {
  return (
    <Notice
      kind="warn"
      title="What you type here is run by /bin/sh on this machine, as the user that this program runs as."
    >
      <p>
        It can do all that this user can. It stands in clear in the safe’s file: put no secret into it. It gets nothing
        of yours but its message.
      </p>
    </Notice>
  );
}

/** As the command line takes it. */
function valueIn(form: Sent, { name, control }: SettingWords): string {
  return control.kind === 'switch' ? String(form.has(name)) : form.text(name);
}

async function save(c: ConsoleContext): Promise<Response> {
  const section = SECTIONS.find(({ id }) => id === c.req.param('section'));
  if (section === undefined) return answerNotFound(c);
  const form = await readForm(c);
  const values = await valuesOf(c.get('door'));
  const changes = section.settings
    .map((words) => ({ name: words.name, value: valueIn(form, words) }))
    .filter(({ name, value }) => values.get(name) !== value);
  const faults = new Faults();
  const saved = await saveAll(c, { changes, section, form, faults });
  const words = saved.length === 0 ? 'Nothing was changed.' : `Saved: ${saved.join(', ')}.`;
  if (!faults.areAny) return done(c, `/settings#${section.id}`, words);
  if (saved.length > 0) c.get('browser').flash({ kind: 'done', text: words });
  return settingsPage(c, { section, form, faults });
}

interface Change {
  readonly name: string;
  readonly value: string;
}

interface Saving extends Typed {
  readonly changes: readonly Change[];
}

/** The names of what was saved; the faults say why the others were not. */
async function saveAll(c: ConsoleContext, { changes, section, form, faults }: Saving): Promise<readonly string[]> {
  const widens = section.runsPrograms === true && changes.some(({ value }) => value !== '');
  if (!widens) return setEach(c.get('door'), changes, faults);
  const password = form.exact('password');
  if (password === '') faults.add('password', 'Type the master password: what is set here is run.');
  if (faults.areAny) return [];
  try {
    return await c.get('site').withPassword(password, async (door) => setEach(door, changes, faults));
  } catch (error) {
    faults.take(error, 'password');
    return [];
  }
}

async function setEach(door: OwnerDoor, changes: readonly Change[], faults: Faults): Promise<readonly string[]> {
  const saved: string[] = [];
  for (const { name, value } of changes) {
    try {
      await door.setSetting(name, value);
      saved.push(name);
    } catch (error) {
      // its next step is a command that tells what is on this page already
      if (error instanceof Refusal && error.code === 'invalid_request') faults.add(name, error.message);
      else faults.take(error, name);
    }
  }
  return saved;
}

async function reset(c: ConsoleContext): Promise<Response> {
  const name = (await readForm(c)).text('name');
  const section = SECTIONS.find((candidate) => candidate.settings.some((words) => words.name === name));
  const words = section?.settings.find((candidate) => candidate.name === name);
  if (section === undefined || words === undefined) return answerNotFound(c);
  try {
    await c.get('door').setSetting(name, words.fallback);
  } catch (error) {
    return refused(c, '/settings', error);
  }
  return done(c, `/settings#${section.id}`, `${name} is at its default again.`);
}
