/** The server on stdio, as the command line sees it: it may start one, but not name it. The wiring provides it. */
import type { Readable, Writable } from 'node:stream';
import type { AgentDoor } from '../gate/call.js';

export interface ServeOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  readonly version: string;
  readonly report: (message: string) => void;
}

/** Serves one client, and returns when it has gone. */
export type ServeStdio = (opening: Promise<AgentDoor>, options: ServeOptions) => Promise<void>;

let load: (() => Promise<ServeStdio>) | undefined;

/** Says how to load the server; nothing is loaded before it is asked for. */
export function provideStdioServer(loader: () => Promise<ServeStdio>): void {
  load = loader;
}

/** The server that was provided. */
export function loadStdioServer(): Promise<ServeStdio> {
  if (load === undefined) throw new Error('no server was provided');
  return load();
}
