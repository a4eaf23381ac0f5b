/** The owner's door, as far as it is about uses: rules of items, recipes, times without approvals, and leaks. */
import type { HttpPolicyText } from '../core/http-policy.js';
import type { BypassShape, CompromisedShape, ItemRulesShape, RecipeShape } from '../core/rule-shapes.js';
import type { ItemReference, Reference } from './named.js';

/** Rules about an item that are to be other ones: what is left out stays, `null` takes away. */
export interface ItemRulesChange {
  readonly approve?: boolean;
  readonly decoy?: boolean;
  readonly http?: HttpPolicyText | null;
}

/** A recipe that is to be made: a command or a request. `allow` are rules of holes as typed. */
export interface NewRecipe {
  readonly name: string;
  readonly vault: Reference;
  readonly description?: string;
  readonly command?: {
    readonly argv: readonly string[];
    /** Texts in which references may stand, by the names of variables. */
    readonly environment: Readonly<Record<string, string>>;
    /** Absolute path, and the `PATH` that the program gets. */
    readonly folder: string;
    readonly path: string;
  };
  readonly request?: {
    readonly item: ItemReference;
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string;
  };
  readonly allow?: readonly string[];
  readonly timeout?: string;
  /** A size such as `64KiB`. */
  readonly outputCap?: string;
  readonly approve?: boolean;
  readonly tokens?: readonly Reference[];
}

/** Values that the owner uses, by the paths they were named by. */
export interface OwnersUse {
  readonly item: { readonly id: string; readonly title: string };
  readonly values: ReadonlyMap<string, string>;
  /** The names of those that are secret. */
  readonly secrets: readonly string[];
  readonly end: (detail: string) => Promise<void>;
}

/** What the owner decides about uses, one method a command. */
export interface UseDoor {
  /** What the owner demands of an item. */
  itemRules(item: ItemReference): Promise<ItemRulesShape>;
  /** Of every item that has rules, by the ids of the items. */
  allItemRules(): Promise<ReadonlyMap<string, ItemRulesShape>>;
  changeItemRules(item: ItemReference, change: ItemRulesChange): Promise<ItemRulesShape>;

  /** Lets a token do without approvals for a time of at most 8 hours; null ends it. */
  bypass(token: Reference, time: string | null): Promise<BypassShape>;

  createRecipe(recipe: NewRecipe): Promise<RecipeShape>;
  listRecipes(): Promise<readonly RecipeShape[]>;
  showRecipe(recipe: string): Promise<RecipeShape>;
  /** Pins the program as it is now. */
  renewRecipe(recipe: string): Promise<RecipeShape>;
  deleteRecipe(recipe: string): Promise<{ readonly id: string; readonly name: string }>;
  /** Runs a recipe's command; gives what it printed, masked. */
  runRecipe(recipe: string, values: Readonly<Record<string, string>>): Promise<Readonly<Record<string, unknown>>>;
  /** Values for a use of the owner's, after its entry. */
  use(
    item: ItemReference,
    want: { fields: readonly string[]; codes: readonly string[]; purpose: string },
  ): Promise<OwnersUse>;

  /** Lifts a lockdown; gives the names of the tokens that work again, and of those that stay frozen. */
  liftLockdown(): Promise<{ readonly lifted: readonly string[]; readonly frozen: readonly string[] }>;
  /** Freezes a token and keeps a list of what it was given, until all of it is ticked off as `done`. */
  compromised(token: Reference, done: readonly string[]): Promise<CompromisedShape>;
  listCompromised(): Promise<readonly CompromisedShape[]>;
}
