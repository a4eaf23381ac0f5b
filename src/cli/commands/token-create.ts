/** `pat create` and `pat renew`: what prints a token, once. */
import { Option, type Command } from 'commander';
import { SCOPES } from '../../core/model.js';
import { Refusal } from '../../core/refusal.js';
import type { NewTokenShape } from '../../core/shapes.js';
import { nearest } from '../../core/text.js';
import type { NewToken } from '../../gate/door.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import { agentInstructions } from '../instructions.js';
import { withProgress } from '../progress-bar.js';
import { addInstallFlags, checkInstall, type CreateInstallFlags } from './install-flags.js';
import { addTokenFlags, byAny, tokenOf, type TokenFlags } from './naming.js';
import { noteIfFrozen, referTo, resolveToken, type Noun } from './noun.js';
import { addExpiration, collect, collectWords, isGiven } from './option-alias.js';
import { newTokenNotes } from './token-text.js';

interface CreateFlags extends CreateInstallFlags {
  readonly name?: string;
  readonly description?: string;
  readonly expiration?: string;
  readonly agent?: boolean;
  readonly scope?: readonly string[];
  readonly vault?: readonly string[];
  readonly role?: string;
}

interface RenewFlags extends TokenFlags {
  readonly expiration?: string;
  readonly rotate?: boolean;
}

const PAT_EXAMPLES = [
  'vouchsafe pat create --name ci-runner --expiration 3m',
  'vouchsafe pat create "GitHub Actions" --vault CI --scope read --scope reveal --expiry 2027-01-31',
  'vouchsafe pat create nightly --vault Backup -o nightly.token     into a 0600 file, not on the screen',
];

const AGENT_EXAMPLES = [
  'vouchsafe agent create deploy-bot --vault Production --install claude-code   all in one',
  'vouchsafe agent create deploy-bot --vault CI -o deploy-bot.token   into a 0600 file, not on the screen',
  'vouchsafe agent create helper --vault Production --role editor --expiration 1w',
];

/** Adds `create` to the noun. */
export function registerCreate(noun: Noun): void {
  const command = noun.command
    .command('create [name]')
    .description(noun.isAgent ? 'make a token for an agent; it is printed once' : 'make a token; it is printed once')
    .addOption(new Option('--name <name>', 'its name').env('VOUCHSAFE_NAME'))
    .addOption(new Option('--description <text>', 'what it is for').env('VOUCHSAFE_DESCRIPTION'));
  addExpiration(command, 'when it ends').addOption(scopeOption());
  if (!noun.isAgent) command.option('--agent', 'it is for an AI agent: a reason is required for everything');
  command
    .option('--vault <vault>', 'a vault that it may reach; repeatable', collect)
    .option('--role <role>', 'its role there: viewer, editor or manager (viewer)');
  if (noun.isAgent) addInstallFlags(command);
  withExamples(command, noun.isAgent ? AGENT_EXAMPLES : PAT_EXAMPLES).action(
    noun.run(async (context, ...[argument, flags, self]: [string | undefined, CreateFlags, Command]) => {
      const wanted = newToken({ ...flags, name: nameOf(argument, flags, self) }, noun.isAgent);
      checkInstall(flags);
      if (flags.install !== undefined) {
        const { createInstalled } = await import('./agent-setup.js');
        return createInstalled(context, wanted, flags);
      }
      const door = await context.owner();
      printNewToken(context, await door.createToken(wanted));
    }),
  );
}

function scopeOption(): Option {
  const known = `${SCOPES.join(', ')} or *`;
  return new Option('--scope <scope>', `what it may do at most, repeatable: ${known}`)
    .argParser(collectWords)
    .env('VOUCHSAFE_SCOPE');
}

/**
 * The name: the argument, else `--name`, else the description. One of the environment gives way to the argument. Throws
 * `invalid_request` where two are given, or none.
 */
function nameOf(argument: string | undefined, flags: CreateFlags, self: Command): string {
  const isTyped = flags.name !== undefined && self.getOptionValueSource('name') === 'cli';
  if (argument !== undefined && isTyped)
    refuse('The name is given twice.', 'Give it as the first argument or with --name.');
  const name = argument ?? (isTyped || isGiven(flags.name) ? flags.name : flags.description);
  if (name !== undefined) return name;
  refuse('A token needs a name.', 'For example: vouchsafe pat create deploy-bot --expiration 3m');
}

function newToken(flags: CreateFlags & { readonly name: string }, isAgent: boolean): NewToken {
  const { name, description, expiration, scope, vault, role } = flags;
  if (role !== undefined && vault === undefined) {
    refuse('A role was given, but no vault that it is for.', 'Add --vault, or grant access afterwards.');
  }
  return {
    name,
    isAgent: isAgent || flags.agent === true,
    ...(isGiven(description) ? { description } : {}),
    ...(isGiven(expiration) ? { expiration } : {}),
    ...(scope === undefined || scope.length === 0 ? {} : { scopes: checkScopes(scope) }),
    ...(vault === undefined ? {} : { vaults: vault.flatMap((text) => byAny(text) ?? []) }),
    ...(role === undefined ? {} : { role }),
  };
}

/** The scopes, once each. Throws `invalid_request` for one that there isn't. */
export function checkScopes(scopes: readonly string[]): readonly string[] {
  const known: readonly string[] = [...SCOPES, '*'];
  const words = scopes.map((scope) => scope.toLowerCase());
  const unknown = words.find((word) => !known.includes(word));
  if (unknown === undefined) return [...new Set(words)];
  const near = nearest(unknown, SCOPES);
  throw new Refusal('invalid_request', {
    message: 'There is no such scope.',
    next: `The scopes are ${known.join(' ')}${near === undefined ? '.' : `; did you mean ${near}?`}`,
    ...(near === undefined ? {} : { candidates: [near] }),
  });
}

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}

/** The token on stdout, and for people what is to be known of it on stderr. */
function printNewToken({ out }: Context, token: NewTokenShape): void {
  const instructions = token.agent
    ? { instructions: agentInstructions({ token, grants: token.grants }, 'agents-md') }
    : {};
  out.one({ ...token, ...instructions }, token.env);
  if (out.format === 'human') newTokenNotes(token, out.local).forEach((line) => out.note(line));
}

/** Adds `renew` to the noun. */
export function registerRenew(noun: Noun): void {
  const command = noun.command
    .command('renew [token]')
    .description('a new token string with the same access; the old one stops working at once');
  addExpiration(addTokenFlags(command), 'when the renewed token ends').option(
    '--rotate',
    'also change the keys of the vaults it reaches',
  );
  withExamples(command, [
    `vouchsafe ${noun.name} renew deploy-bot --expiration 3m`,
    `vouchsafe ${noun.name} renew deploy-bot --rotate -o deploy-bot.token   where the old one may have leaked`,
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: RenewFlags) => {
      const named = tokenOf(flags, argument);
      const door = await context.owner();
      const before = await resolveToken(noun, door, named);
      const token = referTo(before);
      const rotate = flags.rotate === true;
      const options = { rotate, ...(isGiven(flags.expiration) ? { expiration: flags.expiration } : {}) };
      const renewed = await withProgress(context.out, 'Changing keys', async (progress) =>
        door.renewToken(token, options, progress),
      );
      printRenewed(context, renewed, rotate);
      await noteIfFrozen(context, door, before);
    }),
  );
}

function printRenewed({ out }: Context, token: NewTokenShape, rotate: boolean): void {
  out.one(token, token.env);
  if (out.format !== 'human') return;
  newTokenNotes(token, out.local).forEach((line) => out.note(line));
  out.note('The token string before this one no longer works.');
  if (!rotate) out.note('No keys were changed. If the old token leaked, run this again with --rotate.');
}
