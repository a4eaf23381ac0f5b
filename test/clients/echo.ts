/** A server that answers with the authorization it was sent: what a request with a credential must not bring back. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Echo {
  /** Its host and port. */
  readonly host: string;
  close(): Promise<void>;
}

/** Starts it on a free port of the loopback address. */
export async function startEcho(): Promise<Echo> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/plain; charset=utf-8');
    response.end(`You sent: ${request.headers.authorization ?? 'nothing'}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  return { host: `127.0.0.1:${String(port)}`, close };
}
