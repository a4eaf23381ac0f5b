/** Items as people read them. Secrets stay concealed; everything that was stored is escaped. */
import type { FieldShape, ItemShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import type { Output } from '../output.js';
import { displayWidth, pad } from '../width.js';

/** What stands for a value that is not shown. It says nothing of its length. */
const CONCEALED = '••••••••';

/** `login DB password in Production (ID)`. */
export function itemLine({ type, title, vault, id }: Pick<ItemShape, 'type' | 'title' | 'vault' | 'id'>): string {
  return `${type} ${escapeText(title)} in ${escapeText(vault)} (${id})`;
}

/** One item: its title, its facts, the owner's rules about it in a line if there are any, its fields by section. */
export function itemText(item: ItemShape, out: Output, rules = ''): string {
  const zone = out.local ? '' : ' (UTC)';
  const facts = [
    ['type', item.type],
    ['vault', escapeText(item.vault)],
    ['id', item.id],
    ['revision', `${String(item.revision)}, ${out.time(item.updated_at)}${zone}`],
    ...(item.trashed_at === undefined ? [] : [['in the trash', `since ${out.time(item.trashed_at)}${zone}`]]),
    ...(rules === '' ? [] : [['rules', rules]]),
    ...(item.tags.length === 0 ? [] : [['tags', item.tags.map(escapeText).join(', ')]]),
  ];
  const rows = facts.map(([name = '', value = '']) => ({ name, lines: [value] }));
  const sections = new Set(item.fields.flatMap(({ section }) => section ?? []));
  const fields = [undefined, ...sections].map((section) => sectionLines(item, section)).filter(hasLines);
  const head = out.fold([out.style('bold', escapeText(item.title)), ...align(rows)].join('\n'));
  return [head, ...fields.flatMap((lines) => ['', ...lines])].join('\n');
}

function hasLines(lines: readonly string[]): boolean {
  return lines.length > 0;
}

/** Fields in no section come first, as they have no title that would tell them from those before. */
function sectionLines({ fields }: ItemShape, section: string | undefined): readonly string[] {
  const rows = fields
    .filter((field) => field.section === section)
    .map((field) => ({ name: escapeText(field.name), lines: valueLines(field) }));
  return [...(section === undefined ? [] : [`[${escapeText(section)}]`]), ...align(rows)];
}

function valueLines({ kind, value }: FieldShape): readonly string[] {
  if (value === undefined) return [kind === 'note' ? `${CONCEALED} (note)` : CONCEALED];
  return value.replace(/\n$/, '').split('\n').map(escapeText);
}

interface Row {
  readonly name: string;
  readonly lines: readonly string[];
}

const WIDEST_NAME = 24;
const GAP = '  ';

/** Names in one column, values in the next; more lines of a value stand under its first. */
function align(rows: readonly Row[]): readonly string[] {
  const width = Math.min(WIDEST_NAME, Math.max(...rows.map(({ name }) => displayWidth(name)), 0));
  return rows.flatMap(({ name, lines }) =>
    lines.map((line, i) => `${pad(i === 0 ? name : '', width)}${GAP}${line}`.trimEnd()),
  );
}

/** A value that a terminal shows: its lines as they are, other hidden characters escaped. */
export function terminalText(value: string): string {
  return value.split('\n').map(escapeText).join('\n');
}
