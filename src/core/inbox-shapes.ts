/** Requests as the owner reads them, for access and for single uses. */
import type { Role, Transport } from './model.js';
import type { RequestState } from './request.js';
import type { EntryShape, GrantShape } from './shapes.js';

/** A request as the owner reads it. Names in `asked` are the agent's words. */
export type InboxRequestShape = AccessRequestShape | UseRequestShape;

/** What the inbox tells of a request of either kind. */
interface AnyRequestShape {
  readonly id: string;
  readonly state: RequestState;
  /** The entry that is the request. */
  readonly seq: number;
  readonly at: string;
  readonly expires_at: string;
  readonly token: { readonly id: string; readonly name: string };
  readonly reason: string | null;
  readonly client: { readonly name: string; readonly version: string };
  readonly transport: Transport;
  readonly decided_at?: string;
  readonly because?: string;
}

/** Access that a token asks for. */
export interface AccessRequestShape extends AnyRequestShape {
  readonly kind: 'access';
  readonly asked: {
    readonly vault?: string;
    readonly item?: string;
    readonly role: Role;
    readonly expiration?: string;
    readonly max_uses?: number;
  };
  readonly grant_id?: string;
}

/** A single use that a token asks to be approved. */
export interface UseRequestShape extends AnyRequestShape {
  readonly kind: 'use';
  readonly use: {
    readonly tool: string;
    readonly vault: { readonly id: string; readonly name: string } | null;
    readonly item: { readonly id: string; readonly title: string | null } | null;
    readonly fields: readonly string[];
    /** What it is for: a command, a request; empty where the secret is shown. */
    readonly purpose: string;
  };
  /** Of an approved one: how often, how often it was used, and until when. */
  readonly uses?: number;
  readonly used?: number;
  readonly until?: string;
}

/** A request with what it would come to. */
export type InboxCardShape = AccessCardShape | UseCardShape;

/** A use with what helps to decide about it. */
export interface UseCardShape extends UseRequestShape {
  /** What the token did before: entries by outcome, and what the owner decided about its requests. */
  readonly before: {
    readonly granted: number;
    readonly refused: number;
    readonly approved: number;
    readonly denied: number;
  };
  /** The last uses of a secret by the token, newest first; three at most. */
  readonly last_uses: readonly EntryShape[];
}

/** Access with what the request means now. */
export interface AccessCardShape extends AccessRequestShape {
  /** What the words mean now; null where nothing, or several things, are called so. */
  readonly means: {
    readonly vault: { readonly id: string; readonly name: string } | null;
    readonly item: { readonly id: string; readonly title: string } | null;
  };
  /** A grant on the same that approving would replace. */
  readonly replaces?: GrantShape;
  readonly access: readonly GrantShape[];
}
