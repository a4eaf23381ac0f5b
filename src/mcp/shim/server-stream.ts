/** What the server says by itself in a session of the 2025 protocols: opened again whenever it ends. */
import { Backoff } from './backoff.js';
import { asFault, type Fault } from './fault.js';
import { isResponse, type JSONRPCMessage } from './message.js';
import type { OpenSession, Session } from './session.js';
import type { Upstream } from './upstream.js';

export interface Streaming {
  readonly upstream: Upstream;
  readonly session: Session;
  readonly deliver: (message: JSONRPCMessage) => Promise<void>;
  readonly report: (error: Error) => void;
  readonly signal: AbortSignal;
}

export class ServerStream {
  readonly #on: Streaming;
  #isOpen = false;

  constructor(on: Streaming) {
    this.#on = on;
  }

  /** Opens it, unless it is open. Ends where the server has none or does not let the token in; then it can be opened again. */
  async keepOpen(): Promise<void> {
    if (this.#isOpen) return;
    this.#isOpen = true;
    try {
      await this.#follow();
    } catch (error) {
      if (!this.#on.signal.aborted) this.#on.report(asFault(error));
    } finally {
      this.#isOpen = false;
    }
  }

  async #follow(): Promise<void> {
    const { session, signal } = this.#on;
    const backoff = new Backoff();
    for (let open = session.open; open !== undefined; open = session.open) {
      const fault = await this.#pass(open);
      if (fault === 'none' || signal.aborted) return;
      const isRenewed = fault?.kind === 'lost' && (await this.#renew(open));
      if (!isRenewed) await backoff.pause(signal);
    }
  }

  /** Passes on one stream. `none` where the server has no such thing, nothing where it ended. Throws what is final. */
  async #pass(open: OpenSession): Promise<Fault | 'none' | undefined> {
    const { upstream, signal, deliver } = this.#on;
    try {
      const stream = await upstream.listen({ headers: open.headers, signal, hasSession: true });
      if (stream === undefined) return 'none';
      for await (const message of stream.messages) if (!isResponse(message)) await deliver(message);
      return undefined;
    } catch (error) {
      const fault = asFault(error);
      if (fault.kind === 'final') throw fault;
      return fault;
    }
  }

  async #renew(lost: OpenSession): Promise<boolean> {
    try {
      await this.#on.session.renew(lost);
      return true;
    } catch (error) {
      const fault = asFault(error);
      if (fault.kind === 'final') throw fault;
      return false;
    }
  }
}
