/** `item update`: as the owner, or through the gate as a token. */
import { Option, type Command } from 'commander';
import { fieldPath, matchField } from '../../core/item-field.js';
import { kindOf, mainSecret, standardField } from '../../core/item-type.js';
import type { FieldKind } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import type { FieldShape, ItemShape } from '../../core/shapes.js';
import type { FieldInput, ItemEdit, OwnerDoor } from '../../gate/door.js';
import type { ItemReference } from '../../gate/named.js';
import { callForItem } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { addItemFlags, itemOf, toolArguments } from './item-naming.js';
import { addApprove, checkOwnersRules, type RuleFlags } from './item-rules.js';
import { itemLine } from './item-text.js';
import {
  addValueFlags,
  checkOpen,
  fieldsToMake,
  givenSecrets,
  madeSecrets,
  openValues,
  parseKind,
  splitPair,
  type GivenValue,
  type ValueFlags,
} from './item-values.js';
import type { PlaceFlags } from './naming.js';
import { collect } from './option-alias.js';
import { generateArgument, wholeNumber } from './secret-shape.js';

interface UpdateFlags extends ValueFlags, PlaceFlags, RuleFlags {
  readonly title?: string;
  readonly addField?: readonly string[];
  readonly remove?: readonly string[];
  readonly ifRevision?: string;
}

/** Adds the verb to the noun. */
export function registerUpdate(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('update'))
    .description('change an item; what is not named stays as it is')
    .option('--title <title>', 'its new title')
    .addOption(
      new Option('--add-field <kind:name=value>', 'a new field; secret:NAME and totp:NAME are asked for').argParser(
        collect,
      ),
    )
    .addOption(new Option('--remove <name>', 'take a field away; repeatable').argParser(collect))
    .option('--if-revision <n>', 'only if this is still its revision');
  withExamples(addApprove(addValueFlags(command)), [
    'vouchsafe item update "DB password" --generate --length 40',
    'vouchsafe item update Grafana --field username=ops --url https://grafana.example.com',
    'vouchsafe item update Stripe --add-field date:rotated=2026-06-01 --remove endpoint',
    'vouchsafe item update Grafana --add-field totp:totp',
    'vouchsafe item update "DB password" --approve               a word of yours on each use',
    'vouchsafe item update Sentry --generate=key --reason "Rotate for OPS-42"   as a token',
  ]).action(
    run((context, argument: string | undefined, flags: UpdateFlags) => update(context, itemOf(flags, argument), flags)),
  );
}

async function update(context: Context, reference: ItemReference, flags: UpdateFlags): Promise<void> {
  const revision = flags.ifRevision === undefined ? undefined : wholeNumber('if-revision', flags.ifRevision);
  const acting = await context.acting();
  checkOwnersRules(acting, flags);
  const changed =
    acting.kind === 'owner'
      ? await changeAsOwner(context, acting.door, { reference, flags, revision })
      : await changeAsToken(context, acting, { reference, flags, revision });
  const revised = `Changed ${itemLine(changed)}, now revision ${String(changed.revision)}`;
  context.out.say(changed, flags.approve === undefined ? revised : `${revised}; ${approveText(flags.approve)}`);
}

function approveText(approve: boolean): string {
  return approve ? 'each use of its secrets by a token needs your word' : 'no use needs your word';
}

interface Wanted {
  readonly reference: ItemReference;
  readonly flags: UpdateFlags;
  readonly revision: number | undefined;
}

async function changeAsOwner(context: Context, door: OwnerDoor, wanted: Wanted): Promise<ItemShape> {
  const { reference, flags, revision } = wanted;
  const item = await door.viewItem(reference, []);
  const values = await readValues(context, item, flags);
  const made = await madeSecrets(flags, values.make);
  const edit = editOf(item, flags, { ...values, secrets: [...values.secrets, ...made] });
  const found: ItemReference = { item: { by: 'id', text: item.id } };
  const { approve } = flags;
  if (approve === undefined) checkEdit(edit);
  const isAlone = Object.keys(edit).length === 0;
  if (isAlone) checkRevision(item, revision);
  const changed = isAlone ? item : await door.updateItem(found, edit, revision);
  if (approve !== undefined) await door.changeItemRules(found, { approve });
  return changed;
}

/** One call, after one that looks at the item where its kinds of fields have to be known. */
async function changeAsToken(
  context: Context,
  acting: Acting & { kind: 'token' },
  { reference, flags, revision }: Wanted,
): Promise<ItemShape> {
  const named = toolArguments(reference);
  const item = needsLook(flags)
    ? await callForItem(context, acting, { tool: 'get_item', arguments: named })
    : undefined;
  const values = await readValues(context, item ?? UNSEEN, flags);
  const added = values.added.filter((field) => !isMade(values.make, field));
  const edit = {
    ...editOf(item ?? UNSEEN, flags, { ...values, added }),
    ...generateArgument(flags, values.make),
  };
  checkEdit(edit);
  const found = item === undefined ? named : { item: item.id };
  return callForItem(context, acting, {
    tool: 'update_item',
    arguments: { ...found, expected_revision: revision, ...edit },
  });
}

type Seen = Pick<ItemShape, 'type' | 'fields'>;

/** Stands for an item where nothing depends on what it has. */
const UNSEEN: Seen = { type: 'custom', fields: [] };

/** Whether what is given depends on the fields that the item has. */
function needsLook({ field, secret, secretFile, generate }: UpdateFlags): boolean {
  return [field, secret, secretFile].some((given) => given !== undefined) || generate?.includes('') === true;
}

function isMade(make: readonly string[], { ref, kind, value }: Addition): boolean {
  return value === undefined && kind === 'secret' && make.includes(ref);
}

interface Values {
  readonly open: readonly GivenValue[];
  readonly added: readonly Addition[];
  readonly secrets: readonly GivenValue[];
  /** The fields whose secrets are to be made. */
  readonly make: readonly string[];
}

async function readValues(context: Context, item: Seen, flags: UpdateFlags): Promise<Values> {
  const open = openValues(flags, (ref) => kindIn(item, ref) ?? refuseUnknown(item, ref));
  const added = flags.addField?.map(readAddition) ?? [];
  const make = fieldsToMake(flags, mainSecret(item.type));
  return { open, added, make, secrets: await givenSecrets(context, withAsked(flags, added)) };
}

function editOf(item: Seen, flags: UpdateFlags, { open, added, secrets }: Values): ItemEdit {
  const given = secrets.filter(({ ref }) => !isAsked(added, ref));
  const isKnown = ({ ref }: GivenValue): boolean => kindIn(item, ref) !== undefined;
  const fresh = given.filter((one) => !isKnown(one)).map(({ ref, value }) => newSecret(ref, value));
  return {
    ...(flags.title === undefined ? {} : { title: flags.title }),
    ...(flags.url === undefined ? {} : { urls: flags.url }),
    ...(flags.tag === undefined ? {} : { tags: flags.tag }),
    ...(flags.remove === undefined ? {} : { remove: flags.remove }),
    ...some('set', toRecord([...open, ...given.filter(isKnown)])),
    ...some('add', [...added.map((field) => filled(field, secrets)), ...fresh]),
  };
}

function checkRevision({ revision }: ItemShape, wanted: number | undefined): void {
  if (wanted === undefined || wanted === revision) return;
  throw new Refusal('conflict', {
    message: `The item is at revision ${String(revision)} now.`,
    next: 'Look at it again: vouchsafe item view ITEM',
  });
}

function checkEdit(edit: object): void {
  if (Object.keys(edit).length > 0) return;
  throw new Refusal('invalid_request', {
    message: 'There is nothing to change.',
    next: 'Add --title, --field, --secret, --add-field, --remove, --url, --tag or --generate.',
  });
}

function some<K extends string, V extends object>(key: K, value: V): Partial<Record<K, V>> {
  return Object.keys(value).length === 0 ? {} : ({ [key]: value } as Record<K, V>);
}

function toRecord(given: readonly GivenValue[]): Readonly<Record<string, string>> {
  return Object.fromEntries(given.map(({ ref, value }) => [ref, value]));
}

/** The kind of the item's field, or of the standard field that it could have; undefined for a field that is unknown. */
function kindIn({ type, fields }: Seen, ref: string): FieldKind | undefined {
  const found = matchField<FieldShape>(fields, ref)?.kind;
  return found ?? (standardField(type, ref) === undefined ? undefined : kindOf(type, ref));
}

function refuseUnknown({ fields }: Seen, ref: string): never {
  const candidates = fields.map(fieldPath);
  throw new Refusal('not_found', {
    message: `The item has no field ${ref}.`,
    next: `It has: ${candidates.join(', ')}. For a new one use --add-field text:${ref}=VALUE.`,
    candidates,
  });
}

/** A field to add; its value is still missing where it has to be asked for. */
interface Addition {
  readonly ref: string;
  readonly kind: FieldKind;
  readonly value: string | undefined;
}

function readAddition(text: string): Addition {
  const cut = text.indexOf(':');
  const kind = parseKind(cut < 0 ? '' : text.slice(0, cut));
  const rest = text.slice(cut + 1);
  const isSecret = kind === 'secret' || kind === 'totp';
  if (isSecret && !rest.includes('=')) return { ref: rest.trim(), kind, value: undefined };
  const { ref, value } = splitPair('--field', rest);
  refuseAddition(ref, kind);
  checkOpen({ ref, value }, kind);
  return { ref, kind, value };
}

function refuseAddition(ref: string, kind: FieldKind): void {
  if (kind !== 'secret' && kind !== 'totp') return;
  throw new Refusal('invalid_request', {
    message: 'A secret is never given as an argument: others see those, and shells keep them.',
    next: `Use --add-field ${kind}:${ref} without a value: it is asked for, or read from stdin.`,
  });
}

function isAsked(added: readonly Addition[], ref: string): boolean {
  return added.some((field) => field.value === undefined && field.ref === ref);
}

/** Additions without a value are asked for like `--secret`, unless a file or the generator gives it. */
function withAsked(flags: UpdateFlags, added: readonly Addition[]): ValueFlags {
  const files = (flags.secretFile ?? []).map((text) => splitPair('--secret-file', text).ref);
  const given = new Set([...files, ...(flags.generate ?? []), ...(flags.secret ?? [])]);
  const asked = added.filter(({ ref, value }) => value === undefined && !given.has(ref)).map(({ ref }) => ref);
  return { ...flags, secret: [...(flags.secret ?? []), ...asked] };
}

function filled({ ref, kind, value }: Addition, secrets: readonly GivenValue[]): FieldInput {
  return { ...placeOf(ref), kind, value: value ?? secrets.find((given) => given.ref === ref)?.value ?? '' };
}

function newSecret(ref: string, value: string): FieldInput {
  return { ...placeOf(ref), kind: 'secret', value };
}

function placeOf(ref: string): { section?: string; name: string } {
  const cut = ref.indexOf('/');
  return cut > 0 ? { section: ref.slice(0, cut), name: ref.slice(cut + 1) } : { name: ref };
}
