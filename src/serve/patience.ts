/** How long clients are waited for, in ms: those that are slow to say what they want, or to take it. */

export interface Patience {
  /** From the beginning of a connection, or of a request, to the end of the headers. */
  readonly headersMs: number;
  /** From the beginning of a request to the end of its body. */
  readonly requestMs: number;
  /** From the answer to one request to the next one on the same connection. */
  readonly idleMs: number;
  /** For the handshake of TLS. */
  readonly handshakeMs: number;
  /** For a client to take some more of an answer that waits for it. */
  readonly takeMs: number;
  /** How often the server looks at connections. */
  readonly checkEveryMs: number;
  /** How often it looks whether those who hold a stream open are still let in. */
  readonly streamsEveryMs: number;
}

export const PATIENCE: Patience = {
  headersMs: 10_000,
  requestMs: 30_000,
  idleMs: 65_000,
  handshakeMs: 10_000,
  takeMs: 30_000,
  checkEveryMs: 2_000,
  streamsEveryMs: 5_000,
};
