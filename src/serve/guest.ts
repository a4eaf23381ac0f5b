/** One token at the endpoint, or whoever else was let in: its stateless requests and its sessions. */
import {
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import type { LowLevelServer } from '../mcp/server.js';
import { HttpError, responseOf } from './http-error.js';
import { Sessions } from './sessions.js';

/** What serves a guest. */
export interface Hosting {
  /** Servers for single requests. `tell` lets listening clients know that the list of tools has changed. */
  readonly stateless: (tell: () => void) => () => LowLevelServer;
  /** A server for one session. */
  readonly session: () => LowLevelServer;
  readonly report: (error: Error) => void;
}

/** Streams of one guest that may be open at once (`subscriptions/listen`). */
const STREAMS_AT_MOST = 16;

export class Guest {
  readonly #modern: McpHttpHandler;
  readonly #sessions: Sessions;

  constructor({ stateless, session, report }: Hosting) {
    const tell = (): void => this.#modern.notify.toolsChanged();
    this.#modern = createMcpHandler(stateless(tell), {
      legacy: 'reject',
      onerror: report,
      maxSubscriptions: STREAMS_AT_MOST,
    });
    this.#sessions = new Sessions(session);
  }

  /** Answers one request; `body` is its JSON, undefined where it has none. */
  readonly fetch = async (request: Request, options?: { readonly parsedBody?: unknown }): Promise<Response> => {
    const body = options?.parsedBody;
    if (claimsModern(body) || !(await isLegacyRequest(request, body)))
      return this.#modern.fetch(request, { parsedBody: body });
    try {
      refuseOtherWords(request.headers, body);
      return await this.#sessions.handle(request, body);
    } catch (error) {
      return responseOf(error);
    }
  };

  get sessions(): number {
    return this.#sessions.size;
  }

  /** Ends sessions that were not used for long. */
  endIdle(now: number): void {
    this.#sessions.endIdle(now);
  }

  /** Ends what is open: streams, sessions and running requests. */
  async close(): Promise<void> {
    await Promise.all([this.#modern.close(), this.#sessions.close()]);
  }
}

/** Of the stateless protocol, which has a code for headers and body that disagree. */
const DISAGREEING = -32020;

/**
 * The 2025 protocols know no headers that repeat what the body asks. Where they are sent all the same, something in front
 * may have decided by them.
 */
function refuseOtherWords(headers: Headers, body: unknown): void {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: Readonly<Record<string, unknown>> | null };
  const said = { 'mcp-method': method, 'mcp-name': params?.['name'] ?? params?.['uri'] };
  for (const [header, meant] of Object.entries(said)) {
    const given = headers.get(header);
    if (given !== null && given !== meant)
      throw new HttpError(400, `The header ${header} and the body disagree.`, { code: DISAGREEING });
  }
}

/** Whether a message says itself that it is of the stateless protocol: then it is not for a session, whatever else is wrong. */
function claimsModern(body: unknown): boolean {
  const { params } = (body ?? {}) as { params?: { _meta?: Readonly<Record<string, unknown>> | null } | null };
  return typeof params?._meta?.[PROTOCOL_VERSION_META_KEY] === 'string';
}
