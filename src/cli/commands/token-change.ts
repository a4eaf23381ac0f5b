/** `pat delete`, `rename`, `freeze` and `unfreeze`. */
import { Refusal } from '../../core/refusal.js';
import type { TokenShape } from '../../core/shapes.js';
import { escapeText, foldName } from '../../core/text.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Reference } from '../../gate/named.js';
import type { Context } from '../context.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { addTokenFlags, tokenOf, type TokenFlags } from './naming.js';
import { confirmForGood, referTo, resolveToken, type Noun } from './noun.js';
import { endedText } from './token-text.js';

interface DeleteFlags extends TokenFlags {
  readonly force?: boolean;
  /** False with `--no-rotate`. */
  readonly rotate: boolean;
}

/** Adds `delete`, also called `revoke`, to the noun. */
export function registerDelete(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('delete [token]').alias('revoke'))
    .description('end a token for good; it stops working at once')
    .option('--force', 'do not ask')
    .option('--no-rotate', 'leave the keys of its vaults as they are');
  withExamples(command, [
    `vouchsafe ${noun.name} delete deploy-bot`,
    `vouchsafe ${noun.name} delete --pat-id law-hotel-shape-community --force`,
  ]).action(
    noun.run(async (context, argument: string | undefined, flags: DeleteFlags) => {
      const named = tokenOf(flags, argument);
      const token = await findEndable(noun, await context.owner(), named);
      const question = `Delete the token ${escapeText(token.name)} (${token.id}) for good?`;
      await confirmForGood(context, question, flags.force === true);
      await endToken(context, referTo(token), flags.rotate);
    }),
  );
}

/** The token; also one whose rows were changed, which nothing else finds any more, but which can be ended. */
export async function findEndable(noun: Noun, door: OwnerDoor, named: Reference): Promise<TokenShape> {
  try {
    return await resolveToken(noun, door, named);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'not_found') throw error;
    const { data } = await door.listTokens({ all: true, agentsOnly: noun.isAgent, limit: MOST_TOKENS });
    const known = data.find(({ id, name }) => id === named.text || foldName(name) === foldName(named.text));
    if (known === undefined) throw error;
    return known;
  }
}

/** The most tokens that one page has. */
export const MOST_TOKENS = 1000;

/** Ends the token and says what it has read and what was changed. Nothing is asked. */
export async function endToken(context: Context, token: Reference, rotate: boolean): Promise<void> {
  const door = await context.owner();
  const ended = await withProgress(context.out, 'Changing keys', async (progress) =>
    door.deleteToken(token, { rotate }, progress),
  );
  const first = `Deleted ${ended.token.id} (${escapeText(ended.token.name)}). It opens nothing from now on.`;
  context.out.say(ended, endedText(first, ended, context.out.local));
  if (!rotate) warnOfKeys(context);
}

/** What `--no-rotate` leaves open, on stderr. */
export function warnOfKeys({ out }: Context): void {
  out.note('Keys were not changed: someone with that token and a copy of the safe could still open what it reached.');
}

/** Adds `rename` to the noun: the token, then its new name. */
export function registerRename(noun: Noun): void {
  const command = addTokenFlags(noun.command.command('rename [names...]'))
    .description('give a token another name: TOKEN NEW, or NEW with --pat-name or --pat-id')
    .usage('[options] [token] <new>');
  withExamples(command, [
    `vouchsafe ${noun.name} rename ci ci-staging`,
    `vouchsafe ${noun.name} rename --pat-name ci ci-staging`,
  ]).action(
    noun.run(async (context, names: readonly string[], flags: TokenFlags) => {
      const { named, name } = renaming(names, flags);
      const door = await context.owner();
      const token = await resolveToken(noun, door, named);
      const renamed = await door.renameToken(referTo(token), name);
      context.out.say(renamed, `Renamed ${token.id}: ${escapeText(renamed.name)}`);
    }),
  );
}

function renaming(names: readonly string[], flags: TokenFlags): { readonly named: Reference; readonly name: string } {
  const name = names.at(-1);
  const isFlagged = [flags.patId, flags.patName, flags.token].some((flag) => flag !== undefined);
  if (name !== undefined && names.length === (isFlagged ? 1 : 2)) {
    return { named: tokenOf(flags, isFlagged ? undefined : names[0]), name };
  }
  throw new Refusal('invalid_request', {
    message: 'A token and its new name are needed, and nothing else.',
    next: 'For example: vouchsafe pat rename old-name new-name',
  });
}

interface Change {
  readonly verb: string;
  readonly description: string;
  readonly change: (door: OwnerDoor, token: Reference) => Promise<TokenShape>;
  readonly done: string;
  /** The verb that undoes it, where that may be wanted next. */
  readonly undo?: string;
}

const CHANGES: readonly Change[] = [
  {
    verb: 'freeze',
    description: 'refuse everything to a token, at once, until it is unfrozen',
    change: (door, token) => door.freezeToken(token),
    done: 'Frozen',
    undo: 'unfreeze',
  },
  {
    verb: 'unfreeze',
    description: 'let a frozen token work again',
    change: (door, token) => door.unfreezeToken(token),
    done: 'No longer frozen',
  },
];

/** Adds `freeze` and `unfreeze` to the noun. */
export function registerFreeze(noun: Noun): void {
  for (const { verb, description, change, done, undo } of CHANGES) {
    const command = addTokenFlags(noun.command.command(`${verb} [token]`)).description(description);
    withExamples(command, [`vouchsafe ${noun.name} ${verb} deploy-bot`]).action(
      noun.run(async (context, argument: string | undefined, flags: TokenFlags) => {
        const named = tokenOf(flags, argument);
        const door = await context.owner();
        const token = await change(door, referTo(await resolveToken(noun, door, named)));
        context.out.say(token, `${done}: ${token.id} (${escapeText(token.name)})`);
        if (undo !== undefined && context.out.format === 'human')
          context.out.note(`To let it work again: vouchsafe ${noun.name} ${undo} ${token.id}`);
      }),
    );
  }
}
