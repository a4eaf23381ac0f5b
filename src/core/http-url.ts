/**
 * URLs that an agent gives for a request with a credential. Whatever two programs could read in two ways is refused: what
 * is checked must be what is asked for.
 */
import { hostName, isLoopbackName } from './http-policy.js';
import { Refusal } from './refusal.js';
import { utf8Length } from './text.js';

/** The most bytes that a URL may have. */
export const MAX_REQUEST_URL = 8 * 1024;

/** Parts of a URL as the URL standard writes them (https://url.spec.whatwg.org), without user and fragment. */
export interface PlainUrl {
  readonly scheme: 'http' | 'https';
  /** Lower case, punycode; IPv6 in brackets. */
  readonly name: string;
  readonly port: number;
  /** Percent-encoded, as it is sent. */
  readonly path: string;
  /** The path decoded, which the owner's patterns are held against. */
  readonly plainPath: string;
  /** Percent-encoded, as it is sent: empty, or `?` and what follows. */
  readonly query: string;
}

/** `https://host[:port]` of a URL, as it is written where the port is not the scheme's own. */
export function originOf({ scheme, name, port }: Pick<PlainUrl, 'scheme' | 'name' | 'port'>): string {
  return `${scheme}://${name}${port === DEFAULT_PORT[scheme] ? '' : `:${String(port)}`}`;
}

const DEFAULT_PORT = { http: 80, https: 443 } as const;

/**
 * The parts of a URL; its fragment is dropped. Throws `invalid_request`, without the URL, for: any scheme but https (http
 * for a host that is this machine's by its name), a user, white space, control characters and backslashes, a host that is
 * not written plainly (a dot at its end, percent-encoding, an IPv4 address in any form but four decimal numbers), and a
 * path with an empty or a dot segment, an encoded slash, backslash or control character, at any depth of decoding.
 */
export function readUrl(text: string): PlainUrl {
  checkText(text);
  const parts = /^(https?):\/\/([^/?#]+)([^?#]*)(?:\?[^#]*)?(?:#.*)?$/i.exec(text);
  const url = URL.parse(text);
  if (parts === null || url === null) refuse('The URL is not an absolute https URL');
  const [, word = '', authority = '', path = ''] = parts;
  const { name, port } = readAuthority(authority);
  const scheme = word.toLowerCase() === 'http' ? 'http' : 'https';
  if (scheme === 'http' && !isLoopbackName(name)) refuse('The URL is not https');
  if (name !== url.hostname) refuse(NOT_PLAIN_HOST);
  const plainPath = readPath(path);
  if (decode(url.search) === undefined) refuse('The query of the URL is not percent-encoded UTF-8');
  return { scheme, name, port: port ?? DEFAULT_PORT[scheme], path: url.pathname, plainPath, query: url.search };
}

const NOT_PLAIN_HOST = 'The host of the URL is not written plainly';

function checkText(text: unknown): void {
  if (typeof text !== 'string') refuse('The URL is missing or not text');
  if (text.length > MAX_REQUEST_URL || utf8Length(text) > MAX_REQUEST_URL) refuse('The URL is longer than 8 KiB');
  if (/[\s\\\p{Cc}\p{Cs}\ufeff]/u.test(text))
    refuse('The URL has white space, a backslash, a control character or invalid Unicode');
}

function readAuthority(authority: string): { readonly name: string; readonly port: number | null } {
  if (authority.includes('@')) refuse('The URL has a user in it; the credential is put in for you');
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::([0-9]{1,5}))?$/.exec(authority) ?? [];
  const name = hostName(host);
  const number = port === undefined ? null : Number(port);
  if (name === undefined || number === 0 || (number ?? 1) > 65_535) refuse(NOT_PLAIN_HOST);
  return { name, port: number };
}

/** The path decoded once. */
function readPath(path: string): string {
  const plain = decode(path === '' ? '/' : path);
  if (plain === undefined) refuse('The path of the URL is not percent-encoded UTF-8');
  const slashes = count(path);
  for (let text = plain, depth = 0, before = ''; text !== before; depth += 1) {
    if (depth > MAX_DEPTH || isCrooked(text) || count(text) !== Math.max(slashes, 1))
      refuse('The path of the URL has an empty or dot segment, or an encoded slash, backslash or control character');
    before = text;
    text = decodeAscii(text);
  }
  return plain;
}

/** How often a path may be percent-encoded over. */
const MAX_DEPTH = 4;

function count(text: string): number {
  return text.split('/').length - 1;
}

/** What a server makes of it that decodes again and lets stand what it can't: a `%` may be one that was decoded. */
function decodeAscii(text: string): string {
  return text.replace(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Compatible forms (`．`) count too, and what stands before a `;`, which some servers take for the whole segment. */
function isCrooked(path: string): boolean {
  const folded = path.normalize('NFKC');
  if (/[\\\p{Cc}\p{Cs}]/u.test(folded) || count(folded) !== count(path)) return true;
  const segments = folded.slice(1).split('/');
  return segments.some((segment, index) => {
    const name = segment.split(';')[0] ?? '';
    const isLast = index === segments.length - 1;
    return /^\.{1,2}$/.test(name.trim()) || (name.trim() === '' && !(isLast && segment === ''));
  });
}

function refuse(fault: string): never {
  throw new Refusal('invalid_request', {
    message: `${fault}.`,
    next: 'Write the URL plainly, for example https://api.example.com/v1/users?page=2.',
  });
}
