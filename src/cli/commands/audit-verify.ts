/** `audit verify` and `audit checkpoint`. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { Verification } from '../../gate/log-door.js';
import { counted } from '../chart.js';
import type { Runner } from '../context.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';

interface VerifyFlags {
  readonly full?: boolean;
}

/** Adds `verify` to the noun. */
export function registerVerify(audit: Command, run: Runner): void {
  const command = audit
    .command('verify')
    .description('recompute the log and compare it with the safe; exit 8 and the first bad entry if it was changed')
    .option('--full', 'all signatures, also those before the last checkpoint');
  withExamples(command, ['vouchsafe audit verify --full']).action(
    run(async (context, flags: VerifyFlags) => {
      const isFull = flags.full === true;
      const door = await context.owner();
      const found = await withProgress(context.out, 'Verifying', async (progress) =>
        door.verify({ full: isFull }, progress),
      );
      context.out.say(found, verificationText(found, isFull));
      refuseFault(found.fault ?? (found.ok ? null : UNNAMED));
    }),
  );
}

const UNNAMED = { seq: null, message: 'the log does not verify.' };

/** Throws `integrity`, naming the first bad entry, unless there is no fault. */
export function refuseFault(fault: Verification['fault']): void {
  if (fault === null) return;
  const where = fault.seq === null ? '' : `Entry ${String(fault.seq)}: `;
  throw new Refusal('integrity', {
    message: `${where}${fault.message}`,
    next: 'Keep a copy of the safe as it is, compare it with a backup, and revoke what should not have been used.',
  });
}

/** Adds `checkpoint` to the noun. */
export function registerCheckpoint(audit: Command, run: Runner): void {
  const command = audit.command('checkpoint').description('verify what is new, then sign where the log stands');
  withExamples(command, ['vouchsafe audit checkpoint']).action(
    run(async (context) => {
      const door = await context.owner();
      const receipt = await door.checkpoint();
      context.out.say(receipt, `Checkpoint: ${String(receipt.seq)}:${receipt.hash}`);
    }),
  );
}

/** What was verified, and what was found. */
export function verificationText(found: Verification, isFull: boolean): string {
  const { entries, from, to, signatures, items, head, checkpoint, ok } = found;
  const range = entries === 0 ? 'no entries' : `entries ${String(from)} to ${String(to)} (${String(entries)})`;
  return [
    ok ? 'The log is whole.' : 'The log is NOT whole.',
    `Covered: ${range}, ${counted(signatures, 'signature')}, ${counted(items, 'item')}.`,
    ...(checkpoint === null ? [] : [`Last checkpoint: entry ${String(checkpoint)}.`]),
    ...(head === null ? [] : [`Newest entry: ${String(head.seq)}:${head.hash}`]),
    ...(isFull || !ok ? [] : ['Signatures before the last checkpoint were not checked again; --full does.']),
  ].join('\n');
}
