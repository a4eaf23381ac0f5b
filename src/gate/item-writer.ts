/** How a call writes: each change is planned in memory, signed by the token, and left in the footprint for the lock. */
import type { VaultName } from '../core/item-schema.js';
import type { ItemContent } from '../core/model.js';
import { newKey } from '../crypto/keys.js';
import type { CallGround, Footprint } from './call-ground.js';
import { newItemId } from './ids.js';
import { itemKeyOf } from './keyring.js';
import { forbidden } from './refusals.js';
import { type ItemKey, newItemKey, planItem, planVaultName, type RevisionPlan, type Writer } from './revisions.js';
import type { ShelvedItem } from './shelf.js';
import { headOf } from './verified-state.js';

export class ItemWriter {
  readonly #ground: CallGround;
  readonly #footprint: Footprint;

  constructor(ground: CallGround, footprint: Footprint) {
    this.#ground = ground;
    this.#footprint = footprint;
  }

  /** A new item in a vault that is held whole. */
  async create(vault: string, content: ItemContent): Promise<RevisionPlan> {
    const { at, safeId, now } = this.#ground;
    const head = headOf(at.state.value, vault);
    const keys = await at.ring.vault(vault);
    if (head === undefined || keys === null) throw forbidden('the vault is not held whole');
    const place = { safeId, vault, epoch: head.epoch };
    const item = newItemId(vault);
    const itemKey = newItemKey(place, item, { vaultKey: keys.key, epoch: 1 });
    return this.#plan(
      planItem(this.#writer(), {
        ...{ at: place, item, before: null, itemKey, titleKeys: keys, content },
        ...{ isTrashed: false, isCopy: false, now },
      }),
    );
  }

  /** The next revision of an item. */
  async write(item: ShelvedItem, content: ItemContent, isTrashed: boolean): Promise<RevisionPlan> {
    const { at, safeId, now } = this.#ground;
    const { revision } = item.accepted;
    const key = await itemKeyOf(at.handle, safeId, { ring: at.ring, revision });
    if (key === null) throw forbidden('no key for the item');
    const itemKey: ItemKey = { key, epoch: revision.keyEpoch, row: null };
    const place = { safeId, vault: revision.vault, epoch: revision.vaultEpoch };
    const titleKeys = await at.ring.vault(revision.vault);
    return this.#plan(
      planItem(this.#writer(), {
        ...{ at: place, item: item.id, before: item.accepted, itemKey, titleKeys, content },
        ...{ isTrashed, isCopy: false, now },
      }),
    );
  }

  /** A tombstone: what stood there is erased. */
  bury({ id, accepted }: ShelvedItem): RevisionPlan {
    const { safeId, now } = this.#ground;
    const { vault, vaultEpoch: epoch, keyEpoch } = accepted.revision;
    const itemKey: ItemKey = { key: newKey(), epoch: keyEpoch, row: null };
    return this.#plan(
      planItem(this.#writer(), {
        ...{ at: { safeId, vault, epoch }, item: id, before: accepted, itemKey, titleKeys: null, content: null },
        ...{ isTrashed: false, isCopy: false, now },
      }),
    );
  }

  /** The next name and description of a vault that is held whole. */
  async nameVault(vault: string, name: VaultName): Promise<RevisionPlan> {
    const { at, safeId, shelf, now } = this.#ground;
    const head = headOf(at.state.value, vault);
    const keys = await at.ring.vault(vault);
    const current = await shelf.current(at, { kind: 'vault', id: vault });
    if (head === undefined || keys === null || current === null) throw forbidden('the vault is not held whole');
    const place = { safeId, vault, epoch: head.epoch };
    return this.#plan(
      planVaultName(this.#writer(), { at: place, before: current.accepted, keys, name, isCopy: false, now }),
    );
  }

  #plan(plan: RevisionPlan): RevisionPlan {
    this.#footprint.plans.push(plan);
    return plan;
  }

  #writer(): Writer {
    const { actor } = this.#ground.token;
    if (actor.kind !== 'token') throw new Error('a view without a token');
    return { id: actor.id, epoch: actor.epoch, sign: actor.sign };
  }
}
