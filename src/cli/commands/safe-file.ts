/** `backup` and `restore`: the safe as one file. */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { isoTime } from '../../core/expiry.js';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import { checkNoToken, cliOrigin } from '../access.js';
import type { BackupReport, OwnerDoor } from '../../gate/door.js';
import type { Restored } from '../../gate/restore.js';
import { RHYTHMS, type Rhythm, scheduleText } from '../backup-schedule.js';
import { counted } from '../chart.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { programWords, unusualPlaces } from '../install/entry.js';

interface BackupFlags {
  readonly to?: string;
  readonly keep?: string;
  readonly schedule?: Rhythm | true;
}

const SECOND_MS = 1000;
const MOST_KEPT = 10_000;
const KEPT_BY_A_SCHEDULE = 14;

const BACKUP_HELP = `
The copy is made while servers run and agents write, and is verified before it
counts. It is as encrypted as the safe itself; tokens also need the host share,
which is in no backup.

With --schedule, nothing is copied: it prints a timer for systemd and one for
launchd that do it again and again.`;

/** Adds both commands to the program. */
export function register(program: Command, run: Runner): void {
  registerBackup(program, run);
  registerRestore(program, run);
}

function registerBackup(program: Command, run: Runner): void {
  const command = program
    .command('backup')
    .description('a verified copy of the safe, still encrypted, in one new file')
    .option('-o, --to <path>', 'the new file, or a folder for it (vouchsafe-backup-DATE-TIME.db here)')
    .option('--keep <n>', 'then remove older backups of this safe from its folder, but for the newest n')
    .addOption(new Option('--schedule [rhythm]', 'print timers that make backups').choices(RHYTHMS).preset('daily'))
    .addHelpText('after', BACKUP_HELP);
  withExamples(command, [
    'vouchsafe backup',
    'vouchsafe backup --to /media/usb/vouchsafe.db',
    'vouchsafe backup --to /media/usb --keep 7',
    'vouchsafe backup --schedule daily --to ~/backups --keep 30',
  ]).action(
    run(async (context, flags: BackupFlags) => {
      if (flags.schedule === undefined) await makeBackup(context, flags);
      else printSchedule(context, flags);
    }),
  );
}

async function makeBackup(context: Context, flags: BackupFlags): Promise<void> {
  const keep = keepOf(flags);
  const path = resolve(flags.to ?? '.');
  const isNamed = !isFolder(path);
  if (keep !== undefined && isNamed)
    throw new Refusal('invalid_request', {
      message: '--keep needs a folder: a file that has a name of its own is never removed.',
      next: 'Name the folder with --to, or leave --to out.',
    });
  if (isNamed) checkFolder(path);
  const door = await context.owner();
  const options = keep === undefined ? {} : { keep };
  const { removed, ...made } = await (isNamed ? door.backup(path, options) : backupIn(path, door, options));
  const facts = `${counted(made.bytes, 'byte')}, ${counted(made.entries, 'entry', 'entries')} of the log`;
  const older = removed.map((old) => `\nRemoved: ${escapeText(old)}`).join('');
  context.out.say({ ...made, removed }, `Backup: ${escapeText(made.path)} (${facts})${older}`);
}

function printSchedule({ out, env }: Context, flags: BackupFlags): void {
  if (flags.to === undefined || !isFolder(resolve(flags.to)))
    throw new Refusal('invalid_request', {
      message: 'A schedule needs a folder for its backups.',
      next: 'Name one that is there: vouchsafe backup --schedule --to FOLDER',
    });
  const rhythm = flags.schedule === true || flags.schedule === undefined ? 'daily' : flags.schedule;
  const facts = { rhythm, folder: resolve(flags.to), keep: keepOf(flags) ?? KEPT_BY_A_SCHEDULE };
  out.data(scheduleText({ ...facts, program: programWords(env), environment: unusualPlaces(env) }));
}

function keepOf({ keep }: BackupFlags): number | undefined {
  if (keep === undefined) return undefined;
  const count = /^\d{1,5}$/.test(keep) ? Number(keep) : 0;
  if (count >= 1 && count <= MOST_KEPT) return count;
  throw new Refusal('invalid_request', {
    message: `--keep takes a whole number from 1 to ${String(MOST_KEPT)}.`,
    next: 'For example --keep 7.',
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Under the name of this second; where another backup has it, or takes it meanwhile, under that of the next free one. */
async function backupIn(folder: string, door: OwnerDoor, options: { readonly keep?: number }): Promise<BackupReport> {
  for (let at = Date.now(); ; at += SECOND_MS) {
    const path = resolve(folder, backupName(at));
    if (existsSync(path)) continue;
    try {
      return await door.backup(path, options);
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'conflict' || !existsSync(path)) throw error;
    }
  }
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
      const { restoreSafe } = await import('../../gate/restore.js');
      const restored = await restoreSafe(places, resolve(file), await cliOrigin());
      const { safeId, entries, behind, tokens, hasHostShare } = restored;
      const facts = { safe_id: safeId, entries, behind, tokens, has_host_share: hasHostShare };
      out.say(facts, `Restored the safe ${safeId} with ${counted(entries, 'entry', 'entries')} of the log.`);
      if (out.format === 'human') for (const note of notesOf(restored)) out.note(note);
    }),
  );
}

/** What the owner has to do next. */
function notesOf({ behind, tokens, hasHostShare }: Restored): readonly string[] {
  const isOlder = behind === null ? [] : [`It is older than what this machine knows: ${behind}.`];
  const accept = behind === null ? [] : ['To take it all the same: vouchsafe unlock --accept-rollback'];
  const share =
    tokens === 0 || hasHostShare
      ? []
      : [
          `The host share of the machine that it came from is not here. ${tokens === 1 ? 'Its token needs' : `All ${String(tokens)} tokens need`} it:`,
          'put it back from there, or renew each one: vouchsafe pat renew NAME',
        ];
  const frozen = 'All tokens are frozen. Next: vouchsafe pat list, then vouchsafe pat unfreeze NAME';
  return [...isOlder, ...accept, ...share, ...(tokens === 0 ? [] : [frozen])];
}
