/** Manual pages in roff's `man` macros (man-pages(7), groff_man(7)), from the grammar that help is made of. */
import { commandsIn, type CommandGrammar } from './grammar.js';
import { sectionsOf, type Entry } from './help-page.js';

/** A page: its file, such as `vouchsafe-pat-create.1`, and its text. */
export interface ManPage {
  readonly file: string;
  readonly text: string;
}

/** The page of the program and of each command that help lists. */
export function manPages(program: CommandGrammar, version: string): readonly ManPage[] {
  const known = commandsIn(program).filter(({ path }) => `${path} `.startsWith(`${program.path} `));
  return known.map((command) => ({
    file: `${pageName(command)}.1`,
    text: printManPage(command, { version, known }),
  }));
}

interface Manual {
  readonly version: string;
  readonly known: readonly CommandGrammar[];
}

function pageName({ path }: CommandGrammar): string {
  return path.replaceAll(' ', '-');
}

function printManPage(command: CommandGrammar, { version, known }: Manual): string {
  const name = pageName(command);
  const isProgram = !command.path.includes(' ');
  const sections = sectionsOf(command).filter(({ title }) => isProgram || !/of every command/.test(title));
  const rest = command.usage.slice(command.path.length).trim();
  const lines = [
    `.TH ${quoted(name.toUpperCase())} 1 "" ${quoted(`vouchsafe ${version}`)} "Vouchsafe"`,
    // even gaps and whole words: help is not justified either
    '.nh',
    '.ad l',
    '.SH NAME',
    `${escapeRoff(name)} \\- ${escapeRoff(command.description.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    `.B ${escapeRoff(command.path)}`,
    ...(rest === '' ? [] : [escapeRoff(rest)]),
    ...sections.flatMap(({ title, entries }) => [heading(title), ...entries.flatMap(printEntry)]),
    ...(isProgram ? [] : ['.P', 'Every command also takes the options of', '.BR vouchsafe (1).']),
    ...notes(command.after),
    '.SH SEE ALSO',
    ...seeAlso(command, known),
  ];
  return `${lines.join('\n')}\n`;
}

function heading(title: string): string {
  return `.SH ${quoted(title.replace(/:$/, '').toUpperCase())}`;
}

function printEntry({ term, text }: Entry): readonly string[] {
  return ['.TP', `.B ${escapeRoff(term)}`, ...(text === '' ? ['\\&'] : [escapeRoff(text)])];
}

/** What help says below its lists: blocks with a title and lines that stay as they are, and paragraphs. */
function notes(after: string): readonly string[] {
  const blocks = after.split(/\n{2,}/).map((block) => block.replace(/^\n+|\n+$/g, ''));
  let isTitled = false;
  return blocks
    .filter((block) => block !== '')
    .flatMap((block) => {
      const [first = '', ...rest] = block.split('\n');
      if (/^\S.*:$/.test(first) && rest.every((line) => line.startsWith('  '))) {
        isTitled = false;
        return [heading(first), ...asItIs(rest)];
      }
      const before = isTitled ? '.P' : '.SH NOTES';
      isTitled = true;
      return [before, ...paragraph([first, ...rest])];
    });
}

function paragraph(lines: readonly string[]): readonly string[] {
  const start = lines.findIndex((line) => line.startsWith('  '));
  if (start < 0) return lines.map(escapeRoff);
  return [...lines.slice(0, start).map(escapeRoff), '.P', ...asItIs(lines.slice(start))];
}

function asItIs(lines: readonly string[]): readonly string[] {
  const isWide = lines.some((line) => line.length > WIDEST);
  return [...(isWide ? ['.in 2'] : []), '.nf', ...lines.map((line) => escapeRoff(line.replace(/^ {2}/, ''))), '.fi'];
}

/** What fits a page of 80 columns at its usual indent, with the two spaces that help has. */
const WIDEST = 73;

/** The noun above, or the program; and what is below. */
function seeAlso(command: CommandGrammar, known: readonly CommandGrammar[]): readonly string[] {
  const above = known.filter(({ path }) => command.path.startsWith(`${path} `));
  const below = known.filter(
    ({ path }) => path.startsWith(`${command.path} `) && !path.slice(command.path.length + 1).includes(' '),
  );
  const pages = [...above, ...below];
  return pages.map((page, i) => `.BR ${escapeRoff(pageName(page))} (1)${i === pages.length - 1 ? '' : ','}`);
}

function quoted(text: string): string {
  return `"${escapeRoff(text).replaceAll('"', '\\(dq')}"`;
}

const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  "'": '\\(aq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** The text as roff prints it: characters that it would change, and a `.` at the start of a line, stand escaped. */
export function escapeRoff(text: string): string {
  const escaped = text.replace(/[\\\-'`^~]/g, (character) => SPECIAL[character] ?? character);
  const ascii = escaped.replace(
    /[^\x20-\x7e]/gu,
    (one) => `\\[u${(one.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
  );
  return /^[.]/.test(ascii) ? `\\&${ascii}` : ascii;
}
