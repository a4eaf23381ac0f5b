/**
 * `subscriptions/listen` of 2026-07-28: open for as long as the client likes, whatever becomes of the connection. A client
 * on stdio does not expect it to end, so it is opened again, and what may have been missed is told.
 */
import { Backoff } from './backoff.js';
import { asFault, faultAnswer } from './fault.js';
import { isObject, isResponse, type JSONRPCMessage, type JSONRPCRequest } from './message.js';
import { type Answering, endedEarly } from './upstream.js';

export interface Subscribing {
  /** Opens the stream. */
  readonly open: () => Promise<Answering>;
  readonly deliver: (message: JSONRPCMessage) => Promise<void>;
  readonly report: (error: Error) => void;
  readonly signal: AbortSignal;
}

const SUBSCRIPTION_KEY = 'io.modelcontextprotocol/subscriptionId';
const ACKNOWLEDGED = 'notifications/subscriptions/acknowledged';
const TOOLS_CHANGED = 'notifications/tools/list_changed';

export class Subscription {
  readonly #request: JSONRPCRequest;
  readonly #on: Subscribing;
  /** What the server has agreed to tell; undefined before it has. */
  #honoured: Readonly<Record<string, unknown>> | undefined;

  constructor(request: JSONRPCRequest, on: Subscribing) {
    this.#request = request;
    this.#on = on;
  }

  /** Settles when the client has its answer, or has given it up. */
  async run(): Promise<void> {
    const { signal, report, deliver } = this.#on;
    const backoff = new Backoff();
    for (;;) {
      try {
        if (await this.#follow()) return;
      } catch (error) {
        const fault = asFault(error);
        if (signal.aborted) return;
        report(fault);
        if (this.#honoured === undefined || fault.kind === 'final') {
          await deliver(faultAnswer(this.#request, fault));
          return;
        }
      }
      await backoff.pause(signal);
    }
  }

  /** Passes one stream on, and says whether the client has its answer now. */
  async #follow(): Promise<boolean> {
    const { open, deliver } = this.#on;
    const { messages } = await open();
    for await (const message of messages) {
      if (isResponse(message)) {
        if (this.#goesOn(message)) return false;
        await deliver(message);
        return true;
      }
      if (message.method === ACKNOWLEDGED) await this.#acknowledge(message);
      else await deliver(message);
    }
    throw endedEarly();
  }

  /** A server that ends says goodbye; the one that comes after it is asked again. */
  #goesOn(answer: JSONRPCMessage): boolean {
    return 'result' in answer && this.#honoured !== undefined && Object.keys(this.#honoured).length > 0;
  }

  async #acknowledge(message: JSONRPCMessage): Promise<void> {
    const params: unknown = 'method' in message ? message.params : undefined;
    const told = isObject(params) ? params['notifications'] : undefined;
    const isFirst = this.#honoured === undefined;
    this.#honoured = isObject(told) ? told : {};
    if (isFirst) await this.#on.deliver(message);
    else if (this.#honoured['toolsListChanged'] === true) await this.#on.deliver(this.#toolsChanged());
  }

  #toolsChanged(): JSONRPCMessage {
    const _meta = { [SUBSCRIPTION_KEY]: this.#request.id };
    return { jsonrpc: '2.0', method: TOOLS_CHANGED, params: { _meta } };
  }
}
