/**
 * Requests to one server over HTTP, on Node's own client rather than on the SDK's transport or fetch: it takes a Unix
 * socket, a bound on size and silence, and no proxy and no redirect; and it is loaded in a fifth of the time, which a
 * client waits for at each start.
 */
import type * as http from 'node:http';
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { LookupFunction } from 'node:net';
import { brokenOff, notReached } from './fault.js';

/** Where the server is: a URL, and the Unix socket that leads there if there is one. */
export interface Target {
  readonly url: URL;
  readonly socketPath: string | undefined;
}

export interface Sending {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Whether the answer is a stream that stays open, silent for as long as nothing happens. */
  readonly isLasting?: boolean;
}

/** What is not waited for any longer, in milliseconds. */
export interface Patience {
  readonly connectMs: number;
  /** Without a byte of an answer. */
  readonly silenceMs: number;
  /** In all, for a server that says that a request comes too soon. */
  readonly busyMs: number;
}

/** A call may run a command of the owner's on the server, which takes its time. */
export const PATIENCE: Patience = { connectMs: 10_000, silenceMs: 30 * 60_000, busyMs: 15_000 };

/** Requests at once; the others wait, so that a client which asks much does not open hundreds of connections. */
const CONNECTIONS = 32;

/** Shorter than most servers keep a connection that is not used, so that none is taken which is being closed. */
const IDLE_MS = 15_000;

/** How often a connection is tried that nothing comes over, in milliseconds. */
const PROBE_MS = 30_000;

type Http = Pick<typeof http, 'request' | 'Agent'>;

export class Connection {
  readonly #http: Http;
  readonly #options: RequestOptions;
  readonly #authorization: Readonly<Record<string, string>>;
  /** What it was made with. */
  readonly patience: Patience;
  readonly #calls: Agent;
  readonly #others: Agent;

  private constructor(client: Http, to: { target: Target; token: string | null; patience: Patience }) {
    this.#http = client;
    this.#options = optionsFor(to.target);
    this.#authorization = to.token === null ? {} : { authorization: `Bearer ${to.token}` };
    this.patience = to.patience;
    this.#calls = new client.Agent({ keepAlive: true, maxSockets: CONNECTIONS, timeout: IDLE_MS });
    this.#others = new client.Agent({ keepAlive: false });
  }

  /** Loads what the target needs; connects with the first request. */
  static async to(to: { target: Target; token: string | null; patience: Patience }): Promise<Connection> {
    const isTls = to.target.url.protocol === 'https:';
    return new Connection(isTls ? await import('node:https') : await import('node:http'), to);
  }

  /** Sends a request; settles with the head of the answer. Throws a `Fault` where none comes. */
  send({ method, headers, body, signal, isLasting = false }: Sending): Promise<IncomingMessage> {
    const length: Record<string, number> = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    return new Promise((resolve, reject) => {
      const request = this.#http.request({
        ...this.#options,
        method,
        headers: { ...headers, ...length, ...this.#authorization },
        agent: method === 'POST' && !isLasting ? this.#calls : this.#others,
        signal,
      });
      const reached = watchConnecting(request, this.patience.connectMs);
      request.setTimeout(isLasting ? 0 : this.patience.silenceMs, () => request.destroy(new Silence()));
      request.setSocketKeepAlive(true, PROBE_MS);
      request.once('response', resolve);
      request.on('error', (error) => reject(reached() ? brokenOff(reasonOf(error)) : notReached(error)));
      request.end(body);
    });
  }

  close(): void {
    this.#calls.destroy();
    this.#others.destroy();
  }
}

class Silence extends Error {
  readonly code = 'no answer in time';
}

function optionsFor({ url, socketPath }: Target): RequestOptions & { rejectUnauthorized: true } {
  const place =
    socketPath === undefined
      ? { host: url.hostname.replace(/^\[|\]$/g, ''), ...(url.port === '' ? {} : { port: url.port }) }
      : { socketPath };
  return {
    ...place,
    path: url.pathname,
    // No variable of the environment turns the check of certificates off.
    rejectUnauthorized: true,
    ...(url.hostname === 'localhost' ? { lookup: loopback } : {}),
  };
}

/** What `localhost` means wherever it is asked: nobody's entry in a name server (RFC 6761 section 6.3). */
const loopback: LookupFunction = (_name, { all }, done) => {
  const [v4, v6] = [
    { address: '127.0.0.1', family: 4 },
    { address: '::1', family: 6 },
  ] as const;
  if (all === true) done(null, [v4, v6]);
  else done(null, v4.address, v4.family);
};

/** Ends a request that gets no connection in that time. Says whether it has got one, so that it may have left. */
function watchConnecting(request: ClientRequest, connectMs: number): () => boolean {
  let isReached = false;
  request.once('socket', (socket) => {
    const timer = setTimeout(() => request.destroy(new Silence()), connectMs);
    const settle = (): void => {
      clearTimeout(timer);
      isReached = true;
    };
    if (socket.connecting) socket.once('encrypted' in socket ? 'secureConnect' : 'connect', settle);
    else settle();
    request.once('close', () => clearTimeout(timer));
  });
  return () => isReached;
}

function reasonOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
