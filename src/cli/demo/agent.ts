/** The demo's agent: a real MCP client, and a real server process that it starts on stdio. */
import { fileURLToPath } from 'node:url';
import type { Receipt } from '../../core/shapes.js';
import type { Workshop } from './workshop.js';

/** What a call of a tool came to. */
export interface Reply {
  /** Null where it was granted. */
  readonly error: { readonly code: string; readonly message: string; readonly next: string } | null;
  readonly facts: Readonly<Record<string, unknown>>;
  readonly receipt: Receipt | null;
}

export interface Agent {
  readonly pid: number | null;
  /** The names of the tools that the server lists. */
  tools(): Promise<readonly string[]>;
  call(tool: string, args: Readonly<Record<string, unknown>>): Promise<Reply>;
  /** Ends the server's input, and waits until it has ended. */
  close(): Promise<void>;
}

/** Says of itself what a client says when it connects. */
export const AGENT_CLIENT = { name: 'vouchsafe-demo', version: '1' } as const;

const PROGRAM = fileURLToPath(new URL('../../../bin/vouchsafe.js', import.meta.url));

/** Starts the server with the token in its file, and connects to it by the newest protocol. */
export async function startAgent({ env, tokenFile }: Workshop): Promise<Agent> {
  const { Client } = await import('@modelcontextprotocol/client');
  const { StdioClientTransport } = await import('@modelcontextprotocol/client/stdio');
  const args = [PROGRAM, 'mcp', '--token-file', tokenFile];
  const transport = new StdioClientTransport({ command: process.execPath, args, env: { ...env } });
  const client = new Client(AGENT_CLIENT, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
  await client.connect(transport);
  return {
    pid: transport.pid,
    tools: async () => (await client.listTools()).tools.map((tool) => tool.name),
    call: async (name, given) => replyOf((await client.callTool({ name, arguments: { ...given } })).structuredContent),
    close: () => client.close(),
  };
}

function replyOf(content: unknown): Reply {
  const facts = { ...(content as Readonly<Record<string, unknown>>) };
  return {
    error: (facts['error'] as Reply['error'] | undefined) ?? null,
    facts,
    receipt: (facts['receipt'] as Receipt | undefined) ?? null,
  };
}
