/** The clients of both SDKs, connected to a server process that they start. */
import { Client as RecentClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as RecentTransport } from '@modelcontextprotocol/client/stdio';
import { Client as SingleClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as SingleTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Json } from './line-client.js';

/** What a test uses of a client. */
export interface AnyClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(call: { name: string; arguments: Record<string, unknown> }): Promise<Json>;
  listResources(): Promise<{ resources: { uri: string }[] }>;
  listResourceTemplates(): Promise<{ resourceTemplates: { uriTemplate: string }[] }>;
  readResource(resource: { uri: string }): Promise<Json>;
  listPrompts(): Promise<{ prompts: { name: string }[] }>;
  getPrompt(prompt: { name: string; arguments?: Record<string, string> }): Promise<Json>;
  complete(typed: {
    ref: { type: 'ref/prompt'; name: string } | { type: 'ref/resource'; uri: string };
    argument: { name: string; value: string };
    context?: { arguments: Record<string, string> };
  }): Promise<Json>;
  getInstructions(): string | undefined;
  getServerVersion(): { name: string } | undefined;
  close(): Promise<void>;
}

/** How to start the server. */
export interface Command {
  /** The program; this Node where it is left out. */
  readonly command?: string;
  readonly args: string[];
  readonly env?: Record<string, string>;
}

export const SELF = { name: 'client-test', version: '1.2.3' };

const started = ({
  command = process.execPath,
  args,
  env = {},
}: Command): { command: string; args: string[]; env: Record<string, string>; stderr: 'ignore' } => ({
  command,
  args,
  env,
  stderr: 'ignore',
});

function recent(mode: 'legacy' | 'auto' | { pin: string }): (command: Command) => Promise<AnyClient> {
  return async (command) => {
    const client = new RecentClient(SELF, { versionNegotiation: { mode } });
    await client.connect(new RecentTransport(started(command)));
    return client;
  };
}

/** Each client with its name. */
export const CLIENTS: readonly (readonly [name: string, connect: (command: Command) => Promise<AnyClient>])[] = [
  [
    'the single package’s client, 2025',
    async (command) => {
      const client = new SingleClient(SELF);
      await client.connect(new SingleTransport(started(command)));
      return client;
    },
  ],
  ['the v2 client, 2025', recent('legacy')],
  ['the v2 client, 2026-07-28', recent({ pin: '2026-07-28' })],
  ['the v2 client, choosing itself', recent('auto')],
];
