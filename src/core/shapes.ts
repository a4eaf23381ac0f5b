/** The public JSON of the contract: what the command line prints with `--output json` and tools answer with. */
import type { HttpPolicyShape } from './http-policy.js';
import type { Hole } from './recipe.js';
import type { Action, FieldKind, ItemType, Outcome, Role, Transport } from './model.js';
import type { LeftShape } from './limit-check.js';
import type { LimitsShape } from './limits.js';
import type { RefusalCode } from './refusal.js';
import type { RequestState } from './request.js';

export interface VaultShape {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Items outside the trash that whoever asked may see. */
  readonly items: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface FieldShape {
  readonly name: string;
  readonly section?: string;
  readonly kind: FieldKind;
  readonly value?: string;
  readonly concealed?: true;
}

export interface ItemShape {
  readonly id: string;
  readonly vault_id: string;
  readonly vault: string;
  readonly type: ItemType;
  readonly title: string;
  readonly username: string | null;
  readonly urls: readonly string[];
  readonly tags: readonly string[];
  readonly fields: readonly FieldShape[];
  readonly revision: number;
  readonly created_at: string;
  readonly updated_at: string;
  readonly trashed_at?: string;
}

/** An item in a list: no values but title, user name, URLs and tags. `fields` are names. */
export interface ItemSummaryShape {
  readonly id: string;
  readonly vault_id: string;
  readonly vault: string;
  readonly type: ItemType;
  readonly title: string;
  readonly username: string | null;
  readonly urls: readonly string[];
  readonly tags: readonly string[];
  readonly fields: readonly string[];
  readonly revision: number;
  readonly updated_at: string;
  readonly trashed_at?: string;
}

/** One row of an item's history. `author` is a token's name or `owner`. */
export interface RevisionShape {
  readonly revision: number;
  readonly at: string;
  readonly author: string;
  readonly title: string;
  readonly trashed: boolean;
  readonly fields: readonly string[];
}

export type TokenStatus = 'active' | 'expiring' | 'expired' | 'frozen' | 'revoked';

export interface TokenShape {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly agent: boolean;
  readonly status: TokenStatus;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly last_used_at: string | null;
}

export interface GrantShape {
  readonly grant_id: string;
  readonly type: 'vault' | 'item';
  readonly vault: { readonly id: string; readonly name: string };
  readonly item?: { readonly id: string; readonly title: string };
  readonly role: Role;
  /** The grant's own end, or the token's where it has none. */
  readonly expires_at: string | null;
  /** What it is for, where the owner said so. */
  readonly purpose?: string;
  readonly limits: LimitsShape;
  readonly left: LeftShape;
}

/** A token as it is printed once. */
export interface NewTokenShape {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly agent: boolean;
  readonly scopes: readonly string[];
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly token: string;
  readonly env: string;
  readonly grants: readonly GrantShape[];
}

export interface EntryShape {
  readonly seq: number;
  readonly at: string;
  readonly actor: {
    readonly kind: 'token' | 'owner' | 'none';
    readonly id: string | null;
    readonly name: string | null;
  };
  readonly action: Action;
  readonly outcome: Outcome;
  readonly code?: RefusalCode;
  readonly vault?: { readonly id: string; readonly name: string | null };
  readonly item?: { readonly id: string; readonly title: string | null };
  readonly fields: readonly string[];
  readonly reason: string | null;
  readonly signals: readonly string[];
  readonly client: { readonly name: string; readonly version: string };
  readonly transport: Transport;
  readonly grant_id?: string;
  readonly hash: string;
}

/** A request as the token that made it is told of it. */
export interface RequestShape {
  readonly id: string;
  readonly state: RequestState;
  /** When it ends if nobody decides. */
  readonly expires_at: string;
  readonly decided_at?: string;
  /** The owner's words. */
  readonly because?: string;
  /** The grant that came of it. */
  readonly grant_id?: string;
}

/** What the owner demands of an item, for the owner alone. */
export interface ItemRulesShape {
  /** Whether each use of its secrets by a token needs the owner's word. */
  readonly approve: boolean;
  /** Whether it is laid out for nobody to touch. */
  readonly decoy: boolean;
  /** Where requests may carry it; null: nowhere. */
  readonly http: HttpPolicyShape | null;
}

/** A recipe as the owner reads it; it does the one or the other. */
export interface RecipeShape {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly vault: { readonly id: string; readonly name: string };
  readonly command?: {
    readonly argv: readonly string[];
    /** Of the program's content when it was pinned. */
    readonly sha256: string;
    /** Whether the program is still that one. */
    readonly state: 'current' | 'changed' | 'missing';
    readonly environment: Readonly<Record<string, string>>;
    readonly folder: string;
  };
  readonly request?: {
    readonly item: string;
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly holes: Readonly<Record<string, Hole>>;
  readonly timeout_ms: number;
  readonly approve: boolean;
  /** The only tokens that may run it; null: any that reaches what it uses. */
  readonly tokens: readonly { readonly id: string; readonly name: string }[] | null;
}

/** Until when a token needs no approval; null: it does. */
export interface BypassShape {
  readonly token: { readonly id: string; readonly name: string };
  readonly until: string | null;
}

/** A secret that a token was given. */
export interface ExposedShape {
  readonly id: string;
  readonly title: string | null;
  readonly type: ItemType | null;
  /** Where to change it, if the item says. */
  readonly url: string | null;
  /** `shown`: the token had the secret itself; `used`: only what used it. */
  readonly how: 'shown' | 'used';
  readonly last_at: string;
  readonly done: boolean;
}

/** A token in the wrong hands, and what to change, the most dangerous first. */
export interface CompromisedShape {
  readonly token: { readonly id: string; readonly name: string };
  /** False for one that had ended. */
  readonly frozen: boolean;
  /** Whether anything is left to change. */
  readonly open: boolean;
  readonly items: readonly ExposedShape[];
}

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

/** What one call would be answered. */
export interface ExplainedShape {
  readonly tool: string;
  /** The secret field or code that it would be about. */
  readonly field?: string;
  readonly outcome: 'granted' | 'refused';
  readonly code?: string;
  readonly why: string;
  /** The grant that allows it, or whose limit stops it. */
  readonly grant?: GrantShape;
  readonly retry_at?: string;
}

/** What a token could do with an item at a time. */
export interface ExplanationShape {
  readonly token: { readonly id: string; readonly name: string };
  readonly item: { readonly id: string; readonly title: string };
  readonly vault: { readonly id: string; readonly name: string };
  readonly at: string;
  readonly results: readonly ExplainedShape[];
}

/** What would narrow one grant to what was needed. */
export interface TightenedShape {
  readonly grant: GrantShape;
  readonly change: 'keep' | 'end' | 'narrow' | 'split';
  readonly why: string;
  /** What the log says of it since then. */
  readonly used: {
    readonly calls: number;
    readonly uses: number;
    readonly items: number;
    readonly fields: readonly string[];
  };
  /** What it would be; of `split`, of each item. */
  readonly to?: {
    readonly role: Role;
    readonly limits: LimitsShape;
    readonly items?: readonly { readonly id: string; readonly title: string | null }[];
  };
  readonly commands: readonly string[];
}

/** The least that a token needed. */
export interface TighteningShape {
  readonly token: { readonly id: string; readonly name: string };
  readonly since: string;
  readonly applied: boolean;
  readonly grants: readonly TightenedShape[];
}

/** The proof of an answer: the entry that stands in the log for it. */
export interface Receipt {
  readonly seq: number;
  /** 64 lower-case hexadecimal digits. */
  readonly hash: string;
}
