/** Which items a search finds; by site, `site.ts` says it. */
import type { ItemOverview } from './model.js';
import { cleanText, foldName } from './text.js';

/**
 * Whether every word of the text is found in the item's title, username, URLs or tags, without regard to case and
 * accents. No words find everything. For many items use {@link searchWords}, {@link searchText} and {@link holdsWords}.
 */
export function matchesQuery(overview: ItemOverview, text: string): boolean {
  return holdsWords(searchText(overview), searchWords(text));
}

/** The words of a search, in the form in which {@link searchText} holds them. */
export function searchWords(text: string): readonly string[] {
  return foldLoosely(cleanText(text))
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** All of an item that a search looks at, cleaned as lists show it, as one text; worth keeping, since it is what costs. */
export function searchText({ title, username, urls, tags }: ItemOverview): string {
  return foldLoosely([title, username ?? '', ...urls, ...tags].map(cleanText).join('\n'));
}

/** Whether a {@link searchText} holds every one of the {@link searchWords}. */
export function holdsWords(text: string, words: readonly string[]): boolean {
  return words.every((word) => text.includes(word));
}

/**
 * Case-folded, without accents and without the final sigma, which is none in the middle of a word. Plain ASCII, which is
 * most, takes the short way to the same.
 */
function foldLoosely(text: string): string {
  if (/^[\x00-\x7f]*$/.test(text)) return text.toLowerCase();
  return foldName(text)
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('ς', 'σ');
}
