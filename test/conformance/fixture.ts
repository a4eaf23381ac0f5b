/** What the fixtures of the conformance suite are made of. The suite says what each of them has to answer. */
import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';

/** A call of a fixture tool, or a request for a fixture prompt. */
export interface Asked {
  readonly given: Readonly<Record<string, unknown>>;
  readonly context: ServerContext;
  /** Lets listening clients know that the list of tools has changed. */
  readonly tell: () => Promise<void>;
}

type Result = CallToolResult | InputRequiredResult;

export interface FixtureTool {
  readonly description: string;
  /** JSON Schema; no arguments where there is none. */
  readonly inputSchema?: { readonly type: 'object' } & Readonly<Record<string, unknown>>;
  readonly run: (asked: Asked) => Result | Promise<Result>;
}

/** Tools by their names. */
export type FixtureTools = Readonly<Record<string, FixtureTool>>;

/** A picture of one red pixel, PNG in base64. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC';

/** A sound of one silent sample, WAV in base64. */
export const SILENCE = 'UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAIA+AAACABAAZGF0YQIAAAAAAA==';

export function text(said: string): CallToolResult {
  return { content: [{ type: 'text', text: said }] };
}
