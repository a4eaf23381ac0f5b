/** What the owner decides about uses, as the command line prints it. */
import type { HttpPolicyShape } from './http-policy.js';
import type { ItemType } from './model.js';
import type { Hole } from './recipe.js';

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
  /** The most bytes that are given of each output. */
  readonly output_cap: number;
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
