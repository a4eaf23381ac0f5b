/** Lines of sentences made to fit a terminal, so that it does not break them within a word. */
import { stripVTControlCharacters } from 'node:util';
import { displayWidth } from './width.js';

/** Further in than this, two spaces are no longer taken for the gap behind a label. */
const WIDEST_LABEL = 24;

/**
 * What is never broken, as whoever copies it needs it whole: `words in backticks`, 'words in quotes', a command of ours
 * up to the end of its sentence, and any one word, which may be an address, a path or a hash.
 */
const WORDS = /`[^`]*`\S*|'[^']*'\S*|(?:\$ |\()?vouchsafe (?:(?![;.] ).)*[;.]?|\S+/g;

/**
 * The text with each line that is wider than `width` columns broken at spaces. What goes on below stands under where the
 * words began: behind a label and its gap, behind `- `, or as far in as the line. What is never broken may be wider.
 */
export function fold(text: string, width: number): string {
  return text
    .split('\n')
    .map((line) => (widthOf(line) <= width ? line : foldLine(line, width)))
    .join('\n');
}

function foldLine(line: string, width: number): string {
  const indent = ' '.repeat(indentOf(line));
  const lines: string[] = [];
  let current = '';
  let end = 0;
  for (const { 0: word, index } of line.matchAll(WORDS)) {
    const joined = current + line.slice(end, index) + word;
    const isFirst = current === '' || current === indent;
    if (isFirst || widthOf(joined) <= width) current = joined;
    else {
      lines.push(current);
      current = indent + word;
    }
    end = index + word.length;
  }
  return [...lines, current].join('\n');
}

function indentOf(line: string): number {
  const gaps = [...line.matchAll(/(?<=\S) {2,}(?=\S)/g)].map(({ 0: gap, index }) => {
    return widthOf(line.slice(0, index + gap.length));
  });
  const label = gaps.findLast((column) => column <= WIDEST_LABEL + 2);
  return label ?? /^ *(?:- )?/.exec(line)?.[0].length ?? 0;
}

function widthOf(text: string): number {
  return displayWidth(stripVTControlCharacters(text));
}
