/** `export`: items out into a file, encrypted unless the owner says otherwise; the log says so. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText } from '../../core/text.js';
import type { TransferItem } from '../../core/transfer.js';
import type { Writer, WrittenFile } from '../../exchange/written.js';
import { checkTarget, writeAtomic } from '../atomic-file.js';
import type { Context, Runner } from '../context.js';
import { DescriptorTarget } from '../export/target.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { addLockFlags, checkLockFlags, chooseLock, type ChosenLock, type LockFlags } from './export-lock.js';
import { exportNotes, exportShape, exportText, type ExportFacts } from './export-text.js';
import { addVaultFlags } from './item-naming.js';
import { vaultOf, type PlaceFlags } from './naming.js';
import { addWithAliases } from './option-alias.js';
import { checkFolder } from './safe-file.js';

interface ExportFlags extends PlaceFlags, LockFlags {
  readonly format: string;
  readonly to?: string;
  readonly armor?: boolean;
  readonly trashed?: boolean;
}

/** Takes the bytes of a file that goes to stdout. */
type Stdout = (bytes: Uint8Array) => void;

const STDOUT: Stdout = (bytes) => new DescriptorTarget().write(bytes);

/** Adds the command to the program; `stdout` is where the file goes that has no name. */
export function register(program: Command, run: Runner, stdout: Stdout = STDOUT): void {
  const command = program
    .command('export')
    .description('items with all their secrets into one file, encrypted with a passphrase; the log says so');
  addVaultFlags(command).addOption(
    new Option('--format <format>', 'vouchsafe (everything), cxf, bitwarden-json, csv or env').default('vouchsafe'),
  );
  addWithAliases(command, new Option('-o, --to <file>', 'the new file (0600); stdout if it is no terminal'), ['--out']);
  addLockFlags(command)
    .option('-a, --armor', 'encrypted, but as text')
    .option('--trashed', 'items in the trash too, as the format vouchsafe has them anyway')
    .option('--no-trashed', 'without the items in the trash');
  withExamples(command, [
    'vouchsafe export -o safe.age                      everything, history too',
    'vouchsafe export --vault CI --format env -r age1… -o ci.env.age',
    'vouchsafe export --format cxf --plain -o passwords.json',
    'vouchsafe export -R team.txt | ssh backup "cat > safe.age"',
  ]).action(run(async (context, flags: ExportFlags) => exportFile(context, flags, stdout)));
}

async function exportFile(context: Context, flags: ExportFlags, stdout: Stdout): Promise<void> {
  const { findWriter } = await import('../../exchange/writers.js');
  const writer = findWriter(flags.format);
  checkFlags(context, flags);
  const path = flags.to === undefined || flags.to === '-' ? undefined : resolve(flags.to);
  if (path !== undefined) checkNew(path, flags.force === true);
  const chosen = await openedLock(context, flags);
  const { items, trashed } = await gather(context, { writer, flags, isPlain: chosen.lock === null });
  const written = writer.write(items, Date.now());
  const bytes = await locked(written, chosen, flags.armor === true);
  if (path === undefined) stdout(bytes);
  else writeAtomic(path, bytes);
  const facts = factsOf(chosen, { format: writer.format, path, items: items.length, trashed, losses: written.losses });
  if (path !== undefined) context.out.say(exportShape(facts), exportText(facts));
  else context.out.note(exportText(facts));
  if (path === undefined || context.out.format === 'human')
    exportNotes(facts).forEach((line) => context.out.note(line));
}

/** The owner first: what is wrong with the password must not be found out after a passphrase was typed twice. */
async function openedLock(context: Context, flags: ExportFlags): Promise<ChosenLock> {
  await context.owner();
  return chooseLock(context, flags);
}

function checkFlags({ out }: Context, flags: ExportFlags): void {
  checkLockFlags(flags);
  const isArmored = flags.armor === true;
  if (flags.plain === true && isArmored) refuse('--armor is for files that are encrypted.', 'Leave out --armor.');
  if (out.isTerminal && (flags.to === undefined || flags.to === '-') && !isArmored)
    refuse('Secrets are not written to a terminal.', 'Name a file with --to, or send it through a pipe.');
}

/** Throws before anything is asked or recorded where the file can't be made, or is there and was not to be replaced. */
function checkNew(path: string, isForced: boolean): void {
  checkFolder(path);
  checkTarget(path);
  if (isForced || statSync(path, { throwIfNoEntry: false }) === undefined) return;
  throw new Refusal('conflict', {
    message: `The file ${escapeText(path)} is there already.`,
    next: 'Name another one, or add --force to replace it.',
  });
}

interface Wanted {
  readonly writer: Writer;
  readonly flags: ExportFlags;
  readonly isPlain: boolean;
}

/** The items to write, of which the log knows by now, and how many stay in the trash. */
async function gather(
  context: Context,
  { writer, flags, isPlain }: Wanted,
): Promise<{ readonly items: readonly TransferItem[]; readonly trashed: number }> {
  const vault = vaultOf(flags);
  const selection = {
    ...(vault === undefined ? {} : { vault }),
    format: `${writer.format}${isPlain ? ', not encrypted' : ''}`,
  };
  const door = await context.owner();
  const all = await withProgress(context.out, 'Exporting', async (progress) => door.exportItems(selection, progress));
  const items = (flags.trashed ?? writer.holdsTrash) ? all : all.filter(({ isTrashed }) => !isTrashed);
  return { items, trashed: all.length - items.length };
}

async function locked({ bytes }: WrittenFile, { lock }: ChosenLock, isArmored: boolean): Promise<Uint8Array> {
  if (lock === null) return bytes;
  const { sealAge } = await import('../../exchange/age.js');
  return sealAge(bytes, lock, { isArmored });
}

function factsOf({ lock, isMade }: ChosenLock, facts: Omit<ExportFacts, 'lock' | 'passphrase'>): ExportFacts {
  if (lock === null) return { ...facts, lock: 'none', passphrase: undefined };
  if ('recipients' in lock) return { ...facts, lock: 'recipients', passphrase: undefined };
  return { ...facts, lock: 'passphrase', passphrase: isMade ? lock.passphrase : undefined };
}

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}
