/** `audit export`: entries for a SIEM or a spreadsheet, or a proof of them. All of it goes out as it is read. */
import type { Command } from 'commander';
import { Refusal } from '../../core/refusal.js';
import type { EntryShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { LogDoor, LogSelection, ProofSummary } from '../../gate/log-door.js';
import { counted } from '../chart.js';
import type { Context, Runner } from '../context.js';
import { exportFormatFor, formatterOf, parseExportFormat, type ExportFormat } from '../export/formats.js';
import { DescriptorTarget, Gatherer, targetOf, type Target } from '../export/target.js';
import { outputFlags } from '../global-options.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { addSpan, selectionOf, withQueryHelp, type SpanFlags } from './audit-selection.js';
import { shellWord } from './naming.js';

interface ExportFlags extends SpanFlags {
  readonly format?: string;
  readonly proof?: boolean;
}

/** Adds `export` to `audit`; `stdout` is where data goes that goes neither to a file nor to a terminal. */
export function registerExport(audit: Command, run: Runner, stdout: Target = new DescriptorTarget()): void {
  const command = addSpan(audit.command('export [query...]'))
    .description('entries for other programs, oldest first, or with --proof a proof; the log says that it was made')
    .option('--format <format>', 'jsonl, csv, ocsf (1.9.0) or cef; by default csv if --output is csv, else jsonl')
    .option('--proof', 'what vouchsafe-verify-log checks without the safe; terms may be seq: and created: alone');
  withExamples(withQueryHelp(command), [
    'vouchsafe audit export --since 24h -o entries.jsonl',
    "vouchsafe audit export 'outcome:refused' --format ocsf | your-forwarder",
    'vouchsafe audit export --proof created:2026-11-01..2026-11-30 -o nov.proof',
  ]).action(
    run(async (context, ...[words, flags, self]: [readonly string[], ExportFlags, Command]) => {
      const selection = selectionOf(context.out, words.join(' '), flags);
      const asked = { selection, target: targetOf(context.out, stdout) };
      if (flags.proof === true) await exportProof(context, asked, proofFile(flags, outputFlags(self).to));
      else await exportEntries(context, asked, namedFormat(flags));
    }),
  );
}

interface Asked {
  readonly selection: LogSelection;
  readonly target: Target;
}

function namedFormat({ format }: ExportFlags): ExportFormat | undefined {
  return format === undefined ? undefined : parseExportFormat(format);
}

async function exportEntries(context: Context, asked: Asked, named: ExportFormat | undefined): Promise<void> {
  const { out } = context;
  const door = await context.owner();
  // the owner's setting for output is known only now
  const format = named ?? exportFormatFor(out.format);
  const count = await untilGone(asked.target, async () => writeEntries(context, door, { ...asked, format }));
  if (count === undefined) return;
  out.note(`Exported: ${counted(count, 'entry', 'entries')} (${format}). The log says so, as audit.export.`);
}

/** Nothing is touched, and no file emptied, before the door has found out that the selection is right. */
async function writeEntries(
  { out }: Context,
  door: LogDoor,
  { selection, target, format }: Asked & { readonly format: ExportFormat },
): Promise<number> {
  const formatter = formatterOf(format);
  const gathered = new Gatherer(target);
  gathered.add(formatter.head);
  const write = (entries: readonly EntryShape[]): void => {
    for (const entry of entries) gathered.add(formatter.line(entry));
  };
  const count = await withProgress(out, 'Exporting', async (progress) =>
    door.exportEntries(selection, write, progress),
  );
  gathered.flush();
  return count;
}

/** What the work gives; undefined where it was ended because the reader of what it writes has gone. */
async function untilGone<T>(target: Target, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (target.isGone) return undefined;
    throw error;
  }
}

/** The file for a proof; `-` is stdout. Throws `invalid_request`: a proof is evidence, and not to be lost in a terminal. */
function proofFile({ format }: ExportFlags, to: string | undefined): string {
  if (format !== undefined) {
    throw new Refusal('invalid_request', {
      message: 'A proof has a format of its own: --format and --proof do not go together.',
      next: 'Leave one of them out.',
    });
  }
  if (to !== undefined) return to;
  throw new Refusal('invalid_request', {
    message: 'A proof needs a file.',
    next: 'Add --to FILE, or --to - for stdout.',
  });
}

async function exportProof(context: Context, { selection, target }: Asked, file: string): Promise<void> {
  const door = await context.owner();
  const gathered = new Gatherer(target);
  const write = (line: string): void => gathered.add(line.endsWith('\n') ? line : `${line}\n`);
  const summary = await untilGone(target, async () => {
    const found = await withProgress(context.out, 'Proving', async (progress) =>
      door.exportProof(selection, write, progress),
    );
    gathered.flush();
    return found;
  });
  if (summary !== undefined) reportProof(context, summary, file);
}

function reportProof({ out }: Context, summary: ProofSummary, file: string): void {
  const { from, to, entries, hash, fingerprint, fault } = summary;
  const place = file === '-' ? 'FILE' : escapeText(shellWord(file));
  const range = `entries ${String(from)} to ${String(to)} (${String(entries)})`;
  out.note(fault === null ? `Proof of ${range}.` : `NO proof of ${range}: the log does not verify.`);
  out.note(`Newest entry: ${String(to)}:${hash}`);
  out.note(`The owner's fingerprint: ${fingerprint}`);
  out.note('Whoever has the file can read the reasons in it.');
  if (fault !== null) refuseFault(fault, place);
  out.note(`Check it with: vouchsafe-verify-log ${place} --owner "${fingerprint}"`);
}

/** Throws `integrity`, naming the first bad entry. */
function refuseFault({ seq, message }: NonNullable<ProofSummary['fault']>, place: string): never {
  const where = seq === null ? '' : `Entry ${String(seq)}: `;
  throw new Refusal('integrity', {
    message: `${where}${message}`,
    next: `Keep ${place} as evidence; the owner has not signed its end. Compare the safe with a backup.`,
  });
}
