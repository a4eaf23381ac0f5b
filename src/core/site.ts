/**
 * Sites: which addresses belong together. Loading the list of public suffixes takes some ten milliseconds, so this is
 * imported only where a site is asked for.
 */
import { getDomain } from 'tldts';
import type { ItemOverview } from './model.js';

/**
 * The site of a URL or of a bare `host[:port][/path]`: its registrable domain, one label below a public suffix of the
 * Public Suffix List (https://publicsuffix.org), private ones such as `github.io` included, since each of their users is
 * a site. A host that has none (an IP address, `localhost`, a name of one label, a public suffix) is a site by itself.
 * Undefined where there is no host. Scheme, port, user, path, case and the writing of the host (Unicode, punycode) don't
 * count.
 */
export function siteOf(url: string): string | undefined {
  const host = hostOf(url);
  if (host === undefined) return undefined;
  return getDomain(host, { allowPrivateDomains: true, extractHostname: false }) ?? host;
}

/** Whether one of the URLs is of the site; never where there is none. */
export function isOfSite({ urls }: Pick<ItemOverview, 'urls'>, site: string | undefined): boolean {
  return site !== undefined && urls.some((url) => siteOf(url) === site);
}

/**
 * The host of a URL or of a bare `host[:port][/path]`, as the URL standard writes it (lower case, punycode, IPv6 in
 * brackets), without a dot at its end; undefined where there is none.
 */
export function hostOf(url: string): string | undefined {
  const rest = url.trim().replace(/^(?:[a-z][a-z0-9+.-]*:)?\/\//i, '');
  // What begins with a slash is a path, which the standard would take for a host.
  if (/^[/\\]/.test(rest)) return undefined;
  const parsed = URL.parse(`https://${rest}`);
  const host = parsed?.hostname.replace(/\.$/, '');
  return host === '' ? undefined : host;
}
