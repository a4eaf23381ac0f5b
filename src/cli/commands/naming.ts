/** How tokens, vaults and items are named on the command line: by id or name, as an argument or with a flag. */
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { Reference } from '../../gate/named.js';
import { addWithAliases } from './option-alias.js';

/** The flags that name a token. */
export interface TokenFlags {
  readonly patId?: string;
  readonly patName?: string;
  readonly token?: string;
}

/** The flags that name one vault, and perhaps an item in it. */
export interface PlaceFlags {
  readonly vaultId?: string;
  readonly vaultName?: string;
  readonly vault?: string;
  readonly itemId?: string;
  readonly itemTitle?: string;
  readonly item?: string;
}

/** A vault, or an item in a vault. */
export interface Place {
  readonly vault: Reference;
  readonly item?: Reference;
}

/** Adds `--pat-id`, `--pat-name` (with their long spellings) and `--token`. */
export function addTokenFlags(command: Command): Command {
  addWithAliases(command, new Option('--pat-id <id>', 'the token by its id'), ['--personal-access-token-id']);
  addWithAliases(command, new Option('--pat-name <name>', 'the token by its name'), ['--personal-access-token-name']);
  return command.option('--token <token>', 'the token by id or name');
}

/** Adds `--vault-id` (`--share-id`), `--vault-name`, `--vault` and the same for an item. */
export function addPlaceFlags(command: Command): Command {
  addWithAliases(command, new Option('--vault-id <id>', 'the vault by its id (also --share-id)'), ['--share-id']);
  return command
    .option('--vault-name <name>', 'the vault by its name')
    .option('--vault <vault>', 'the vault by id or name')
    .option('--item-id <id>', 'only this item, by its id')
    .option('--item-title <title>', 'only this item, by its title')
    .option('--item <item>', 'only this item, by id or title');
}

/** The token that the argument or a flag names. Throws `invalid_request` for none, or for two of them. */
export function tokenOf(flags: TokenFlags, argument?: string): Reference {
  const found = onlyOne('token', [byAny(argument), byId(flags.patId), byName(flags.patName), byAny(flags.token)]);
  if (found !== undefined) return found;
  throw new Refusal('invalid_request', {
    message: 'No token is named.',
    next: 'Give its name or id as the first argument, or with --pat-name or --pat-id. `vouchsafe pat list` shows them.',
  });
}

/** The vault that a flag names, if any. Throws `invalid_request` for two of them. */
export function vaultOf(flags: PlaceFlags): Reference | undefined {
  return onlyOne('vault', [byId(flags.vaultId), byName(flags.vaultName), byAny(flags.vault)]);
}

/** The place that the flags name, if any. Throws `invalid_request` for an item without a vault. */
export function placeOf(flags: PlaceFlags): Place | undefined {
  const vault = vaultOf(flags);
  const item = onlyOne('item', [byId(flags.itemId), byName(flags.itemTitle), byAny(flags.item)]);
  if (vault !== undefined) return item === undefined ? { vault } : { vault, item };
  if (item === undefined) return undefined;
  throw new Refusal('invalid_request', {
    message: 'The item is named, but not the vault it is in.',
    next: 'Add --vault-name or --vault-id.',
  });
}

type Choice = Reference | undefined;

function onlyOne(what: string, choices: readonly Choice[]): Choice {
  const [found, ...more] = choices.filter((choice) => choice !== undefined);
  if (more.length === 0) return found;
  throw new Refusal('invalid_request', {
    message: `The ${what} is named more than once.`,
    next: `Name the ${what} in one way: by its id, or by its name.`,
  });
}

/** A name or an id. */
export function byAny(text: string | undefined): Choice {
  return text === undefined ? undefined : { by: 'any', text };
}

function byId(text: string | undefined): Choice {
  return text === undefined ? undefined : { by: 'id', text };
}

function byName(text: string | undefined): Choice {
  return text === undefined ? undefined : { by: 'name', text };
}

/** The text as one word of a shell's command line. */
export function shellWord(text: string): string {
  return /^[\w.@%+-]+$/.test(text) && !text.startsWith('-') ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
