/**
 * What every view of a call stands on: each thing that it touches is decided by the policy first and noted, so that the
 * gate can decide again under the lock.
 */
import { itemShape } from '../core/item-shape.js';
import type { Field, ItemContent } from '../core/model.js';
import { authorize, type Decision, type Target } from '../core/policy.js';
import type { ItemShape } from '../core/shapes.js';
import type { FoundItem, ItemText } from '../tools/tool.js';
import type { CallGround, Footprint } from './call-ground.js';
import { Reach } from './reach.js';
import { refusalOf } from './refusals.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

export class GroundView {
  readonly now: number;
  readonly footprint: Footprint = { targets: [], touched: [], plans: [] };
  protected readonly reach: Reach;
  readonly #ground: CallGround;
  readonly #found = new WeakMap<FoundItem, ShelvedItem>();
  #isAlive = true;

  constructor(ground: CallGround) {
    this.#ground = ground;
    this.reach = new Reach(ground, ground.token.grants);
    this.now = ground.now;
  }

  end(): void {
    this.#isAlive = false;
  }

  protected get live(): CallGround {
    if (!this.#isAlive) throw new Error('a view was used after its call');
    return this.#ground;
  }

  protected decide(target: Target, secrets: readonly string[]): Decision {
    const { token, draft, usage, now } = this.live;
    return authorize({ action: draft.action, scopes: token.scopes, grants: token.grants, usage, target, secrets, now });
  }

  protected require(target: Target, secrets: readonly string[] = []): void {
    const decision = this.decide(target, secrets);
    if (!decision.allowed) throw refusalOf(decision);
    this.footprint.targets.push({ target, secrets, isShare: false });
  }

  /** The vault that a text names, noted in the entry. */
  protected async vaultNamed(text: string): Promise<string> {
    return this.note(await this.reach.vault(text));
  }

  protected async note(vault: string): Promise<string> {
    this.live.draft.vault = vault;
    this.live.draft.vaultName = await this.reach.vaultName(vault);
    return vault;
  }

  async find(text: ItemText, where: 'kept' | 'trashed'): Promise<FoundItem> {
    const vault = text.vault === undefined ? null : await this.vaultNamed(text.vault);
    const item = await this.reach.item(text.item, { vault, where });
    const owner = vaultOf(item.id);
    await this.note(owner);
    this.live.draft.item = item.id;
    this.live.draft.itemTitle = item.overview.title;
    this.require({ kind: 'item', vault: owner, item: item.id });
    this.footprint.touched.push({ first: item.id, end: `${item.id}~` });
    const found: FoundItem = { id: item.id, title: item.overview.title };
    this.#found.set(found, item);
    return found;
  }

  protected shelved(found: FoundItem): ShelvedItem {
    const item = this.#found.get(found);
    if (item === undefined) throw new Error('an item that the view did not find');
    return item;
  }

  protected async shape(
    item: ShelvedItem,
    content: ItemContent,
    reveal?: (field: Field) => boolean,
  ): Promise<ItemShape> {
    return this.revisionShape({ id: item.id, revision: item.accepted.revision }, content, reveal);
  }

  protected async revisionShape(
    of: { id: string; revision: { number: number; createdAt: number; at: number; isTrashed: boolean } },
    content: ItemContent,
    reveal?: (field: Field) => boolean,
  ): Promise<ItemShape> {
    const vaultId = vaultOf(of.id);
    const { number, createdAt, at, isTrashed } = of.revision;
    const facts = {
      id: of.id,
      vaultId,
      vault: await this.reach.vaultName(vaultId),
      content,
      revision: number,
      createdAt,
      updatedAt: at,
    };
    return itemShape({ ...facts, trashedAt: isTrashed ? at : null, reveal });
  }
}
