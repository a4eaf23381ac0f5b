/** Opening what was accepted: overviews, which are kept, and whole items, of which a few are until anything changes. */
import type { ItemContent, ItemOverview } from '../core/model.js';
import { contentSchema, overviewSchema, type VaultName, vaultNameSchema } from '../core/item-schema.js';
import { searchText } from '../core/matches.js';
import { foldName } from '../core/text.js';
import { fromUtf8, integrityFailure, sameBytes, sha256, toUtf8 } from '../crypto/bytes.js';
import { open } from '../crypto/envelope.js';
import { contexts, type RevisionAt, titleTag, type VaultKeys } from '../crypto/keys.js';
import { revision as revisionRecord, type Revision } from '../crypto/revision.js';
import { changedSubjects, newestChanges } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { itemHeads, itemIdsByTitle, readRevision } from '../store/items.js';
import { Refusal } from '../core/refusal.js';
import { Acceptance, type Accepted, type Current } from './acceptance.js';
import { itemKeyOf, type Keyring } from './keyring.js';
import { vaultOf, type VerifiedState } from './verified-state.js';

/** An item whose overview is open. */
export interface ShelvedItem {
  readonly id: string;
  readonly accepted: Accepted;
  readonly overview: ItemOverview;
  /** What a search looks at. */
  readonly haystack: string;
}

/** What one snapshot is read with. */
export interface Standpoint {
  readonly handle: Handle;
  readonly state: VerifiedState;
  readonly ring: Keyring;
}

/** What was looked up under a stamp: revisions that are current, and the items of a title. */
interface Looked {
  readonly stamp: string | null;
  readonly current: Set<Accepted>;
  readonly titles: Map<string, readonly string[]>;
  readonly contents: Map<Accepted, ItemContent>;
}

/** Titles and contents that are kept under one stamp. */
const LOOKED_AT_MOST = { titles: 1_000, contents: 16 };

function newLooked(stamp: string | null): Looked {
  return { stamp, current: new Set(), titles: new Map(), contents: new Map() };
}

const ITEM_KEYS_KEPT = 1_000;

interface KeptVault {
  stateKey: string;
  seq: number;
  items: readonly ShelvedItem[];
  blocked: number;
}

export function revisionAt(safeId: string, revision: Revision): RevisionAt {
  return {
    safeId,
    vault: revision.vault,
    epoch: revision.vaultEpoch,
    item: revision.item ?? '',
    itemEpoch: revision.keyEpoch,
    number: revision.number,
  };
}

export class Shelf {
  readonly #safeId: string;
  readonly #acceptance: Acceptance;
  readonly #items = new Map<string, ShelvedItem>();
  readonly #vaults = new Map<string, KeptVault>();
  readonly #blocked = new Set<string>();
  #itemKeys = { stateKey: '', keys: new Map<string, Uint8Array>() };
  #looked = newLooked(null);
  readonly #names = new Map<string, { accepted: Accepted; name: VaultName }>();

  constructor(safeId: string) {
    this.#safeId = safeId;
    this.#acceptance = new Acceptance(safeId);
  }

  /** Forgets every opened overview, and what they rest on (when keys change hands). */
  clear(): void {
    this.#items.clear();
    this.#vaults.clear();
    this.#names.clear();
    this.rest();
  }

  /** Forgets keys and contents, and keeps overviews for the next door of the same owner: what lists show. */
  rest(): void {
    this.#itemKeys.keys.clear();
    this.#looked = newLooked(null);
    this.#acceptance.forget();
  }

  /** The accepted revision of an item or vault with its row; null if there is none. See {@link Acceptance.current}. */
  async current(at: Standpoint, subject: Accepted['subject']): Promise<Current | null> {
    return this.#acceptance.current(at.handle, subject, at.state);
  }

  /** What the owner repairs a blocked item from. See {@link Acceptance.newestAcceptable}. */
  async newestAcceptable(at: Standpoint, subject: Accepted['subject']): Promise<Current | null> {
    return this.#acceptance.newestAcceptable(at.handle, subject, at.state);
  }

  /** One item, opened; null if it does not exist, was deleted, or the ring has no key for it. */
  async item(at: Standpoint, id: string): Promise<ShelvedItem | null> {
    const known = this.#items.get(id);
    if (known !== undefined && (await this.#isCurrent(at, known.accepted)) && (await this.#mayOpen(at, id)))
      return known;
    const found = await this.current(at, { kind: 'item', id });
    const item = found === null ? null : await this.#open(at, found);
    if (item === null) this.#items.delete(id);
    else this.#items.set(id, item);
    return item;
  }

  /** Whether what was opened is the newest still, and acceptable under this state. */
  async #isCurrent(at: Standpoint, accepted: Accepted): Promise<boolean> {
    const { current } = this.#seenUnder(at);
    if (current.has(accepted)) return true;
    const [newest] = await newestChanges(at.handle, accepted.subject.kind, accepted.subject.id);
    const isNewest =
      newest?.seq === accepted.changeSeq && newest.hash !== null && sameBytes(newest.hash, accepted.hash);
    const isCurrent = isNewest && (await this.#acceptance.isStillAccepted(at.handle, accepted, at.state));
    if (isCurrent) current.add(accepted);
    return isCurrent;
  }

  /** What was looked up since anything can have changed; without a stamp, nothing is kept. */
  #seenUnder({ handle: { stamp } }: Standpoint): Looked {
    if (stamp === null) return newLooked(null);
    if (this.#looked.stamp !== stamp) this.#looked = newLooked(stamp);
    return this.#looked;
  }

  /** Whether the ring holds a key that reaches the item. */
  async #mayOpen(at: Standpoint, id: string): Promise<boolean> {
    return at.ring.item(id) !== null || (await at.ring.vault(vaultOf(id))) !== null;
  }

  async #open(at: Standpoint, found: Current): Promise<ShelvedItem | null> {
    const { accepted, revision, row } = found;
    if (revision.isDeleted) return null;
    const key = await itemKeyOf(at.handle, this.#safeId, { ring: at.ring, revision });
    if (key === null) return null;
    const overview = openOverview(this.#safeId, { key, revision, envelope: row.overview });
    return { id: accepted.subject.id, accepted, overview, haystack: searchText(overview) };
  }

  /** Everything in an item, as it was accepted on this snapshot. A few stay open until anything changes. */
  async content(at: Standpoint, item: ShelvedItem): Promise<ItemContent> {
    const { contents } = this.#seenUnder(at);
    const known = (await this.#mayOpen(at, item.id)) ? contents.get(item.accepted) : undefined;
    if (known !== undefined) return known;
    const content = await this.#contentOf(at, item);
    if (contents.size >= LOOKED_AT_MOST.contents) contents.clear();
    contents.set(item.accepted, content);
    return content;
  }

  async #contentOf(at: Standpoint, item: ShelvedItem): Promise<ItemContent> {
    const { hash } = item.accepted;
    const row = await readRevision(at.handle, item.id, item.accepted.revision.number);
    if (row === null || !sameBytes(sha256(row.signed), hash))
      throw integrityFailure('a revision is missing or was changed');
    const revision = revisionRecord.decode(this.#safeId, row.signed);
    const key = await this.#keptItemKey(at, revision);
    if (key === null) throw integrityFailure('an item key is gone');
    return openContent(this.#safeId, { key, revision, envelope: row.secret });
  }

  /** An item key, unwrapped once per state. */
  async #keptItemKey(at: Standpoint, revision: Revision): Promise<Uint8Array | null> {
    if (this.#itemKeys.stateKey !== at.state.key) this.#itemKeys = { stateKey: at.state.key, keys: new Map() };
    const name = `${revision.item ?? ''} ${String(revision.keyEpoch)}`;
    const known = (await this.#mayOpen(at, revision.item ?? '')) ? this.#itemKeys.keys.get(name) : undefined;
    const key = known ?? (await itemKeyOf(at.handle, this.#safeId, { ring: at.ring, revision }));
    if (key !== null && this.#itemKeys.keys.size < ITEM_KEYS_KEPT) this.#itemKeys.keys.set(name, key);
    return key;
  }

  /** The items of a vault that is held whole, also those in the trash. Items that are blocked are left out. */
  async vault(at: Standpoint, vault: string): Promise<readonly ShelvedItem[]> {
    const kept = this.#vaults.get(vault);
    const { seq } = at.state.last;
    const isSameState = kept?.stateKey === at.state.key && seq >= kept.seq;
    const changed = isSameState ? await changedSubjects(at.handle, kept.seq, { first: vault, end: `${vault}~` }) : null;
    if (kept !== undefined && changed?.length === 0) {
      kept.seq = seq;
      return kept.items;
    }
    const isHeld = (await at.ring.vault(vault)) !== null;
    const items: ShelvedItem[] = [];
    let blocked = 0;
    for (const head of await itemHeads(at.handle, vault)) {
      const item = (isHeld ? await this.#unchanged(at, head) : null) ?? (await this.acceptableItem(at, head.id));
      if (item !== null) items.push(item);
      else if (this.#blocked.has(head.id)) blocked += 1;
    }
    this.#vaults.set(vault, { stateKey: at.state.key, seq, items, blocked });
    return items;
  }

  /** An item that was opened before, if its newest change still is the one that was accepted. */
  async #unchanged(at: Standpoint, { id, seq }: { id: string; seq: number }): Promise<ShelvedItem | null> {
    const known = this.#items.get(id);
    if (known?.accepted.changeSeq !== seq) return null;
    return (await this.#acceptance.isStillAccepted(at.handle, known.accepted, at.state)) ? known : null;
  }

  /** How many items of a vault were blocked when it was last listed. */
  blockedIn(vault: string): number {
    return this.#vaults.get(vault)?.blocked ?? 0;
  }

  /** An item that is blocked counts as none here: the owner is told of it, and verification names it. */
  async acceptableItem(at: Standpoint, id: string): Promise<ShelvedItem | null> {
    this.#blocked.delete(id);
    try {
      return await this.item(at, id);
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'integrity')) throw error;
      this.#blocked.add(id);
      return null;
    }
  }

  /** Items of a vault held whole whose title folds to the same as `title`; the trash included. */
  async byTitle(at: Standpoint, vault: string, title: string): Promise<readonly ShelvedItem[]> {
    const keys = await at.ring.vault(vault);
    if (keys === null) return [];
    const found: ShelvedItem[] = [];
    for (const id of await this.#idsByTitle(at, { vault, title, keys })) {
      const item = await this.acceptableItem(at, id);
      if (item !== null && foldName(item.overview.title) === foldName(title)) found.push(item);
    }
    return found;
  }

  async #idsByTitle(at: Standpoint, of: { vault: string; title: string; keys: VaultKeys }): Promise<readonly string[]> {
    const { titles } = this.#seenUnder(at);
    const name = `${of.vault} ${foldName(of.title)}`;
    const known = titles.get(name);
    if (known !== undefined) return known;
    const ids = await itemIdsByTitle(at.handle, of.vault, titleTag(of.keys.titleTagKey, of.title));
    if (titles.size < LOOKED_AT_MOST.titles) titles.set(name, ids);
    return ids;
  }

  /** The name of a vault whose name key the ring holds; null otherwise. */
  async name(at: Standpoint, vault: string): Promise<VaultName | null> {
    const known = this.#names.get(vault);
    const nameKey = await at.ring.name(vault);
    if (known !== undefined && nameKey !== null && (await this.#isCurrent(at, known.accepted))) return known.name;
    const found = nameKey && (await this.current(at, { kind: 'vault', id: vault }));
    if (!found) return null;
    const { accepted, revision, row } = found;
    const name = openVaultName(this.#safeId, { key: nameKey, revision, envelope: row.overview });
    this.#names.set(vault, { accepted, name });
    return name;
  }
}

interface Closed {
  readonly key: Uint8Array;
  readonly revision: Revision;
  readonly envelope: Uint8Array;
}

const sealedForm = 1;

/** What stands sealed in a revision: the data with the version of its form. */
export function printSealed(data: unknown): Uint8Array {
  return toUtf8(JSON.stringify({ v: sealedForm, data }));
}

/** The data of a sealed form as `parse` reads it; whatever else a writer sealed is an integrity failure. */
function parseSealed<T>(bytes: Uint8Array, parse: (data: unknown) => T): T {
  try {
    const parsed: unknown = JSON.parse(fromUtf8(bytes));
    if (typeof parsed !== 'object' || parsed === null || !('v' in parsed) || !('data' in parsed)) throw new TypeError();
    if (parsed.v !== sealedForm || Object.keys(parsed).length !== 2) throw new TypeError();
    return parse(parsed.data);
  } catch {
    throw integrityFailure('a revision is of another form');
  }
}

/** The overview of a revision; another envelope than the signed one is an integrity failure. */
export function openOverview(safeId: string, { key, revision, envelope }: Closed): ItemOverview {
  if (!sameBytes(sha256(envelope), revision.overviewHash)) throw integrityFailure('an overview was changed');
  const opened = open(key, contexts.overview(revisionAt(safeId, revision)), envelope);
  return parseSealed(opened, (data) => overviewSchema.parse(data));
}

/** The whole content of a revision. */
export function openContent(safeId: string, { key, revision, envelope }: Closed): ItemContent {
  if (!sameBytes(sha256(envelope), revision.secretHash)) throw integrityFailure('an item was changed');
  const opened = open(key, contexts.secret(revisionAt(safeId, revision)), envelope);
  return parseSealed(opened, (data) => contentSchema.parse(data));
}

/** The name and description in a vault's revision. */
export function openVaultName(safeId: string, { key, revision, envelope }: Closed): VaultName {
  if (!sameBytes(sha256(envelope), revision.overviewHash)) throw integrityFailure('the name of a vault was changed');
  const opened = open(key, contexts.vaultName(revisionAt(safeId, revision)), envelope);
  return parseSealed(opened, (data) => vaultNameSchema.parse(data));
}
