/** `item create` and `item template`. */
import type { Command } from 'commander';
import { parseTemplate, type TemplateInput } from '../../core/item-schema.js';
import { itemTemplate, kindOf, mainSecret, standardField } from '../../core/item-type.js';
import type { ItemType } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import type { FieldInput, NewItem } from '../../gate/door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { printJson } from '../output.js';
import { addVaultFlags, vaultNeeded } from './item-naming.js';
import { itemLine } from './item-text.js';
import {
  addValueFlags,
  openValues,
  parseType,
  readText,
  secretValues,
  type GivenValue,
  type ValueFlags,
} from './item-values.js';
import type { PlaceFlags } from './naming.js';
import { makeSecret } from './secret-shape.js';

interface CreateFlags extends ValueFlags, PlaceFlags {
  readonly title?: string;
  readonly fromTemplate?: string;
}

const EXAMPLES = [
  'vouchsafe item create login --vault Production      asks for title, user name, password and site',
  'vouchsafe item create database --vault Production --title "DB password" \\',
  '    --field host=db.example.com --field username=deploy --secret password',
  'pass show api | vouchsafe item create api-key --title Stripe --secret key --tag billing',
  'vouchsafe item create ssh-key --title deploy --secret-file private_key=id_ed25519',
  'vouchsafe item create login --title Grafana --field username=ops --generate --words 5',
];

/** Adds both verbs to the noun. */
export function registerCreate(item: Command, run: Runner): void {
  const command = addVaultFlags(
    item
      .command('create')
      .argument('<type>', 'login, note, card, identity, ssh-key, wifi, api-key, database or custom'),
  )
    .description('keep a new credential')
    .option('--title <title>', 'what it is called')
    .option('--from-template <file>', 'the JSON that `item template` prints, filled in (- for stdin)');
  withExamples(addValueFlags(command), EXAMPLES).action(
    run((context, type: string, flags: CreateFlags) => create(context, type, flags)),
  );
  const template = item
    .command('template')
    .argument('<type>', 'a type of item')
    .description('an empty item of a type, as JSON to fill in');
  withExamples(template, ['vouchsafe item template database > db.json']).action(
    run(({ out }, type: string) => {
      const made = itemTemplate(parseType(type));
      out.one(made, printJson(made, 2));
      return Promise.resolve();
    }),
  );
}

async function create(context: Context, text: string, flags: CreateFlags): Promise<void> {
  const type = parseType(text);
  const open = openFields(type, flags);
  const door = await context.owner();
  const vault = await vaultNeeded(door, flags);
  const item = asksForAll(context, type, flags)
    ? await askLogin(context, flags)
    : await gather(context, type, { flags, open });
  const made = await door.createItem(vault, { ...item, type });
  context.out.one(made, `Created ${itemLine(made)}`);
}

/** Faults in these are told before anyone is asked for a password. */
function openFields(type: ItemType, flags: CreateFlags): readonly FieldInput[] {
  return openValues(flags, (ref) => kindOf(type, ref)).map((given) => fieldOf(type, given, false));
}

/** A field of an item that is new: `SECTION/NAME`, unless the type has a field of just that name. */
function fieldOf(type: ItemType, { ref, value }: GivenValue, isSecret: boolean): FieldInput {
  const cut = standardField(type, ref) === undefined ? ref.indexOf('/') : -1;
  const name = ref.slice(cut + 1);
  const kind = isSecret && cut > 0 ? 'secret' : kindOf(type, name);
  const place = cut > 0 ? { section: ref.slice(0, cut), name } : { name };
  return {
    ...place,
    kind: isSecret && kind === 'text' && standardField(type, ref) === undefined ? 'secret' : kind,
    value,
  };
}

interface Given {
  readonly flags: CreateFlags;
  readonly open: readonly FieldInput[];
}

async function gather(context: Context, type: ItemType, { flags, open }: Given): Promise<Omit<NewItem, 'type'>> {
  const template = flags.fromTemplate === undefined ? {} : await readTemplate(context, flags.fromTemplate);
  const title = flags.title ?? (template.title === '' ? undefined : template.title) ?? (await askTitle(context));
  const secrets = await secretValues(context, flags, mainSecret(type));
  const fields = [...open, ...secrets.map((given) => fieldOf(type, given, true))];
  return {
    title,
    urls: [...(template.urls ?? []), ...(flags.url ?? [])],
    tags: [...(template.tags ?? []), ...(flags.tag ?? [])],
    fields: merge(template, fields),
  };
}

/** What an option says takes the place of what the template says for the same field. */
function merge({ fields = [] }: TemplateInput, given: readonly FieldInput[]): readonly FieldInput[] {
  const isGiven = (field: { section?: string | undefined; name: string }): boolean =>
    given.some(({ section, name }) => section === field.section && name.toLowerCase() === field.name.toLowerCase());
  const kept = fields
    .filter((field) => !isGiven(field))
    .map(({ section, name, kind, value }): FieldInput => {
      return { ...(section === undefined ? {} : { section }), name, ...(kind === undefined ? {} : { kind }), value };
    });
  return [...kept, ...given];
}

async function readTemplate({ input }: Context, file: string): Promise<TemplateInput> {
  const next = 'Pipe the template to it: `vouchsafe item template TYPE` prints an empty one.';
  return parseTemplate(file === '-' ? await input.stdin(next) : readText(file, 'The template'));
}

const NEXT_TITLE = 'Add --title.';

async function askTitle({ input }: Context): Promise<string> {
  if (input.isInteractive) return input.line('Title:', NEXT_TITLE);
  throw new Refusal('invalid_request', { message: 'The item has no title.', next: NEXT_TITLE });
}

/** `item create login` with nothing else, at a terminal. */
function asksForAll({ input }: Context, type: ItemType, flags: CreateFlags): boolean {
  const { title, fromTemplate, field, secret, secretFile, generate, url, tag } = flags;
  const said = [title, fromTemplate, field, secret, secretFile, generate, url, tag];
  return input.isInteractive && type === 'login' && said.every((one) => one === undefined);
}

async function askLogin({ input, out }: Context, shape: CreateFlags): Promise<Omit<NewItem, 'type'>> {
  const title = await input.line('Title:', NEXT_TITLE);
  const username = await input.line('User name:', NEXT_TITLE);
  const typed = await input.secret('Password (Enter makes one):', NEXT_TITLE);
  const url = await input.line('Site (https://…, or Enter):', NEXT_TITLE);
  if (typed === '') out.note('A password was made. See it with `vouchsafe item view … --field password`.');
  const password = typed === '' ? await makeSecret(shape) : typed;
  const fields = [
    { name: 'username', value: username },
    { name: 'password', value: password },
  ];
  return { title, fields, urls: url.trim() === '' ? [] : [url] };
}
