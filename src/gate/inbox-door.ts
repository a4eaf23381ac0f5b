/** The inbox as its callers see it: what agents ask for, and what the owner decides. */
import type { Role, Transport } from '../core/model.js';
import type { RequestState } from '../core/request.js';
import type { GrantShape } from '../core/shapes.js';
import type { LimitText } from '../core/limits.js';
import type { Client, Reference } from './door.js';

/** A request as the owner reads it. Names in `asked` are the agent's words. */
export interface InboxRequestShape {
  readonly id: string;
  readonly kind: 'access';
  readonly state: RequestState;
  /** The entry that is the request. */
  readonly seq: number;
  readonly at: string;
  readonly expires_at: string;
  readonly token: { readonly id: string; readonly name: string };
  readonly reason: string | null;
  readonly asked: {
    readonly vault?: string;
    readonly item?: string;
    readonly role: Role;
    readonly expiration?: string;
    readonly max_uses?: number;
  };
  readonly client: Client;
  readonly transport: Transport;
  readonly decided_at?: string;
  readonly because?: string;
  readonly grant_id?: string;
}

/** A request with what it would come to. */
export interface InboxCardShape extends InboxRequestShape {
  /** What the words mean now; null where nothing, or several things, are called so. */
  readonly means: {
    readonly vault: { readonly id: string; readonly name: string } | null;
    readonly item: { readonly id: string; readonly title: string } | null;
  };
  /** A grant on the same that approving would replace. */
  readonly replaces?: GrantShape;
  readonly access: readonly GrantShape[];
}

/** What the owner gives where it differs from what was asked for. */
export interface Approval {
  readonly vault?: Reference;
  readonly item?: Reference;
  readonly role?: string;
  readonly expiration?: string;
  readonly limits?: LimitText;
  readonly purpose?: string;
  /** Words for the agent. */
  readonly because?: string;
}

export interface InboxDoor {
  /** Requests, newest first: those that wait, or all. */
  listRequests(options: { readonly all: boolean }): Promise<readonly InboxRequestShape[]>;
  showRequest(id: string): Promise<InboxCardShape>;
  /** Grants what was asked for, or what the owner gives in its place. */
  approveRequest(id: string, approval: Approval): Promise<{ request: InboxRequestShape; grant: GrantShape }>;
  /** Refuses; the agent is told the owner's words. */
  denyRequest(id: string, because: string): Promise<InboxRequestShape>;
}
