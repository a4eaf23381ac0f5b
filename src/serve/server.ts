/** The server over HTTP: what listens, which endpoint answers, and how it comes to an end. */
import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { isInNetworks } from '../core/network.js';
import type { AgentDoor, Answer } from '../gate/call.js';
import { listedTools } from '../gate/listing.js';
import type { AgentService } from '../gate/service.js';
import { Pending } from '../mcp/pending.js';
import { exchange, type HttpFacts } from './facts.js';
import { guard, hasProxies, isLocalPeer } from './guard.js';
import type { Hosting } from './guest.js';
import { answerError, answerJson, HttpError } from './http-error.js';
import { listenAt, type Place, printPlace, secureBy } from './listener.js';
import { McpEndpoint, tooManyRequests } from './mcp-endpoint.js';
import { Metrics } from './metrics.js';
import { serveRevocation, serveToken } from './oauth.js';
import { metadataAt, RESOURCE_METADATA } from './oauth-metadata.js';
import type { Log, ServeOptions } from './options.js';
import { PATIENCE, type Patience } from './patience.js';
import { RateLimit } from './rate.js';
import { ServedDoor } from './served-door.js';

/** What is served. */
export interface Served {
  readonly service: AgentService;
  readonly host: (door: AgentDoor) => Hosting;
  readonly log: Log;
}

/** How long running calls may take once the server is to end; the gate gives up on a busy database before. */
const DRAIN_MS = 20_000;

/** How long a client may take to read the last answers. */
const FLUSH_MS = 5_000;

const SWEEP_EVERY_MS = 60_000;

/** In place of a status, where the client was gone before it got one; as nginx has it. */
const CLIENT_GONE = 499;

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: HttpFacts;
}

/** Answers at one path; `onStream` is called where the answer stays open for as long as the client likes. */
type Serve = (on: Exchange, onStream: () => void) => Promise<void> | void;

/** What an agent calls a tool that there is not stands in the entry alone. */
const TOOLS: ReadonlySet<string> = new Set(listedTools(null, 0).map(({ name }) => name));

/** Serves until {@link HttpServer.close}. */
export class HttpServer {
  readonly #served: Served;
  readonly #options: ServeOptions;
  readonly #metrics: Metrics;
  readonly #endpoint: McpEndpoint;
  readonly #addressRate: RateLimit;
  readonly #tokenRate: RateLimit;
  readonly #endpoints: ReadonlyMap<string, Serve>;
  readonly #running = new Pending();
  readonly #patience: Patience;
  readonly #sweeping: readonly NodeJS.Timeout[];
  #servers: readonly Server[] = [];
  #last = 0;
  #isEnding = false;

  constructor(served: Served, options: ServeOptions) {
    const { service, host, log } = served;
    this.#served = served;
    this.#options = options;
    this.#endpoints = this.#endpointsFor(options);
    this.#patience = options.patience ?? PATIENCE;
    this.#addressRate = new RateLimit(options.addressRate);
    this.#tokenRate = new RateLimit(options.tokenRate);
    this.#metrics = new Metrics({
      connections: async () => this.#connections(),
      guests: () => this.#endpoint.guests,
      sessions: () => this.#endpoint.sessions,
      isWhole: () => service.health.fault === null,
    });
    this.#endpoint = new McpEndpoint({
      service,
      host: (door) =>
        host(new ServedDoor(door, this.#running, (tool, answer, seconds) => this.#called(tool, answer, seconds))),
      tokenRate: this.#tokenRate,
      report: (error) => log.warn({ request: exchange.getStore()?.requestId }, error.message),
      turnedAway: () => this.#turnedAway('token'),
      challenge: options.metadataFor === null ? '' : `, resource_metadata="${options.metadataFor}${RESOURCE_METADATA}"`,
    });
    this.#sweeping = [
      setInterval(() => this.#endpoint.endIdle(performance.now()), SWEEP_EVERY_MS).unref(),
      setInterval(() => void this.#endpoint.endUnusable(), this.#patience.streamsEveryMs).unref(),
    ];
  }

  /** Listens at every place, or at none: throws a `Refusal` then. Gives the places, as they are typed. */
  async listen(): Promise<readonly string[]> {
    const { places, certificate, proxies } = this.#options;
    const listening: string[] = [];
    try {
      for (const place of places) {
        const server = await listenAt(place, (request, response) => void this.#answer(request, response), {
          certificate: certificate?.() ?? null,
          hasProxies: hasProxies(proxies),
          patience: this.#patience,
        });
        server.on('error', (error) => this.#served.log.error({ error: error.message }, 'a connection was not taken'));
        this.#servers = [...this.#servers, server];
        listening.push(addressOf(server, place));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    return listening;
  }

  /** Takes a certificate that was renewed; false where there is none. Throws where it cannot be read; the old one stays then. */
  renewCertificate(): boolean {
    const certificate = this.#options.certificate?.();
    if (certificate === undefined) return false;
    for (const server of this.#servers) if (isTls(server)) server.setSecureContext(secureBy(certificate));
    return true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedAt = performance.now();
    const id = (this.#last += 1);
    this.#running.add(id);
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const endpoint = this.#endpoints.has(path) ? path : 'other';
    const requestId = randomUUID();
    response.once('close', () => {
      this.#running.settle(id);
      const status = response.headersSent ? response.statusCode : CLIENT_GONE;
      this.#metrics.answered(endpoint, status);
      const ms = Math.round(performance.now() - startedAt);
      this.#served.log.info({ request: requestId, method: request.method, endpoint, status, ms }, 'answered');
    });
    this.#waitFor(response);
    try {
      response.setHeader('x-request-id', requestId);
      const facts = { requestId, address: guard(request, this.#options) };
      if (this.#isEnding) throw new HttpError(503, 'The server is ending.', { headers: { connection: 'close' } });
      this.#checkAddress(facts);
      const serve = this.#endpoints.get(path);
      if (serve === undefined) throw new HttpError(404, 'There is nothing here. The MCP endpoint is /mcp');
      await serve({ request, response, facts }, () => this.#running.settle(id));
    } catch (error) {
      this.#fail(error, { request, response, requestId });
    }
  }

  /** A client that does not take its answer gives the memory back that it waits in. */
  #waitFor(response: ServerResponse): void {
    response.setTimeout(this.#patience.takeMs, () => {
      if ((response.socket?.writableLength ?? 0) > 0) response.destroy();
    });
  }

  #fail(error: unknown, on: { request: IncomingMessage; response: ServerResponse; requestId: string }): void {
    const known = error instanceof HttpError ? error : new HttpError(500, 'The server could not answer this.');
    if (known !== error) this.#served.log.error({ request: on.requestId, error: stackOf(error) }, 'a fault');
    answerError(on.response, known);
    // what is left of a body that was not read is not waited for
    if (!on.request.complete) on.response.once('finish', () => on.request.destroy());
  }

  #checkAddress({ address }: HttpFacts): void {
    const after = address === null ? 0 : this.#addressRate.take(address, performance.now());
    if (after === 0) return;
    this.#turnedAway('address');
    throw tooManyRequests(after);
  }

  /** The rate of a token that is exchanged, by what tells nothing of it. */
  #checkToken(text: string): void {
    const key = createHash('sha256').update(text).digest('hex');
    const after = this.#tokenRate.take(key, performance.now());
    if (after === 0) return;
    this.#turnedAway('token');
    throw tooManyRequests(after);
  }

  #turnedAway(by: 'token' | 'address'): void {
    this.#metrics.turnedAway(by);
    this.#served.service.turnedAway();
  }

  #called(asked: string, answer: Answer, seconds: number): void {
    const tool = TOOLS.has(asked) ? asked : 'unknown';
    this.#metrics.called(tool, answer, seconds);
    const outcome = answer.ok ? 'granted' : answer.error.code;
    const facts = exchange.getStore();
    this.#served.log.info({ request: facts?.requestId, tool, outcome, entry: answer.receipt?.seq }, 'called');
  }

  #endpointsFor({ metadataFor }: ServeOptions): ReadonlyMap<string, Serve> {
    const { service } = this.#served;
    const metadata = metadataFor === null ? [] : [...metadataAt(metadataFor)];
    return new Map<string, Serve>([
      ['/mcp', (on, onStream) => this.#endpoint.serve(on, onStream)],
      ['/oauth/token', (on) => serveToken(service, on, (text) => this.#checkToken(text))],
      ['/oauth/revoke', (on) => serveRevocation(service, on)],
      ['/healthz', ({ response }) => answerJson(response, { status: 200, body: { status: 'ok' } })],
      ['/readyz', ({ response }) => this.#ready(response)],
      ['/metrics', (on) => this.#printMetrics(on)],
      ...metadata.map(([path, answer]) => [path, ({ response }: Exchange) => answer(response)] as const),
    ]);
  }

  async #ready(response: ServerResponse): Promise<void> {
    const { health } = this.#served.service;
    const isReady = health.fault === null && (await this.#served.service.isReady());
    const body = isReady
      ? { status: 'ready', verified: health.isVerified }
      : { status: 'unready', next: 'Its owner looks with: vouchsafe audit verify' };
    answerJson(response, { status: isReady ? 200 : 503, body });
  }

  /** For whoever is on this machine, or where the owner said. To others there is nothing here. */
  async #printMetrics({ request, response, facts }: Exchange): Promise<void> {
    const isNamed = facts.address !== null && isInNetworks(this.#options.metricsFrom, facts.address);
    const isDirect = !hasProxies(this.#options.proxies) && request.headers['x-forwarded-for'] === undefined;
    if (!isNamed && !(isDirect && isLocalPeer(request))) throw new HttpError(404, 'There is nothing here.');
    const { type, text } = await this.#metrics.print();
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text);
  }

  async #connections(): Promise<number> {
    const counts = await Promise.all(this.#servers.map(countConnections));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /** Takes no more requests, lets those that run finish, and closes the safe. */
  async close(): Promise<void> {
    this.#isEnding = true;
    for (const sweeping of this.#sweeping) clearInterval(sweeping);
    const closed = Promise.all(this.#servers.map(closing));
    await this.#running.drained(DRAIN_MS);
    await this.#endpoint.close();
    const cut = setTimeout(() => {
      for (const server of this.#servers) server.closeAllConnections();
    }, FLUSH_MS);
    await closed;
    clearTimeout(cut);
    await this.#served.service.close();
  }
}

function isTls(server: Server | TlsServer): server is TlsServer {
  return 'setSecureContext' in server;
}

/** A Unix socket that was handed over is known by its number alone. */
function addressOf(server: Server, place: Place): string {
  const address = server.address();
  if (address === null) return printPlace(place);
  if (typeof address === 'string') return printPlace({ kind: 'unix', path: address });
  return `${isTls(server) ? 'https' : 'http'}://${printPlace({ kind: 'tcp', host: address.address, port: address.port })}/mcp`;
}

function countConnections(server: Server): Promise<number> {
  return new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)));
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
