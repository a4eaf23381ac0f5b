/** What it takes to run one client without a person at it. */
import type { Turn, Wire } from './wire.ts';

/** The server as a configuration names it. */
export interface ServerEntry {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Where the client is to ask itself, over HTTP, and with which token; in place of the command. */
  readonly remote?: { readonly url: string; readonly token: string };
}

/** How a client reaches the safe: its own server, the shim before a `vouchsafe serve`, or that server itself. */
export type Way = 'stdio' | 'shim' | 'http';

/** Where a client runs: folders of its own, and the stand-in that it is to take for its model's API. */
export interface Place {
  readonly home: string;
  readonly project: string;
  readonly url: string;
  /** Made up for this run. */
  readonly key: string;
  readonly server: ServerEntry;
}

/** How it is started in a place: the files it wants (by path), its arguments, and its variables. */
export interface Start {
  readonly files: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Client {
  readonly name: string;
  readonly package: string;
  readonly version: string;
  /** The script in the package that starts it. */
  readonly script: string;
  readonly wire: Wire;
  /** What it calls a tool of ours, as its model is told. */
  readonly rename: (tool: string) => string;
  /** What its model says before it can call a tool of ours. */
  readonly first: readonly Turn[];
  /** Where it reads instructions in a project: a file that it always reads, and a skill. */
  readonly instructions: readonly string[];
  readonly way: Way;
  /** The name that it gives itself, as it stands in the log. */
  readonly logName: string;
  readonly start: (place: Place) => Start;
}

export const PROMPT = 'Get the password of the orders database.';
