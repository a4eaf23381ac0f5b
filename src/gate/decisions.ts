import { fromHex, integrityFailure, sameBytes, sha256, toHex } from '../crypto/bytes.js';
import type { Change } from '../crypto/chain.js';
import { ownerPublic, type State, vaultHead, type VaultHead } from '../crypto/state.js';
import { toUtf8 } from '../crypto/bytes.js';

/** The owner's public keys over time. */
export type OwnerPublic = Pick<State, 'agreementKey' | 'signingKey' | 'earlier'>;

/** What the owner's rules are about. */
export type RuleKind = 'policy' | 'recipe';

/** The one name of policies in the state: which rules there are is sealed. */
export const RULES = 'rules';

/** The hash of the rules of each item that has any. What this version does not know of is an integrity failure. */
export function policyHashes({ policies }: State): readonly (readonly [string, Uint8Array])[] {
  return policies.map(({ item, name, value }) => {
    if (name !== RULES) throw integrityFailure('the state holds a policy of an unknown kind');
    return [item, fromHex(value)] as const;
  });
}

/** The hash by which the log names the owner's keys of a state; null as long as they are the first ones. */
export function ownerHash(safeId: string, { agreementKey, signingKey, earlier }: OwnerPublic): Uint8Array | null {
  return earlier.length === 0 ? null : sha256(ownerPublic.encode(safeId, { agreementKey, signingKey, earlier }));
}

/**
 * The owner's decisions as one transaction changes them. Every edit notes the change that the entry will name, so that
 * the log can be replayed; nothing is listed that is not here.
 */
export class Decisions {
  readonly #safeId: string;
  readonly #base: State;
  readonly #vaults: Map<string, VaultHead>;
  readonly #tokens: Map<string, Uint8Array>;
  readonly #settings: Map<string, string>;
  /** Hashes of the owner's rules: about items, and recipes. */
  readonly #rules: Readonly<Record<RuleKind, Map<string, Uint8Array>>>;
  readonly #changes: Change[] = [];
  #isChanged = false;

  constructor(safeId: string, base: State) {
    this.#safeId = safeId;
    this.#base = base;
    this.#vaults = new Map(base.vaults.map((head) => [head.id, head]));
    this.#tokens = new Map(base.tokens.map(({ id, leaf }) => [id, leaf]));
    this.#settings = new Map(base.settings.map(({ name, value }) => [name, value]));
    this.#rules = {
      policy: new Map(policyHashes(base)),
      recipe: new Map(base.recipes.map(({ id, hash }) => [id, hash])),
    };
  }

  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The changes to name, in the order in which they were made. */
  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** The version that the state will have. */
  get version(): number {
    return this.#base.version + 1;
  }

  head(vault: string): VaultHead | undefined {
    return this.#vaults.get(vault);
  }

  /** The hash of the leaf that a token has by now; undefined if it is not listed. */
  leafOf(token: string): Uint8Array | undefined {
    return this.#tokens.get(token);
  }

  get heads(): readonly VaultHead[] {
    return [...this.#vaults.values()];
  }

  get tokenIds(): readonly string[] {
    return [...this.#tokens.keys()];
  }

  /** Names a change that is not a decision of the state's list: a revision, a certificate, a grant. */
  note(...changes: readonly Change[]): void {
    this.#changes.push(...changes);
  }

  /** Names the owner's keys, which are those of the base from now on; `before` is the hash of the ones before. */
  setOwner(before: Uint8Array | null): void {
    const { earlier } = this.#base;
    this.#decide({
      ...{ kind: 'owner', id: this.#safeId, revision: earlier.length },
      ...{ hash: ownerHash(this.#safeId, this.#base), before },
    });
  }

  setHead(head: VaultHead): void {
    const before = this.#vaults.get(head.id);
    this.#vaults.set(head.id, head);
    this.#decide({
      kind: 'vault-head',
      id: head.id,
      revision: head.epoch,
      hash: this.#hashHead(head),
      before: this.#hashHead(before),
    });
  }

  removeHead(vault: string): void {
    const before = this.#vaults.get(vault);
    this.#vaults.delete(vault);
    this.#decide({
      kind: 'vault-head',
      id: vault,
      revision: before?.epoch ?? 0,
      hash: null,
      before: this.#hashHead(before),
    });
  }

  setToken(id: string, epoch: number, leaf: Uint8Array): void {
    const hash = sha256(leaf);
    const before = this.#tokens.get(id) ?? null;
    if (before !== null && sameBytes(before, hash)) return;
    this.#tokens.set(id, hash);
    this.#decide({ kind: 'token', id, revision: epoch, hash, before });
  }

  removeToken(id: string, epoch: number): void {
    const before = this.#tokens.get(id) ?? null;
    this.#tokens.delete(id);
    this.#decide({ kind: 'token', id, revision: epoch, hash: null, before });
  }

  setSetting(name: string, value: string): void {
    const before = this.#settings.get(name);
    this.#settings.set(name, value);
    this.#decide({
      kind: 'setting',
      id: name,
      revision: 0,
      hash: sha256(toUtf8(value)),
      before: before === undefined ? null : sha256(toUtf8(before)),
    });
  }

  /** The hash of the rule about an item, or of a recipe, as decided by now; undefined if there is none. */
  ruleOf(kind: RuleKind, subject: string): Uint8Array | undefined {
    return this.#rules[kind].get(subject);
  }

  /** The ids that there are rules for. */
  ruled(kind: RuleKind): readonly string[] {
    return [...this.#rules[kind].keys()];
  }

  /** Lists a rule by its hash, or no more (null). */
  setRule(kind: RuleKind, subject: string, hash: Uint8Array | null): void {
    const before = this.#rules[kind].get(subject) ?? null;
    if (hash === null) this.#rules[kind].delete(subject);
    else this.#rules[kind].set(subject, hash);
    this.#decide({ kind, id: subject, revision: 0, hash, before });
  }

  removeSetting(name: string): void {
    const before = this.#settings.get(name);
    this.#settings.delete(name);
    const was = before === undefined ? null : sha256(toUtf8(before));
    this.#decide({ kind: 'setting', id: name, revision: 0, hash: null, before: was });
  }

  #decide(change: Change): void {
    this.#isChanged = true;
    this.#changes.push(change);
  }

  #hashHead(head: VaultHead | undefined): Uint8Array | null {
    return head === undefined ? null : sha256(vaultHead.encode(this.#safeId, head));
  }

  /** The next state, to be signed. Lists are sorted, so that equal decisions are equal bytes. */
  next(on: { logSeq: number; logHash: Uint8Array; at: number }): State {
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    return {
      ...this.#base,
      ...on,
      version: this.version,
      vaults: [...this.#vaults.values()].sort(byId),
      tokens: [...this.#tokens].map(([id, leaf]) => ({ id, leaf })).sort(byId),
      policies: [...this.#rules.policy]
        .map(([item, hash]) => ({ item, name: RULES, value: toHex(hash) }))
        .sort((a, b) => (a.item < b.item ? -1 : 1)),
      recipes: [...this.#rules.recipe].map(([id, hash]) => ({ id, hash })).sort(byId),
      settings: [...this.#settings]
        .map(([name, value]) => ({ name, value }))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    };
  }
}
