/** What a call may read: who it is, lists, items, codes. Concealed values are given only where they were named. */
import { findField } from '../core/item-content.js';
import { fieldPath } from '../core/item-field.js';
import { Refusal } from '../core/refusal.js';
import type { ItemShape } from '../core/shapes.js';
import type { FoundItem, ListedItem } from '../tools/tool.js';
import { resolveAll, targetOf } from './call-ground.js';
import { shown } from './draft.js';
import { GroundView } from './ground-view.js';
import { wholeOf } from './opened-token.js';
import { Reach } from './reach.js';
import { recipeRow, recipesFor } from './recipes.js';
import type { ShelvedItem } from './shelf.js';
import { summaryOf } from './summary.js';
import { identityOf } from './whoami.js';

export class ReadingView extends GroundView {
  /**
   * For a list over all that is granted: what each live grant lets be seen now. A grant that is closed for a while is left
   * out; where all are, the call is refused.
   */
  #openNow(): Reach {
    this.require({ kind: 'none' });
    const open = this.openGrants(() => true);
    for (const grant of open) this.footprint.targets.push({ target: wholeOf(grant), secrets: [], isShare: true });
    return new Reach(this.live, open);
  }

  async #itemsIn(vault: string, reach: Reach): Promise<readonly ShelvedItem[]> {
    this.footprint.touched.push({ first: vault, end: `${vault}~` });
    return reach.kept(vault);
  }

  async identity(): Promise<Readonly<Record<string, unknown>>> {
    this.require({ kind: 'none' });
    const { token, shelf, at } = this.live;
    const vaults = new Map<string, string>();
    for (const vault of this.reach.reachedVaults()) vaults.set(vault, await this.reach.vaultName(vault));
    const titles = new Map<string, string>();
    for (const { item } of token.grants)
      if (item !== null) titles.set(item, (await shelf.acceptableItem(at, item))?.overview.title ?? item);
    const identity = identityOf(token, { now: this.now, usage: this.live.usage, names: { vaults, titles } });
    const recipes = (await recipesFor(this.live)).map(recipeRow);
    return recipes.length === 0 ? identity : { ...identity, recipes };
  }

  async vaults(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const reach = this.#openNow();
    return Promise.all(reach.reachedVaults().map(async (vault) => this.#vaultRow(vault, reach)));
  }

  async #vaultRow(vault: string, reach: Reach): Promise<Readonly<Record<string, unknown>>> {
    const grants = reach.grantsOn(vault);
    const whole = grants.find((grant) => grant.item === null);
    const named = await this.live.shelf.name(this.live.at, vault);
    const items = await this.#itemsIn(vault, reach);
    return {
      id: vault,
      name: named?.name ?? vault,
      description: whole === undefined ? '' : (named?.description ?? ''),
      role: (whole ?? grants[0])?.role ?? 'viewer',
      whole: whole !== undefined,
      items: items.length,
    };
  }

  async items(text: string | undefined): Promise<readonly ListedItem[]> {
    if (text === undefined) {
      const reach = this.#openNow();
      const vaults = reach.reachedVaults();
      return (await Promise.all(vaults.map(async (vault) => this.#listed(vault, reach)))).flat();
    }
    const vault = await this.vaultNamed(text);
    this.require({ kind: 'vault', vault });
    return this.#listed(vault, this.reach);
  }

  async #listed(vault: string, reach: Reach): Promise<readonly ListedItem[]> {
    const name = await reach.vaultName(vault);
    const items = await this.#itemsIn(vault, reach);
    return items.map((item) => ({
      row: summaryOf(item, name),
      changeSeq: item.accepted.changeSeq,
      haystack: item.haystack,
    }));
  }

  async show(found: FoundItem, reveal: readonly string[]): Promise<ItemShape> {
    const item = this.shelved(found);
    const { draft, shelf, at } = this.live;
    draft.fields = reveal.map(shown);
    const named = resolveAll(item.overview.fieldNames, reveal);
    if (named.some((field) => field.kind === 'totp'))
      throw new Refusal('forbidden', {
        message: 'The seed of a one-time code is never given.',
        next: 'Call get_totp for the code.',
      });
    const secrets = named.filter((field) => field.kind === 'secret' || field.kind === 'note').map(fieldPath);
    if (secrets.length > 0) await this.requireShown(item, secrets);
    draft.secrets = secrets;
    draft.fields = named.map(fieldPath);
    const content = await shelf.content(at, item);
    return this.shape(item, content, (field) => secrets.includes(fieldPath(field)));
  }

  /** Decides about secrets that are handed over as they are. */
  protected async requireShown(item: ShelvedItem, secrets: readonly string[]): Promise<void> {
    const { approve: isDemanded } = await this.rulesOf(item.id);
    const use = { target: targetOf(item), secrets, exposure: 'shown', isDemanded } as const;
    await this.requireSecrets([use], { subject: item.id, purpose: '' });
  }

  async totpSeed(found: FoundItem): Promise<string> {
    const item = this.shelved(found);
    const { draft, shelf, at } = this.live;
    const [field] = item.overview.fieldNames.filter((candidate) => candidate.kind === 'totp');
    if (field === undefined)
      throw new Refusal('not_found', {
        message: 'This item has no one-time code.',
        next: 'Call get_item to see which fields it has.',
      });
    draft.fields = [fieldPath(field)];
    await this.requireShown(item, draft.fields);
    draft.secrets = draft.fields;
    return findField(await shelf.content(at, item), fieldPath(field)).value;
  }
}
