/**
 * What a tool is lent for one call: the granted part of the safe. Every method asks the policy first and notes what it
 * touched, so that the gate can ask again under the lock. Dead when the call ends.
 */
import { isoTime } from '../core/expiry.js';
import { type ContentEdit, type ContentInput, editContent, makeContent } from '../core/item-content.js';
import { fieldPath } from '../core/item-field.js';
import type { ItemContent } from '../core/model.js';
import { checkDescription, checkName } from '../core/reason.js';
import type { AccessRequest } from '../core/request.js';
import { Refusal } from '../core/refusal.js';
import type { ItemShape, RequestShape, VaultShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import type { Revision } from '../crypto/revision.js';
import type { FoundItem, Generate, View } from '../tools/tool.js';
import { askForAccess, requestState } from './access-request.js';
import { type CallGround, targetOf } from './call-ground.js';
import { shown } from './draft.js';
import { ItemWriter } from './item-writer.js';
import { refuseWidening } from './moving.js';
import { hasRules } from './rules.js';
import { UsingView } from './using-view.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

export class LentView extends UsingView implements View {
  readonly #writer: ItemWriter;

  constructor(ground: CallGround) {
    super(ground);
    this.#writer = new ItemWriter(ground, this.footprint);
  }

  async create(text: string, input: ContentInput, generate: Generate | undefined): Promise<ItemShape> {
    const vault = await this.vaultNamed(text);
    this.require({ kind: 'vault', vault });
    const { checkTotp, withGenerated } = await import('./generated.js');
    const content = checkTotp(makeContent(await withGenerated(input, generate)));
    this.live.draft.fields = content.fields.map(fieldPath);
    const { revision } = await this.#writer.create(vault, content);
    return this.#written(revision, content);
  }

  async edit(
    found: FoundItem,
    change: { edit: ContentEdit; generate?: Generate | undefined; expectedRevision?: number | undefined },
  ): Promise<ItemShape> {
    const item = this.shelved(found);
    const { expectedRevision } = change;
    if (expectedRevision !== undefined && expectedRevision !== item.accepted.revision.number)
      throw new Refusal('conflict', {
        message: `The item is at revision ${String(item.accepted.revision.number)} now.`,
      });
    this.live.draft.fields = changedFields(change.edit, change.generate).map(shown);
    const { checkTotp, makeSecret, setGenerated } = await import('./generated.js');
    const before = await this.live.shelf.content(this.live.at, item);
    const made = change.generate === undefined ? undefined : await makeSecret(change.generate);
    const edited = editContent(before, change.edit);
    const content = made === undefined ? edited : setGenerated(edited, change.generate?.field ?? '', made);
    return this.#write(item, checkTotp(content), item.accepted.revision.isTrashed);
  }

  async setTrashed(found: FoundItem, isTrashed: boolean): Promise<ItemShape> {
    const item = this.shelved(found);
    const content = await this.live.shelf.content(this.live.at, item);
    if (item.accepted.revision.isTrashed === isTrashed) return this.shape(item, content);
    return this.#write(item, content, isTrashed);
  }

  async #write(item: ShelvedItem, content: ItemContent, isTrashed: boolean): Promise<ItemShape> {
    const { revision } = await this.#writer.write(item, content, isTrashed);
    return this.#written(revision, content);
  }

  /** Names in the entry what was written, and shows it. */
  async #written(revision: Revision, content: ItemContent): Promise<ItemShape> {
    const { draft } = this.live;
    const id = revision.item ?? '';
    await this.note(vaultOf(id));
    draft.item = id;
    draft.itemTitle = content.title;
    return this.revisionShape({ id, revision }, content);
  }

  async move(found: FoundItem, to: string): Promise<ItemShape> {
    const item = this.shelved(found);
    const vault = await this.reach.vault(to);
    if (vault === vaultOf(item.id))
      throw new Refusal('conflict', { message: 'The item is in that vault already.', next: 'Name another to_vault.' });
    if (hasRules(await this.rulesOf(item.id))) throw ownersToMove();
    const { token, usage } = this.live;
    const move = { from: targetOf(item), to: { kind: 'vault', vault } as const };
    // what is at least as tight bounds what was there before, so it is the target's grant that counts the move
    this.require(move.to);
    refuseWidening(token, move, { usage, now: this.now });
    this.footprint.move = move;
    const content = await this.live.shelf.content(this.live.at, item);
    this.#writer.bury(item);
    const { revision } = await this.#writer.create(vault, content);
    // a limit of different items counts the one that is new there
    this.require({ kind: 'item', vault, item: revision.item ?? '' });
    return this.#written(revision, content);
  }

  async delete(found: FoundItem, confirmTitle: string): Promise<FoundItem> {
    const item = this.shelved(found);
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
  ): Promise<VaultShape> {
    const vault = await this.vaultNamed(text);
    this.require({ kind: 'vault', vault });
    if (edit.name === undefined && edit.description === undefined)
      throw new Refusal('invalid_request', { message: 'Nothing to change.', next: 'Send name or description.' });
    const before = await this.live.shelf.name(this.live.at, vault);
    const name = edit.name === undefined ? (before?.name ?? vault) : checkName('name', edit.name);
    await this.#refuseTaken(vault, name);
    const description =
      edit.description === undefined ? (before?.description ?? '') : checkDescription('description', edit.description);
    const { revision } = await this.#writer.nameVault(vault, { name, description });
    this.live.draft.vaultName = name;
    const { length: items } = await this.reach.kept(vault);
    const times = { created_at: isoTime(revision.createdAt), updated_at: isoTime(revision.at) };
    return { id: vault, name, description, items, ...times };
  }

  /** Of other vaults the token knows no names: the owner sorts out what the two of them call alike. */
  async #refuseTaken(vault: string, name: string): Promise<void> {
    for (const other of this.reach.reachedVaults()) {
      if (other === vault) continue;
      // its name alone, and nothing of its items: another may change it before the lock
      this.footprint.touched.push({ first: other, end: `${other} ` });
      if (foldName(await this.reach.vaultName(other)) === foldName(name))
        throw new Refusal('conflict', { message: 'Another vault has that name.', next: 'Choose another name.' });
    }
  }

  async ask(request: AccessRequest): Promise<RequestShape> {
    this.require({ kind: 'none' });
    return askForAccess(this.live, this.footprint, request);
  }

  async requestState(id: string): Promise<RequestShape> {
    this.require({ kind: 'none' });
    return requestState(this.live, id);
  }
}

/** What the owner demands of an item goes with the item, and only the owner can take it along. */
function ownersToMove(): Refusal {
  return new Refusal('forbidden', {
    message: 'The owner has set rules for this item, so only the owner may move it.',
    next: 'Tell the user: the owner can move it.',
  });
}

/** The names of the fields that an edit changes. */
function changedFields(edit: ContentEdit, generate: Generate | undefined): readonly string[] {
  const set = Object.keys(edit.set ?? {});
  const added = (edit.add ?? []).map(({ section, name }) => (section === undefined ? name : `${section}/${name}`));
  return [...set, ...added, ...(edit.remove ?? []), ...(generate === undefined ? [] : [generate.field])];
}
