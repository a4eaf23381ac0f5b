/** Text that others wrote: comparing it, measuring it, and showing it without being fooled by it. */

/**
 * A personal access token, as `security.md` section 1 "Token" writes it: `vsp_`, 64 characters of base62, `::`, 43
 * characters of base64url. No flags, so it may be used with `test` any number of times.
 */
export const TOKEN_PATTERN = /\bvs[px]_[0-9A-Za-z]{64}::[0-9A-Za-z_-]{43}(?![0-9A-Za-z_-])/;

/** What looks like a token or the larger part of one; wider than {@link TOKEN_PATTERN}, and it never misses one. */
const TOKEN_LIKE = /vs[px]_[0-9A-Za-z]{20,}/i;
const TOKEN_LIKE_WHOLE = /vs[px]_[0-9A-Za-z]{20,}(?:(?::|%3a){1,2}[0-9A-Za-z_-]*)?/gi;

/** `security.md` section 5, "reason as an attack", letter for letter. */
const HIDDEN =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![\u200c\u200d\ufe0f])[\p{Cf}\p{Default_Ignorable_Code_Point}]/u;
const HIDDEN_ALL = new RegExp(HIDDEN.source, 'gu');
const BREAKS = /[\t-\r\u0085\u2028\u2029]+/g;

/**
 * The form in which two names are compared: NFKC, then case folded by lower, upper, lower, so that `ẞ`, `ß` and `SS`
 * are one. `foldName(foldName(x)) === foldName(x)`. Stored keys (title tags) are made of it: it must never change.
 */
export function foldName(text: string): string {
  return text.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase().normalize('NFKC');
}

/** The number of Unicode code points, a lone surrogate counting as one. */
export function codePoints(text: string): number {
  return text.length - (text.match(/[\u{10000}-\u{10ffff}]/gu)?.length ?? 0);
}

/** The number of bytes that the text has in UTF-8; a lone surrogate counts as the three of U+FFFD. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) bytes += utf8Width(character.codePointAt(0) ?? 0);
  return bytes;
}

function utf8Width(point: number): number {
  if (point < 0x80) return 1;
  if (point < 0x800) return 2;
  return point < 0x10000 ? 3 : 4;
}

/**
 * Whether the text holds a character that a reader cannot see or that changes how others are shown: control, lone
 * surrogate, private, unassigned, line or paragraph separator, format or default-ignorable. The joiners U+200C, U+200D
 * and the emoji selector U+FE0F are let through, since Persian, Hindi and emoji need them.
 */
export function hasHiddenCharacter(text: string): boolean {
  return HIDDEN.test(text);
}

/**
 * The text as one line that is safe on a terminal and in a table: each hidden character (as in
 * {@link hasHiddenCharacter}; so newlines and tabs too) stands as a visible escape such as `\u{202e}`. Ordinary text and
 * emoji stay as they are. It is for showing only: a `\u{202e}` that was typed looks the same.
 */
export function escapeText(text: string): string {
  return text.replace(HIDDEN_ALL, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/**
 * The text on one line, without any hidden character (as in {@link hasHiddenCharacter}): a line break or tab becomes a
 * space, everything else of them is taken out. For names in what a model reads: what it can't see must not speak to it.
 * Text without such characters stays as it is.
 */
export function cleanText(text: string): string {
  return HIDDEN.test(text) ? text.replace(BREAKS, ' ').replace(HIDDEN_ALL, '').trim() : text;
}

/** Whether the text holds a personal access token, or so much of one that it must not be kept. */
export function holdsToken(text: string): boolean {
  return TOKEN_PATTERN.test(text) || TOKEN_LIKE.test(text);
}

/** The text with every token, and every larger part of one, replaced by `vsp_…`. For loggers and error texts. */
export function scrub(text: string): string {
  return text.replace(TOKEN_LIKE_WHOLE, 'vsp_…');
}

/**
 * The candidate that a mistyped word most likely meant, without regard to case; the first of equally near ones.
 * Undefined where none is near: about one slip for every three characters is forgiven (insert, leave out, replace,
 * swap two neighbours).
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = Array.from(foldName(word));
  let limit = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  for (const candidate of candidates) {
    const distance = distanceBelow(wanted, Array.from(foldName(candidate)), limit + 1);
    if (distance > limit) continue;
    best = candidate;
    if (distance === 0) break;
    limit = distance - 1;
  }
  return best;
}

/** Optimal string alignment distance of `a` and `b`, or `bound` as soon as it is known to be at least that. */
function distanceBelow(a: readonly string[], b: readonly string[], bound: number): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = alignmentRow({ a, b, i, previous, before });
    if (Math.min(...row) >= bound) return bound;
    before = previous;
    previous = row;
  }
  return Math.min(previous[b.length] ?? bound, bound);
}

interface Alignment {
  readonly a: readonly string[];
  readonly b: readonly string[];
  readonly i: number;
  readonly previous: readonly number[];
  readonly before: readonly number[];
}

function alignmentRow({ a, b, i, previous, before }: Alignment): number[] {
  const row = [i];
  for (let j = 1; j <= b.length; j += 1) {
    const replaced = at(previous, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
    const shifted = Math.min(at(previous, j), at(row, j - 1)) + 1;
    const swaps = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
    row.push(Math.min(replaced, shifted, swaps ? at(before, j - 2) + 1 : Infinity));
  }
  return row;
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
