/** `/mcp`: streamable HTTP (MCP 2026-07-28 and 2025-11-25, Transports). Who asks is let in at every request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type NodeIncomingMessageLike, type NodeMcpRequestHandler, toNodeHandler } from '@modelcontextprotocol/node';
import type { AgentDoor, Call, Refused } from '../gate/call.js';
import type { AgentService } from '../gate/service.js';
import { adviceOverHttp, bearerOf } from './bearer.js';
import { readJson } from './body.js';
import { exchange, type HttpFacts } from './facts.js';
import { Guest, type Hosting } from './guest.js';
import { HttpError } from './http-error.js';
import type { RateLimit } from './rate.js';

export interface EndpointOptions {
  readonly service: AgentService;
  /** What serves a token, over its door. */
  readonly host: (door: AgentDoor) => Hosting;
  readonly tokenRate: RateLimit;
  readonly report: (error: Error) => void;
  readonly turnedAway: () => void;
  /** What a request without a usable token is told to ask for besides (RFC 9728 section 5.1), if anything. */
  readonly challenge: string;
}

interface Kept {
  readonly door: AgentDoor;
  readonly guest: Guest;
  readonly handle: NodeMcpRequestHandler;
  /** That are open now. */
  streams: number;
  /** Requests that are being answered, but for streams. */
  running: number;
  /** Not let in any more. */
  isEnded: boolean;
}

const METHODS: ReadonlySet<string> = new Set(['POST', 'GET', 'DELETE']);
const NOBODY = { name: 'unknown', version: '' };

/** What a client holds open for as long as it likes. */
const LISTEN = 'subscriptions/listen';

export class McpEndpoint {
  readonly #options: EndpointOptions;
  readonly #guests = new Map<string, Kept>();
  #isLooking = false;

  constructor(options: EndpointOptions) {
    this.#options = options;
    options.service.onLeft = (key) => this.#end(key);
  }

  /** Tokens that are served, and the sessions of all of them. */
  get guests(): number {
    return this.#guests.size;
  }

  get sessions(): number {
    return [...this.#guests.values()].reduce((sum, { guest }) => sum + guest.sessions, 0);
  }

  /** Answers a request; `onStream` is called where the answer stays open for as long as the client likes. */
  async serve(
    on: { request: IncomingMessage; response: ServerResponse; facts: HttpFacts },
    onStream: () => void,
  ): Promise<void> {
    const { request, response, facts } = on;
    const method = request.method ?? '';
    if (!METHODS.has(method))
      throw new HttpError(405, 'Use POST, GET or DELETE.', { headers: { allow: 'POST, GET, DELETE' } });
    const credential = bearerOf(request);
    const body = method === 'POST' ? await readJson(request) : undefined;
    if (Array.isArray(body)) throw new HttpError(400, 'Batches are not taken; send one message a request.');
    const admitted = await this.#options.service.admit(credential, callIn(method, body, facts));
    if (!admitted.ok) throw refused(admitted, this.#options.challenge);
    this.#checkRate(admitted.key);
    const kept = this.#guestFor(admitted);
    const isStream = method === 'GET' || methodIn(body) === LISTEN;
    if (isStream) onStream();
    this.#count(kept, response, isStream ? 'streams' : 'running');
    await exchange.run(facts, () => kept.handle(request as NodeIncomingMessageLike, response, body));
  }

  #count(kept: Kept, response: ServerResponse, what: 'streams' | 'running'): void {
    kept[what] += 1;
    response.once('close', () => {
      kept[what] -= 1;
      if (kept.isEnded && kept.running === 0) this.#close(kept);
    });
  }

  #checkRate(key: string): void {
    const after = this.#options.tokenRate.take(key, performance.now());
    if (after === 0) return;
    this.#options.turnedAway();
    throw tooManyRequests(after);
  }

  #guestFor({ key, door }: { key: string; door: AgentDoor }): Kept {
    const known = this.#guests.get(key);
    if (known !== undefined) return known;
    const guest = new Guest(this.#options.host(door));
    const handle = toNodeHandler(guest, { onerror: this.#options.report });
    const kept = { door, guest, handle, streams: 0, running: 0, isEnded: false };
    this.#guests.set(key, kept);
    return kept;
  }

  /** What a token has running is still answered: the gate has decided about it. Then all that it holds open ends. */
  #end(key: string): void {
    const kept = this.#guests.get(key);
    this.#guests.delete(key);
    if (kept === undefined) return;
    kept.isEnded = true;
    if (kept.running === 0) this.#close(kept);
  }

  #close({ guest }: Kept): void {
    void guest.close().catch((error: unknown) => this.#options.report(asError(error)));
  }

  /** Ends sessions that were not used for long. */
  endIdle(now: number): void {
    for (const { guest } of this.#guests.values()) guest.endIdle(now);
  }

  /**
   * Ends what tokens hold open that are not let in any more: revoked, frozen or expired since. A request finds that out by
   * itself; a stream makes none. Leaves no entry.
   */
  async endUnusable(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    for (const [key, { door, guest, streams }] of this.#guests)
      if ((streams > 0 || guest.sessions > 0) && (await door.identity()) === null) this.#end(key);
    this.#isLooking = false;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#guests.values()].map(({ guest }) => guest.close()));
    this.#guests.clear();
  }
}

/** A request that came too soon, and in how many seconds it may come again (RFC 6585 section 4). */
export function tooManyRequests(after: number): HttpError {
  return new HttpError(429, `Too many requests. Ask again in ${String(after)} s.`, {
    headers: { 'retry-after': String(after) },
  });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

type Message = {
  readonly method?: unknown;
  readonly params?: { readonly name?: unknown; readonly arguments?: unknown } | null;
} | null;

function methodIn(body: unknown): string | undefined {
  const { method } = (body ?? {}) as NonNullable<Message>;
  return typeof method === 'string' ? method : undefined;
}

/** What is about to be asked, for the entry of a refusal. */
function callIn(method: string, body: unknown, { requestId, address }: HttpFacts): Call {
  const asked = methodIn(body);
  const { params } = (body ?? {}) as NonNullable<Message>;
  const isCall = asked === 'tools/call' && typeof params?.name === 'string';
  return {
    tool: isCall ? params.name : (asked ?? `${method} /mcp`),
    arguments: isCall ? (params.arguments ?? {}) : {},
    client: NOBODY,
    requestId,
    ...(address === null ? {} : { address }),
  };
}

const SEND_TOKEN = 'Send a token of the owner’s in the header Authorization: Bearer.';

/** RFC 6750 section 3: what is wrong with the token, and nothing more than that. */
function refused({ error: told, receipt }: Refused, challenge: string): HttpError {
  const error = { ...told, next: adviceOverHttp(told.next, SEND_TOKEN) };
  const data = { error, ...(receipt === null ? {} : { receipt }) };
  const message = `${error.message} ${error.next}`;
  if (error.code !== 'unauthenticated') return new HttpError(503, message, { data });
  const headers = { 'www-authenticate': `Bearer realm="vouchsafe", error="invalid_token"${challenge}` };
  return new HttpError(401, message, { data, headers });
}
