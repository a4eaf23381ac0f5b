/** Header fields that an agent gives for a request that carries a credential of its owner. */
import { Refusal } from './refusal.js';

/** Name and value, in the order in which they are sent; names in lower case. */
export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** The most header fields an agent may give, and the most bytes of them as sent. */
export const MAX_HEADERS = 50;
export const MAX_HEADER_BYTES = 16 * 1024;

/** How the message is framed and routed, who it is from: the program's to say, or a way around what the owner allowed. */
const FOREIGN = new Set([
  ...['host', 'connection', 'transfer-encoding', 'content-length', 'upgrade', 'te', 'trailer', 'expect', 'keep-alive'],
  ...['authorization', 'cookie', 'cookie2', 'forwarded', 'via', 'x-real-ip', 'x-host', 'http2-settings'],
  // Some servers take the method or the path from these, others would give a secret in pieces or in another coding.
  ...['x-http-method', 'x-http-method-override', 'x-method-override', 'x-rewrite-url', 'x-original-url'],
  ...['range', 'if-range', 'accept-encoding', 'accept-charset', 'a-im'],
]);
const FOREIGN_STARTS = ['proxy-', 'x-forwarded-', 'x-original-'];

/** Whether the text is a token as RFC 9110 section 5.6.2 has it. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** Whether only the program sets this header field, `name` being in lower case. */
export function isForeignHeader(name: string): boolean {
  return FOREIGN.has(name) || FOREIGN_STARTS.some((start) => name.startsWith(start));
}

/**
 * The header fields, with names in lower case. `isTaken` tells of a name in lower case whether the credential goes there.
 * Throws `invalid_request`, without the values, for a name that is not a token (RFC 9110 section 5.6.2), stands twice or
 * is not the agent's to set; for a value with anything but visible ASCII, spaces and tabs; and for too many of them.
 */
export function checkHeaders(
  headers: Readonly<Record<string, string>>,
  isTaken: (name: string) => boolean,
): HeaderLines {
  const given = Object.entries(headers);
  if (given.length > MAX_HEADERS) refuse(`There are more than ${String(MAX_HEADERS)} headers`);
  const lines = new Map(given.map(([name, value]) => [name.toLowerCase(), value]));
  if (lines.size < given.length) refuse('A header stands twice');
  for (const [name, value] of lines) checkLine(name, { value, isTaken });
  const bytes = [...lines].reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  if (bytes > MAX_HEADER_BYTES) refuse('The headers are longer than 16 KiB');
  return [...lines].map(([name, value]) => [name, value.trim()]);
}

interface Line {
  readonly value: string;
  readonly isTaken: (name: string) => boolean;
}

function checkLine(name: string, { value, isTaken }: Line): void {
  if (!isToken(name)) refuse('The name of a header has a character that no name can have');
  if (isForeignHeader(name) || isTaken(name))
    refuse('A header is not yours to set: it frames the request or its sender');
  if (typeof value !== 'string') refuse('The value of a header is not text');
  if (!/^[\t\x20-\x7e]*$/.test(value)) refuse('The value of a header has a line break or a character outside of ASCII');
}

function refuse(fault: string): never {
  const next =
    'Leave out headers such as Host, Cookie, Authorization, Range or X-Forwarded-For, and write plain ASCII.';
  throw new Refusal('invalid_request', { message: `${fault}.`, next });
}
