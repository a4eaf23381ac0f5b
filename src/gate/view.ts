/**
 * What a tool is lent for one call: the granted part of the safe. Every method asks the policy first and notes what it
 * touched, so that the gate can ask again under the lock. Dead when the call ends.
 */
import { type ContentEdit, type ContentInput, editContent, findField, makeContent } from '../core/item-content.js';
import { fieldPath } from '../core/item-field.js';
import { itemShape } from '../core/item-shape.js';
import type { Field, ItemContent } from '../core/model.js';
import { authorize, type Target } from '../core/policy.js';
import { Refusal } from '../core/refusal.js';
import type { ItemShape } from '../core/shapes.js';
import type { FoundItem, Generate, ItemText, ListedItem, View } from '../tools/tool.js';
import { shown } from './draft.js';
import { itemKeyOf } from './keyring.js';
import { type CallGround, type Footprint, resolveAll, targetOf } from './call-ground.js';
import { isLive } from './opened-token.js';
import { Reach } from './reach.js';
import { forbidden } from './refusals.js';
import { type ItemKey, newItemKey, planItem, type Writer } from './revisions.js';
import { newItemId } from './ids.js';
import type { ShelvedItem } from './shelf.js';
import { summaryOf } from './summary.js';
import { headOf, vaultOf } from './verified-state.js';
import { identityOf } from './whoami.js';

export class LentView implements View {
  readonly now: number;
  readonly footprint: Footprint = { targets: [], touched: [], plans: [] };
  readonly #ground: CallGround;
  readonly #reach: Reach;
  readonly #found = new WeakMap<FoundItem, ShelvedItem>();
  #isAlive = true;

  constructor(ground: CallGround) {
    this.#ground = ground;
    this.#reach = new Reach(ground);
    this.now = ground.now;
  }

  end(): void {
    this.#isAlive = false;
  }

  get #live(): CallGround {
    if (!this.#isAlive) throw new Error('a view was used after its call');
    return this.#ground;
  }

  #require(target: Target, reveals = false): void {
    const { token, draft, now } = this.#live;
    const question = { action: draft.action, scopes: token.scopes, grants: token.grants, target, reveals, now };
    const decision = authorize(question);
    if (!decision.allowed) throw forbidden(`refused by ${decision.because}`);
    this.footprint.targets.push({ target, reveals });
  }

  /** For a list over all that is granted: each live grant must still stand under the lock. */
  #requireAll(): void {
    this.#require({ kind: 'none' });
    for (const { vault, item, notAfter } of this.#live.token.grants)
      if (isLive({ notAfter }, this.now))
        this.#require(item === null ? { kind: 'vault', vault } : { kind: 'item', vault, item });
  }

  /** The vault that a text names, noted in the entry. */
  async #vault(text: string): Promise<string> {
    return this.#note(await this.#reach.vault(text));
  }

  async #note(vault: string): Promise<string> {
    this.#live.draft.vault = vault;
    this.#live.draft.vaultName = await this.#reach.vaultName(vault);
    return vault;
  }

  async #kept(vault: string): Promise<readonly ShelvedItem[]> {
    this.footprint.touched.push({ first: vault, end: `${vault}~` });
    return this.#reach.kept(vault);
  }

  async identity(): Promise<Readonly<Record<string, unknown>>> {
    this.#require({ kind: 'none' });
    const { token, shelf, at } = this.#live;
    const vaults = new Map<string, string>();
    for (const vault of this.#reach.reachedVaults()) vaults.set(vault, await this.#reach.vaultName(vault));
    const titles = new Map<string, string>();
    for (const { item } of token.grants)
      if (item !== null) titles.set(item, (await shelf.acceptableItem(at, item))?.overview.title ?? item);
    return identityOf(token, this.now, { vaults, titles });
  }

  async vaults(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    this.#requireAll();
    return Promise.all(this.#reach.reachedVaults().map(async (vault) => this.#vaultRow(vault)));
  }

  async #vaultRow(vault: string): Promise<Readonly<Record<string, unknown>>> {
    const grants = this.#reach.grantsOn(vault);
    const whole = grants.find((grant) => grant.item === null);
    const named = await this.#live.shelf.name(this.#live.at, vault);
    const items = await this.#kept(vault);
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
    const vaults = text === undefined ? this.#reach.reachedVaults() : [await this.#vault(text)];
    if (text === undefined) this.#requireAll();
    else this.#require({ kind: 'vault', vault: vaults[0] ?? '' });
    const listed = await Promise.all(vaults.map(async (vault) => this.#listed(vault)));
    return listed.flat();
  }

  async #listed(vault: string): Promise<readonly ListedItem[]> {
    const name = await this.#reach.vaultName(vault);
    const items = await this.#kept(vault);
    return items.map((item) => ({
      row: summaryOf(item, name),
      changeSeq: item.accepted.changeSeq,
      haystack: item.haystack,
    }));
  }

  async find(text: ItemText, where: 'kept' | 'trashed'): Promise<FoundItem> {
    const vault = text.vault === undefined ? null : await this.#vault(text.vault);
    const item = await this.#reach.item(text.item, { vault, where });
    const owner = vaultOf(item.id);
    await this.#note(owner);
    this.#live.draft.item = item.id;
    this.#live.draft.itemTitle = item.overview.title;
    this.#require({ kind: 'item', vault: owner, item: item.id });
    this.footprint.touched.push({ first: item.id, end: `${item.id}~` });
    const found: FoundItem = { id: item.id, title: item.overview.title };
    this.#found.set(found, item);
    return found;
  }

  #shelved(found: FoundItem): ShelvedItem {
    const item = this.#found.get(found);
    if (item === undefined) throw new Error('an item that the view did not find');
    return item;
  }

  async show(found: FoundItem, reveal: readonly string[]): Promise<ItemShape> {
    const item = this.#shelved(found);
    const { draft, shelf, at } = this.#live;
    draft.fields = reveal.map(shown);
    const named = resolveAll(item.overview.fieldNames, reveal);
    if (named.some((field) => field.kind === 'totp'))
      throw new Refusal('forbidden', {
        message: 'The seed of a one-time code is never given.',
        next: 'Call get_totp for the code.',
      });
    const secrets = named.filter((field) => field.kind === 'secret' || field.kind === 'note').map(fieldPath);
    if (secrets.length > 0) this.#require(targetOf(item), true);
    draft.secrets = secrets;
    draft.fields = named.map(fieldPath);
    const content = await shelf.content(at, item);
    return this.#shape(item, content, (field) => secrets.includes(fieldPath(field)));
  }

  async #shape(item: ShelvedItem, content: ItemContent, reveal?: (field: Field) => boolean): Promise<ItemShape> {
    return this.#revisionShape({ id: item.id, revision: item.accepted.revision }, content, reveal);
  }

  async #revisionShape(
    of: { id: string; revision: { number: number; createdAt: number; at: number; isTrashed: boolean } },
    content: ItemContent,
    reveal?: (field: Field) => boolean,
  ): Promise<ItemShape> {
    const vaultId = vaultOf(of.id);
    const { number, createdAt, at, isTrashed } = of.revision;
    const facts = {
      id: of.id,
      vaultId,
      vault: await this.#reach.vaultName(vaultId),
      content,
      revision: number,
      createdAt,
      updatedAt: at,
    };
    return itemShape({ ...facts, trashedAt: isTrashed ? at : null, reveal });
  }

  async totpSeed(found: FoundItem): Promise<string> {
    const item = this.#shelved(found);
    const { draft, shelf, at } = this.#live;
    const [field] = item.overview.fieldNames.filter((candidate) => candidate.kind === 'totp');
    if (field === undefined)
      throw new Refusal('not_found', {
        message: 'This item has no one-time code.',
        next: 'Call get_item to see which fields it has.',
      });
    draft.secrets = [fieldPath(field)];
    draft.fields = draft.secrets;
    return findField(await shelf.content(at, item), fieldPath(field)).value;
  }

  async create(text: string, input: ContentInput, generate: Generate | undefined): Promise<ItemShape> {
    const vault = await this.#vault(text);
    this.#require({ kind: 'vault', vault });
    const { checkTotp, withGenerated } = await import('./generated.js');
    const content = checkTotp(makeContent(await withGenerated(input, generate)));
    const { at, safeId, draft } = this.#live;
    const head = headOf(at.state.value, vault);
    const keys = await at.ring.vault(vault);
    if (head === undefined || keys === null) throw forbidden('the vault is not held whole');
    const place = { safeId, vault, epoch: head.epoch };
    const item = newItemId(vault);
    draft.item = item;
    draft.itemTitle = content.title;
    draft.fields = content.fields.map(fieldPath);
    const itemKey = newItemKey(place, item, { vaultKey: keys.key, epoch: 1 });
    const plan = planItem(this.#writer(), {
      ...{ at: place, item, before: null, itemKey, titleKeys: keys, content },
      ...{ isTrashed: false, isCopy: false, now: this.now },
    });
    this.footprint.plans.push(plan);
    return this.#revisionShape({ id: item, revision: plan.revision }, content);
  }

  async edit(
    found: FoundItem,
    change: { edit: ContentEdit; generate?: Generate | undefined; expectedRevision?: number | undefined },
  ): Promise<ItemShape> {
    const item = this.#shelved(found);
    const { expectedRevision } = change;
    if (expectedRevision !== undefined && expectedRevision !== item.accepted.revision.number)
      throw new Refusal('conflict', {
        message: `The item is at revision ${String(item.accepted.revision.number)} now.`,
      });
    this.#live.draft.fields = changedFields(change.edit, change.generate).map(shown);
    const { checkTotp, makeSecret, setGenerated } = await import('./generated.js');
    const before = await this.#live.shelf.content(this.#live.at, item);
    const made = change.generate === undefined ? undefined : await makeSecret(change.generate);
    const edited = editContent(before, change.edit);
    const content = made === undefined ? edited : setGenerated(edited, change.generate?.field ?? '', made);
    return this.#write(item, checkTotp(content), item.accepted.revision.isTrashed);
  }

  async setTrashed(found: FoundItem, isTrashed: boolean): Promise<ItemShape> {
    const item = this.#shelved(found);
    const content = await this.#live.shelf.content(this.#live.at, item);
    if (item.accepted.revision.isTrashed === isTrashed) return this.#shape(item, content);
    return this.#write(item, content, isTrashed);
  }

  async #write(item: ShelvedItem, content: ItemContent, isTrashed: boolean): Promise<ItemShape> {
    const { at, safeId } = this.#live;
    const { revision } = item.accepted;
    const key = await itemKeyOf(at.handle, safeId, { ring: at.ring, revision });
    if (key === null) throw forbidden('no key for the item');
    const itemKey: ItemKey = { key, epoch: revision.keyEpoch, row: null };
    const place = { safeId, vault: revision.vault, epoch: revision.vaultEpoch };
    const titleKeys = await at.ring.vault(revision.vault);
    const plan = planItem(this.#writer(), {
      ...{ at: place, item: item.id, before: item.accepted, itemKey, titleKeys, content },
      ...{ isTrashed, isCopy: false, now: this.now },
    });
    this.footprint.plans.push(plan);
    this.#live.draft.itemTitle = content.title;
    return this.#revisionShape({ id: item.id, revision: plan.revision }, content);
  }

  #writer(): Writer {
    const { actor } = this.#live.token;
    if (actor.kind !== 'token') throw new Error('a view without a token');
    return { id: actor.id, epoch: actor.epoch, sign: actor.sign };
  }
}

/** The names of the fields that an edit changes. */
function changedFields(edit: ContentEdit, generate: Generate | undefined): readonly string[] {
  const set = Object.keys(edit.set ?? {});
  const added = (edit.add ?? []).map(({ section, name }) => (section === undefined ? name : `${section}/${name}`));
  return [...set, ...added, ...(edit.remove ?? []), ...(generate === undefined ? [] : [generate.field])];
}
