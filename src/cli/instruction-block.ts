/** The block of instructions in a file that others write too: put in, replaced, taken out, and the rest kept. */
import { Refusal } from '../core/refusal.js';

export const BLOCK_BEGIN = '<!-- vouchsafe:begin -->';
export const BLOCK_END = '<!-- vouchsafe:end -->';

/**
 * The text with the block in it: in place of the one that is there, else behind the rest. What stands before the markers
 * in `block` (the front matter of some formats) begins a new file, and is left out where there is a text already; a block
 * without markers gets them. Everything else of the text stays byte for byte, and so do its line endings. Putting the same
 * block in again changes nothing. Throws `conflict` for a text in which a block begins and does not end.
 */
export function withBlock(text: string | null, block: string): string {
  const { head, body } = splitBlock(block);
  if (text === null || text.replace(/^\ufeff/, '').trim() === '') return `${head}${body}\n`;
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const lines = body.replaceAll('\n', eol);
  const found = findBlocks(text);
  const [first, ...others] = found;
  if (first === undefined) return `${text}${text.endsWith('\n') ? '' : eol}${eol}${lines}${eol}`;
  const rest = others.reduceRight((kept, range) => cut(kept, range), text);
  return rest.slice(0, first.start) + lines + rest.slice(first.end);
}

/** The text without the block, and without the empty line that parted it from the rest. Throws as {@link withBlock}. */
export function withoutBlock(text: string): string {
  return findBlocks(text).reduceRight((kept, range) => cut(kept, range), text);
}

function splitBlock(block: string): { readonly head: string; readonly body: string } {
  const text = block.replaceAll('\r\n', '\n');
  const [range] = findBlocks(text);
  if (range === undefined) return { head: '', body: `${BLOCK_BEGIN}\n${text.replace(/\n+$/, '')}\n${BLOCK_END}` };
  return { head: text.slice(0, range.start), body: text.slice(range.start, range.end) };
}

/** From the first character of the begin marker to behind the last one of the end marker. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** A marker counts where it is alone on its line. */
function findBlocks(text: string): readonly Range[] {
  const found: Range[] = [];
  let start: number | undefined;
  for (const { index, 0: line } of text.matchAll(/[^\r\n\ufeff]+/g)) {
    const word = line.trim();
    if (word === BLOCK_BEGIN) start ??= index;
    if (word !== BLOCK_END || start === undefined) continue;
    found.push({ start, end: index + line.length });
    start = undefined;
  }
  if (start !== undefined) refuseOpen(text.slice(0, start).split('\n').length);
  return found;
}

function refuseOpen(line: number): never {
  throw new Refusal('conflict', {
    message: `A block of instructions begins at line ${String(line)} and does not end. The file was left as it is.`,
    next: `Put ${BLOCK_END} behind the block, or remove ${BLOCK_BEGIN}, then run this again.`,
  });
}

function cut(text: string, { start, end }: Range): string {
  const before = text.slice(0, start);
  const after = text.slice(end).replace(/^\r?\n/, '');
  const isParted = after === '' || /^\r?\n/.test(after);
  return (isParted ? before.replace(/(^|\n)\r?\n$/, '$1') : before) + after;
}
