/** `audit archive` and `audit import-archive`: what is old goes to a file with its proof, and back. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { parseSince } from '../../core/expiry.js';
import { escapeText } from '../../core/text.js';
import type { ArchiveSummary } from '../../gate/log-door.js';
import type { Runner } from '../context.js';
import { counted, grouped } from '../chart.js';
import { withExamples } from '../help.js';
import { withProgress } from '../progress-bar.js';
import { refuseFault } from './audit-verify.js';
import { shellWord } from './naming.js';
import { checkFolder, checkReadable } from './safe-file.js';

interface ArchiveFlags {
  readonly before: string;
  readonly to: string;
}

/** Adds `archive` and `import-archive` to the noun. */
export function registerArchive(audit: Command, run: Runner): void {
  const command = audit
    .command('archive')
    .description('export what is old with its proof to a new file, verify that, then remove it from the safe')
    .requiredOption('--before <when>', 'what is older: a date, 365d, 1y')
    .requiredOption('-o, --to <file>', 'the new file');
  withExamples(command, ['vouchsafe audit archive --before 2026-01-01 --to log-2025.proof']).action(
    run(async (context, { before, to }: ArchiveFlags) => {
      parseSince(before, Date.now());
      const path = resolve(to);
      checkFolder(path);
      const door = await context.owner();
      const made = await withProgress(context.out, 'Archiving', async (progress) =>
        door.archive({ before, to: path }, progress),
      );
      context.out.say(made, archiveText(made));
      refuseFault(made.fault);
    }),
  );
  registerImport(audit, run);
}

/** What was done, how the file is checked, and who can read it. */
function archiveText(made: ArchiveSummary): string {
  const { from, to, entries, path, removed, fingerprint, fault } = made;
  const file = shellWord(escapeText(path));
  const kept = entries - removed;
  return [
    `Exported: entries ${String(from)} to ${String(to)} (${grouped(entries)}) with their proof.`,
    `The file: ${escapeText(path)}`,
    fault === null
      ? 'Verified: the file, from its first entry to its last.'
      : `NOT verified: ${escapeText(fault.message)}`,
    `Removed from the safe: ${counted(removed, 'entry', 'entries')}.`,
    ...(kept > 0 ? [`Left in it too: ${grouped(kept)} of them, on which what is current rests.`] : []),
    '',
    'Anyone can check the file, without the safe:',
    `  vouchsafe-verify-log ${file} --owner ${shellWord(fingerprint)}`,
    'Whoever has it reads every reason in it, in clear: keep it as you keep the safe.',
    'To ask it again here:',
    `  vouchsafe audit import-archive ${file}`,
  ].join('\n');
}

function registerImport(audit: Command, run: Runner): void {
  const command = audit
    .command('import-archive <file>')
    .description('put the newest archive back into the safe, verified, to ask it again');
  withExamples(command, ['vouchsafe audit import-archive log-2025.proof']).action(
    run(async (context, file: string) => {
      const path = resolve(file);
      checkReadable(path);
      const door = await context.owner();
      const back = await withProgress(context.out, 'Putting back', async (progress) =>
        door.importArchive(path, progress),
      );
      const range = `entries ${String(back.from)} to ${String(back.to)}`;
      context.out.say(back, `Put back and verified: ${range}, from ${escapeText(path)}`);
    }),
  );
}
