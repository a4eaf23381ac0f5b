/** The public JSON of the contract: what the command line prints with `--output json` and tools answer with. */
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
