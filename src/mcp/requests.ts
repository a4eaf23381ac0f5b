/**
 * What a client may ask besides tools: resources, prompts and completions. Whatever they tell of the safe comes from
 * calls of the tools that there are, so each is in the log like any other. A client that asks for none of it does not
 * wait for its modules.
 */
import { ProtocolError, type Result, type ServerContext } from '@modelcontextprotocol/server';
import type { Ask, Asked, RecentNames } from './asked.js';

type Handler = (asked: Asked) => Result | Promise<Result>;

const HANDLERS: Readonly<Record<string, () => Promise<Handler>>> = {
  'resources/list': async () => (await import('./resources.js')).listResources,
  'resources/templates/list': async () => (await import('./resources.js')).listResourceTemplates,
  'resources/read': async () => (await import('./resources.js')).readResource,
  'prompts/list': async () => (await import('./prompts.js')).listPrompts,
  'prompts/get': async () => (await import('./prompts.js')).getPrompt,
  'completion/complete': async () => (await import('./completions.js')).complete,
};

/** What `initialize` and `server/discover` say of them. */
export const CAPABILITIES = { resources: {}, prompts: {}, completions: {} } as const;

type Served = (params: Asked['params'], context: ServerContext) => Promise<Result>;

/**
 * The handlers for one connection, by method. They throw errors of the protocol alone: a fault is told to `report`, and
 * the client learns that there was one.
 */
export function requestHandlers(
  askFor: (context: ServerContext) => Ask,
  report: (error: Error) => void,
): readonly (readonly [method: string, serve: Served])[] {
  const recent: RecentNames = { last: undefined };
  return Object.entries(HANDLERS).map(([method, load]) => [
    method,
    async (params, context) => {
      try {
        const handle = await load();
        return await handle({ params, ask: askFor(context), recent });
      } catch (error) {
        if (error instanceof ProtocolError) throw error;
        report(error instanceof Error ? error : new Error(String(error)));
        throw (await import('./protocol-error.js')).faultError();
      }
    },
  ]);
}
