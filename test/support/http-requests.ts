/** Requests to a server over HTTP: proper ones of both eras, and whatever else can be written to a connection. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { INITIALIZE, modern, request, type Json } from './line-client.js';
import { REASON } from './safe.js';

/** Where the server listens: a port of 127.0.0.1, or the path of a Unix socket. */
export type Target = number | string;

export interface Asked {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Buffer;
}

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The message in it: the body, or the last event of a stream that ended. */
  readonly message: Json;
}

const placeOf = (target: Target) =>
  typeof target === 'number' ? { host: '127.0.0.1', port: target } : { socketPath: target };

/** The answer as far as its headers; its body is to be read. */
export async function opened(target: Target, asked: Asked = {}): Promise<IncomingMessage> {
  const { method = 'GET', path = '/mcp', headers = {}, body } = asked;
  const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const sent = httpRequest({
      ...placeOf(target),
      ...{ method, path, agent: false },
      headers: { ...length, ...headers } as Record<string, string>,
    });
    sent.once('response', resolve).once('error', reject).end(body);
  });
}

/** One request on a connection of its own, and its whole answer. */
export async function send(target: Target, asked: Asked = {}): Promise<Got> {
  const answer = await opened(target, asked);
  const whole = await text(answer);
  return { status: answer.statusCode ?? 0, headers: answer.headers, text: whole, message: messagesIn(whole).at(-1) };
}

/** The messages of a body that is JSON, or of a stream of events. */
export function messagesIn(body: string): readonly Json[] {
  const events = body.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice('data: '.length)] : []));
  if (events.length > 0) return events.map((data) => JSON.parse(data));
  return body.startsWith('{') ? [JSON.parse(body)] : [];
}

/** The headers but for one. */
export function without(headers: Readonly<Record<string, string>>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([other]) => other !== name));
}

export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

const ACCEPTED = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };

/** A request of the 2026-07-28 protocol. */
export function stateless(
  token: string | null,
  method: string,
  params: Readonly<Record<string, unknown>> = {},
): Asked & { headers: Record<string, string>; body: string } {
  const name = params['name'] ?? params['uri'];
  const headers = {
    ...ACCEPTED,
    ...{ 'mcp-protocol-version': '2026-07-28', 'mcp-method': method },
    ...(typeof name === 'string' ? { 'mcp-name': name } : {}),
    ...(token === null ? {} : bearer(token)),
  };
  return { method: 'POST', headers, body: JSON.stringify(modern(method, params)) };
}

/** A call of a tool by it, with a good reason unless `args` has one. */
export function toolCall(
  token: string | null,
  name: string,
  args: Readonly<Record<string, unknown>> = {},
): ReturnType<typeof stateless> {
  return stateless(token, 'tools/call', { name, arguments: { reason: REASON, ...args } });
}

/** What a call of a tool was answered: its structured content. */
export async function callTool(
  target: Target,
  token: string | null,
  ...[name, args]: [name: string, args?: Readonly<Record<string, unknown>>]
): Promise<Json> {
  return (await send(target, toolCall(token, name, args))).message.result.structuredContent;
}

/** A session of the 2025 protocols. */
export class Session {
  readonly id: string;
  readonly #target: Target;
  readonly #token: string;

  private constructor(target: Target, token: string, id: string) {
    this.#target = target;
    this.#token = token;
    this.id = id;
  }

  static async begin(target: Target, token: string): Promise<Session> {
    const asked = { method: 'POST', headers: { ...ACCEPTED, ...bearer(token) } };
    const got = await send(target, { ...asked, body: JSON.stringify(request('initialize', INITIALIZE)) });
    const id = got.headers['mcp-session-id'];
    if (typeof id !== 'string') throw new Error(`no session: ${String(got.status)} ${got.text}`);
    const session = new Session(target, token, id);
    await session.post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    return session;
  }

  /** What a request of this session has, with another token where one is given. */
  headers(token = this.#token): Record<string, string> {
    const of = { 'mcp-session-id': this.id, 'mcp-protocol-version': INITIALIZE.protocolVersion };
    return { ...ACCEPTED, ...of, ...bearer(token) };
  }

  async post(message: object): Promise<Got> {
    return send(this.#target, { method: 'POST', headers: this.headers(), body: JSON.stringify(message) });
  }

  async call(name: string, args: object = {}): Promise<Got> {
    return this.post(request('tools/call', { name, arguments: { reason: REASON, ...args } }));
  }

  /** Its stream of what the server has to say. */
  async stream(): Promise<EventStream> {
    return EventStream.open(this.#target, { headers: { ...this.headers(), accept: 'text/event-stream' } });
  }
}

/** A stream of events that stays open. */
export class EventStream {
  readonly status: number;
  /** Settles with all that came, once the stream has ended. */
  readonly ended: Promise<readonly Json[]>;
  readonly #answer: IncomingMessage;
  #text = '';
  #wake: () => void = () => undefined;

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    this.status = answer.statusCode ?? 0;
    answer.setEncoding('utf8').on('data', (chunk: string) => {
      this.#text += chunk;
      this.#wake();
    });
    this.ended = new Promise((resolve) => answer.once('close', () => resolve(messagesIn(this.#text))));
  }

  static async open(target: Target, asked: Asked): Promise<EventStream> {
    return new EventStream(await opened(target, asked));
  }

  /** Settles once a message with this method has come. */
  async told(method: string): Promise<Json> {
    for (;;) {
      const found = messagesIn(this.#text).find((message) => message.method === method);
      if (found !== undefined) return found;
      if (this.#answer.closed) throw new Error(`the stream ended: ${this.#text}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        this.#answer.once('close', resolve);
      });
    }
  }

  end(): void {
    this.#answer.destroy();
  }
}

/** The stream of a client that listens for changes, by the 2026-07-28 protocol. */
export async function listening(target: Target, token: string): Promise<EventStream> {
  const asked = stateless(token, 'subscriptions/listen', { notifications: { toolsListChanged: true } });
  const stream = await EventStream.open(target, asked);
  if (stream.status === 200) await stream.told('notifications/subscriptions/acknowledged');
  return stream;
}

/** A connection on which anything can be written. */
export class Wire {
  readonly socket: Socket;
  /** Settles with all that came, once the connection has ended. */
  readonly ended: Promise<string>;
  received = '';

  constructor(target: Target) {
    this.socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
    this.socket.setEncoding('utf8').on('error', () => undefined);
    this.socket.on('data', (chunk: string) => (this.received += chunk));
    this.ended = new Promise((resolve) => this.socket.once('close', () => resolve(this.received)));
  }

  write(data: string | Buffer): this {
    this.socket.write(data);
    return this;
  }

  /** Settles when what came fits, or the connection has ended. */
  async until(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.received) && !this.socket.destroyed)
      await new Promise<void>((resolve) => {
        this.socket.once('data', () => resolve());
        this.socket.once('close', () => resolve());
      });
    return this.received;
  }
}

/** A request as it is written to a connection. */
export function printed({ method = 'GET', path = '/mcp', headers = {}, body = '' }: Asked): string {
  const all = { host: 'localhost', ...headers, ...(body === '' ? {} : { 'content-length': Buffer.byteLength(body) }) };
  const lines = Object.entries(all).flatMap(([name, value]) => [value].flat().map((one) => `${name}: ${String(one)}`));
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${String(body)}`;
}

/** Writes a text to a connection and gives what came back until its end. */
export async function writeRaw(target: Target, data: string | Buffer): Promise<string> {
  const wire = new Wire(target).write(data);
  wire.socket.end();
  return wire.ended;
}
