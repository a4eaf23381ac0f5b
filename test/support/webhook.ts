/** A receiver of webhooks: a real HTTPS server on the loopback address. */
import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { LoopbackIdentity } from './certificate.js';

/** A request that the receiver got. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Webhook {
  readonly url: string;
  readonly received: Received[];
  /** The statuses of the answers to come, first to last; then all are 204. Those from 300 to 399 lead to `/moved`. */
  readonly statuses: number[];
  close(): Promise<void>;
}

/** A receiver that listens. */
export async function listenForWebhooks(identity: LoopbackIdentity): Promise<Webhook> {
  const [received, statuses]: [Received[], number[]] = [[], []];
  const server = createServer(identity, (request, response) => {
    void text(request).then((body) => {
      received.push({ method: request.method, path: request.url, headers: request.headers, body });
      const status = statuses.shift() ?? 204;
      response.writeHead(status, status >= 300 && status < 400 ? { location: '/moved' } : {}).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${String(port)}/told`,
    received,
    statuses,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
