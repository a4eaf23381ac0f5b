/** What an import says: as an object for programs, and in lines for people. */
import type { ImportOutcome, ImportReport } from '../../core/transfer.js';
import { escapeText } from '../../core/text.js';
import type { FittedFile, FittedItem } from '../../exchange/fit.js';
import type { ParsedLoss } from '../../exchange/parsed.js';
import { counted, grouped } from '../chart.js';
import type { NamedItem, PasswordHealth } from './import-health.js';

/** All that there is to say. */
export interface ImportFacts {
  readonly format: string;
  /** The format as people call it. */
  readonly name: string;
  readonly isDryRun: boolean;
  readonly file: FittedFile;
  readonly report: ImportReport;
  /** Of a dry run alone. */
  readonly health?: PasswordHealth;
}

interface Place {
  readonly place: string;
  readonly title?: string;
}

/** The JSON form of an import. */
export interface ImportShape {
  readonly format: string;
  readonly dry_run: boolean;
  readonly created: number;
  readonly updated: number;
  /** Items that their vaults have already and that were left as they are. */
  readonly unchanged: number;
  /** All items of the file that can be taken in. */
  readonly by_type: Readonly<Record<string, number>>;
  /** Those of them that lie in the trash there, and then here. */
  readonly trashed: number;
  readonly vaults_created: readonly string[];
  readonly duplicates: readonly (NamedItem & Place)[];
  readonly skipped: readonly (Place & { readonly reason: string })[];
  readonly not_taken: readonly (Place & { readonly what: string })[];
  readonly weak_passwords?: PasswordHealth['weak'];
  readonly reused_passwords?: PasswordHealth['reused'];
}

/** What happened, or would happen. */
export function importShape({ format, isDryRun, file, report, health }: ImportFacts): ImportShape {
  const count = (wanted: ImportOutcome): number => report.outcomes.filter((outcome) => outcome === wanted).length;
  const duplicates = file.items.filter((_, index) => report.outcomes[index] !== 'created');
  return {
    format,
    dry_run: isDryRun,
    created: count('created'),
    updated: count('updated'),
    unchanged: count('skipped'),
    by_type: countTypes(file.items),
    trashed: file.items.filter(({ item }) => item.isTrashed).length,
    vaults_created: report.vaults,
    duplicates: duplicates.map(({ place, item }) => ({ vault: item.vault, title: item.content.title, place })),
    skipped: file.skipped.map(({ what, ...place }) => ({ ...place, reason: what })),
    not_taken: file.lost,
    ...(health === undefined ? {} : { weak_passwords: health.weak, reused_passwords: health.reused }),
  };
}

function countTypes(items: readonly FittedItem[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { item } of items) counts.set(item.content.type, (counts.get(item.content.type) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a));
}

/** More lines of one kind than these are only counted. */
const MOST_LINES = 20;

/** The same for people. No value of a secret is in it. */
export function importText(facts: ImportFacts): string {
  const shape = importShape(facts);
  const types = Object.entries(shape.by_type).map(([type, count]) => `${grouped(count)} ${type}`);
  const did = facts.isDryRun ? 'Would be imported' : 'Imported';
  return [
    `${did} from ${facts.name}: ${counted(shape.created, 'item')}`,
    ...(types.length === 0 ? [] : [`In the file: ${types.join(', ')}`]),
    ...unlessNone('Of these in the trash', shape.trashed),
    ...unlessNone(facts.isDryRun ? 'Would be replaced' : 'Replaced', shape.updated),
    ...unlessNone('There already, and left as they are', shape.unchanged),
    ...(shape.vaults_created.length === 0
      ? []
      : [
          `${facts.isDryRun ? 'Vaults to be made' : 'Vaults made'}: ${shape.vaults_created.map(escapeText).join(', ')}`,
        ]),
    ...listed('Duplicates', facts.isDryRun ? shape.duplicates.map((one) => titleAt(one)) : []),
    ...listed('Skipped', facts.file.skipped.map(lossLine)),
    ...listed('Not taken', facts.file.lost.map(lossLine)),
    ...healthLines(facts.health),
  ].join('\n');
}

function unlessNone(label: string, count: number): readonly string[] {
  return count === 0 ? [] : [`${label}: ${counted(count, 'item')}`];
}

function listed(label: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return [];
  const rest = lines.length - MOST_LINES;
  const more = rest > 0 ? [`  … and ${grouped(rest)} more; --json has all of them`] : [];
  return [
    '',
    `${label} (${grouped(lines.length)}):`,
    ...lines.slice(0, MOST_LINES).map((line) => `  ${line}`),
    ...more,
  ];
}

function titleAt({ vault, title, place }: NamedItem & Place): string {
  return `${escapeText(place)}: ${escapeText(title)} in ${escapeText(vault)}`;
}

function lossLine({ place, title, what }: ParsedLoss): string {
  const whose = title === undefined || title.trim() === '' ? '' : `${escapeText(title)}: `;
  return `${escapeText(place)}: ${whose}${escapeText(what)}`;
}

function healthLines(health: PasswordHealth | undefined): readonly string[] {
  if (health === undefined) return [];
  const weak = health.weak.map((item) => `${nameOf(item)}: guessed in ${item.crack_time}`);
  return [
    ...listed('Weak passwords', weak),
    ...listed(
      'Passwords used more than once',
      health.reused.map((group) => group.map(nameOf).join(', ')),
    ),
  ];
}

function nameOf({ vault, title }: NamedItem): string {
  return `${escapeText(title)} in ${escapeText(vault)}`;
}
