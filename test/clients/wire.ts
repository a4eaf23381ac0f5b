/** What the stand-in has to know of a model's API: how a client asks, and how the model answers in a stream. */
import type { ServerResponse } from 'node:http';

/** A body as it was sent; each API knows its own shape. */
export type Body = ReturnType<typeof JSON.parse>;

/** What the model says: a call of a tool, by the name under which the client told it, or the last words. */
export type Turn =
  { readonly tool: string; readonly input: Readonly<Record<string, unknown>> } | { readonly text: string };

export interface Wire {
  /** Whether this path asks the model to speak. */
  isModelCall(path: string): boolean;
  /** The tools that the client told the model of. */
  tools(body: Body): readonly string[];
  /** What the tools that the model called have answered so far, oldest first, as the model gets it. */
  results(body: Body): readonly string[];
  answer(response: ServerResponse, turn: Turn, body: Body): void;
}

/** Sends events of a stream, each with a name if the API has names, and ends it. */
export function sendEvents(response: ServerResponse, events: readonly object[], isNamed: boolean): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of events) {
    const name = isNamed && 'type' in event ? `event: ${String(event.type)}\n` : '';
    response.write(`${name}data: ${JSON.stringify(event)}\n\n`);
  }
  response.end();
}
