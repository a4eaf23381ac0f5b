import { Client as RecentClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as RecentTransport } from '@modelcontextprotocol/client/stdio';
import { Client as SingleClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as SingleTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, test } from 'vitest';
import { fakeServerArguments, type Json } from '../support/line-client.js';

const command = { command: process.execPath, args: fakeServerArguments(), stderr: 'ignore' as const };
const self = { name: 'client-test', version: '1.2.3' };

interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Json>;
  getInstructions(): string | undefined;
  getServerVersion(): { name: string } | undefined;
  close(): Promise<void>;
}

const clients: [name: string, connect: () => Promise<AnyClient>][] = [
  [
    'the single package’s client, 2025',
    async () => {
      const client = new SingleClient(self);
      await client.connect(new SingleTransport(command));
      return client;
    },
  ],
  [
    'the v2 client, 2025',
    async () => {
      const client = new RecentClient(self, { versionNegotiation: { mode: 'legacy' } });
      await client.connect(new RecentTransport(command));
      return client;
    },
  ],
  [
    'the v2 client, 2026-07-28',
    async () => {
      const client = new RecentClient(self, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
      await client.connect(new RecentTransport(command));
      return client;
    },
  ],
  [
    'the v2 client, choosing itself',
    async () => {
      const client = new RecentClient(self, { versionNegotiation: { mode: 'auto' } });
      await client.connect(new RecentTransport(command));
      return client;
    },
  ],
];

test.each(clients)('%s', async (_name, connect) => {
  const client = await connect();
  expect(client.getServerVersion()?.name).toBe('vouchsafe');
  expect(client.getInstructions()).toContain('whoami');
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['whoami', 'get_item']);
  const granted = await client.callTool({ name: 'get_item', arguments: { reason: 'for a test' } });
  expect(granted.structuredContent).toMatchObject({ tool: 'get_item', client: self, receipt: { seq: 1 } });
  const refused = await client.callTool({ name: 'no_such_tool', arguments: {} });
  expect(refused).toMatchObject({ isError: true, structuredContent: { error: { code: 'invalid_request' } } });
  await client.close();
});
