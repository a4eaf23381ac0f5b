/** How items are named on the command line. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ItemReference, Reference } from '../../gate/named.js';
import { byAny, vaultOf, type PlaceFlags } from './naming.js';
import { addWithAliases } from './option-alias.js';

/** The item that the argument or a flag names. Throws `invalid_request` for none, or for two of them. */
export function itemOf(flags: PlaceFlags, argument?: string): ItemReference {
  const choices = [byAny(argument), byId(flags.itemId), byName(flags.itemTitle), byAny(flags.item)];
  const [item, ...more] = choices.filter((choice) => choice !== undefined);
  const vault = vaultOf(flags);
  if (item === undefined) refuse('No item is named.', 'Give its title or id: `vouchsafe item list` shows them.');
  if (more.length > 0) refuse('The item is named more than once.', 'Name it in one way: by its id, or by its title.');
  return vault === undefined ? { item } : { vault, item };
}

/** The item also by its name in the trash. */
export function trashed(reference: ItemReference): ItemReference {
  return { ...reference, trashed: true };
}

function byId(text: string | undefined): Reference | undefined {
  return text === undefined ? undefined : { by: 'id', text };
}

function byName(text: string | undefined): Reference | undefined {
  return text === undefined ? undefined : { by: 'name', text };
}

/** Adds `[item]` as an argument, and the flags that name it and its vault. */
export function addItemFlags(command: Command): Command {
  return addVaultFlags(command.argument('[item]', 'the item by id or title, also VAULT/ITEM'))
    .option('--item <item>', 'the same as the argument')
    .option('--item-id <id>', 'the item by its id')
    .option('--item-title <title>', 'the item by its title');
}

/** Adds `--vault`, `--vault-id` (`--share-id`) and `--vault-name`. */
export function addVaultFlags(command: Command): Command {
  return addWithAliases(
    command.option('--vault <vault>', 'its vault by id or name'),
    new Option('--vault-id <id>', 'its vault by its id (also --share-id)'),
    ['--share-id'],
  ).option('--vault-name <name>', 'its vault by its name');
}

/** The vault that a flag names, else the setting `vault.default`; undefined if there is neither. */
export async function vaultOrDefault(door: OwnerDoor, flags: PlaceFlags): Promise<Reference | undefined> {
  const named = vaultOf(flags);
  if (named !== undefined) return named;
  const { value } = await door.getSetting('vault.default');
  return value === '' ? undefined : { by: 'any', text: value };
}

/** As {@link vaultOrDefault}, for what needs one: the only vault, if there is but one. Throws `invalid_request`. */
export async function vaultNeeded(door: OwnerDoor, flags: PlaceFlags): Promise<Reference> {
  const found = await vaultOrDefault(door, flags);
  if (found !== undefined) return found;
  const [only, ...others] = await door.listVaults();
  if (only !== undefined && others.length === 0) return { by: 'id', text: only.id };
  return refuse(
    'No vault is named.',
    'Add --vault, or choose one for good: `vouchsafe settings set vault.default NAME`.',
  );
}

/** The vault that a flag names, for a token: the owner's settings are not its own. Throws `invalid_request` for none. */
export function vaultOfToken(flags: PlaceFlags): string {
  const named = vaultOf(flags);
  return named === undefined
    ? refuse('No vault is named.', 'Add --vault: `vouchsafe vault list` shows those that this token reaches.')
    : named.text;
}

/**
 * The vault and item of a reference, as the tools of a token take them: `VAULT/ITEM` is cut at its first slash. A title
 * with a slash in it is named with `--item-title`.
 */
export function toolArguments({ vault, item }: ItemReference): { vault?: string; item: string } {
  if (vault !== undefined) return { vault: vault.text, item: item.text };
  const cut = item.by === 'any' ? item.text.indexOf('/') : -1;
  return cut > 0 ? { vault: item.text.slice(0, cut), item: item.text.slice(cut + 1) } : { item: item.text };
}

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}
