/** `item list`, `item view` and `item totp`: as the owner, or through the gate as a token. */
import { Option, type Command } from 'commander';
import { fieldPath, resolveField } from '../../core/item-field.js';
import { mainSecret } from '../../core/item-type.js';
import { Refusal } from '../../core/refusal.js';
import type { ItemRulesShape } from '../../core/rule-shapes.js';
import type { FieldShape, ItemShape } from '../../core/shapes.js';
import type { ItemReference } from '../../gate/named.js';
import { callForItem, callTool } from '../agent-call.js';
import type { Context, Runner } from '../context.js';
import { copyForAWhile } from '../clipboard.js';
import { withExamples } from '../help.js';
import { addItemFlags, itemOf, toolArguments } from './item-naming.js';
import { rulesLine, rulesOfItem } from './item-rules.js';
import { itemText, terminalText } from './item-text.js';
import type { PlaceFlags } from './naming.js';

interface ViewFlags extends PlaceFlags {
  readonly field?: string;
  readonly reveal?: boolean;
  readonly copy?: boolean;
}

/** Adds `view` and `totp` to the noun. */
export function registerView(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('view'))
    .description('one item, its secrets concealed; or one of its values')
    .option('--field <name>', 'print this one value and nothing else (NAME or SECTION/NAME)')
    .addOption(new Option('--reveal', 'show its secrets too').conflicts('field'))
    .option('--copy', 'put the value on the clipboard for 30 seconds, in place of printing it');
  withExamples(command, [
    'vouchsafe item view "Production/DB password"',
    'vouchsafe item view "DB password" --field password',
    'vouchsafe item view Grafana --copy',
    'vouchsafe item view "DB password" --field password --reason "Migration for OPS-42"   as a token',
  ]).action(
    run((context, argument: string | undefined, flags: ViewFlags) => view(context, itemOf(flags, argument), flags)),
  );
  registerTotp(item, run);
}

async function view(context: Context, reference: ItemReference, flags: ViewFlags): Promise<void> {
  const { out } = context;
  if (flags.copy === true) return copy(context, reference, flags.field);
  if (flags.field === undefined) {
    const item = await readItem(context, reference, flags.reveal === true ? 'all' : []);
    const rules = await ownersRules(context, item);
    if (rules === undefined) out.one(item, itemText(item, out));
    else out.one({ ...item, rules }, itemText(item, out, rulesLine(rules)));
    return;
  }
  const item = await readItem(context, reference, [flags.field]);
  if (out.format === 'human') printValue(context, valueOf(item, flags.field));
  else out.one(item, '');
}

/** For the owner alone: a token is not told what is laid out for it. */
async function ownersRules(context: Context, { id }: ItemShape): Promise<ItemRulesShape | undefined> {
  const acting = await context.acting();
  return acting.kind === 'owner' ? rulesOfItem(acting.door, id) : undefined;
}

/** As the owner, or as a token: then all secrets have to be named, which takes a look at their names before. */
async function readItem(
  context: Context,
  reference: ItemReference,
  reveal: readonly string[] | 'all',
): Promise<ItemShape> {
  const acting = await context.acting();
  if (acting.kind === 'owner') return acting.door.viewItem(reference, reveal);
  const read = (fields: readonly string[]): Promise<ItemShape> => {
    const named = { ...toolArguments(reference), ...(fields.length === 0 ? {} : { fields }) };
    return callForItem(context, acting, { tool: 'get_item', arguments: named });
  };
  if (reveal !== 'all') return read(reveal);
  const item = await read([]);
  const hidden = item.fields.filter(({ concealed, kind }) => concealed === true && kind !== 'totp');
  return hidden.length === 0 ? item : read(hidden.map(fieldPath));
}

function valueOf(item: ItemShape, name: string): string {
  const { value } = resolveField<FieldShape>(item.fields, name);
  if (value !== undefined) return value;
  throw new Refusal('forbidden', {
    message: 'The value of this field is not given.',
    next: 'For a one-time code use `vouchsafe item totp`.',
  });
}

/** At a terminal and in a pipe with a newline behind it; to a file byte for byte. */
function printValue({ out }: Context, value: string): void {
  const text = out.isTerminal ? terminalText(value) : value;
  out.data(out.isFile || text.endsWith('\n') ? text : `${text}\n`);
}

async function copy(context: Context, reference: ItemReference, field: string | undefined): Promise<void> {
  const name = field ?? (await mainField(context, reference));
  const item = await readItem(context, reference, [name]);
  const seconds = await copyForAWhile(valueOf(item, name), context.env);
  const { title, vault, id } = item;
  context.out.one({ id, vault, title, field: name, copied: true, seconds }, '');
  context.out.note(`Copied ${name}. The clipboard is cleared in ${String(seconds)} seconds.`);
}

async function mainField(context: Context, reference: ItemReference): Promise<string> {
  const { type, fields } = await readItem(context, reference, []);
  const name = mainSecret(type) ?? fields.find(({ kind }) => kind === 'secret')?.name;
  if (name !== undefined) return name;
  throw new Refusal('invalid_request', {
    message: 'The item has no secret to copy.',
    next: 'Name a field: --field NAME.',
  });
}

interface Code {
  readonly code: string;
  readonly seconds_left: number;
}

function registerTotp(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('totp')).description('the one-time code of an item, now');
  withExamples(command, ['vouchsafe item totp Production/Grafana']).action(
    run(async (context, argument: string | undefined, flags: PlaceFlags) => {
      const reference = itemOf(flags, argument);
      const { code, seconds_left } = await readCode(context, reference);
      context.out.one({ code, seconds_left }, code);
      if (context.out.isTerminal) context.out.note(`It holds for ${String(seconds_left)} more seconds.`);
    }),
  );
}

async function readCode(context: Context, reference: ItemReference): Promise<Code> {
  const acting = await context.acting();
  if (acting.kind === 'owner') return acting.door.totp(reference);
  const result = await callTool(context, acting, { tool: 'get_totp', arguments: toolArguments(reference) });
  return result as unknown as Code; // The gate's own shape.
}
