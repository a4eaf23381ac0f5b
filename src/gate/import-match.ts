/** Which items of a file their vaults have already. */
import { usernameOf } from '../core/item-content.js';
import type { ItemContent, ItemType } from '../core/model.js';
import { foldName } from '../core/text.js';
import type { DuplicateRule, ImportOutcome, TransferItem } from '../core/transfer.js';
import { allVaults } from './naming.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import type { ShelvedItem } from './shelf.js';

/** An item that is there, with its content. */
export interface ExistingItem {
  readonly item: ShelvedItem;
  readonly content: ItemContent;
}

/** An item of the file, and what is to be done with it. */
export interface MatchedItem {
  readonly incoming: TransferItem;
  /** The id of its vault; null where the vault is to be made. */
  readonly vault: string | null;
  readonly outcome: ImportOutcome;
  /** What it is a duplicate of, if anything. */
  readonly existing: ExistingItem | null;
}

/**
 * Each item of the file against what its vault holds. What is there answers for one item of the file at most: first for
 * one that says the same, then for one that is called the same.
 */
export async function matchItems(
  core: OwnerCore,
  ground: OwnerGround,
  of: { readonly items: readonly TransferItem[]; readonly onDuplicate: DuplicateRule },
): Promise<readonly MatchedItem[]> {
  const vaults = new Map((await allVaults(core, ground)).map(({ id, name }) => [foldName(name), id]));
  const present = new Present();
  for (const name of new Set(of.items.map(({ vault }) => foldName(vault)))) {
    const id = vaults.get(name);
    if (id !== undefined) present.add(id, await core.shelf.vault(ground, id));
  }
  const found = new Map<TransferItem, ExistingItem>();
  for (const isSame of [saysTheSame, isCalledTheSame])
    for (const incoming of of.items) {
      const vault = vaults.get(foldName(incoming.vault));
      if (vault === undefined || found.has(incoming)) continue;
      const existing = await firstOf(core, ground, { items: present.called(vault, incoming), incoming, isSame });
      if (existing === null) continue;
      present.take(vault, incoming, existing.item);
      found.set(incoming, existing);
    }
  return of.items.map((incoming) => {
    const existing = found.get(incoming) ?? null;
    const outcome = outcomeOf(incoming, { existing: existing?.content, rule: of.onDuplicate });
    return { incoming, vault: vaults.get(foldName(incoming.vault)) ?? null, existing, outcome };
  });
}

/** The first of the items that is the same as the one of the file. */
async function firstOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: {
    items: readonly ShelvedItem[];
    incoming: TransferItem;
    isSame: (a: ItemContent, b: ItemContent) => boolean;
  },
): Promise<ExistingItem | null> {
  for (const item of of.items) {
    const content = await core.shelf.content(ground, item);
    if (of.isSame(content, of.incoming.content)) return { item, content };
  }
  return null;
}

/** Items that are there, by what they are called. */
class Present {
  readonly #byName = new Map<string, ShelvedItem[]>();

  add(vault: string, items: readonly ShelvedItem[]): void {
    for (const item of items) {
      const { type, title, username } = item.overview;
      const name = nameOf({ vault, type, title, username, isTrashed: item.accepted.revision.isTrashed });
      this.#byName.set(name, [...(this.#byName.get(name) ?? []), item]);
    }
  }

  called(vault: string, incoming: TransferItem): readonly ShelvedItem[] {
    return this.#byName.get(nameOfIncoming(vault, incoming)) ?? [];
  }

  take(vault: string, incoming: TransferItem, taken: ShelvedItem): void {
    const others = this.called(vault, incoming).filter((item) => item !== taken);
    this.#byName.set(nameOfIncoming(vault, incoming), others);
  }
}

function nameOfIncoming(vault: string, { content, isTrashed }: TransferItem): string {
  return nameOf({ vault, type: content.type, title: content.title, username: usernameOf(content), isTrashed });
}

function nameOf(of: {
  vault: string;
  type: ItemType;
  title: string;
  username: string | null;
  isTrashed: boolean;
}): string {
  return JSON.stringify([of.vault, of.type, of.isTrashed, foldName(of.title), foldName(of.username ?? '')]);
}

function isCalledTheSame(): boolean {
  return true;
}

function saysTheSame(a: ItemContent, b: ItemContent): boolean {
  return wordsOf(a) === wordsOf(b);
}

function wordsOf({ type, title, tags, fields }: ItemContent): string {
  return JSON.stringify([
    type,
    title,
    tags,
    fields.map(({ section, name, kind, value }) => [section, name, kind, value]),
  ]);
}

function outcomeOf(
  { content }: TransferItem,
  of: { existing: ItemContent | undefined; rule: DuplicateRule },
): ImportOutcome {
  const { existing, rule } = of;
  if (existing === undefined || rule === 'keep-both') return 'created';
  return rule === 'skip' || saysTheSame(existing, content) ? 'skipped' : 'updated';
}
