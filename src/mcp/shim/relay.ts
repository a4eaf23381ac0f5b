/** Passes the messages of one client to the server, and what the server says to the client, in both eras of the protocol. */
import { Pending } from '../pending.js';
import { cancelledId, LISTEN } from '../wire.js';
import { asFault, Fault, faultAnswer, notUnderstood } from './fault.js';
import {
  claimedVersion,
  isRequest,
  isResponse,
  standardHeaders,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type RequestId,
} from './message.js';
import { ServerStream } from './server-stream.js';
import { type OpenSession, Session } from './session.js';
import { Subscription } from './subscription.js';
import { type Answering, endedEarly, type Upstream } from './upstream.js';

export interface RelayOptions {
  readonly upstream: Upstream;
  /** Gives a message to the client. */
  readonly send: (message: JSONRPCMessage) => Promise<void>;
  readonly report: (error: Error) => void;
}

/** How long the end of a stream is waited for once the answer has come: then the connection can serve again. */
const TAIL_MS = 1_000;

/** How long the server may take for what nobody waits for, once all is over. */
const FAREWELL_MS = 2_000;

interface Running {
  readonly abort: AbortController;
  readonly isModern: boolean;
}

export class Relay {
  readonly #upstream: Upstream;
  readonly #report: (error: Error) => void;
  readonly #send: (message: JSONRPCMessage) => Promise<void>;
  readonly #over = new AbortController();
  readonly #session: Session;
  readonly #stream: ServerStream;
  readonly #running = new Map<RequestId, readonly Running[]>();
  /** What was sent that has no answer. */
  readonly #notes = new Pending();
  #noteCount = 0;
  #modernVersion: string | undefined;

  constructor({ upstream, send, report }: RelayOptions) {
    this.#upstream = upstream;
    this.#report = report;
    this.#send = send;
    const { signal } = this.#over;
    this.#session = new Session(upstream, { signal, renewed: (open) => this.#renewed(open) });
    const deliver = this.#deliver;
    this.#stream = new ServerStream({ upstream, session: this.#session, deliver, report, signal });
  }

  /** Takes a message of the client's. A request gets its answer, whatever happens, unless the client gives it up. */
  take(message: JSONRPCMessage): void {
    if (isRequest(message)) void this.#request(message);
    else void this.#note(message);
  }

  /** Ends what is open, and tells the server so. */
  async close(): Promise<void> {
    await this.#notes.drained(FAREWELL_MS);
    const { open } = this.#session;
    if (open?.headers['mcp-session-id'] !== undefined) {
      const posting = { headers: open.headers, signal: AbortSignal.timeout(FAREWELL_MS) };
      await this.#upstream.endSession(posting).catch(() => undefined);
    }
    this.#over.abort();
  }

  /** That nobody is left to be told is no fault. */
  readonly #deliver = async (message: JSONRPCMessage): Promise<void> => {
    if (!this.#over.signal.aborted) await this.#send(message).catch(() => undefined);
  };

  async #request(request: JSONRPCRequest): Promise<void> {
    const version = claimedVersion(request);
    const { ready } = this.#session;
    const running = { abort: new AbortController(), isModern: version !== undefined };
    const signal = AbortSignal.any([running.abort.signal, this.#over.signal]);
    this.#keep(request.id, running);
    const open = async (): Promise<Answering> => {
      if (version !== undefined) return this.#postModern(request, version, signal);
      await ready;
      return request.method === 'initialize' ? this.#begin(request, signal) : this.#postInSession(request, signal);
    };
    const work =
      request.method === LISTEN
        ? new Subscription(request, { open, deliver: this.#deliver, report: this.#report, signal }).run()
        : this.#answer(request, { open, abort: running.abort, signal });
    const isFirst = version === undefined && request.method === 'initialize';
    await (isFirst ? this.#session.first(work) : work).catch(() => undefined);
    this.#drop(request.id, running);
  }

  #keep(id: RequestId, running: Running): void {
    this.#running.set(id, [...(this.#running.get(id) ?? []), running]);
  }

  #drop(id: RequestId, running: Running): void {
    const left = (this.#running.get(id) ?? []).filter((other) => other !== running);
    if (left.length === 0) this.#running.delete(id);
    else this.#running.set(id, left);
  }

  async #answer(
    request: JSONRPCRequest,
    on: { open: () => Promise<Answering>; abort: AbortController; signal: AbortSignal },
  ): Promise<void> {
    try {
      const { messages } = await on.open();
      const rest = messages[Symbol.asyncIterator]();
      for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
        if (on.signal.aborted) return;
        const isAnswer = isResponse(next.value);
        if (isResponse(next.value) && next.value.id !== request.id) throw notUnderstood('it answers what nobody asked');
        await this.#deliver(next.value);
        if (isAnswer) return void drain(rest, on.abort);
      }
      throw endedEarly();
    } catch (error) {
      if (on.signal.aborted) return;
      const fault = asFault(error);
      this.#report(fault);
      await this.#deliver(faultAnswer(request, fault));
    }
  }

  #postModern(message: JSONRPCMessage, version: string, signal: AbortSignal): Promise<Answering> {
    this.#modernVersion = version;
    const isLasting = isRequest(message) && message.method === LISTEN;
    return this.#upstream.post(message, { headers: standardHeaders(message, version), signal, isLasting });
  }

  async #begin(request: JSONRPCRequest, signal: AbortSignal): Promise<Answering> {
    const { sessionId, messages } = await this.#upstream.post(request, { headers: {}, signal });
    const session = this.#session;
    return { sessionId, messages: noticing(messages, (answer) => session.begun(request, answer, sessionId)) };
  }

  async #postInSession(message: JSONRPCMessage, signal: AbortSignal): Promise<Answering> {
    const { open } = this.#session;
    try {
      return await this.#upstream.post(message, postingIn(open, signal));
    } catch (error) {
      const isLost = error instanceof Fault && error.kind === 'lost';
      // What is no request belonged to the session that is gone.
      if (!isLost || open === undefined || !isRequest(message)) throw error;
      const renewed = await this.#session.renew(open);
      return this.#upstream.post(message, postingIn(renewed, signal));
    }
  }

  /** The server of before knew which tools the client was shown; this one does not, so the client looks again. */
  #renewed({ tellsOfTools }: OpenSession): void {
    void this.#stream.keepOpen();
    if (tellsOfTools) void this.#deliver({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  }

  async #note(message: JSONRPCMessage): Promise<void> {
    const id = (this.#noteCount += 1);
    this.#notes.add(id);
    const { ready } = this.#session;
    const isInitialized = 'method' in message && message.method === 'notifications/initialized';
    const work = ready.then(() => this.#post(message));
    try {
      await (isInitialized ? this.#session.first(work) : work);
      if (isInitialized) void this.#stream.keepOpen();
    } catch (error) {
      if (!this.#over.signal.aborted) this.#report(asFault(error));
    } finally {
      this.#notes.settle(id);
    }
  }

  async #post(message: JSONRPCMessage): Promise<void> {
    const cancelled = cancelledId(message);
    const running = cancelled === undefined ? [] : (this.#running.get(cancelled) ?? []);
    // Over HTTP a request of 2026-07-28 is cancelled by the end of its connection alone.
    const isTold = running.some(({ isModern }) => isModern);
    try {
      if (!isTold) await this.#postNote(message);
    } finally {
      for (const { abort } of running) abort.abort();
    }
  }

  async #postNote(message: JSONRPCMessage): Promise<void> {
    const { signal } = this.#over;
    const version = claimedVersion(message) ?? this.#modernVersion;
    if (this.#session.open !== undefined) await this.#postInSession(message, signal);
    else if (version !== undefined) await this.#postModern(message, version, signal);
    // Without a session there is nothing that it could be about.
  }
}

function postingIn(open: OpenSession | undefined, signal: AbortSignal) {
  return { headers: open?.headers ?? {}, signal, hasSession: open?.headers['mcp-session-id'] !== undefined };
}

/** The messages, with a look at the answer before it is passed on. */
async function* noticing(
  messages: AsyncIterable<JSONRPCMessage>,
  notice: (answer: Extract<JSONRPCMessage, { result: unknown }>) => void,
): AsyncGenerator<JSONRPCMessage> {
  for await (const message of messages) {
    if ('result' in message) notice(message);
    yield message;
  }
}

/** Lets a stream come to its end, so that its connection serves again; what still comes on it is for nobody. */
async function drain(rest: AsyncIterator<JSONRPCMessage>, abort: AbortController): Promise<void> {
  const timer = setTimeout(() => abort.abort(), TAIL_MS);
  try {
    while ((await rest.next()).done !== true);
  } catch {
    // It was cut off.
  } finally {
    clearTimeout(timer);
  }
}
