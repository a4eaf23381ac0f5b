/** The least client that can speak with a server over HTTP, by both protocols, on connections that stay open. */
import { Agent, request, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';

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
  call(tool: string, args: object): Promise<HttpAnswer>;
  /** Ends it; the status. */
  end(): Promise<number>;
}

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
  #lastId = 0;

  constructor(url: string, connections: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** One request of the stateless protocol. */
  call({ token, tool, args }: ToolCall): Promise<HttpAnswer> {
    const headers = { 'mcp-protocol-version': STATELESS, 'mcp-method': 'tools/call', 'mcp-name': tool };
    return this.#post(token, headers, { method: 'tools/call', params: { name: tool, arguments: args, _meta: META } });
  }

  async session(token: string): Promise<ClientSession> {
    const params = { protocolVersion: WITH_SESSIONS, capabilities: {}, clientInfo: CLIENT };
    const begun = await this.#post(token, {}, { method: 'initialize', params });
    const id = String(begun.headers['mcp-session-id'] ?? '');
    if (begun.status !== 200 || id === '') throw new Error(`no session began: ${String(begun.status)}`);
    const headers = { 'mcp-protocol-version': WITH_SESSIONS, 'mcp-session-id': id };
    await this.#send('POST', { token, headers, body: { jsonrpc: '2.0', method: 'notifications/initialized' } });
    return {
      call: (name, args) => this.#post(token, headers, { method: 'tools/call', params: { name, arguments: args } }),
      end: async () => (await this.#send('DELETE', { token, headers })).status,
    };
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #post(token: string | undefined, headers: OutgoingHttpHeaders, message: object): Promise<HttpAnswer> {
    return this.#send('POST', { token, headers, body: { jsonrpc: '2.0', id: (this.#lastId += 1), ...message } });
  }

  #send(
    method: string,
    of: { token: string | undefined; headers: OutgoingHttpHeaders; body?: object },
  ): Promise<HttpAnswer> {
    const text = of.body === undefined ? '' : JSON.stringify(of.body);
    const headers: OutgoingHttpHeaders = {
      accept: 'application/json, text/event-stream',
      ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      ...(of.token === undefined ? {} : { authorization: `Bearer ${of.token}` }),
      ...of.headers,
    };
    const { hostname: host, port, pathname: path } = this.#url;
    return new Promise((resolve, reject) => {
      const sent = request({ host, port, path, method, headers, agent: this.#agent }, (response) => {
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
