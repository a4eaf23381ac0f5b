/** The server as a place for messages: streamable HTTP (MCP 2026-07-28 and 2025-11-25, Transports), seen by a client. */
import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import type { Connection } from './connection.js';
import { readEvents, readWhole } from './event-stream.js';
import { brokenOff, clean, Fault, notUnderstood, passedError, toldRefusal, unavailable } from './fault.js';
import { errorOf, isMessage, isObject, isRequest, type RpcError, type JSONRPCMessage } from './message.js';

/** What the server answers with: its messages as they come, and the session that an answer to `initialize` begins. */
export interface Answering {
  readonly sessionId: string | undefined;
  readonly messages: AsyncIterable<JSONRPCMessage>;
}

export interface Posting {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly isLasting?: boolean;
  /** Whether the message belongs to a session, which the server may have forgotten. */
  readonly hasSession?: boolean;
}

/** RFC 6585 section 4 and RFC 9110 section 15.6.4: both may say when to ask again. */
const [TOO_MANY, BUSY] = [429, 503];

/** A server that says at once is not asked at once, again and again. */
const SHORTEST_WAIT_MS = 100;

export class Upstream {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Sends a message. Throws a {@link Fault} where the server does not take it; so may reading what it answers. */
  async post(message: JSONRPCMessage, posting: Posting): Promise<Answering> {
    const { headers, signal, isLasting = false } = posting;
    const response = await this.#patiently(signal, () =>
      this.#connection.send({
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
        body: JSON.stringify(message),
        signal,
        isLasting,
      }),
    );
    if (isSuccess(response)) return isRequest(message) ? answeringOf(response) : nothing(response);
    const passed = await refusalOf(response, posting);
    if (passed instanceof Fault || !isRequest(message)) throw passed instanceof Fault ? passed : refusedWith(response);
    const { id, error } = passed;
    const answer: JSONRPCMessage =
      id === message.id ? { jsonrpc: '2.0', id: message.id, error } : passedError(message, error);
    return { sessionId: undefined, messages: single(answer) };
  }

  /** Opens the stream of what the server says by itself in a session; undefined where it has none. */
  async listen(posting: Posting): Promise<Answering | undefined> {
    const headers = { accept: 'text/event-stream', ...posting.headers };
    const response = await this.#connection.send({ ...posting, method: 'GET', headers, isLasting: true });
    if (isSuccess(response)) return answeringOf(response);
    const refusal = await refusalOf(response, posting);
    if (response.statusCode === 405) return undefined;
    throw refusal instanceof Fault ? refusal : refusedWith(response);
  }

  /** Tells the server that a session is over; it may not care. */
  async endSession(posting: Posting): Promise<void> {
    (await this.#connection.send({ ...posting, method: 'DELETE' })).resume();
  }

  /** Sends again, after as long as the server says, what it had no time for. */
  async #patiently(signal: AbortSignal, send: () => Promise<IncomingMessage>): Promise<IncomingMessage> {
    let leftMs = this.#connection.patience.busyMs;
    for (;;) {
      const response = await send();
      const afterMs = retryAfterMs(response);
      if (afterMs === undefined || afterMs > leftMs) return response;
      response.destroy();
      const waitMs = Math.max(afterMs, SHORTEST_WAIT_MS);
      leftMs -= waitMs;
      await wait(waitMs, undefined, { signal });
    }
  }
}

/** RFC 9110 section 10.2.3; the form with a date is not used by this server. */
function retryAfterMs({ statusCode, headers }: IncomingMessage): number | undefined {
  if (statusCode !== TOO_MANY && statusCode !== BUSY) return undefined;
  const after = headers['retry-after'] ?? '';
  return /^[0-9]{1,6}$/.test(after) ? Number(after) * 1_000 : undefined;
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function nothing(response: IncomingMessage): Answering {
  response.resume();
  return { sessionId: undefined, messages: none() };
}

function answeringOf(response: IncomingMessage): Answering {
  const [type = ''] = (response.headers['content-type'] ?? '').split(';');
  const sessionId = sessionIn(response);
  switch (type.trim().toLowerCase()) {
    case 'text/event-stream':
      return { sessionId, messages: messagesIn(response) };
    case 'application/json':
      return { sessionId, messages: soleMessage(response) };
    default:
      response.destroy();
      throw notUnderstood(
        `an answer with status ${String(response.statusCode)} is neither JSON nor a stream of events`,
      );
  }
}

/** Visible characters alone (MCP 2025-11-25, Session Management), and not many. */
function sessionIn({ headers }: IncomingMessage): string | undefined {
  const id = headers['mcp-session-id'];
  return typeof id === 'string' && /^[!-~]{1,512}$/.test(id) ? id : undefined;
}

async function* messagesIn(response: IncomingMessage): AsyncGenerator<JSONRPCMessage> {
  for await (const data of readEvents(response)) if (data.trim() !== '') yield messageOf(data);
}

async function* soleMessage(response: IncomingMessage): AsyncGenerator<JSONRPCMessage> {
  yield messageOf(await readWhole(response));
}

async function* none(): AsyncGenerator<JSONRPCMessage> {
  // A notification has no answer.
}

async function* single(message: JSONRPCMessage): AsyncGenerator<JSONRPCMessage> {
  yield await Promise.resolve(message);
}

function messageOf(text: string): JSONRPCMessage {
  const value = parsed(text);
  if (isMessage(value)) return value;
  throw notUnderstood('an answer is no JSON-RPC message');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the server says in place of an answer: a fault, or an error of JSON-RPC to pass on. */
async function refusalOf(
  response: IncomingMessage,
  { hasSession = false }: Posting,
): Promise<Fault | { readonly id: unknown; readonly error: RpcError }> {
  const { statusCode: status = 0 } = response;
  if (status >= 300 && status < 400) {
    response.destroy();
    return notUnderstood(`it answers with a redirect, status ${String(status)}, which is not followed`);
  }
  const body = parsed(await readWhole(response).catch(() => ''));
  const error = errorOf(body);
  if (status === 404 && hasSession) return lostSession();
  const known = faultOf(response, error);
  if (known !== undefined) return known;
  const isOurs = error !== undefined && isObject(body);
  if (!isOurs || (status === 404 && body['id'] == null)) return refusedWith(response);
  return { id: body['id'], error };
}

function faultOf(response: IncomingMessage, told: RpcError | undefined): Fault | undefined {
  const status = response.statusCode ?? 0;
  const detail = `status ${String(status)}${told === undefined ? '' : `: ${clean(told.message)}`}`;
  const refusal = toldRefusal(told?.data);
  const kind = status === 401 || status === 403 ? 'final' : 'passing';
  if (refusal !== undefined) return new Fault({ kind, ...refusal, detail });
  if (status === 401) return new Fault({ kind, error: NOT_LET_IN, detail });
  if (status === 403) {
    const message = `The Vouchsafe server does not take requests from here. ${told === undefined ? '' : clean(told.message)}`;
    return unavailable(kind, { message: message.trim(), next: TELL_OWNER, detail });
  }
  if (status === TOO_MANY) return tooSoon(response, detail);
  if (status >= 500) {
    const message = 'The Vouchsafe server could not answer now.';
    return unavailable(kind, { message, next: 'Try once more after a moment; then tell the user.', detail });
  }
  return undefined;
}

const TELL_OWNER = 'Do not repeat the call. Tell the user, who can ask the owner of the Vouchsafe server.';

const NOT_LET_IN = {
  code: 'unauthenticated',
  message: 'The Vouchsafe server does not take this token.',
  next: 'Do not repeat the call. Tell the user, who can ask the owner of the Vouchsafe server for a token.',
};

function tooSoon(response: IncomingMessage, detail: string): Fault {
  const afterMs = retryAfterMs(response) ?? 60_000;
  const error = {
    code: 'limit_reached',
    message: 'Too many requests came to the Vouchsafe server, so nothing was done.',
    next: 'Wait until retry_at, then call again.',
    retry_at: new Date(Date.now() + afterMs).toISOString(),
  };
  return new Fault({ kind: 'passing', error, detail });
}

function lostSession(): Fault {
  const message = 'The Vouchsafe server began anew and does not know this connection any more, so nothing was done.';
  const next = 'Try once more; if it fails again, tell the user to start the connection to Vouchsafe anew.';
  const error = { code: 'unavailable', message, next };
  return new Fault({ kind: 'lost', error, detail: 'the session is lost' });
}

function refusedWith({ statusCode }: IncomingMessage): Fault {
  return notUnderstood(`status ${String(statusCode)}`);
}

/** Thrown where a stream of answers came to its end without the answer. */
export function endedEarly(): Fault {
  return brokenOff('the answer is missing');
}
