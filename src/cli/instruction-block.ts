/** The block of instructions in a file that has other text too: it stands between two markers, once. */
const BEGIN = '<!-- vouchsafe:begin -->';
const END = '<!-- vouchsafe:end -->';

/** The text with the block (which begins and ends with the markers) in place of the one it had, or at its end. */
export function withBlock(text: string | null, block: string): string {
  if (text === null || text === '') return block;
  const found = findBlock(text);
  if (found !== undefined) return text.slice(0, found.start) + block.trimEnd() + text.slice(found.end);
  return `${text}${text.endsWith('\n') ? '' : '\n'}\n${block}`;
}

/** The text without its block, and without the empty line before it. */
export function withoutBlock(text: string): string {
  const found = findBlock(text);
  if (found === undefined) return text;
  return text.slice(0, found.start).replace(/\n\n$/, '\n') + text.slice(found.end).replace(/^\n/, '');
}

function findBlock(text: string): { readonly start: number; readonly end: number } | undefined {
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END, start);
  return start < 0 || end < 0 ? undefined : { start, end: end + END.length };
}
