/** `lockdown`: every token at once, without a password; and its lift, which needs the owner. */
import type { Command } from 'commander';
import { escapeText } from '../../core/text.js';
import { checkSafe, cliOrigin } from '../access.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';

/** Adds the command to the program; without a verb it freezes. */
export function register(program: Command, run: Runner): void {
  const lockdown = program
    .command('lockdown')
    .description('refuse everything to every token, at once; no password is needed');
  withExamples(lockdown, [
    'vouchsafe lockdown                    nothing is asked',
    'vouchsafe lockdown lift               needs the master password, or a session',
  ]).action(run(freezeAll));
  const lift = lockdown.command('lift').description('let tokens work again, but those that were frozen by themselves');
  withExamples(lift, ['vouchsafe lockdown lift']).action(run(liftIt));
}

const LIFT = 'vouchsafe lockdown lift';

/** Whoever runs it, and whatever the environment holds, may stop everything: it opens nothing. */
async function freezeAll({ places, out }: Context): Promise<void> {
  await checkSafe(places);
  const { lockDown } = await import('../../gate/lockdown.js');
  await lockDown(places, await cliOrigin());
  out.say(
    { lockdown: true, next: LIFT },
    `Every token is frozen now, for servers that run too. Nothing was deleted.\nTo let them work again: ${LIFT}\nOne alone: vouchsafe pat unfreeze NAME`,
  );
}

async function liftIt(context: Context): Promise<void> {
  const { lifted, frozen } = await (await context.owner()).liftLockdown();
  const lines = [
    'The lockdown is lifted.',
    `Work again:   ${lifted.length === 0 ? 'none' : lifted.map(escapeText).join(', ')}`,
    ...(frozen.length === 0
      ? []
      : [`Stay frozen:  ${frozen.map(escapeText).join(', ')} (vouchsafe pat unfreeze NAME)`]),
  ];
  context.out.say({ lockdown: false, lifted, frozen }, lines.join('\n'));
}
