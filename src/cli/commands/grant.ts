/** The short forms `grant TOKEN VAULT[/ITEM]` and `revoke TOKEN [VAULT[/ITEM]]`. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { foldName } from '../../core/text.js';
import type { VaultShape } from '../../core/shapes.js';
import type { Reference } from '../../gate/named.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import type { Place } from './naming.js';
import { addTerms, grantAccess, revokeAccess, type TermFlags, termsOf } from './token-access.js';
import { endToken } from './token-change.js';

interface RevokeFlags {
  /** False with `--no-rotate`. */
  readonly rotate: boolean;
}

/** Adds both commands to the program. */
export function register(program: Command, run: Runner): void {
  const grant = program.command('grant <token> <vault[/item]>').description('let a token reach a vault or an item');
  withExamples(addTerms(grant), [
    'vouchsafe grant deploy-bot Production',
    'vouchsafe grant deploy-bot "Production/DB password" --expiration 1w',
  ]).action(
    run(async (context, ...[token, place, flags]: [string, string, TermFlags]) => {
      const found = await findPlace(context, place);
      await grantAccess(context, { token: { by: 'any', text: token }, ...found, ...termsOf(flags) });
    }),
  );
  const command = program
    .command('revoke <token> [vault[/item]]')
    .description('end what a token reaches there; without a vault, end the token')
    .option('--no-rotate', 'leave the keys as they are');
  withExamples(command, ['vouchsafe revoke deploy-bot Production', 'vouchsafe revoke deploy-bot']).action(
    run(async (context, ...[token, place, flags]: [string, string | undefined, RevokeFlags]) => {
      await revoke(context, { token: { by: 'any', text: token }, place, rotate: flags.rotate });
    }),
  );
}

interface Revocation {
  readonly token: Reference;
  readonly place: string | undefined;
  readonly rotate: boolean;
}

async function revoke(context: Context, { token, place, rotate }: Revocation): Promise<void> {
  if (place !== undefined) return revokeAccess(context, { token, ...(await findPlace(context, place)), rotate });
  return endToken(context, token, rotate);
}

async function findPlace(context: Context, text: string): Promise<Place> {
  const door = await context.owner();
  return readPlace(text, await door.listVaults());
}

/**
 * What `VAULT` or `VAULT/ITEM` means. Names of vaults may have a slash in them: where two readings fit, it is refused
 * (`ambiguous`); where none does, the first slash is the one before the item.
 */
export function readPlace(text: string, vaults: readonly Pick<VaultShape, 'id' | 'name'>[]): Place {
  const readings = readingsOf(text);
  const fitting = readings.filter(({ vault }) => vaults.some((known) => isCalled(known, vault.text)));
  if (fitting.length > 1) {
    throw new Refusal('ambiguous', {
      message: 'That can mean a vault, or an item in another vault.',
      next: 'Use vouchsafe pat access grant (or revoke) with --vault-name, and --item-title for an item.',
    });
  }
  return fitting[0] ?? readings[1] ?? { vault: { by: 'any', text } };
}

/** The whole text as a vault, then each of its slashes as the one before the item. */
function readingsOf(text: string): readonly Place[] {
  const slashes = Array.from(text.matchAll(/\//g), ({ index }) => index);
  const split = slashes.map((index): Place => {
    return { vault: { by: 'any', text: text.slice(0, index) }, item: { by: 'any', text: text.slice(index + 1) } };
  });
  return [{ vault: { by: 'any', text } }, ...split];
}

function isCalled({ id, name }: Pick<VaultShape, 'id' | 'name'>, text: string): boolean {
  return id === text || foldName(name) === foldName(text);
}
