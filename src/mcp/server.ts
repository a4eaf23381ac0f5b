/** The MCP server, without a transport: what a client asks goes to the agent's door, and nowhere else. */
import {
  CLIENT_INFO_META_KEY,
  Server,
  type CallToolResult,
  type ServerContext,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import { scrub } from '../core/text.js';
import type { AgentDoor, Answer } from '../gate/call.js';
import type { Client } from '../gate/door.js';
import type { Ask } from './asked.js';
import { INSTRUCTIONS } from './instructions.js';
import { CAPABILITIES, requestHandlers } from './requests.js';
import { FAILED, listedTool, toolResult } from './result.js';
import { ToolWatch } from './tool-watch.js';

/** Deprecated in favour of the high-level class; but that one answers a call without a reason before the gate sees it. */
// eslint-disable-next-line @typescript-eslint/no-deprecated
export type LowLevelServer = Server;

export interface ServerOptions {
  /** The program's version. */
  readonly version: string;
  /** Told of faults that no client may see. */
  readonly report: (error: Error) => void;
  /** What knows which tools the client was shown, where that outlives the server. */
  readonly watch?: ToolWatch;
}

/** The most characters that are kept of what a client says of itself, and of its request ids. */
const LONGEST_CLAIM = 120;

/**
 * The parameters of a request exactly as they were sent. The SDK has checked the form of a call before; its copy leaves
 * out keys like `__proto__`, which the gate must see to refuse. For other requests its check would tell what it found.
 */
const AS_SENT: StandardSchemaV1<unknown, Readonly<Record<string, unknown>>> = {
  '~standard': {
    version: 1,
    vendor: 'vouchsafe',
    validate: (value) => ({ value: value as Readonly<Record<string, unknown>> }),
  },
};

/**
 * A server for one connection, for both eras of the protocol. Every `tools/call` is one call of the door, also for a tool
 * that does not exist; `tools/list` is what the door lists now. Where a call finds that this has changed, the client is
 * told. What else it answers is made of such calls (requests.ts).
 */
export function createMcpServer(door: AgentDoor, options: ServerOptions): LowLevelServer {
  const { version, report } = options;
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const server = new Server(
    { name: 'vouchsafe', title: 'Vouchsafe', version },
    { capabilities: { tools: { listChanged: true }, ...CAPABILITIES }, instructions: INSTRUCTIONS },
  );
  const watch = options.watch ?? new ToolWatch(door, () => server.sendToolListChanged());
  server.onerror = report;
  server.setRequestHandler('tools/list', async () => ({ tools: (await watch.list()).map(listedTool) }));
  const askFor =
    (context: ServerContext): Ask =>
    async (tool, given) => {
      const client = clientOf(server, context);
      const requestId = shorten(String(context.mcpReq.id));
      const answer = await door.call({ tool, arguments: given, client, requestId });
      watch.after(answer);
      offerConsole(server, answer, report);
      return answer;
    };
  server.setRequestHandler('tools/call', { params: AS_SENT }, async (params, context): Promise<CallToolResult> => {
    try {
      return toolResult(await askFor(context)(String(params['name']), params['arguments'] ?? {}));
    } catch (error) {
      report(error instanceof Error ? error : new Error(String(error)));
      return FAILED;
    }
  });
  for (const [method, serve] of requestHandlers(askFor, report))
    server.setRequestHandler(method, { params: AS_SENT }, serve);
  return server;
}

/**
 * Servers for one token's requests, each of which gets one of its own (2026-07-28 over HTTP). `tell` lets those know who
 * listen that the list of tools has changed.
 */
export function statelessServers(door: AgentDoor, options: ServerOptions, tell: () => void): () => LowLevelServer {
  const watch = new ToolWatch(door, async () => {
    tell();
    await Promise.resolve();
  });
  return () => createMcpServer(door, { ...options, watch });
}

/**
 * Where the client has said that it can open a page, and the owner that there is one, the user is offered the page on which
 * to decide. Nothing waits for it: whatever becomes of the offer, the answer is the same.
 */
function offerConsole(server: LowLevelServer, answer: Answer, report: (error: Error) => void): void {
  const request = answer.ok ? undefined : answer.error.request;
  // Deprecated for the envelope's sake: that protocol has no requests of a server.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  if (request?.url === undefined || server.getClientCapabilities()?.elicitation?.url === undefined) return;
  const message = 'An agent waits for your word in Vouchsafe.';
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const offer = server.elicitInput({ mode: 'url', url: request.url, elicitationId: request.id, message });
  void offer.catch((error: unknown) => report(error instanceof Error ? error : new Error(String(error))));
}

/** Who calls, as it says of itself: with the request (2026-07-28) or when it connected (2025). */
function clientOf(server: LowLevelServer, context: ServerContext): Client {
  const envelope: Readonly<Record<string, unknown>> = context.mcpReq.envelope ?? {};
  // Deprecated for the envelope's sake, but the 2025 protocol has no other.
  // eslint-disable-next-line @typescript-eslint/no-deprecated
  const claimed = envelope[CLIENT_INFO_META_KEY] ?? server.getClientVersion();
  return { name: claim(claimed, 'name') || 'unknown', version: claim(claimed, 'version') };
}

function claim(claimed: unknown, key: string): string {
  const value: unknown = typeof claimed === 'object' && claimed !== null ? Reflect.get(claimed, key) : undefined;
  return typeof value === 'string' ? shorten(value) : '';
}

function shorten(text: string): string {
  return scrub(text.slice(0, 2 * LONGEST_CLAIM))
    .slice(0, LONGEST_CLAIM)
    .toWellFormed();
}
