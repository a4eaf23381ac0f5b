/**
 * The owner's rules about items, and recipes, as the gate reads them: listed in the state by hash, sealed under the name key
 * of their vault. What is missing, was changed, or says what this version does not know, refuses.
 */
import { integrityFailure, sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { open } from '../crypto/envelope.js';
import { contexts } from '../crypto/keys.js';
import { rule as ruleRecord, rulePrivate } from '../crypto/rule.js';
import type { Handle } from '../store/database.js';
import { type DocumentRow, readDocument } from '../store/documents.js';
import { policyHashes } from './decisions.js';
import type { Standpoint } from './shelf.js';
import { headOf, type VerifiedState } from './verified-state.js';

/** The parts of a rule by name. */
export type RuleParts = ReadonlyMap<string, string>;

/** A rule whose public part is the listed one. */
export interface ListedRule {
  readonly row: DocumentRow;
  readonly vault: string;
  readonly privateHash: Uint8Array;
}

/** What the owner demands of an item. `http` is its policy for requests as it is stored, or null. */
export interface ItemRules {
  readonly approve: boolean;
  readonly decoy: boolean;
  readonly http: string | null;
}

export const NO_RULES: ItemRules = { approve: false, decoy: false, http: null };

/** Whether the owner demands anything of an item. */
export function hasRules({ approve, decoy, http }: ItemRules): boolean {
  return approve || decoy || http !== null;
}

/** The public part of the rule of that hash. Throws an integrity failure. */
export async function readListedRule(
  handle: Handle,
  safeId: string,
  of: { hash: Uint8Array; subject: string },
): Promise<ListedRule> {
  const row = await readDocument(handle, 'rule', of.hash);
  if (row === null || !sameBytes(sha256(row.signed), of.hash))
    throw integrityFailure('a rule of the owner is missing or was changed');
  const { subject, vault, privateHash, extensions } = ruleRecord.decode(safeId, row.signed);
  if (subject !== of.subject || extensions.length > 0)
    throw integrityFailure('a rule of the owner is about something else');
  return { row, vault, privateHash };
}

/** Refuses a state that lists rules or recipes which are not there as they were signed. Throws an integrity failure. */
export async function checkListedRules(handle: Handle, { safeId, value }: VerifiedState): Promise<void> {
  for (const [subject, hash] of policyHashes(value)) await readListedRule(handle, safeId, { hash, subject });
  for (const { id: subject, hash } of value.recipes) await readListedRule(handle, safeId, { hash, subject });
}

/** The parts of an opened rule, if they are the listed ones. Throws an integrity failure. */
export function partsOf(safeId: string, { privateHash }: ListedRule, opened: Uint8Array): RuleParts {
  if (!sameBytes(sha256(opened), privateHash)) throw integrityFailure('the sealed part of a rule was changed');
  return new Map(rulePrivate.decode(safeId, opened).parts.map(({ name, value }) => [name, value]));
}

const ITEM_PARTS: ReadonlySet<string> = new Set(['approve', 'decoy', 'http']);

/** The rules that parts say. Throws an integrity failure where one is not known. */
export function itemRulesOf(parts: RuleParts): ItemRules {
  for (const name of parts.keys())
    if (!ITEM_PARTS.has(name)) throw integrityFailure('a rule says what this version does not know');
  return { approve: parts.has('approve'), decoy: parts.has('decoy'), http: parts.get('http') ?? null };
}

/** Rules that were opened, kept by hash. */
export class RuleBook {
  readonly #safeId: string;
  readonly #opened = new Map<string, RuleParts>();
  #listed: { key: string; policies: ReadonlyMap<string, Uint8Array> } = { key: '', policies: new Map() };

  constructor(safeId: string) {
    this.#safeId = safeId;
  }

  clear(): void {
    this.#opened.clear();
  }

  /** The rules of an item; {@link NO_RULES} where the state lists none. */
  async ofItem(at: Standpoint, item: string): Promise<ItemRules> {
    const hash = this.#policies(at.state).get(item);
    return hash === undefined ? NO_RULES : itemRulesOf(await this.#parts(at, { hash, subject: item }));
  }

  /** What stands in a recipe, by its id; null where the ring does not reach its vault. */
  async recipe(at: Standpoint, { id, hash }: { id: string; hash: Uint8Array }): Promise<Recipe | null> {
    const listed = await readListedRule(at.handle, this.#safeId, { hash, subject: id });
    if ((await at.ring.name(listed.vault)) === null) return null;
    return { id, hash, vault: listed.vault, parts: await this.#parts(at, { hash, subject: id }) };
  }

  #policies(state: VerifiedState): ReadonlyMap<string, Uint8Array> {
    if (this.#listed.key !== state.key) this.#listed = { key: state.key, policies: new Map(policyHashes(state.value)) };
    return this.#listed.policies;
  }

  async #parts(at: Standpoint, of: { hash: Uint8Array; subject: string }): Promise<RuleParts> {
    const known = this.#opened.get(toHex(of.hash));
    if (known !== undefined) return known;
    const listed = await readListedRule(at.handle, this.#safeId, of);
    const key = await at.ring.name(listed.vault);
    const head = headOf(at.state.value, listed.vault);
    if (key === null || head === undefined) throw integrityFailure('a rule of the owner cannot be opened');
    const context = contexts.rule({ safeId: this.#safeId, vault: listed.vault, epoch: head.epoch }, of.subject);
    const parts = partsOf(this.#safeId, listed, open(key, context, listed.row.tokenPrivate));
    this.#opened.set(toHex(of.hash), parts);
    return parts;
  }
}

/** A recipe that the state lists, opened. */
export interface Recipe {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly vault: string;
  readonly parts: RuleParts;
}
