/** `item create`, as the owner or through the gate as a token, and `item template`. */
import type { Command } from 'commander';
import { parseTemplate, type TemplateInput } from '../../core/item-schema.js';
import { itemTemplate, kindOf, mainSecret, standardField } from '../../core/item-type.js';
import type { ItemType } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import type { ItemShape } from '../../core/shapes.js';
import type { FieldInput, NewItem, OwnerDoor } from '../../gate/door.js';
import { callForItem } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { printJson } from '../output.js';
import { addVaultFlags, vaultNeeded, vaultOfToken } from './item-naming.js';
import { itemLine } from './item-text.js';
import {
  addStartRules,
  checkDecoy,
  checkOwnersRules,
  decoyFieldsFor,
  startRulesOf,
  type RuleFlags,
} from './item-rules.js';
import {
  addValueFlags,
  fieldsToMake,
  givenSecrets,
  madeSecrets,
  openValues,
  parseType,
  readText,
  type GivenValue,
  type ValueFlags,
} from './item-values.js';
import type { PlaceFlags } from './naming.js';
import { generateArgument } from './secret-shape.js';

interface CreateFlags extends ValueFlags, PlaceFlags, RuleFlags {
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
  'vouchsafe item create api-key --title "GitHub admin" --decoy   a false one that nobody should touch',
  'vouchsafe item create login --vault CI --title Sentry --generate --reason "Account for OPS-42"   as a token',
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
  withExamples(addStartRules(addValueFlags(command)), EXAMPLES).action(
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
  await checkDecoy(flags);
  const acting = await context.acting();
  checkOwnersRules(acting, flags);
  const keep = await (acting.kind === 'owner'
    ? keptByOwner(acting.door, flags)
    : keptByToken(context, acting, { flags, vault: vaultOfToken(flags) }));
  const draft = asksForAll(context, type, flags)
    ? await askLogin(context)
    : await gather(context, type, { flags, open });
  const made = await keep(type, draft);
  const rules = [...(flags.decoy === undefined ? [] : ['a decoy']), ...(flags.approve === true ? [APPROVE] : [])];
  context.out.say(made, [`Created ${itemLine(made)}`, ...rules].join('; '));
}

const APPROVE = 'each use of its secrets by a token needs your word';

/** An item whose secrets are not all there: `make` names the fields that are still to be filled. */
interface Draft extends Omit<NewItem, 'type'> {
  readonly make: readonly string[];
}

type Keep = (type: ItemType, draft: Draft) => Promise<ItemShape>;

/** What has to be known before anyone is asked for a secret. */
async function keptByOwner(door: OwnerDoor, flags: CreateFlags): Promise<Keep> {
  const vault = await vaultNeeded(door, flags);
  const rules = startRulesOf(flags);
  return async (type, { make, fields = [], ...item }) => {
    const made = (await madeSecrets(flags, make)).map((given) => fieldOf(type, given, true));
    const given = { ...item, type, fields: [...fields, ...made] };
    const all = [...(await decoyFieldsFor(flags, given)), ...given.fields];
    return door.createItem(vault, { ...given, fields: all }, rules);
  };
}

function keptByToken(
  context: Context,
  acting: Acting & { kind: 'token' },
  { flags, vault }: { flags: CreateFlags; vault: string },
): Keep {
  return (type, { make, ...item }) => {
    const given = { vault, type, ...item, ...generateArgument(flags, make) };
    return callForItem(context, acting, { tool: 'create_item', arguments: given });
  };
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

async function gather(context: Context, type: ItemType, { flags, open }: Given): Promise<Draft> {
  const template = flags.fromTemplate === undefined ? {} : await readTemplate(context, flags.fromTemplate);
  const title = flags.title ?? (template.title === '' ? undefined : template.title) ?? (await askTitle(context));
  const make = fieldsToMake(flags, mainSecret(type));
  const secrets = await givenSecrets(context, flags);
  const given = [...open, ...secrets.map((secret) => fieldOf(type, secret, true))];
  const toMake = make.map((ref) => fieldOf(type, { ref, value: '' }, true));
  return {
    title,
    urls: [...(template.urls ?? []), ...(flags.url ?? [])],
    tags: [...(template.tags ?? []), ...(flags.tag ?? [])],
    fields: [...without(template, [...given, ...toMake]), ...given],
    make,
  };
}

/** The fields of the template but those that an option fills. */
function without({ fields = [] }: TemplateInput, given: readonly FieldInput[]): readonly FieldInput[] {
  const isGiven = (field: { section?: string | undefined; name: string }): boolean =>
    given.some(({ section, name }) => section === field.section && name.toLowerCase() === field.name.toLowerCase());
  return fields
    .filter((field) => !isGiven(field))
    .map(({ section, name, kind, value }): FieldInput => {
      return { ...(section === undefined ? {} : { section }), name, ...(kind === undefined ? {} : { kind }), value };
    });
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
  const { title, fromTemplate, field, secret, secretFile, generate, url, tag, decoy } = flags;
  const said = [title, fromTemplate, field, secret, secretFile, generate, url, tag, decoy];
  return input.isInteractive && type === 'login' && said.every((one) => one === undefined);
}

async function askLogin({ input, out }: Context): Promise<Draft> {
  const title = await input.line('Title:', NEXT_TITLE);
  const username = await input.line('User name:', NEXT_TITLE);
  const typed = await input.secret('Password (Enter makes one):', NEXT_TITLE);
  const url = await input.line('Site (https://…, or Enter):', NEXT_TITLE);
  if (typed === '') out.note('A password was made. See it with `vouchsafe item view … --field password`.');
  const password = { name: 'password', value: typed };
  const fields = [{ name: 'username', value: username }, ...(typed === '' ? [] : [password])];
  return { title, fields, urls: url.trim() === '' ? [] : [url], make: typed === '' ? ['password'] : [] };
}
