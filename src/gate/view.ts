/**
 * What a tool is lent for one call: the granted part of the safe. Every method asks the policy first and notes what it
 * touched, so that the gate can ask again under the lock. Dead when the call ends.
 */
import { type ContentEdit, type ContentInput, editContent, findField, makeContent } from '../core/item-content.js';
import { fieldPath } from '../core/item-field.js';
import { itemShape } from '../core/item-shape.js';
import type { Field, ItemContent } from '../core/model.js';
import type { AccessRequest } from '../core/request.js';
import { authorize, type Decision, type Target } from '../core/policy.js';
import { checkDescription, checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { ItemShape, RequestShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import type { Revision } from '../crypto/revision.js';
import type { FoundItem, Generate, ItemText, ListedItem, View } from '../tools/tool.js';
import { askForAccess, requestState } from './access-request.js';
import { shown } from './draft.js';
import { type CallGround, type Footprint, resolveAll, targetOf } from './call-ground.js';
import { ItemWriter } from './item-writer.js';
import { refuseWidening } from './moving.js';
import { isLive, type OpenedGrant } from './opened-token.js';
import { Reach } from './reach.js';
import { refusalOf } from './refusals.js';
import type { ShelvedItem } from './shelf.js';
import { summaryOf } from './summary.js';
import { vaultOf } from './verified-state.js';
import { identityOf } from './whoami.js';

export class LentView implements View {
  readonly now: number;
  readonly footprint: Footprint = { targets: [], touched: [], plans: [] };
  readonly #ground: CallGround;
  readonly #reach: Reach;
  readonly #writer: ItemWriter;
  readonly #found = new WeakMap<FoundItem, ShelvedItem>();
  #isAlive = true;

  constructor(ground: CallGround) {
    this.#ground = ground;
    this.#reach = new Reach(ground, ground.token.grants);
    this.#writer = new ItemWriter(ground, this.footprint);
    this.now = ground.now;
  }

  end(): void {
    this.#isAlive = false;
  }

  get #live(): CallGround {
    if (!this.#isAlive) throw new Error('a view was used after its call');
    return this.#ground;
  }

  #decide(target: Target, secrets: readonly string[]): Decision {
    const { token, draft, usage, now } = this.#live;
    return authorize({ action: draft.action, scopes: token.scopes, grants: token.grants, usage, target, secrets, now });
  }

  #require(target: Target, secrets: readonly string[] = []): void {
    const decision = this.#decide(target, secrets);
    if (!decision.allowed) throw refusalOf(decision);
    this.footprint.targets.push({ target, secrets, isShare: false, pays: true });
  }

  /**
   * For a list over all that is granted: what each live grant lets be seen now. A grant that is closed for a while is left
   * out; where all are, the call is refused.
   */
  #requireAll(): Reach {
    this.#require({ kind: 'none' });
    const live = this.#live.token.grants.filter((grant) => isLive(grant, this.now));
    const decided = live.map((grant) => ({
      grant,
      target: wholeOf(grant),
      decision: this.#decide(wholeOf(grant), []),
    }));
    const open = decided.filter(({ decision }) => decision.allowed);
    const [refused] = decided.flatMap(({ decision }) => (decision.allowed ? [] : [decision]));
    if (open.length === 0 && refused !== undefined) throw refusalOf(refused);
    for (const { target } of open) this.footprint.targets.push({ target, secrets: [], isShare: true, pays: true });
    return new Reach(
      this.#live,
      open.map(({ grant }) => grant),
    );
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

  async #kept(vault: string, reach: Reach): Promise<readonly ShelvedItem[]> {
    this.footprint.touched.push({ first: vault, end: `${vault}~` });
    return reach.kept(vault);
  }

  async identity(): Promise<Readonly<Record<string, unknown>>> {
    this.#require({ kind: 'none' });
    const { token, shelf, at } = this.#live;
    const vaults = new Map<string, string>();
    for (const vault of this.#reach.reachedVaults()) vaults.set(vault, await this.#reach.vaultName(vault));
    const titles = new Map<string, string>();
    for (const { item } of token.grants)
      if (item !== null) titles.set(item, (await shelf.acceptableItem(at, item))?.overview.title ?? item);
    return identityOf(token, { now: this.now, usage: this.#live.usage, names: { vaults, titles } });
  }

  async vaults(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const reach = this.#requireAll();
    return Promise.all(reach.reachedVaults().map(async (vault) => this.#vaultRow(vault, reach)));
  }

  async #vaultRow(vault: string, reach: Reach): Promise<Readonly<Record<string, unknown>>> {
    const grants = reach.grantsOn(vault);
    const whole = grants.find((grant) => grant.item === null);
    const named = await this.#live.shelf.name(this.#live.at, vault);
    const items = await this.#kept(vault, reach);
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
      const reach = this.#requireAll();
      const vaults = reach.reachedVaults();
      return (await Promise.all(vaults.map(async (vault) => this.#listed(vault, reach)))).flat();
    }
    const vault = await this.#vault(text);
    this.#require({ kind: 'vault', vault });
    return this.#listed(vault, this.#reach);
  }

  async #listed(vault: string, reach: Reach): Promise<readonly ListedItem[]> {
    const name = await reach.vaultName(vault);
    const items = await this.#kept(vault, reach);
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
    if (secrets.length > 0) this.#require(targetOf(item), secrets);
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
    draft.fields = [fieldPath(field)];
    this.#require(targetOf(item), draft.fields);
    draft.secrets = draft.fields;
    return findField(await shelf.content(at, item), fieldPath(field)).value;
  }

  async create(text: string, input: ContentInput, generate: Generate | undefined): Promise<ItemShape> {
    const vault = await this.#vault(text);
    this.#require({ kind: 'vault', vault });
    const { checkTotp, withGenerated } = await import('./generated.js');
    const content = checkTotp(makeContent(await withGenerated(input, generate)));
    const { revision } = await this.#writer.create(vault, content);
    return this.#written(revision, content);
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
    const { revision } = await this.#writer.write(item, content, isTrashed);
    return this.#written(revision, content);
  }

  /** Names in the entry what was written, and shows it. */
  async #written(revision: Revision, content: ItemContent): Promise<ItemShape> {
    const { draft } = this.#live;
    const id = revision.item ?? '';
    await this.#note(vaultOf(id));
    draft.item = id;
    draft.itemTitle = content.title;
    return this.#revisionShape({ id, revision }, content);
  }

  async move(found: FoundItem, to: string): Promise<ItemShape> {
    const item = this.#shelved(found);
    const vault = await this.#reach.vault(to);
    if (vault === vaultOf(item.id))
      throw new Refusal('conflict', { message: 'The item is in that vault already.', next: 'Name another to_vault.' });
    const { token, usage } = this.#live;
    const move = { from: targetOf(item), to: { kind: 'vault', vault } as const };
    // what is at least as tight bounds what was there before, so the target's grant counts the move
    this.footprint.targets.forEach((touched) => (touched.pays = false));
    this.#require(move.to);
    refuseWidening(token, move, { usage, now: this.now });
    this.footprint.move = move;
    const content = await this.#live.shelf.content(this.#live.at, item);
    this.#writer.bury(item);
    const { revision } = await this.#writer.create(vault, content);
    return this.#written(revision, content);
  }

  async delete(found: FoundItem, confirmTitle: string): Promise<FoundItem> {
    const item = this.#shelved(found);
    if (!item.accepted.revision.isTrashed)
      throw new Refusal('conflict', {
        message: 'Only an item in the trash can be deleted for good.',
        next: 'Call trash_item first.',
      });
    if (confirmTitle.trim() !== item.overview.title)
      throw new Refusal('invalid_request', {
        message: 'confirm_title is not the title of the item.',
        next: 'Send its title, letter for letter, if it is really to be deleted for good.',
      });
    this.#writer.bury(item);
    return Promise.resolve(found);
  }

  async nameVault(
    text: string,
    edit: { name?: string | undefined; description?: string | undefined },
  ): Promise<Readonly<Record<string, unknown>>> {
    const vault = await this.#vault(text);
    this.#require({ kind: 'vault', vault });
    if (edit.name === undefined && edit.description === undefined)
      throw new Refusal('invalid_request', { message: 'Nothing to change.', next: 'Send name or description.' });
    const before = await this.#live.shelf.name(this.#live.at, vault);
    const name = edit.name === undefined ? (before?.name ?? vault) : checkName('name', edit.name);
    await this.#refuseTaken(vault, name);
    const description =
      edit.description === undefined ? (before?.description ?? '') : checkDescription('description', edit.description);
    await this.#writer.nameVault(vault, { name, description });
    this.#live.draft.vaultName = name;
    return { id: vault, name, description };
  }

  /** Of other vaults the token knows no names: the owner sorts out what the two of them call alike. */
  async #refuseTaken(vault: string, name: string): Promise<void> {
    for (const other of this.#reach.reachedVaults())
      if (other !== vault && foldName(await this.#reach.vaultName(other)) === foldName(name))
        throw new Refusal('conflict', { message: 'Another vault has that name.', next: 'Choose another name.' });
  }

  async ask(request: AccessRequest): Promise<RequestShape> {
    this.#require({ kind: 'none' });
    return askForAccess(this.#live, this.footprint, request);
  }

  async requestState(id: string): Promise<RequestShape> {
    this.#require({ kind: 'none' });
    return requestState(this.#live, id);
  }
}

/** All that a grant reaches. */
function wholeOf({ vault, item }: OpenedGrant): Target {
  return item === null ? { kind: 'vault', vault } : { kind: 'item', vault, item };
}

/** The names of the fields that an edit changes. */
function changedFields(edit: ContentEdit, generate: Generate | undefined): readonly string[] {
  const set = Object.keys(edit.set ?? {});
  const added = (edit.add ?? []).map(({ section, name }) => (section === undefined ? name : `${section}/${name}`));
  return [...set, ...added, ...(edit.remove ?? []), ...(generate === undefined ? [] : [generate.field])];
}
