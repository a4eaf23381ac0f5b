/**
 * What every view of a call stands on: each thing that it touches is decided by the policy first and noted, so that the
 * gate can decide again under the lock.
 */
import { itemShape } from '../core/item-shape.js';
import type { Field, ItemContent } from '../core/model.js';
import type { Exposure } from '../core/limit-check.js';
import { authorize, type Decision, nearestOf, type Question, type Refused, type Target } from '../core/policy.js';
import { Refusal } from '../core/refusal.js';
import type { ItemShape } from '../core/shapes.js';
import type { FoundItem, ItemText } from '../tools/tool.js';
import type { CallGround, Footprint } from './call-ground.js';
import { consentFor } from './consent.js';
import { fromOf } from './entry-draft.js';
import { isLive, type OpenedGrant, wholeOf } from './opened-token.js';
import { Reach } from './reach.js';
import { refusalOf } from './refusals.js';
import type { ItemRules } from './rules.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** What is asked of the policy. */
type Asked = Pick<Question, 'target' | 'secrets' | 'exposure' | 'consent'>;

/** Secrets that are given or used, and whether a rule of the owner's demands a word on it. */
export interface AskedUse {
  readonly target: Exclude<Target, { kind: 'none' }>;
  readonly secrets: readonly string[];
  readonly exposure: Exposure;
  readonly isDemanded: boolean;
}

/** Whether only the owner's word is missing. */
function isWaiting(decision: Decision): boolean {
  return !decision.allowed && decision.because === 'approval';
}

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

  protected decide(asked: Asked): Decision {
    const { token, draft, usage, now } = this.live;
    const { scopes, grants } = token;
    return authorize({ action: draft.action, scopes, grants, usage, from: fromOf(draft), now, ...asked });
  }

  protected require(target: Target): void {
    this.#allow({ target, secrets: [] });
  }

  #allow(asked: Asked): void {
    this.#refuseOtherwise(asked);
    this.footprint.targets.push({ ...asked, isShare: false });
  }

  /** Decides about secrets that are given or used, one after the other, and about the owner's word on the whole of it. */
  protected async requireSecrets(uses: readonly AskedUse[], on: { subject: string; purpose: string }): Promise<void> {
    const asked = uses.map(({ isDemanded, ...use }) => ({ ...use, consent: { isDemanded, isGiven: false } }));
    // the owner is not asked about what is refused all the same
    for (const one of asked) this.#refuseOtherwise({ ...one, consent: { isDemanded: true, isGiven: true } });
    if (asked.some((one) => isWaiting(this.decide(one)))) {
      const secrets = uses.flatMap((use) => use.secrets);
      this.footprint.given = await consentFor(this.live, { ...on, tool: this.live.tool, secrets });
    }
    const isGiven = this.footprint.given !== undefined;
    for (const { consent, ...use } of asked) this.#allow({ ...use, consent: { ...consent, isGiven } });
  }

  #refuseOtherwise(asked: Asked): void {
    const decision = this.decide(asked);
    if (!decision.allowed) throw refusalOf(decision);
  }

  /** What the owner demands of an item. One that is a decoy marks the entry. */
  protected async rulesOf(item: string): Promise<ItemRules> {
    const rules = await this.live.rules.ofItem(this.live.at, item);
    if (rules.decoy) this.live.draft.isDecoy = true;
    return rules;
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
    const item = await this.#named(text.item, { vault, where });
    const owner = vaultOf(item.id);
    await this.note(owner);
    this.live.draft.item = item.id;
    this.live.draft.itemTitle = item.overview.title;
    await this.rulesOf(item.id);
    this.require({ kind: 'item', vault: owner, item: item.id });
    this.footprint.touched.push({ first: item.id, end: `${item.id}~` });
    const found: FoundItem = { id: item.id, title: item.overview.title };
    this.#found.set(found, item);
    return found;
  }

  /** The live grants but those that are left out for why they are refused; where these are all, so is the call. */
  protected openGrants(isLeftOut: (refused: Refused) => boolean): readonly OpenedGrant[] {
    const live = this.live.token.grants.filter((grant) => isLive(grant, this.now));
    const decided = live.map((grant) => ({ grant, decision: this.decide({ target: wholeOf(grant), secrets: [] }) }));
    const refused = decided.flatMap(({ decision }) => (!decision.allowed && isLeftOut(decision) ? [decision] : []));
    if (refused.length === live.length && refused.length > 0) throw refusalOf(nearestOf(refused));
    return decided.flatMap(({ grant, decision }) => (!decision.allowed && isLeftOut(decision) ? [] : [grant]));
  }

  /** The item that a text names. Of names that do not fit, nothing is told of what is closed now. */
  async #named(text: string, on: { vault: string | null; where: 'kept' | 'trashed' }): Promise<ShelvedItem> {
    try {
      return await this.reach.item(text, on);
    } catch (error) {
      if (!(error instanceof Refusal) || error.facts.candidates === undefined) throw error;
      const closed =
        on.vault === null ? null : this.decide({ target: { kind: 'vault', vault: on.vault }, secrets: [] });
      if (closed?.allowed === false && 'stopped' in closed) throw refusalOf(closed);
      return new Reach(
        this.live,
        this.openGrants((refused) => 'stopped' in refused),
      ).item(text, on);
    }
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
