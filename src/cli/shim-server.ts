/** The server that passes through to another one, as the command line sees it. The wiring provides it. */
import type { Readable, Writable } from 'node:stream';
import type { ConnectTarget } from './connect-target.js';

export interface ShimOptions {
  readonly target: ConnectTarget;
  /** Null where there is none that could be sent. */
  readonly token: string | null;
  readonly input: Readable;
  readonly output: Writable;
  readonly errors: Writable;
  readonly report: (message: string) => void;
}

/** Serves one client, and returns when it has gone. */
export type ServeShim = (options: ShimOptions) => Promise<void>;

let load: (() => Promise<ServeShim>) | undefined;

/** Says how to load the server; nothing is loaded before it is asked for. */
export function provideShim(loader: () => Promise<ServeShim>): void {
  load = loader;
}

/** The server that was provided. */
export function loadShim(): Promise<ServeShim> {
  if (load === undefined) throw new Error('no server was provided');
  return load();
}
