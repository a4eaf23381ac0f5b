/** The sessions of one guest over the 2025 protocols: a server each, until the client ends it or is silent for long. */
import { randomUUID } from 'node:crypto';
import { isInitializeRequest, WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/server';
import type { LowLevelServer } from '../mcp/server.js';
import { HttpError } from './http-error.js';

const AT_MOST = 64;
const IDLE_MS = 30 * 60_000;

interface Session {
  readonly transport: WebStandardStreamableHTTPServerTransport;
  usedAt: number;
}

export class Sessions {
  readonly #createServer: () => LowLevelServer;
  /** The least recently used first. */
  readonly #open = new Map<string, Session>();

  constructor(createServer: () => LowLevelServer) {
    this.#createServer = createServer;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers a request that belongs to a session, or begins one. Throws {@link HttpError}. */
  async handle(request: Request, body: unknown): Promise<Response> {
    const id = request.headers.get('mcp-session-id');
    const transport = id === null ? await this.#begin(body) : this.#find(id);
    const response = await transport.handleRequest(request, { parsedBody: body });
    if (request.method !== 'GET' || !response.ok) return response;
    // once the client is gone, it may open the stream again
    request.signal.addEventListener('abort', () => transport.closeStandaloneSSEStream(), { once: true });
    return begun(response);
  }

  #find(id: string): WebStandardStreamableHTTPServerTransport {
    const session = this.#open.get(id);
    if (session === undefined) throw new HttpError(404, 'There is no such session. Begin a new one with initialize.');
    this.#open.delete(id);
    this.#open.set(id, session);
    session.usedAt = performance.now();
    return session.transport;
  }

  async #begin(body: unknown): Promise<WebStandardStreamableHTTPServerTransport> {
    if (!isInitializeRequest(body))
      throw new HttpError(400, 'A request of the 2025 protocols needs the header Mcp-Session-Id, but for initialize.');
    const transport: WebStandardStreamableHTTPServerTransport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => this.#keep(id, transport),
      onsessionclosed: (id) => void this.#open.delete(id),
    });
    await this.#createServer().connect(transport);
    return transport;
  }

  #keep(id: string, transport: WebStandardStreamableHTTPServerTransport): void {
    this.#open.set(id, { transport, usedAt: performance.now() });
    const [oldest] = this.#open;
    if (this.#open.size > AT_MOST && oldest !== undefined) this.#end(...oldest);
  }

  #end(id: string, { transport }: Session): void {
    this.#open.delete(id);
    void transport.close();
  }

  /** Ends those that were not used for long by `now` (in ms, as `performance.now()` tells it). */
  endIdle(now: number): void {
    for (const [id, session] of this.#open) if (now - session.usedAt > IDLE_MS) this.#end(id, session);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ transport }) => transport.close()));
    this.#open.clear();
  }
}

const FIRST_WORD = new TextEncoder().encode(': open\n\n');

/** A stream of events that says something at once, which means nothing: its headers would wait for the first event. */
function begun(response: Response): Response {
  const { status, headers } = response;
  const saying = new TransformStream<Uint8Array, Uint8Array>({ start: (to) => to.enqueue(FIRST_WORD) });
  return new Response(response.body?.pipeThrough(saying) ?? null, { status, headers });
}
