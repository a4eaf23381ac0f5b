/** The server that the conformance suite talks to: the SDK's low-level one, as the product has it, with fixtures. */
import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
  Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { ANSWERING_TOOLS } from './answering-tools.ts';
import { ASKING_TOOLS, STATE } from './asking-tools.ts';
import type { Asked, FixtureTools } from './fixture.ts';
import { getPrompt, listedPrompts } from './fixture-prompts.ts';
import { listedResources, readResource, TEMPLATES } from './fixture-resources.ts';

// Deprecated in favour of the high-level class, which is not the one that the product has.
/* eslint-disable @typescript-eslint/no-deprecated */

const TOOLS: FixtureTools = { ...ANSWERING_TOOLS, ...ASKING_TOOLS };

const COMPLETIONS = ['paris', 'park', 'party'];

/** A server for both eras of the protocol. `tell` is for one that serves a single request, and so has no client to tell. */
export function createFixtureServer(tell?: () => void): Server {
  const server = new Server(
    { name: 'vouchsafe-conformance-fixture', version: '0.0.0' },
    {
      capabilities: {
        tools: { listChanged: true },
        resources: { subscribe: true },
        prompts: {},
        completions: {},
        logging: {},
      },
      requestState: { verify: (state, context) => STATE.verify(state, context) },
    },
  );
  const asked = (given: Readonly<Record<string, unknown>> | undefined, context: ServerContext): Asked => ({
    given: given ?? {},
    context,
    tell: async () => {
      if (tell === undefined) await server.sendToolListChanged();
      else tell();
    },
  });
  server.setRequestHandler('tools/list', () => ({ tools: listedTools() }));
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const tool = Object.hasOwn(TOOLS, params.name) ? TOOLS[params.name] : undefined;
    if (tool === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such tool.');
    return tool.run(asked(params.arguments, context));
  });
  server.setRequestHandler('prompts/list', () => ({ prompts: listedPrompts() }));
  server.setRequestHandler('prompts/get', ({ params }, context) => {
    const prompt = getPrompt(params.name, asked(params.arguments, context));
    if (prompt === undefined) throw new ProtocolError(ProtocolErrorCode.InvalidParams, 'There is no such prompt.');
    return prompt;
  });
  addResources(server);
  server.setRequestHandler('completion/complete', ({ params }) => {
    const values = COMPLETIONS.filter((value) => value.startsWith(params.argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
  return server;
}

function addResources(server: Server): void {
  server.setRequestHandler('resources/list', () => ({ resources: listedResources() }));
  server.setRequestHandler('resources/templates/list', () => ({ resourceTemplates: [...TEMPLATES] }));
  server.setRequestHandler('resources/read', ({ params }) => {
    const found = readResource(params.uri);
    if (found === undefined) throw new ResourceNotFoundError(params.uri);
    return found;
  });
  server.setRequestHandler('resources/subscribe', () => ({}));
  server.setRequestHandler('resources/unsubscribe', () => ({}));
}

function listedTools(): { name: string; description: string; inputSchema: { type: 'object' } }[] {
  return Object.entries(TOOLS).map(([name, { description, inputSchema }]) => ({
    name,
    description,
    inputSchema: inputSchema ?? { type: 'object', properties: {} },
  }));
}
