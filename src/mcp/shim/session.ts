/** A session of the 2025 protocols with the server: begun by the client, and begun anew where the server lost it. */
import { endedEarly, type Upstream } from './upstream.js';
import { isObject, isResponse, type JSONRPCResponse, type JSONRPCMessage, type JSONRPCRequest } from './message.js';
import { notUnderstood } from './fault.js';

/** One session of the server's, as the headers that name it. */
export interface OpenSession {
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the server has said that it tells of changes to its list of tools. */
  readonly tellsOfTools: boolean;
}

export class Session {
  readonly #upstream: Upstream;
  readonly #signal: AbortSignal;
  readonly #renewed: (open: OpenSession) => void;
  #request: JSONRPCRequest | undefined;
  #open: OpenSession | undefined;
  #ready: Promise<unknown> = Promise.resolve();
  #renewing: Promise<OpenSession> | undefined;

  /** `signal` ends what is being renewed; `renewed` is called for each session that was begun anew. */
  constructor(upstream: Upstream, on: { signal: AbortSignal; renewed: (open: OpenSession) => void }) {
    this.#upstream = upstream;
    this.#signal = on.signal;
    this.#renewed = on.renewed;
  }

  /** The session that there is now; undefined before `initialize` was answered. */
  get open(): OpenSession | undefined {
    return this.#open;
  }

  /** Settles when what has to come before other messages of a session is over, whatever became of it. */
  get ready(): Promise<unknown> {
    return this.#ready;
  }

  /** Holds back what comes after this work. */
  first<T>(work: Promise<T>): Promise<T> {
    this.#ready = work.catch(() => undefined);
    return work;
  }

  /** Notes what the server answered to the client's `initialize`. */
  begun(request: JSONRPCRequest, answer: JSONRPCResponse, id: string | undefined): void {
    if (!('result' in answer)) return;
    this.#request = request;
    this.#open = sessionOf(answer.result, id);
  }

  /** A session in place of one that the server lost: the newest one. Throws a `Fault` where there is none to be had. */
  async renew(lost: OpenSession): Promise<OpenSession> {
    if (this.#open !== undefined && this.#open !== lost) return this.#open;
    this.#renewing ??= this.first(this.#begin()).finally(() => (this.#renewing = undefined));
    return this.#renewing;
  }

  async #begin(): Promise<OpenSession> {
    const request = this.#request;
    if (request === undefined) throw notUnderstood('a session was lost that nobody began');
    const { sessionId, messages } = await this.#upstream.post(request, { headers: {}, signal: this.#signal });
    const answer = await answerIn(messages);
    if (!('result' in answer)) throw notUnderstood('initialize was refused when it was sent again');
    const open = sessionOf(answer.result, sessionId);
    const initialized: JSONRPCMessage = { jsonrpc: '2.0', method: 'notifications/initialized' };
    await this.#upstream.post(initialized, { headers: open.headers, signal: this.#signal });
    this.#open = open;
    this.#renewed(open);
    return open;
  }
}

async function answerIn(messages: AsyncIterable<JSONRPCMessage>): Promise<JSONRPCResponse> {
  for await (const message of messages) if (isResponse(message)) return message;
  throw endedEarly();
}

function sessionOf(result: Readonly<Record<string, unknown>>, id: string | undefined): OpenSession {
  const { protocolVersion: version, capabilities } = result;
  const tools = isObject(capabilities) ? capabilities['tools'] : undefined;
  const isVersion = typeof version === 'string' && /^[!-~]{1,64}$/.test(version);
  return {
    headers: {
      ...(id === undefined ? {} : { 'mcp-session-id': id }),
      ...(isVersion ? { 'mcp-protocol-version': version } : {}),
    },
    tellsOfTools: isObject(tools) && tools['listChanged'] === true,
  };
}
