/** `item delete`: as the owner, or through the gate as a token. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { ItemShape } from '../../core/shapes.js';
import { escapeText, foldName } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ItemReference } from '../../gate/named.js';
import { callTool } from '../agent-call.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { addItemFlags, itemOf, toolArguments, trashed } from './item-naming.js';
import { itemLine } from './item-text.js';
import type { PlaceFlags } from './naming.js';
import { confirmForGood } from './noun.js';

interface DeleteFlags extends PlaceFlags {
  readonly force?: boolean;
  readonly confirm?: string;
}

/** Adds the verb to the noun. */
export function registerDelete(item: Command, run: Runner): void {
  const command = addItemFlags(item.command('delete'))
    .description('delete an item for good, with its history; a token can only if it is in the trash')
    .addOption(new Option('--force', 'do not ask'))
    .option('--confirm <title>', "the item's title once more, in place of being asked");
  withExamples(command, [
    'vouchsafe item delete Staging/Grafana',
    'vouchsafe item delete --item-id ID --confirm Grafana',
  ]).action(
    run(async (context, argument: string | undefined, flags: DeleteFlags) => {
      const reference = itemOf(flags, argument);
      const acting = await context.acting();
      if (acting.kind === 'owner') await deleteAsOwner(context, acting.door, { reference, flags });
      else await deleteAsToken(context, acting, { reference, flags });
    }),
  );
}

interface Wanted {
  readonly reference: ItemReference;
  readonly flags: DeleteFlags;
}

async function deleteAsOwner(context: Context, door: OwnerDoor, { reference, flags }: Wanted): Promise<void> {
  const found = await findAnywhere(door, reference);
  const { force, confirm } = flags;
  if (confirm !== undefined) checkTitle(found, confirm);
  const question = `Delete ${escapeText(found.title)} in ${escapeText(found.vault)} for good?`;
  await confirmForGood(context, question, force === true || confirm !== undefined);
  const gone = await door.deleteItem({ item: { by: 'id', text: found.id } });
  context.out.say(gone, `Deleted ${itemLine(gone)}`);
}

function checkTitle({ title }: ItemShape, confirm: string): void {
  if (foldName(confirm.trim()) === foldName(title)) return;
  throw new Refusal('invalid_request', {
    message: '--confirm is not the title of this item.',
    next: 'Look at it first: `vouchsafe item view ITEM`.',
  });
}

/** The item, in the trash or not. Throws `ambiguous` if there is one of that name in both. */
async function findAnywhere(door: OwnerDoor, reference: ItemReference): Promise<ItemShape> {
  const kept = await orNone(door.viewItem(reference, []));
  const gone = await orNone(door.viewItem(trashed(reference), []));
  if (kept === undefined || gone === undefined || kept.id === gone.id) {
    return kept ?? gone ?? door.viewItem(reference, []);
  }
  throw new Refusal('ambiguous', {
    message: 'There is one of this name in the trash, and one outside.',
    next: `Name it by its id: ${kept.id}, or ${gone.id} in the trash.`,
    candidates: [kept.id, gone.id],
  });
}

async function orNone(found: Promise<ItemShape>): Promise<ItemShape | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'not_found') return undefined;
    throw error;
  }
}

/** The gate wants the title too, and compares it: it comes from whoever deletes, and is never looked up for them. */
async function deleteAsToken(
  context: Context,
  acting: Acting & { kind: 'token' },
  { reference, flags }: Wanted,
): Promise<void> {
  const named = toolArguments(reference);
  const confirm = await confirmedTitle(context, named.item, flags);
  const call = { tool: 'delete_item', arguments: { ...named, confirm_title: confirm } };
  const { deleted } = await callTool(context, acting, call);
  context.out.say(deleted as object, `Deleted ${escapeText(confirm)} for good.`); // The gate's own shape: id and title.
}

/** The title as it was given, or typed. With `--force` it is the one that names the item; an id says nothing of it. */
async function confirmedTitle({ out, input }: Context, item: string, flags: DeleteFlags): Promise<string> {
  const { force, confirm } = flags;
  if (confirm !== undefined) return confirm;
  const next = 'Add --confirm with its title.';
  if (force === true) {
    if (flags.itemId === undefined && !ID.test(item)) return item;
    throw new Refusal('invalid_request', { message: 'An id alone does not confirm which item is meant.', next });
  }
  if (out.format !== 'human') {
    const message = `This can't be undone, and with --output ${out.format} nobody is asked.`;
    throw new Refusal('invalid_request', { message, next });
  }
  return input.line(`Deleting ${escapeText(item)} for good. Type its title to go on:`, next);
}

const ID = /^[0-9a-z]{32}$/;
