/** What changes in a text, as lines for people. Lines that stay are not shown: they may hold the secrets of others. */
import { escapeText, scrub } from '../../core/text.js';

/** A line is shown in full up to this many characters; of a longer one, only what differs. */
const LONGEST = 160;

/** Of a line with several members on it too, since most of them are those of others. */
const SEVERAL = /[{}].{12}/;

/** Lines with `-` that go and lines with `+` that come, after one that says where; empty where nothing changes. */
export function diffLines(before: string | null, after: string | null): readonly string[] {
  if (before === after) return [];
  const [old, fresh] = [linesOf(before), linesOf(after)];
  const start = commonStart(old, fresh);
  const end = commonStart(old.slice(start).reverse(), fresh.slice(start).reverse());
  const gone = old.slice(start, old.length - end);
  const come = fresh.slice(start, fresh.length - end);
  const shown = [
    ...gone.map((line, index) => `-${shorten(line, come[index])}`),
    ...come.map((line, index) => `+${shorten(line, gone[index])}`),
  ];
  return [`@@ line ${String(start + 1)} @@`, ...shown.map((line) => escapeText(scrub(line.replace(/\t/g, '  '))))];
}

function linesOf(text: string | null): readonly string[] {
  const lines = (text ?? '').replace(/^\ufeff/, '').split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

function commonStart<T>(a: ArrayLike<T>, b: ArrayLike<T>): number {
  let index = 0;
  while (index < a.length && index < b.length && a[index] === b[index]) index += 1;
  return index;
}

/** Of a long line what differs from the other, with a mark where the rest is; all of it where there is no other. */
function shorten(line: string, other = ''): string {
  if (line.length <= LONGEST && !SEVERAL.test(line)) return line;
  const start = commonStart(line, other);
  const rest = line.slice(start);
  const end = commonStart(rest.split('').reverse(), other.slice(start).split('').reverse());
  return `…${rest.slice(0, rest.length - end)}…`;
}
