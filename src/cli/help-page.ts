/** A page of help: laid out for the width of a terminal from the grammar alone, without loading a command. */
import { childOf, readGrammar, type CommandGrammar } from './grammar.js';

/** A line of a list: what is typed, and what it is for. */
export interface Entry {
  readonly term: string;
  readonly text: string;
}

/** Lines under a title. */
export interface Section {
  readonly title: string;
  readonly entries: readonly Entry[];
}

/** Terms that are longer stand on a line of their own. */
const WIDEST_TERM = 30;
const NARROWEST = 40;
const INDENT = '  ';

/** The page, without what stands below its lists. No line is wider than `width`. */
export function printPage(command: CommandGrammar, width: number): string {
  const sections = sectionsOf(command);
  const terms = sections.flatMap(({ entries }) => entries.map(({ term }) => term.length));
  const most = Math.min(WIDEST_TERM, Math.floor(width / 2) - INDENT.length * 2);
  const column = Math.max(...terms.filter((length) => length <= most), 0);
  const parts = [
    hang(`Usage: ${command.usage}`, { width, by: 'Usage: '.length }),
    ...(command.description === '' ? [] : [wrapLine(command.description, width).join('\n')]),
    ...sections.map(({ title, entries }) =>
      [title, ...entries.flatMap((entry) => printEntry(entry, column, width))].join('\n'),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

/** What a page lists: arguments, then options and commands by their groups. */
export function sectionsOf(command: CommandGrammar): readonly Section[] {
  const shown = command.arguments.filter(({ description }) => description !== '');
  return [
    { title: 'Arguments:', entries: shown.map(({ name, description }) => ({ term: name, text: description })) },
    ...grouped(command.options.filter(({ isHidden }) => !isHidden)),
    ...grouped(command.commands.filter(({ isHidden }) => !isHidden)),
  ].filter(({ entries }) => entries.length > 0);
}

type Grouped = Pick<CommandGrammar, 'group' | 'term' | 'description'>;

function grouped(all: readonly Grouped[]): readonly Section[] {
  const titles = [...new Set(all.map(({ group }) => group))];
  return titles.map((title) => ({
    title,
    entries: all.filter(({ group }) => group === title).map(({ term, description }) => ({ term, text: description })),
  }));
}

function printEntry({ term, text }: Entry, column: number, width: number): readonly string[] {
  if (text === '') return [INDENT + term];
  const before = INDENT.length * 2 + column;
  const lines = wrapLine(text, width - before).map((line) => ' '.repeat(before) + line);
  const [first = '', ...rest] = lines;
  if (term.length > column) return [...wrapLine(term, width - INDENT.length).map((line) => INDENT + line), ...lines];
  return [INDENT + term.padEnd(column) + first.slice(INDENT.length + column), ...rest];
}

function hang(text: string, { width, by }: { width: number; by: number }): string {
  const [first = '', ...rest] = wrapLine(text, width);
  const more = rest.length === 0 ? [] : wrapLine(rest.join(' '), width - by).map((line) => ' '.repeat(by) + line);
  return [first, ...more].join('\n');
}

/** The text in lines of at most `width` characters; help is ASCII but for `…`. */
function wrapLine(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((long) => chop(long, width))) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length > width && line !== '') lines.push(line);
    line = joined.length > width ? word : joined;
  }
  return [...lines, line];
}

/** A word that is longer than a line, cut behind a mark where it has one. */
function chop(word: string, width: number): readonly string[] {
  if (word.length <= width) return [word];
  const mark = word.slice(0, width).search(/[:/,=|][^:/,=|]*$/) + 1;
  const end = mark > 0 ? mark : width;
  return [word.slice(0, end), ...chop(word.slice(end), width)];
}

/** Columns that help is laid out for: those of the terminal, 80 where there is none; `COLUMNS` is heeded. */
export function helpWidth(env: NodeJS.ProcessEnv, stdout: { isTTY?: boolean; columns?: number }): number {
  const asked = /^[1-9][0-9]{1,3}$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : undefined;
  const columns = asked ?? (stdout.isTTY === true ? stdout.columns : undefined) ?? 80;
  return Math.max(NARROWEST, columns);
}

const HELP = ['-h', '--help'];

/**
 * The page that a command line asks for, where that is all it says: names of commands with `--help` behind them, or
 * `help` before them. Undefined for everything else, and where the build wrote no grammar.
 */
export function helpAsked(argv: readonly string[], width: number): string | undefined {
  const [first, ...rest] = argv;
  const isLast = HELP.includes(argv.at(-1) ?? '');
  if (!isLast && (first !== 'help' || rest.length > 1)) return undefined;
  const found = readGrammar();
  const command = found === undefined ? undefined : walk(found, isLast ? argv.slice(0, -1) : rest);
  return command === undefined ? undefined : wholePage(command, width);
}

function walk(root: CommandGrammar, words: readonly string[]): CommandGrammar | undefined {
  let command: CommandGrammar | undefined = root;
  for (const word of words) command = command === undefined ? undefined : childOf(command, word);
  return command;
}

/** The page with what stands below its lists. */
export function wholePage(command: CommandGrammar, width: number): string {
  return printPage(command, width) + command.after;
}
