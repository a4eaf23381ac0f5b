/** A model that isn't one: it answers each request of a client with the next turn of a script. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Body, Turn, Wire } from './wire.ts';

/** What was asked of the stand-in. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: Body;
}

export interface StandIn {
  readonly url: string;
  /** Everything that was asked, oldest first. */
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';

/** Starts it on a free port of the loopback address. */
export async function startStandIn(wire: Wire, turns: readonly Turn[]): Promise<StandIn> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = (request.url ?? '').split('?', 1)[0] ?? '';
      asked.push({ method: request.method ?? '', path, body });
      if (request.method === 'POST' && wire.isModelCall(path)) wire.answer(response, nextTurn(wire, turns, body), body);
      else notHere(response);
    });
  });
  return { url: await listen(server), asked, close: () => closed(server) };
}

/** As many results as the client has brought, so many turns are over. A side question brings no tools and gets words. */
function nextTurn(wire: Wire, turns: readonly Turn[], body: Body): Turn {
  const isMain = wire.tools(body).length > 0;
  const turn = isMain ? turns[wire.results(body).length] : undefined;
  return turn ?? { text: 'Done.' };
}

function notHere(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":{"message":"not here"}}');
}

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return { text };
  }
}

/** The address of a server that listens on the loopback address alone. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
  return `http://${LOOPBACK}:${String((server.address() as AddressInfo).port)}`;
}

export async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
