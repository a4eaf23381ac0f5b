/** What the server knows of a request before it knows who makes it. */
import { AsyncLocalStorage } from 'node:async_hooks';

/** `address` is the IP address of whoever asks; null over a Unix socket. */
export interface HttpFacts {
  /** In the answer, in the server's log and in the entry. */
  readonly requestId: string;
  readonly address: string | null;
}

/** The request that is being answered, for whatever is called while that is done. */
export const exchange = new AsyncLocalStorage<HttpFacts>();
