/** What `export` says when it is done: where everything is, who can open it, and what is not in it. */
import { escapeText } from '../../core/text.js';
import { counted, type ExportFormat, type WrittenLoss } from '../../exchange/written.js';
import { shellWord } from './naming.js';

/** What was exported. */
export interface ExportFacts {
  readonly format: ExportFormat;
  readonly lock: 'passphrase' | 'recipients' | 'none';
  /** The file, absolute; undefined for stdout. */
  readonly path: string | undefined;
  readonly items: number;
  /** How many items were left out since they are in the trash. */
  readonly trashed: number;
  readonly losses: readonly WrittenLoss[];
  /** The passphrase, if it was made just now. */
  readonly passphrase: string | undefined;
}

/** The same as an object. */
export function exportShape({ path, passphrase, lock, trashed, ...facts }: ExportFacts): object {
  return {
    path: path ?? null,
    ...facts,
    encrypted: lock !== 'none',
    lock,
    left_in_trash: trashed,
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

/** The first line, for whoever sees the file. */
export function exportText({ path, items, format, lock }: ExportFacts): string {
  const how = {
    passphrase: 'encrypted with a passphrase',
    recipients: 'encrypted for its recipients',
    none: 'NOT encrypted',
  };
  const place = path === undefined ? '' : ` to ${escapeText(path)}`;
  return `Exported: ${counted(items, 'item')} (${format}, ${how[lock]})${place}`;
}

const MOST_LINES = 10;

/** What is to be known besides, line by line. */
export function exportNotes(facts: ExportFacts): readonly string[] {
  const { path, lock, trashed, losses, passphrase } = facts;
  const file = path === undefined ? 'FILE' : shellWord(escapeText(path));
  return [
    ...(trashed === 0 ? [] : [`Left out: ${counted(trashed, 'item')} in the trash. Add --trashed to have them too.`]),
    ...lossLines(losses),
    ...(passphrase === undefined
      ? []
      : [`The passphrase, shown this once: ${passphrase}`, 'Keep it: nobody can open the file without it.']),
    lock === 'none'
      ? 'Whoever can read the file has every secret in it. Delete it when you are done.'
      : `Open it with: vouchsafe import ${file}, or age -d ${lock === 'recipients' ? '-i KEY ' : ''}${file}`,
  ];
}

/** A line for each thing that the format does not hold: of which item, or of how many. */
function lossLines(losses: readonly WrittenLoss[]): readonly string[] {
  if (losses.length === 0) return [];
  const lines = [...Map.groupBy(losses, ({ what }) => what)].map(([what, of]) => {
    const [first] = of;
    const whose = of.length === 1 && first !== undefined ? `${first.vault}/${first.title}` : counted(of.length, 'item');
    return `  ${escapeText(what)} (${escapeText(whose)})`;
  });
  const more = lines.length - MOST_LINES;
  return [
    'The format has no place for:',
    ...lines.slice(0, MOST_LINES),
    ...(more > 0 ? [`  and for ${String(more)} more; with --to and --output json all are listed`] : []),
  ];
}
