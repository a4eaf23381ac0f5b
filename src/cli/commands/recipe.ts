/** The noun `recipe`: what tokens may run or send with secrets that they never see. */
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { RecipeShape } from '../../core/rule-shapes.js';
import { escapeText } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { ItemReference, Reference } from '../../gate/named.js';
import type { NewRecipe } from '../../gate/use-door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { addVaultFlags, vaultNeeded } from './item-naming.js';
import { readText } from './item-values.js';
import type { PlaceFlags } from './naming.js';
import { confirmForGood } from './noun.js';
import { collect } from './option-alias.js';
import { withNames } from './recipe-names.js';
import { registerRun } from './recipe-run.js';
import { recipeRow, RECIPE_COLUMNS, recipeText } from './recipe-text.js';

interface CreateFlags extends PlaceFlags {
  readonly description?: string;
  readonly env?: readonly string[];
  readonly allow?: readonly string[];
  readonly timeout?: string;
  readonly outputCap?: string;
  readonly folder?: string;
  readonly approve?: boolean;
  readonly token?: readonly string[];
  readonly request?: string;
  readonly header?: readonly string[];
  readonly body?: string;
}

/** Adds the noun to the program. */
export function register(program: Command, run: Runner): void {
  const recipe = program
    .command('recipe')
    .description('commands and requests that tokens may make with secrets unseen');
  registerCreate(recipe, run);
  registerList(recipe, run);
  registerShow(recipe, run);
  registerRenew(recipe, run);
  registerDelete(recipe, run);
  registerRun(recipe, run);
}

function registerCreate(recipe: Command, run: Runner): void {
  const repeated = (flags: string, text: string): Option => new Option(flags, text).argParser(collect);
  const command = addVaultFlags(recipe.command('create').argument('<name>', 'one word'))
    .argument('[command...]', 'after --: the program and its arguments; {hole} stands for a value')
    .description('set up a command or a request; the program is pinned by its SHA-256')
    .addOption(new Option('--description <text>', 'what it is for; agents read it').env('VOUCHSAFE_DESCRIPTION'))
    .addOption(repeated('--env <name=text>', 'a variable for the program, with references in it; repeatable'))
    .addOption(repeated('--allow <hole=what>', 'what a hole may be: HOLE=one,two or HOLE=/PATTERN/; repeatable'))
    .option('--timeout <time>', 'how long a run may take, at most an hour: 90s, 10min (60s)')
    .option('--output-cap <size>', 'the most that is given of each output, at most 1MiB: 64KiB (256KiB)')
    .option('--folder <dir>', 'where the program runs (the current folder)')
    .option('--approve', 'each run needs your word')
    .addOption(repeated('--token <token>', 'only this token may run it; repeatable'))
    .option('--request <method url>', "a request in place of a command, as the item's policy allows it")
    .option('--item <item>', "of a request: the item whose credential it carries, of the recipe's vault or VAULT/ITEM")
    .addOption(repeated('--header <name: value>', 'of a request: a header; repeatable'))
    .option('--body <text>', 'of a request: its body, or @FILE');
  withExamples(command, [
    'vouchsafe recipe create deploy --vault Production \\',
    "    --env 'DB_PASSWORD=vouchsafe://Production/DB%20password/password' \\",
    '    --allow env=staging,production --timeout 10min -- ./deploy.sh --to {env}',
    "vouchsafe recipe create close-issue --vault CI --item GitHub --allow 'n=/[0-9]+/' \\",
    "    --request 'PATCH https://api.github.com/repos/acme/shop/issues/{n}' \\",
    `    --header 'Content-Type: application/json' --body '{"state":"closed"}'`,
  ]).action(
    run((context, ...[name, words, flags]: [string, readonly string[], CreateFlags]) =>
      create(context, { name, words, flags }),
    ),
  );
}

interface Given {
  readonly name: string;
  readonly words: readonly string[];
  readonly flags: CreateFlags;
}

async function create(context: Context, given: Given): Promise<void> {
  const { out } = context;
  const doesIn = given.flags.request === undefined ? commandOf(context, given) : requestOf(given.flags, given.words);
  const door = await context.owner();
  const vault = await vaultNeeded(door, given.flags);
  const made = await door.createRecipe({ ...wantedOf(given), ...doesIn(vault), vault });
  await show(context, door, made);
  if (out.format !== 'human') return;
  out.note('');
  out.note(
    `Next: vouchsafe recipe run ${made.name}${holeWords(made.holes)}; an agent runs it with its tool run_recipe.`,
  );
}

async function show({ out }: Context, door: OwnerDoor, recipe: RecipeShape): Promise<void> {
  out.one(recipe, out.format === 'human' ? recipeText(await withNames(door, recipe), out) : '');
}

function holeWords(holes: RecipeShape['holes']): string {
  return Object.keys(holes)
    .map((name) => ` ${name}=VALUE`)
    .join('');
}

function wantedOf({ name, flags }: Given): Omit<NewRecipe, 'vault'> {
  const { description, allow, timeout, outputCap, approve, token: tokens } = flags;
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...(allow === undefined ? {} : { allow }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(outputCap === undefined ? {} : { outputCap }),
    ...(approve === undefined ? {} : { approve }),
    ...(tokens === undefined ? {} : { tokens: tokens.map((text): Reference => ({ by: 'any', text })) }),
  };
}

/** What it does, by the vault that it belongs to. */
type DoesIn = (vault: Reference) => Pick<NewRecipe, 'command' | 'request'>;

const REQUEST_OPTIONS = ['item', 'header', 'body'] as const;

function commandOf({ env }: Context, { words, flags }: Given): DoesIn {
  const other = REQUEST_OPTIONS.find((name) => flags[name] !== undefined);
  if (other !== undefined) refuse(`--${other} is of a request`, "Add --request 'METHOD URL', or leave it out.");
  if (words.length === 0)
    refuse(
      'A recipe needs a command after --, or a request',
      'For example: vouchsafe recipe create NAME --vault VAULT -- ./deploy.sh --to {env}',
    );
  const environment = Object.fromEntries((flags.env ?? []).map(variableOf));
  const command = { argv: words, environment, folder: resolve(flags.folder ?? '.'), path: env['PATH'] ?? '' };
  return () => ({ command });
}

function variableOf(text: string): readonly [string, string] {
  const cut = text.indexOf('=');
  const name = text.slice(0, Math.max(0, cut));
  const next = 'Write --env NAME=TEXT; a reference is vouchsafe://VAULT/ITEM/FIELD.';
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) refuse('--env needs the name of a variable, = and its text', next);
  if (name.startsWith('VOUCHSAFE_')) refuse('No program is given a variable that begins with VOUCHSAFE_', next);
  return [name, text.slice(cut + 1)];
}

const COMMAND_OPTIONS = ['env', 'folder'] as const;

function requestOf(flags: CreateFlags, words: readonly string[]): DoesIn {
  const { request = '', item, header = [], body } = flags;
  const next = "For example: --request 'GET https://api.example.com/v1/things/{id}' --item ITEM";
  const other = COMMAND_OPTIONS.find((name) => flags[name] !== undefined);
  if (other !== undefined || words.length > 0) refuse('A recipe is a command or a request, not both', next);
  const [, method, url] = /^\s*(\S+)\s+(\S+)\s*$/.exec(request) ?? [];
  if (method === undefined || url === undefined) refuse('--request needs a method and a URL', next);
  if (item === undefined) refuse('--item is missing: whose credential does the request carry?', next);
  const does = { method: method.toUpperCase(), url, headers: Object.fromEntries(header.map(headerOf)) };
  const sent = body === undefined ? {} : { body: body.startsWith('@') ? readText(body.slice(1), 'The body') : body };
  return (vault) => ({ request: { ...does, ...sent, item: itemIn(vault, item) } });
}

function headerOf(text: string): readonly [string, string] {
  const [, name, value] = /^([^\s:]+):\s*(.*)$/s.exec(text.trim()) ?? [];
  if (name === undefined || value === undefined)
    refuse('--header needs a name, a colon and a value', "For example --header 'Accept: application/json'.");
  return [name, value];
}

/** An item of the recipe's vault, unless its id or `VAULT/ITEM` says another. */
function itemIn(vault: Reference, text: string): ItemReference {
  const item: Reference = { by: 'any', text };
  return text.includes('/') || /^[0-9a-z]{32}$/.test(text) ? { item } : { vault, item };
}

function registerList(recipe: Command, run: Runner): void {
  const command = recipe.command('list').description('all recipes, and whether their programs are what was pinned');
  withExamples(command, ['vouchsafe recipe list', 'vouchsafe recipe list --json']).action(
    run(async (context) => {
      const { out } = context;
      const recipes = await (await context.owner()).listRecipes();
      const rows = recipes.map(recipeRow);
      out.list(recipes, null, recipes.length === 0 ? '' : out.table(RECIPE_COLUMNS, rows));
      if (recipes.length === 0 && out.format === 'human')
        out.note('No recipes. Make one: vouchsafe recipe create NAME --vault VAULT -- COMMAND');
    }),
  );
}

function registerShow(recipe: Command, run: Runner): void {
  const command = recipe.command('show <name>').description('all of a recipe');
  withExamples(command, ['vouchsafe recipe show deploy']).action(
    run(async (context, name: string) => {
      const door = await context.owner();
      await show(context, door, await door.showRecipe(name));
    }),
  );
}

function registerRenew(recipe: Command, run: Runner): void {
  const command = recipe
    .command('renew <name>')
    .description('pin the program as it is now, after you have looked at it');
  withExamples(command, ['vouchsafe recipe renew deploy']).action(
    run(async (context, name: string) => {
      const door = await context.owner();
      const before = await door.showRecipe(name);
      const renewed = await door.renewRecipe(before.id);
      const [old, now] = [before.command?.sha256 ?? '', renewed.command?.sha256 ?? ''];
      const { out } = context;
      out.say({ ...renewed, sha256_before: old }, renewedText(renewed, old, now));
      if (out.format === 'human' && old !== now)
        out.note('What the program does was not looked at: only you know whether it is right.');
    }),
  );
}

function renewedText({ name, command }: RecipeShape, old: string, now: string): string {
  const program = escapeText(command?.argv[0] ?? '');
  if (old === now) return `${escapeText(name)} was up to date: ${program} is as it was pinned.\n  ${now}`;
  return `Renewed ${escapeText(name)}: ${program}\n  was  ${old}\n  now  ${now}`;
}

function registerDelete(recipe: Command, run: Runner): void {
  const command = recipe
    .command('delete <name>')
    .description('no token can run it any more')
    .option('--force', 'do not ask');
  withExamples(command, ['vouchsafe recipe delete deploy', 'vouchsafe recipe delete deploy --force']).action(
    run(async (context, name: string, { force }: { force?: boolean }) => {
      const door = await context.owner();
      // one that was damaged cannot be shown, and is deleted by its id
      const found = force === true ? { id: name, name } : await door.showRecipe(name);
      await confirmForGood(context, `Delete the recipe ${escapeText(found.name)} for good?`, force === true);
      const gone = await door.deleteRecipe(found.id);
      context.out.say(gone, `Deleted recipe ${escapeText(gone.name)} (${gone.id})`);
    }),
  );
}

function refuse(fault: string, next: string): never {
  throw new Refusal('invalid_request', { message: /[.?!]$/.test(fault) ? fault : `${fault}.`, next });
}
