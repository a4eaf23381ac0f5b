/** Which items a search finds. */
import type { ItemOverview } from './model.js';
import { foldName } from './text.js';

/**
 * Whether every word of the text is found in the item's title, username, URLs or tags, without regard to case and
 * accents. No words find everything. For many items use {@link searchWords}, {@link searchText} and {@link holdsWords}.
 */
export function matchesQuery(overview: ItemOverview, text: string): boolean {
  return holdsWords(searchText(overview), searchWords(text));
}

/** The words of a search, in the form in which {@link searchText} holds them. */
export function searchWords(text: string): readonly string[] {
  return foldLoosely(text)
    .split(/\s+/)
    .filter((word) => word !== '');
}

/** All of an item that a search looks at, as one text; worth keeping, since it is what costs. */
export function searchText({ title, username, urls, tags }: ItemOverview): string {
  return foldLoosely([title, username ?? '', ...urls, ...tags].join('\n'));
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

/** Whether the item is of that type. */
export function matchesType(overview: ItemOverview, type: string): boolean {
  return overview.type === type;
}

/**
 * Whether one of the item's URLs is of the site of `url`: the same host, or one a subdomain of the other, cut at a dot,
 * where the shorter has two labels or more. IP addresses and `localhost` only match themselves; other names of one label
 * match nothing. Scheme, port, user and path don't count. There is no list of public suffixes yet, so an item kept for
 * the whole of `co.uk` would match.
 */
export function matchesUrl(overview: ItemOverview, url: string): boolean {
  const host = hostOf(url);
  return host !== undefined && overview.urls.some((stored) => isSameSite(hostOf(stored), host));
}

function isSameSite(stored: string | undefined, host: string): boolean {
  if (stored === undefined) return false;
  if (stored === host) return host.includes('.') || host.includes(':') || host === 'localhost';
  if (isAddress(stored) || isAddress(host)) return false;
  const [parent, child] = stored.length < host.length ? [stored, host] : [host, stored];
  return parent.includes('.') && child.endsWith(`.${parent}`);
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^[0-9.]+$/.test(host);
}

/**
 * The host of a URL or of a bare `host[:port][/path]`, as the URL standard writes it (lower case, punycode, IPv6 in
 * brackets), without a dot at its end; undefined where there is none.
 */
export function hostOf(url: string): string | undefined {
  const rest = url.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const parsed = URL.parse(`https://${rest}`);
  const host = parsed?.hostname.replace(/\.$/, '');
  return host === '' ? undefined : host;
}
