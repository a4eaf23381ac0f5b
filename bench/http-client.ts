/** The least client that can speak with a server over HTTP, by both protocols, on connections that stay open. */
import { Agent, request, type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions } from 'node:http';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The message of JSON-RPC, or undefined where there is none. */
  readonly message: ReturnType<typeof JSON.parse>;
}

/** A call of a tool. `token` is absent where nothing is presented. */
export interface ToolCall {
  readonly token?: string | undefined;
  readonly tool: string;
  readonly args: object;
}

/** A session of the 2025 protocol. */
export interface ClientSession {
  list(): Promise<HttpAnswer>;
  call(tool: string, args: object): Promise<HttpAnswer>;
  end(): Promise<HttpAnswer>;
}

/** Told of every answer; `isCall` of one that has an entry where its token was let in. */
export type Answered = (
  answer: HttpAnswer,
  to: { readonly isCall: boolean; readonly token: string | undefined },
) => void;

const CLIENT = { name: 'bench', version: '0' };
const STATELESS = '2026-07-28';
const WITH_SESSIONS = '2025-11-25';
const META = {
  'io.modelcontextprotocol/protocolVersion': STATELESS,
  'io.modelcontextprotocol/clientInfo': CLIENT,
  'io.modelcontextprotocol/clientCapabilities': {},
};

export class HttpClient {
  readonly #url: URL;
  readonly #agent: Agent;
  readonly #answered: Answered;
  #lastId = 0;

  constructor(url: string, options: { connections: number; answered?: Answered }) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
    this.#answered = options.answered ?? (() => undefined);
  }

  /** One request of the stateless protocol. */
  call({ token, tool, args }: ToolCall): Promise<HttpAnswer> {
    const headers = { 'mcp-protocol-version': STATELESS, 'mcp-method': 'tools/call', 'mcp-name': tool };
    return this.#post({ token, headers, message: callOf({ name: tool, arguments: args, _meta: META }) });
  }

  /** Asks which tools there are, as every client does before it calls one. */
  list(token: string): Promise<HttpAnswer> {
    const headers = { 'mcp-protocol-version': STATELESS, 'mcp-method': 'tools/list' };
    return this.#post({ token, headers, message: { method: 'tools/list', params: { _meta: META } } });
  }

  /** Begins a session; null where the token is not let in. */
  async session(token: string): Promise<ClientSession | null> {
    const params = { protocolVersion: WITH_SESSIONS, capabilities: {}, clientInfo: CLIENT };
    const begun = await this.#post({ token, headers: {}, message: { method: 'initialize', params } });
    if (begun.status === 401) return null;
    const id = String(begun.headers['mcp-session-id'] ?? '');
    if (begun.status !== 200 || id === '') throw new Error(`no session began: ${String(begun.status)}`);
    const headers = { 'mcp-protocol-version': WITH_SESSIONS, 'mcp-session-id': id };
    const initialized = { jsonrpc: '2.0', method: 'notifications/initialized' };
    await this.#send({ method: 'POST', token, headers, body: initialized });
    return {
      list: () => this.#post({ token, headers, message: { method: 'tools/list', params: {} } }),
      call: (name, args) => this.#post({ token, headers, message: callOf({ name, arguments: args }) }),
      end: () => this.#send({ method: 'DELETE', token, headers }),
    };
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #post({ message, ...of }: Omit<Sent, 'method' | 'body'> & { message: Message }): Promise<HttpAnswer> {
    return this.#send({ ...of, method: 'POST', body: { jsonrpc: '2.0', id: (this.#lastId += 1), ...message } });
  }

  async #send({ method, token, headers: more, body }: Sent): Promise<HttpAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers: OutgoingHttpHeaders = {
      accept: 'application/json, text/event-stream',
      ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...more,
    };
    const { hostname: host, port, pathname: path } = this.#url;
    const answer = await exchange({ host, port, path, method, headers, agent: this.#agent }, text);
    this.#answered(answer, { isCall: body?.method === 'tools/call', token });
    return answer;
  }
}

interface Message {
  readonly jsonrpc?: string;
  readonly id?: number;
  readonly method: string;
  readonly params?: object;
}

interface Sent {
  readonly method: 'POST' | 'DELETE';
  readonly token: string | undefined;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Message;
}

function callOf(params: object): Message {
  return { method: 'tools/call', params };
}

function exchange(options: RequestOptions, text: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      const chunks: string[] = [];
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve(answerOf(response, chunks.join(''))));
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

function answerOf(response: IncomingMessage, text: string): HttpAnswer {
  const { statusCode: status = 0, headers } = response;
  const isStream = headers['content-type']?.startsWith('text/event-stream') === true;
  const data = isStream ? eventOf(text) : text;
  return { status, headers, message: data === '' ? undefined : JSON.parse(data) };
}

/** The last message of a stream that has ended. */
function eventOf(text: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.startsWith('data:') && line.length > 6);
  return lines.at(-1)?.slice(5).trim() ?? '';
}
