/** Where the server listens: addresses with or without TLS, Unix sockets, and sockets that systemd holds. */
import { chmodSync, lstatSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import { isLoopback } from '../core/network.js';
import { Refusal } from '../core/refusal.js';
import type { Patience } from './patience.js';

/** A place to listen at; `fd` is a socket that listens already (systemd.socket(5)). */
export type Place =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** The certificate with its chain and the key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface ListenOptions {
  readonly certificate: Certificate | null;
  /** Whether named proxies stand in front, so that other addresses than this machine's do without TLS. */
  readonly hasProxies: boolean;
  readonly patience: Patience;
}

const SOCKET_MODE = 0o660;
const CONNECTIONS_AT_MOST = 4_096;

const OLDEST_TLS = 'TLSv1.2';

function limitsBy({ headersMs, requestMs, idleMs, checkEveryMs }: Patience): ServerOptions {
  return {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    connectionsCheckingInterval: checkEveryMs,
    maxHeaderSize: 16_384,
    requireHostHeader: true,
  };
}

/** Listens at a place. Throws a `Refusal` where that cannot be, or may not be without TLS. */
export async function listenAt(
  place: Place,
  serve: RequestListener,
  { certificate, hasProxies, patience }: ListenOptions,
): Promise<Server> {
  if (place.kind === 'tcp' && !isLoopback(place.host)) refuseBare(certificate !== null || hasProxies);
  if (place.kind === 'unix') await removeStale(place.path);
  const isTls = certificate !== null && place.kind !== 'unix';
  const limits = limitsBy(patience);
  const server = isTls
    ? createTlsServer({ ...limits, ...secureBy(certificate), handshakeTimeout: patience.handshakeMs }, serve)
    : createServer(limits, serve);
  server.maxConnections = CONNECTIONS_AT_MOST;
  await opened(server, place);
  const address = server.address();
  if (place.kind === 'unix') chmodSync(place.path, SOCKET_MODE);
  const isOpenToOthers = typeof address === 'object' && address !== null && !isLoopback(address.address);
  if (!isTls && !hasProxies && isOpenToOthers) {
    server.close();
    refuseBare(false);
  }
  return server;
}

/** The options of TLS under a certificate. */
export function secureBy(certificate: Certificate): Certificate & { readonly minVersion: typeof OLDEST_TLS } {
  return { ...certificate, minVersion: OLDEST_TLS };
}

function refuseBare(mayBe: boolean): void {
  if (mayBe) return;
  throw new Refusal('invalid_request', {
    message: 'On another address than 127.0.0.1, whoever is on the way would read the tokens.',
    next: 'Give a certificate (--tls-cert FILE --tls-key FILE), or name the proxies that have one: --behind-proxy ADDRESS',
  });
}

function opened(server: Server, place: Place): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(place, error)));
    const target =
      place.kind === 'tcp'
        ? { host: place.host, port: place.port }
        : place.kind === 'unix'
          ? { path: place.path }
          : { fd: place.fd };
    server.listen(target, () => resolve());
  });
}

function cannotListen(place: Place, error: NodeJS.ErrnoException): Refusal {
  const at = printPlace(place);
  const next: Readonly<Record<string, string>> = {
    EADDRINUSE: 'Another program listens there: end it, or give another place with --listen or --socket.',
    EACCES: 'This user may not listen there: give another place with --listen or --socket.',
    EADDRNOTAVAIL: 'This machine has no such address: give another one with --listen.',
  };
  return new Refusal('unavailable', {
    message: `The server cannot listen at ${at}.`,
    next: next[error.code ?? ''] ?? 'Give another place with --listen or --socket.',
    detail: error.code ?? error.message,
  });
}

/** A socket that a server left when it was killed stands in the way of the next one; a live one is not touched. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket() || (await isAnswered(path)))
    throw cannotListen({ kind: 'unix', path }, Object.assign(new Error(), { code: 'EADDRINUSE' }));
  rmSync(path);
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    // one that is busy, or another user's, says something else
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT'));
  });
}

/** As it is typed: `127.0.0.1:7777`, `unix:/run/vouchsafe.sock`. */
export function printPlace(place: Place): string {
  if (place.kind === 'unix') return `unix:${place.path}`;
  if (place.kind === 'fd') return `file descriptor ${String(place.fd)}`;
  return `${place.host.includes(':') ? `[${place.host}]` : place.host}:${String(place.port)}`;
}
