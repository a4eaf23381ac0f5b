/** The clients of both SDKs, connected to a server over HTTP: at a port, or over a Unix socket. */
import { Client as RecentClient, StreamableHTTPClientTransport as RecentTransport } from '@modelcontextprotocol/client';
import { Client as SingleClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as SingleTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { Agent, fetch as unixFetch } from 'undici';
import { type AnyClient, SELF } from './mcp-clients.js';

/** A client, and how often it was told that the list of tools has changed. */
export interface Connected {
  readonly client: AnyClient;
  readonly told: () => number;
  close(): Promise<void>;
}

export interface Where {
  readonly token: string;
  /** A port of 127.0.0.1, or the path of a Unix socket. */
  readonly at: number | string;
}

type Fetch = typeof globalThis.fetch;

/** The address and what fetches there; `end` closes its connections. */
function wayTo({ at, token }: Where) {
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  if (typeof at === 'number')
    return {
      url: new URL(`http://127.0.0.1:${String(at)}/mcp`),
      options: { requestInit },
      end: () => Promise.resolve(),
    };
  const dispatcher = new Agent({ connect: { socketPath: at } });
  const over: unknown = (url: string | URL, init: object = {}) => unixFetch(url, { ...init, dispatcher });
  const options = { requestInit, fetch: over as Fetch };
  return { url: new URL('http://localhost/mcp'), options, end: () => dispatcher.destroy() };
}

async function single(where: Where): Promise<Connected> {
  const { url, options, end } = wayTo(where);
  const client = new SingleClient(SELF);
  let told = 0;
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => void (told += 1));
  await client.connect(new SingleTransport(url, options));
  return { client, told: () => told, close: async () => client.close().then(end) };
}

function recent(mode: 'legacy' | { pin: '2026-07-28' }): (where: Where) => Promise<Connected> {
  return async (where) => {
    const { url, options, end } = wayTo(where);
    const client = new RecentClient(SELF, { versionNegotiation: { mode } });
    let told = 0;
    client.setNotificationHandler('notifications/tools/list_changed', () => void (told += 1));
    await client.connect(new RecentTransport(url, options));
    if (mode !== 'legacy') await client.listen({ toolsListChanged: true });
    return { client, told: () => told, close: async () => client.close().then(end) };
  };
}

/** Each client with its name. */
export const HTTP_CLIENTS: readonly (readonly [name: string, connect: (where: Where) => Promise<Connected>])[] = [
  ['the single package’s client, 2025', single],
  ['the v2 client, 2025', recent('legacy')],
  ['the v2 client, 2026-07-28', recent({ pin: '2026-07-28' })],
];
