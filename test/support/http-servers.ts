/** Real servers on this machine, for requests that carry a credential. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server as NetServer, type Socket } from 'node:net';
import type { LoopbackIdentity } from './certificate.js';

/** A server that runs, and what came to it. */
export interface Station {
  readonly port: number;
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Connections that came, over all. */
  readonly connections: () => number;
}

const running = new Set<() => Promise<void>>();

/** Ends all servers, and the connections to them. */
export async function closeStations(): Promise<void> {
  await Promise.all([...running].map((close) => close()));
  running.clear();
}

async function start(server: NetServer | Server, address = '127.0.0.1', wanted = 0): Promise<Station> {
  const sockets = new Set<Socket>();
  let connections = 0;
  server.on('connection', (socket: Socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.on('error', reject).listen(wanted, address, resolve));
  running.add(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  return { port, host: `${address}:${String(port)}`, connections: () => connections };
}

/** A server of HTTP; with `identity` of HTTPS. */
export function serve(listener: RequestListener, identity?: LoopbackIdentity): Promise<Station> {
  return start(identity === undefined ? createServer(listener) : createTlsServer({ ...identity }, listener));
}

/** A server of HTTP at an address and a port. */
export function serveAt(address: string, port: number, listener: RequestListener): Promise<Station> {
  return start(createServer(listener), address, port);
}

/** A server that does as it likes once the head of a request has come. */
export function serveRaw(answer: (socket: Socket, head: string) => void): Promise<Station> {
  return start(
    createRawServer((socket) => {
      let head = '';
      socket.on('data', (chunk) => {
        const isNew = !head.includes('\r\n\r\n');
        head += chunk.toString('latin1');
        if (isNew && head.includes('\r\n\r\n')) answer(socket, head);
      });
    }),
  );
}

/** The body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
