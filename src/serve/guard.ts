/**
 * What is checked of every request before anything is read of it: that it can be told apart (no header twice), that it
 * was meant for this server (Host, against DNS rebinding), that no page of another origin sent it, and from where it comes.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isInNetworks, isLoopback, type Network } from '../core/network.js';
import { HttpError } from './http-error.js';

export interface GuardOptions {
  /** Names and addresses under which the server may be asked for, in lower case; of this machine always. */
  readonly hosts: readonly string[];
  /** Origins whose pages may ask, as `https://app.example.com`; those of this machine always. */
  readonly origins: readonly string[];
  /** Proxies that may hand requests on, and whose word on where they come from is taken. */
  readonly proxies: Proxies;
}

/** Named proxies; none where both are empty. `unix`: whoever speaks over the socket is one. */
export interface Proxies {
  readonly networks: readonly Network[];
  readonly unix: boolean;
}

/** Whether proxies were named: then all requests come through them. */
export function hasProxies({ networks, unix }: Proxies): boolean {
  return networks.length > 0 || unix;
}

/** Of these one alone can be meant; with two, what stands in front may have read the other one. */
const SINGLE: ReadonlySet<string> = new Set([
  ...['host', 'origin', 'authorization', 'content-type', 'content-length', 'transfer-encoding'],
  ...['mcp-session-id', 'mcp-protocol-version', 'mcp-method', 'mcp-name', 'last-event-id'],
]);

const OWN_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Checks a request, and gives the IP address that it comes from; null over a Unix socket. Throws {@link HttpError}. */
export function guard(request: IncomingMessage, options: GuardOptions): string | null {
  refuseDoubled(request);
  checkHost(request.headers.host, options);
  checkOrigin(request.headers.origin, options);
  return addressOf(request, options.proxies);
}

function refuseDoubled({ rawHeaders }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (SINGLE.has(name) && seen.has(name)) throw new HttpError(400, `The header ${name} may be sent once.`);
    seen.add(name);
  }
}

function checkHost(host: string | undefined, { hosts }: GuardOptions): void {
  const name = host === undefined ? null : hostnameOf(`http://${host}`);
  if (name !== null && (OWN_HOSTS.has(name) || hosts.includes(name))) return;
  throw new HttpError(
    403,
    'The request names another host than this server’s. The owner can add one: serve --host NAME',
  );
}

function checkOrigin(origin: string | undefined, { origins }: GuardOptions): void {
  if (origin === undefined || origins.includes(origin.toLowerCase())) return;
  const name = /^https?:/i.test(origin) ? hostnameOf(origin) : null;
  if (name !== null && OWN_HOSTS.has(name)) return;
  throw new HttpError(403, 'Pages of that origin may not ask here. The owner can allow one: serve --origin URL');
}

function hostnameOf(url: string): string | null {
  return URL.canParse(url) && !/[@/?#\\]/.test(url.slice(url.indexOf('//') + 2)) ? new URL(url).hostname : null;
}

function addressOf(request: IncomingMessage, { networks, unix }: Proxies): string | null {
  const peer = request.socket.remoteAddress ?? null;
  if (!hasProxies({ networks, unix })) return peer;
  const isProxy = peer === null ? unix : isInNetworks(networks, peer);
  if (!isProxy) throw new HttpError(403, 'Requests come through the named proxies alone.');
  return forwardedFor(request, networks) ?? peer;
}

/** The last address that a proxy saw and that is no proxy itself: what stands before that is anybody's word. */
function forwardedFor({ headers }: IncomingMessage, networks: readonly Network[]): string | null {
  const given = headers['x-forwarded-for'];
  if (given === undefined) return null;
  const hops = String(given)
    .split(',')
    .map((hop) => hop.trim());
  const client = hops.toReversed().find((hop) => !isInNetworks(networks, hop)) ?? hops[0] ?? '';
  if (isIP(client) === 0) throw new HttpError(400, 'X-Forwarded-For names no address.');
  return client;
}

/** Whether the other end of the connection is on this machine. */
export function isLocalPeer({ socket }: IncomingMessage): boolean {
  return socket.remoteAddress === undefined || isLoopback(socket.remoteAddress);
}
