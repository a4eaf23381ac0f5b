/** A proxy that lets nothing through and remembers who was to be reached. */
import { createServer } from 'node:http';
import { closed, listen } from './stand-in.ts';

export interface Trap {
  readonly url: string;
  /** The hosts that were asked for. */
  readonly hosts: readonly string[];
  close(): Promise<void>;
}

export async function startTrap(): Promise<Trap> {
  const hosts: string[] = [];
  const server = createServer((request, response) => {
    hosts.push(request.url ?? '');
    response.writeHead(403).end();
  });
  server.on('connect', (request, socket) => {
    hosts.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  return { url: await listen(server), hosts, close: () => closed(server) };
}
