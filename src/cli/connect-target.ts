/** Where a `vouchsafe serve` is, as `--connect` says it. */
import { resolve } from 'node:path';
import { isLoopback } from '../core/network.js';
import { Refusal } from '../core/refusal.js';

/** The URL of the endpoint, and the Unix socket that leads there if there is one. */
export interface ConnectTarget {
  readonly url: URL;
  readonly socketPath: string | undefined;
}

const ENDPOINT = '/mcp';
const UNIX = 'unix:';

/** What the address of a socket has room for (unix(7); macOS has four bytes less). */
const LONGEST_PATH = process.platform === 'darwin' ? 103 : 107;

/**
 * The server that a text means. Throws `invalid_request`, without repeating it, where the text is none, or where a token
 * would leave this machine without TLS.
 */
export function readConnect(text: string): ConnectTarget {
  return text.startsWith(UNIX) ? readSocket(text.slice(UNIX.length)) : { url: readUrl(text), socketPath: undefined };
}

/** The text of a target, with which it can be read again anywhere. */
export function printConnect({ url, socketPath }: ConnectTarget): string {
  return socketPath === undefined ? url.href : `${UNIX}${socketPath}`;
}

function readSocket(path: string): ConnectTarget {
  if (path === '' || path.includes('\0')) refuse('--connect unix: needs the path of a socket.');
  const socketPath = resolve(path);
  if (Buffer.byteLength(socketPath) > LONGEST_PATH)
    refuse(`The path of a socket may have ${String(LONGEST_PATH)} bytes at most.`);
  return { url: new URL(`http://localhost${ENDPOINT}`), socketPath };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : refuse('--connect takes a URL or a socket.');
  if (url.protocol !== 'https:' && url.protocol !== 'http:') refuse('--connect takes a URL with https, or a socket.');
  if (url.username !== '' || url.password !== '') refuse('The URL of --connect may hold no name and no password.');
  if (/[?#]/.test(text)) refuse('The URL of --connect ends with its path.');
  if (url.protocol === 'http:' && !isOnThisMachine(url.hostname))
    refuse('Over http the token could be read on the way: use https for a server on another machine.');
  if (url.pathname === '/') url.pathname = ENDPOINT;
  return url;
}

function isOnThisMachine(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''));
}

function refuse(message: string): never {
  throw new Refusal('invalid_request', {
    message,
    next: 'For example --connect https://safe.example.com/mcp, http://127.0.0.1:7777/mcp or unix:/run/vouchsafe/mcp.sock',
  });
}
