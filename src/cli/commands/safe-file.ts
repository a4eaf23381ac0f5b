/** `backup` and `restore`: the safe as one file. */
import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { isoTime } from '../../core/expiry.js';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import { checkNoToken, cliOrigin } from '../access.js';
import type { Runner } from '../context.js';
import { withExamples } from '../help.js';

interface BackupFlags {
  readonly to?: string;
}

/** Adds both commands to the program. */
export function register(program: Command, run: Runner): void {
  registerBackup(program, run);
  registerRestore(program, run);
}

function registerBackup(program: Command, run: Runner): void {
  const command = program
    .command('backup')
    .description('a verified copy of the safe, still encrypted, in one new file')
    .option('-o, --to <file>', 'the new file (vouchsafe-backup-DATE-TIME.db here)');
  withExamples(command, ['vouchsafe backup', 'vouchsafe backup --to /media/usb/vouchsafe.db']).action(
    run(async (context, flags: BackupFlags) => {
      const path = resolve(flags.to ?? backupName(Date.now()));
      checkFolder(path);
      const door = await context.owner();
      const made = await door.backup(path);
      const facts = `${String(made.bytes)} bytes, ${String(made.entries)} entries of the log`;
      context.out.one(made, `Backup: ${escapeText(made.path)} (${facts})`);
    }),
  );
}

/** Throws `unavailable` where the file has no folder: one that is missing may be a disk that is, so it is not made. */
export function checkFolder(path: string): void {
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() === true) return;
  throw new Refusal('unavailable', {
    message: `There is no folder ${dirname(path)}.`,
    next: 'Make it first, or name another file with --to.',
  });
}

/** Throws `not_found` where there is no such file, `unavailable` where it cannot be read. */
export function checkReadable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() !== true)
    throw new Refusal('not_found', {
      message: `There is no file ${escapeText(path)}.`,
      next: 'Check the path; a name without a folder is looked for in the current one.',
    });
  try {
    accessSync(path, constants.R_OK);
  } catch (cause) {
    throw new Refusal('unavailable', {
      message: `The file ${escapeText(path)} cannot be read.`,
      next: 'Check who may read it: ls -l',
      cause,
    });
  }
}

/** `vouchsafe-backup-20260601-142233.db`, of unix ms, in UTC. */
export function backupName(at: number): string {
  const [day = '', time = ''] = isoTime(at).replace(/[-:]/g, '').split('T');
  return `vouchsafe-backup-${day}-${time.slice(0, 6)}.db`;
}

function registerRestore(program: Command, run: Runner): void {
  const command = program
    .command('restore <file>')
    .description('make the safe from a backup; all tokens stay frozen until you unfreeze them');
  withExamples(command, ['VOUCHSAFE_HOME=~/restored vouchsafe restore backup.db']).action(
    run(async (context, file: string) => {
      const { places, out } = context;
      await checkNoToken(context.asked());
      const { restoreSafe } = await import('../../gate/open.js');
      const restored = await restoreSafe(places, resolve(file), await cliOrigin());
      const facts = { safe_id: restored.safeId, entries: restored.entries };
      out.one(facts, `Restored the safe ${restored.safeId} with ${String(restored.entries)} entries of the log.`);
      if (out.format === 'human')
        out.note('All tokens are frozen. Next: vouchsafe pat list, then vouchsafe pat unfreeze NAME');
    }),
  );
}
