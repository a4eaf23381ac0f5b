/** `import`: items out of files of other programs, all or none. */
import { basename, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import { escapeText, foldName } from '../../core/text.js';
import { DUPLICATE_RULES, type DuplicateRule, type ImportPlan } from '../../core/transfer.js';
import type { FittedFile, FitOptions } from '../../exchange/fit.js';
import { IMPORT_FORMATS, type ParsedFile, type Reader, type Unlocking } from '../../exchange/parsed.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { Context, Runner } from '../context.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { readStdin, readWhole, shredFile } from '../whole-file.js';
import { passwordHealth } from './import-health.js';
import { importShape, importText, type ImportFacts } from './import-text.js';
import { addVaultFlags, vaultNeeded } from './item-naming.js';
import { shellWord, vaultOf, type PlaceFlags } from './naming.js';
import { confirmForGood } from './noun.js';

interface ImportFlags extends PlaceFlags {
  readonly format?: string;
  readonly vaultPerFolder?: boolean;
  readonly dryRun?: boolean;
  readonly onDuplicate: DuplicateRule;
  readonly keyFile?: string;
  readonly shred?: boolean;
  readonly force?: boolean;
}

/** Adds the command to the program. */
export function register(program: Command, run: Runner): void {
  const command = program
    .command('import')
    .argument('<file>', 'an export of another program; - for stdin')
    .description('take in what another program exported: all of it, or nothing');
  addVaultFlags(command)
    .option('--vault-per-folder', 'make a vault of each folder')
    .option('--format <format>', 'which format the file has; found out by what is in it')
    .option('--dry-run', 'say what would come in, and change nothing')
    .addOption(
      new Option('--on-duplicate <rule>', 'what to do with an item that is there already')
        .choices(DUPLICATE_RULES)
        .default('skip'),
    )
    .option('--key-file <file>', 'the key file of a KeePass database, or an identity file of age')
    .option('--shred', 'overwrite and delete the file when all is in')
    .option('--force', 'with --shred: also where parts of the file were not taken');
  withExamples(command, [
    'vouchsafe import export.1pux --dry-run',
    'vouchsafe import bitwarden.json --vault Personal',
    'vouchsafe import safe.age                         what vouchsafe export wrote, vault by vault',
    'vouchsafe import passwords.kdbx --key-file my.keyx --vault-per-folder',
    'pass-export | vouchsafe import - --format chrome-csv --vault Personal',
  ])
    .addHelpText('after', formatLines())
    .action(run(importFile));
}

/** The formats in lines of at most 80 columns. */
function formatLines(): string {
  const lines: string[] = ['', 'Formats:', ' '];
  for (const format of IMPORT_FORMATS) {
    const last = lines.length - 1;
    const line = `${lines[last] ?? ''} ${format}`;
    if (line.length <= 80) lines[last] = line;
    else lines.push(`  ${format}`);
  }
  return lines.join('\n');
}

async function importFile(context: Context, file: string, flags: ImportFlags): Promise<void> {
  checkFlags(context, file, flags);
  const { findReader } = await import('../../exchange/readers.js');
  const unlocking = unlockingOf(context, flags);
  const bytes = await opened(context, file === '-' ? await readStdin() : readWhole(resolve(file)), unlocking);
  const reader = findReader(bytes, flags.format);
  const door = await context.owner();
  const parsed = await reader.read(bytes, unlocking);
  const fitted = await fit(door, parsed, { flags, file });
  if (flags.shred === true) await confirmLosses(context, fitted, flags.force === true);
  const facts = await takeIn(context, door, { reader, fitted, flags });
  context.out.say(importShape(facts), importText(facts));
  if (flags.dryRun !== true && file !== '-') endFile(context, resolve(file), flags.shred === true);
}

/** What a file of age holds, opened once the owner is known; any other file is itself. */
async function opened(context: Context, bytes: Uint8Array, unlocking: Unlocking): Promise<Uint8Array> {
  const { isAge, openAge } = await import('../../exchange/age.js');
  if (!isAge(bytes)) return bytes;
  await context.owner();
  return openAge(bytes, unlocking);
}

function checkFlags({ flags: { passwordStdin } }: Context, file: string, flags: ImportFlags): void {
  if (flags.vaultPerFolder === true && vaultOf(flags) !== undefined)
    refuse('--vault and --vault-per-folder say different things.', 'Leave one of them out.');
  if (file === '-' && passwordStdin)
    refuse('Stdin cannot be both the file and the password.', 'Name the file, or set VOUCHSAFE_PASSWORD_FILE.');
  if (flags.shred === true && file === '-') refuse('There is no file to shred.', 'Leave out --shred.');
  if (flags.shred === true && flags.dryRun === true)
    refuse('A dry run changes nothing, so it shreds nothing.', 'Leave out --shred or --dry-run.');
}

function refuse(message: string, next: string): never {
  throw new Refusal('invalid_request', { message, next });
}

const NEXT_PASSWORD = 'Run it at a terminal, or pipe the password of the file to it.';

/** The file's own password is asked for, or the next line of stdin. */
function unlockingOf({ input }: Context, { keyFile }: ImportFlags): Unlocking {
  return {
    password: async (prompt) => {
      if (input.isInteractive) return input.secret(prompt, NEXT_PASSWORD);
      return (await input.stdinLine()) ?? refuse('The file needs a password.', NEXT_PASSWORD);
    },
    ...(keyFile === undefined ? {} : { keyFile: readWhole(resolve(keyFile)) }),
  };
}

interface Source {
  readonly flags: ImportFlags;
  readonly file: string;
}

async function fit(door: OwnerDoor, parsed: ParsedFile, { flags, file }: Source): Promise<FittedFile> {
  const { fitFile, vaultOfFolder } = await import('../../exchange/fit.js');
  const isVaultPerFolder = flags.vaultPerFolder === true || goesHome(parsed, flags);
  const needsVault = !isVaultPerFolder || parsed.items.some((item) => vaultOfFolder(item) === '');
  const options: FitOptions = {
    vault: needsVault ? await vaultName(door, flags) : '',
    isVaultPerFolder,
    untitled: parsed.format === 'env' && file !== '-' ? basename(file) : undefined,
  };
  return fitFile(parsed, options);
}

/** Whether all of it was in a safe and no vault is named: then each item goes into the vault that it was in. */
function goesHome({ items }: ParsedFile, flags: ImportFlags): boolean {
  return vaultOf(flags) === undefined && items.length > 0 && items.every(({ isOurs = false }) => isOurs);
}

/** The name of the vault that is named or the default. Throws `not_found` with the names that there are. */
async function vaultName(door: OwnerDoor, flags: ImportFlags): Promise<string> {
  const wanted = await vaultNeeded(door, flags);
  const vaults = await door.listVaults();
  const found = vaults.find(
    ({ id, name }) =>
      (wanted.by !== 'name' && id === wanted.text) || (wanted.by !== 'id' && foldName(name) === foldName(wanted.text)),
  );
  if (found !== undefined) return found.name;
  throw new Refusal('not_found', {
    message: 'There is no such vault.',
    next: `Make it first: \`vouchsafe vault create NAME\`. There are: ${vaults.map(({ name }) => escapeText(name)).join(', ')}.`,
    candidates: vaults.map(({ name }) => name),
  });
}

/** Asks before a file goes of which something is nowhere else. */
async function confirmLosses(context: Context, { skipped, lost }: FittedFile, force: boolean): Promise<void> {
  const count = skipped.length + lost.length;
  if (count === 0) return;
  const parts = count === 1 ? '1 part of the file is' : `${String(count)} parts of the file are`;
  await confirmForGood(context, `${parts} not taken in, and go with it. Shred it all the same?`, force);
}

interface Reading {
  readonly reader: Reader;
  readonly fitted: FittedFile;
  readonly flags: ImportFlags;
}

async function takeIn({ out }: Context, door: OwnerDoor, { reader, fitted, flags }: Reading): Promise<ImportFacts> {
  const { format, name } = reader;
  const items = fitted.items.map(({ item }) => item);
  const plan: ImportPlan = { format, items, onDuplicate: flags.onDuplicate };
  const facts = { format, name, file: fitted };
  if (flags.dryRun !== true) {
    const report = await withProgress(out, 'Importing', async (progress) => door.importItems(plan, progress));
    return { ...facts, isDryRun: false, report };
  }
  const report = await door.planImport(plan);
  const health = await withProgress(out, 'Rating passwords', async (progress) => passwordHealth(items, progress));
  return { ...facts, isDryRun: true, report, health };
}

function endFile({ out }: Context, path: string, isShredded: boolean): void {
  if (isShredded) {
    shredFile(path);
    out.note(`Overwritten and deleted: ${escapeText(path)}`);
    out.note(LEFT_OVER);
  } else if (out.format === 'human') {
    out.note(`The file still has all of it, for anyone who can read it. Delete it: rm ${shellWord(escapeText(path))}`);
  }
}

const LEFT_OVER =
  'Copies may be left on flash disks, and in journals, snapshots, backups, synchronized folders and the trash.';
