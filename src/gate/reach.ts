/** What a token reaches, and how names find it: vaults and items that are not granted cannot be told from none. */
import { Refusal } from '../core/refusal.js';
import { foldName, nearest } from '../core/text.js';
import { isLive, type OpenedGrant } from './opened-token.js';
import { forbidden } from './refusals.js';
import type { ShelvedItem, Shelf, Standpoint } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** What a call stands on when it looks for something. */
export interface ReachGround {
  readonly shelf: Shelf;
  readonly at: Standpoint;
  readonly now: number;
}

/** Where an item is looked for: outside the trash or in it. */
export type Where = 'kept' | 'trashed';

export class Reach {
  readonly #ground: ReachGround;
  readonly #grants: readonly OpenedGrant[];

  /** What some grants of a token reach, as far as they have not ended. */
  constructor(ground: ReachGround, grants: readonly OpenedGrant[]) {
    this.#ground = ground;
    this.#grants = grants.filter((grant) => isLive(grant, ground.now));
  }

  grantsOn(vault: string): readonly OpenedGrant[] {
    return this.#grants.filter((grant) => grant.vault === vault);
  }

  isWhole(vault: string): boolean {
    return this.grantsOn(vault).some((grant) => grant.item === null);
  }

  reachedVaults(): readonly string[] {
    return [...new Set(this.#grants.map((grant) => grant.vault))];
  }

  async vaultName(vault: string): Promise<string> {
    return (await this.#ground.shelf.name(this.#ground.at, vault))?.name ?? vault;
  }

  /** The vault that a text names, among those that are reached; anything else is forbidden, existing or not. */
  async vault(text: string): Promise<string> {
    const reached = this.reachedVaults();
    const byId = reached.find((vault) => vault === text);
    if (byId !== undefined) return byId;
    for (const vault of reached) if (foldName(await this.vaultName(vault)) === foldName(text)) return vault;
    throw forbidden('the vault is not granted or does not exist');
  }

  /** Items outside the trash that the token reaches in one vault. */
  async kept(vault: string): Promise<readonly ShelvedItem[]> {
    const { shelf, at } = this.#ground;
    const all = this.isWhole(vault) ? await shelf.vault(at, vault) : await this.#granted(vault);
    return all.filter((item) => !item.accepted.revision.isTrashed);
  }

  async #granted(vault: string): Promise<readonly ShelvedItem[]> {
    const { shelf, at } = this.#ground;
    const items = this.grantsOn(vault).flatMap((grant) => (grant.item === null ? [] : [grant.item]));
    const opened = await Promise.all(items.map(async (item) => shelf.acceptableItem(at, item)));
    return opened.filter((item) => item !== null);
  }

  /** The one item that a text names, in `vault` or among all that is reached. */
  async item(text: string, on: { vault: string | null; where: Where }): Promise<ShelvedItem> {
    return (await this.#byId(text, on.vault)) ?? (await this.#byName(text, on));
  }

  async #byId(text: string, vault: string | null): Promise<ShelvedItem | null> {
    if (!/^[0-9a-z]{32}$/.test(text)) return null;
    const owner = vaultOf(text);
    if (vault !== null && vault !== owner) return null;
    const isGranted = this.isWhole(owner) || this.grantsOn(owner).some((grant) => grant.item === text);
    return isGranted ? this.#ground.shelf.item(this.#ground.at, text) : null;
  }

  async #byName(text: string, on: { vault: string | null; where: Where }): Promise<ShelvedItem> {
    const { vault, where } = on;
    const candidates = await this.#named(text, vault === null ? this.reachedVaults() : [vault]);
    const [first, ...others] = candidates.filter((item) => item.accepted.revision.isTrashed === (where === 'trashed'));
    if (first === undefined) throw await this.#missing(text, vault);
    if (others.length > 0)
      throw new Refusal('ambiguous', {
        message: 'That name fits several items.',
        candidates: [first, ...others].slice(0, 20).map((item) => `${item.id} (${item.overview.title})`),
      });
    return first;
  }

  async #named(text: string, vaults: readonly string[]): Promise<readonly ShelvedItem[]> {
    const { shelf, at } = this.#ground;
    const perVault = vaults.map(async (vault) => {
      if (this.isWhole(vault)) return shelf.byTitle(at, vault, text);
      return (await this.#granted(vault)).filter((item) => foldName(item.overview.title) === foldName(text));
    });
    return (await Promise.all(perVault)).flat();
  }

  /** Told apart only where the token may list: in a vault that it holds whole, or among all when none is named. */
  async #missing(text: string, vault: string | null): Promise<Refusal> {
    const isForeignId = /^[0-9a-z]{32}$/.test(text) && !this.isWhole(vaultOf(text));
    if (vault === null ? isForeignId : !this.isWhole(vault))
      return forbidden('the item is not granted or does not exist');
    const vaults = vault === null ? this.reachedVaults() : [vault];
    const titles = (await Promise.all(vaults.map(async (v) => this.kept(v)))).flat().map((item) => item.overview.title);
    const near = nearest(text, titles);
    return new Refusal('not_found', {
      message: 'There is no item of that name or id among what you may list.',
      next: 'Look it up with search_items, then send its id.',
      ...(near === undefined ? {} : { candidates: [near] }),
    });
  }
}
