/** What an area of the console is, and what its pages are given. */
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { OwnerDoor, Places } from '../gate/door.js';
import type { Browser } from './browser.js';
import type { WithPassword } from './password.js';
import type { Ports } from './ports.js';

/** Gives the path of each asset, with the hash of all of them in it; throws for one that is not there. */
export type AssetPath = (name: string) => string;

/** What does not change from request to request. */
export interface Site {
  readonly areas: readonly Area[];
  readonly ports: Ports;
  readonly asset: AssetPath;
  /** How long the owner may be away before it locks. */
  readonly idleMs: number;
  /** Freezes every token at once. It is done without the owner's key, so that no door does it. */
  readonly lockDown: () => Promise<void>;
  /** Where the safe's files are. */
  readonly places: Places;
  /** For what an unlocked browser alone must not do. */
  readonly withPassword: WithPassword;
  /** Ends every session of the owner; gives how many there were. */
  readonly endSessions: () => Promise<number>;
}

export interface ConsoleVariables {
  readonly site: Site;
  /** When the request came, in unix ms. */
  readonly now: number;
  /** The browser that is tied to this console. Set on everything but assets and the link. */
  readonly browser: Browser;
  /** For the hidden field `csrf` of each form; {@link Form} puts it there. */
  readonly csrf: string;
  /** The owner's door, closed after the answer. Set behind the lock. */
  readonly door: OwnerDoor;
  /** Keeps the door open until this settles too: for an answer that is still being sent. */
  readonly keepOpen: (work: Promise<unknown>) => void;
  /** Aborted when the console is locked: what is still being sent must end. */
  readonly locked: AbortSignal;
}

export interface ConsoleEnv {
  Bindings: HttpBindings;
  Variables: ConsoleVariables;
}

export type ConsoleContext = Context<ConsoleEnv>;
export type ConsoleApp = Hono<ConsoleEnv>;

/** One area: a folder, and a line in the list of `app.ts`. All of its paths begin with `path`. */
export interface Area {
  readonly path: string;
  readonly title: string;
  /** Pressed after `g`, it leads there. */
  readonly key?: string;
  /** Whether the number of requests that wait stands beside its title. */
  readonly countsRequests?: true;
  register(app: ConsoleApp): void;
}
