/** Items that come into a safe from a file, or go out of it into one: whole, with what they were before. */
import type { ItemContent } from './model.js';

/** How an item was at an earlier time. */
export interface TransferRevision {
  /** Unix ms. */
  readonly at: number;
  readonly content: ItemContent;
}

/** An item with all that it holds. */
export interface TransferItem {
  /** The name of its vault. */
  readonly vault: string;
  readonly content: ItemContent;
  /** Oldest first; without the state that it has now. */
  readonly history: readonly TransferRevision[];
  readonly isTrashed: boolean;
  /** Unix ms. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
}

/** What is done with an item that the vault has already. */
export const DUPLICATE_RULES = ['skip', 'update', 'keep-both'] as const;
export type DuplicateRule = (typeof DUPLICATE_RULES)[number];

/** What is to come in: contents as `makeContent` checks them. Vaults that are not there are made. */
export interface ImportPlan {
  /** The format's name, for the entry. */
  readonly format: string;
  readonly items: readonly TransferItem[];
  readonly onDuplicate: DuplicateRule;
}

/** What became of one item. */
export type ImportOutcome = 'created' | 'updated' | 'skipped';

/** What an import did, or would do. */
export interface ImportReport {
  /** For each item of the plan, in its order. */
  readonly outcomes: readonly ImportOutcome[];
  /** Vaults that were made, by name. */
  readonly vaults: readonly string[];
}
