/** The noun `vault`. */
import { Option, type Command } from 'commander';
import type { VaultShape } from '../../core/shapes.js';
import { escapeText, foldName } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import { Refusal } from '../../core/refusal.js';
import { callTool } from '../agent-call.js';
import { counted } from '../chart.js';
import type { Acting, Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import type { Column } from '../output.js';
import { shellWord } from './naming.js';

/** Adds the noun to the program. */
export function register(program: Command, run: Runner): void {
  const vault = program.command('vault').description('vaults: named collections of items');
  registerCreate(vault, run);
  registerList(vault, run);
  registerUpdate(vault, run);
  registerDelete(vault, run);
}

function descriptionOption(): Option {
  return new Option('--description <text>', 'what it is for').env('VOUCHSAFE_DESCRIPTION');
}

interface VaultFlags {
  readonly name?: string;
  readonly description?: string;
}

function registerCreate(vault: Command, run: Runner): void {
  const command = vault
    .command('create')
    .argument('[name]', 'its name, which no other vault has')
    .description('make a vault')
    .addOption(new Option('--name <name>', 'the same as the argument').env('VOUCHSAFE_NAME'))
    .addOption(descriptionOption());
  withExamples(command, [
    'vouchsafe vault create Production',
    'vouchsafe vault create CI --description "Build servers"',
  ]).action(
    run(async (context, argument: string | undefined, { name, description }: VaultFlags) => {
      const wanted = argument ?? name;
      if (wanted === undefined)
        throw new Refusal('invalid_request', { message: 'The vault has no name.', next: NEXT_NAME });
      const door = await context.owner();
      const made = await door.createVault({ name: wanted, ...(description === undefined ? {} : { description }) });
      const { out } = context;
      out.say(made, `Created the vault ${describe(made)}`);
      const word = shellWord(escapeText(made.name));
      if (out.format === 'human') out.note(`Next: vouchsafe item create login --vault ${word}`);
    }),
  );
}

const NEXT_NAME = 'Give it one: `vouchsafe vault create NAME`.';

function describe({ id, name }: VaultShape): string {
  return `${escapeText(name)} (${id})`;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'name' },
  { key: 'id', title: 'id', whole: true },
  { key: 'items', title: 'items', alignRight: true, whole: true },
  { key: 'role', title: 'role', whole: true },
  { key: 'description', title: 'description' },
];

function registerList(vault: Command, run: Runner): void {
  const command = vault.command('list').description('the vaults there are; as a token, those that it reaches');
  withExamples(command, [
    'vouchsafe vault list',
    'vouchsafe vault list --json --reason "Which vault has the CI keys?"',
  ]).action(
    run(async (context) => {
      const { out } = context;
      const { vaults, columns, none } = await readVaults(context);
      out.list(vaults, null, vaults.length === 0 ? '' : out.table(columns, vaults));
      if (vaults.length === 0 && out.format === 'human') out.note(none);
    }),
  );
}

interface Listed {
  readonly vaults: readonly object[];
  readonly columns: readonly Column[];
  /** What to say where there are none. */
  readonly none: string;
}

const NONE = 'No vaults. Make one: vouchsafe vault create NAME';
const NONE_FOR_A_TOKEN = 'This token reaches no vault. The owner gives it one: vouchsafe grant TOKEN VAULT';

/** An owner has no role; a token is told its own. */
async function readVaults(context: Context): Promise<Listed> {
  const acting = await context.acting();
  if (acting.kind === 'owner') {
    const columns = COLUMNS.filter(({ key }) => key !== 'role');
    return { vaults: await acting.door.listVaults(), columns, none: NONE };
  }
  const { vaults } = await callTool(context, acting, { tool: 'list_vaults', arguments: {} });
  const found = Array.isArray(vaults) ? (vaults as readonly object[]) : [];
  return { vaults: found, columns: COLUMNS, none: NONE_FOR_A_TOKEN };
}

function registerUpdate(vault: Command, run: Runner): void {
  const command = vault
    .command('update')
    .argument('<vault>', 'the vault by id or name')
    .description('give a vault another name or description')
    .addOption(new Option('--name <name>', 'its new name').env('VOUCHSAFE_NAME'))
    .addOption(descriptionOption());
  withExamples(command, ['vouchsafe vault update CI --name "CI Secrets"']).action(
    run(async (context, text: string, { name, description }: VaultFlags) => {
      if (name === undefined && description === undefined) {
        const next = 'Add --name or --description.';
        throw new Refusal('invalid_request', { message: 'There is nothing to change.', next });
      }
      const edit = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }) };
      const acting = await context.acting();
      if (acting.kind === 'token') return updateAsToken(context, acting, { vault: text, ...edit });
      const changed = await acting.door.updateVault({ by: 'any', text }, edit);
      context.out.say(changed, `Changed the vault ${describe(changed)}`);
    }),
  );
}

async function updateAsToken(
  context: Context,
  acting: Acting & { kind: 'token' },
  edit: { vault: string; name?: string; description?: string },
): Promise<void> {
  const { vault } = await callTool(context, acting, { tool: 'update_vault', arguments: edit });
  const changed = vault as VaultShape; // The gate's own shape.
  context.out.say(changed, `Changed the vault ${describe(changed)}`);
}

interface DeleteFlags {
  readonly confirm?: string;
}

function registerDelete(vault: Command, run: Runner): void {
  const command = vault
    .command('delete')
    .argument('<vault>', 'the vault by id or name')
    .description('delete a vault for good, with all its items, and end all access to it')
    .option('--confirm <name>', "the vault's name once more, in place of being asked for it");
  withExamples(command, ['vouchsafe vault delete Staging --confirm Staging']).action(
    run(async (context, text: string, { confirm }: DeleteFlags) => {
      const door = await context.owner();
      const gone = await door.deleteVault({ by: 'any', text }, confirm ?? (await askName(context, door, text)));
      context.out.say(gone, `Deleted the vault ${describe(gone)} and its items.`);
    }),
  );
}

/** The name, typed by whoever wants the vault gone; nothing is asked about a vault that there isn't. */
async function askName({ input }: Context, door: OwnerDoor, text: string): Promise<string> {
  const vault = (await door.listVaults()).find(({ id, name }) => id === text || foldName(name) === foldName(text));
  if (vault === undefined) return text;
  const next = `Add --confirm with its name: \`vouchsafe vault delete ${shellWord(text)} --confirm NAME\`.`;
  const name = escapeText(vault.name);
  return input.line(`Deleting ${name} with ${counted(vault.items, 'item')} for good. Type its name to go on:`, next);
}
