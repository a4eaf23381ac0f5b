/** The agent's door as its transports see it. */
import type { RefusalFacts } from '../core/refusal.js';
import type { Receipt } from '../core/shapes.js';
import type { Client } from './door.js';

/** One call of a tool. Nothing of it has been checked. */
export interface Call {
  readonly tool: string;
  readonly arguments: unknown;
  readonly client: Client;
  /** For the log: the transport's own id of the request. */
  readonly requestId?: string;
  /** From where it comes, as the server sees it: an IP address. Over HTTP alone, and not over a Unix socket. */
  readonly address?: string;
}

/** A refusal as the agent is told it; the same words on the command line. */
export interface AgentError {
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly ref?: string;
  readonly candidates?: readonly string[];
  readonly retry_at?: string;
  readonly request?: RefusalFacts['request'];
  readonly retry?: { readonly tool: string; readonly arguments: Readonly<Record<string, unknown>> };
}

/** What leaves the gate; its entry is on disk, unless there is no receipt. */
export type Answer = Granted | Refused;

export interface Granted {
  readonly ok: true;
  readonly result: Readonly<Record<string, unknown>>;
  readonly receipt: Receipt;
}

export interface Refused {
  readonly ok: false;
  readonly error: AgentError;
  readonly receipt: Receipt | null;
}

/**
 * What is lent to a command of this very process: values by the paths of their fields, after the entry of the use. `end`
 * records how the use ended, and is called once.
 */
export type LentAnswer =
  Refused | (Granted & { readonly lent: ReadonlyMap<string, string>; readonly end: (detail: string) => Promise<void> });

/** A tool as `tools/list` shows it. Static. */
export interface ToolListing {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
  readonly outputSchema: Readonly<Record<string, unknown>>;
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
    readonly openWorldHint: false;
  };
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** How a token reached the gate: its text, or why there is none. */
export type Credential =
  { readonly kind: 'token'; readonly text: string } | { readonly kind: 'absent'; readonly problem: string };

/** A usable token as its holder knows it. `expiresAt` is unix ms, null for never. */
export interface TokenIdentity {
  readonly name: string;
  readonly isAgent: boolean;
  readonly expiresAt: number | null;
}

export interface AgentDoor {
  /** One call, one entry, one answer. Never throws. */
  call(call: Call): Promise<Answer>;
  /** The tools to list now: what the token's scopes and highest role allow. Never throws; leaves no entry. */
  tools(): Promise<readonly ToolListing[]>;
  /** Whose token it is; null if it is not usable. Leaves no entry. */
  identity(): Promise<TokenIdentity | null>;
  /** Writes what is still to be recorded, then closes the safe. */
  close(): Promise<void>;
}

/** The door of commands that run as a token. No transport has it. */
export interface LocalDoor extends AgentDoor {
  /**
   * As {@link AgentDoor.call}, for a command that uses secrets of one item in this process. The
   * arguments are those of `tools/lend-item.ts`. Never throws.
   */
  lend(call: Omit<Call, 'tool'>): Promise<LentAnswer>;
}
