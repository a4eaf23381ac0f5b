/** `pat access grant`, `revoke` and `list-access`. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { GrantShape } from '../../core/shapes.js';
import type { GrantSelection, NewGrant } from '../../gate/door.js';
import type { Reference } from '../../gate/named.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { addLimits, limitFlagsOf, type LimitFlags } from './limit-flags.js';
import {
  addPlaceFlags,
  addTokenFlags,
  placeOf,
  tokenOf,
  type Place,
  type PlaceFlags,
  type TokenFlags,
} from './naming.js';
import { referTo, resolveToken, type Noun } from './noun.js';
import { addExpiration, isGiven } from './option-alias.js';
import { warnOfKeys } from './token-change.js';
import { registerExplain } from './token-explain.js';
import { accessText, endedText, grantText } from './token-text.js';

interface GrantFlags extends TokenFlags, PlaceFlags, TermFlags {}

/** What a grant is to be, by the flags. */
export interface TermFlags extends LimitFlags {
  readonly role?: string;
  readonly expiration?: string;
}

interface RevokeFlags extends TokenFlags, PlaceFlags {
  readonly grantId?: string;
  readonly all?: boolean;
  /** False with `--no-rotate`. */
  readonly rotate: boolean;
}

/** Adds `access` with its verbs to the noun. */
export function registerAccess(noun: Noun): void {
  const access = noun.command.command('access').description('what a token may reach');
  const inner: Noun = { ...noun, command: access };
  registerGrant(inner);
  registerRevoke(inner);
  registerListAccess(inner);
  registerExplain(inner);
}

function registerGrant(noun: Noun): void {
  const command = noun.command.command('grant [token]').description('let a token reach a vault, or one item in it');
  addTerms(addPlaceFlags(addTokenFlags(command)));
  withExamples(command, [
    `vouchsafe ${noun.name} access grant --pat-name deploy-bot --vault-name Production --role viewer`,
    `vouchsafe ${noun.name} access grant deploy-bot --vault Production --item "DB password" --expiration 1w`,
    `vouchsafe ${noun.name} access grant deploy-bot --vault CI --rate 20/1h --hours 08:00-18:00 --days mon-fri`,
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: GrantFlags) => {
      const named = tokenOf(flags, argument);
      const place = placeOf(flags) ?? refuseNoVault();
      const token = await findFor(noun, context, named);
      await grantAccess(context, { token, ...place, ...termsOf(flags) });
    }),
  );
}

/** Adds role, expiration and limits. */
export function addTerms(command: Command): Command {
  return addLimits(
    addExpiration(command.option('--role <role>', 'viewer, editor or manager (viewer)'), 'when this access ends'),
  );
}

/** The role, the expiration and the limits that the flags say. */
export function termsOf(flags: TermFlags): Pick<NewGrant, 'role' | 'expiration' | 'limits' | 'purpose'> {
  const { role, expiration } = flags;
  return {
    ...(role === undefined ? {} : { role }),
    ...(isGiven(expiration) ? { expiration } : {}),
    ...limitFlagsOf(flags),
  };
}

function refuseNoVault(): Place {
  throw new Refusal('invalid_request', {
    message: 'No vault is named.',
    next: 'Add --vault-name or --vault-id. `vouchsafe vault list` shows them.',
  });
}

async function findFor(noun: Noun, context: Context, named: Reference): Promise<Reference> {
  return referTo(await resolveToken(noun, await context.owner(), named));
}

/** Grants, and prints the grant as `list-access` does. */
export async function grantAccess(context: Context, grant: NewGrant): Promise<void> {
  const door = await context.owner();
  const made = await door.grant(grant);
  context.out.say(made, `- ${grantText(made, context.out.local)}`);
}

function registerRevoke(noun: Noun): void {
  const command = noun.command.command('revoke [token]').description("end a token's access to a vault or an item");
  addPlaceFlags(addTokenFlags(command))
    .option('--grant-id <id>', 'one grant by its id')
    .option('--all', 'all that it reaches')
    .option('--no-rotate', 'leave the keys as they are');
  withExamples(command, [
    `vouchsafe ${noun.name} access revoke --pat-name deploy-bot --vault-name Production`,
    `vouchsafe ${noun.name} access revoke deploy-bot --all`,
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: RevokeFlags) => {
      const named = tokenOf(flags, argument);
      const selected = selectionOf(flags);
      const token = await findFor(noun, context, named);
      await revokeAccess(context, { token, ...selected, rotate: flags.rotate });
    }),
  );
}

/** What is to end: a place, a grant, or all; exactly one of them. */
function selectionOf(flags: RevokeFlags): Pick<GrantSelection, 'vault' | 'item' | 'grantId' | 'all'> {
  const place = placeOf(flags);
  const choices = [
    ...(place === undefined ? [] : [place]),
    ...(flags.grantId === undefined ? [] : [{ grantId: flags.grantId }]),
    ...(flags.all === true ? [{ all: true }] : []),
  ];
  const [only, ...more] = choices;
  if (only !== undefined && more.length === 0) return only;
  throw new Refusal('invalid_request', {
    message: only === undefined ? 'It is not said which access ends.' : 'More than one access is named.',
    next: 'Give one of --vault-name or --vault-id (with an item if it is only that), --grant-id, or --all.',
  });
}

/** Ends grants and says what the token has read and what was changed. Nothing is asked. */
export async function revokeAccess(context: Context, selection: GrantSelection): Promise<void> {
  const door = await context.owner();
  const ended = await withProgress(context.out, 'Changing keys', async (progress) => door.revoke(selection, progress));
  const first = `Revoked access of ${ended.token.id} (grants: ${String(ended.ended.length)}).`;
  context.out.say(ended, endedText(first, ended, context.out.local));
  if (!selection.rotate) warnOfKeys(context);
}

function registerListAccess(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('list-access [token]'));
  command.description('what a token may reach, with role and end');
  withExamples(command, [`vouchsafe ${noun.name} access list-access --pat-name deploy-bot`]).action(
    noun.run(async (context, argument: string | undefined, flags: TokenFlags) => {
      const named = tokenOf(flags, argument);
      const token = await findFor(noun, context, named);
      const door = await context.owner();
      printAccess(context, await door.listAccess(token));
    }),
  );
}

function printAccess({ out }: Context, grants: readonly GrantShape[]): void {
  out.list(grants, null, out.fold(accessText(grants, out.local)));
}
