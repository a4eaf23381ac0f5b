/** How the owner's commands name things. */

/** A name, an id, or either (an id wins). */
export interface Reference {
  readonly by: 'any' | 'id' | 'name';
  readonly text: string;
}

/** An item; `any` also takes `VAULT/ITEM`. Items in the trash are found by id, or by name where `trashed` says so. */
export interface ItemReference {
  readonly vault?: Reference;
  readonly item: Reference;
  readonly trashed?: boolean;
}
