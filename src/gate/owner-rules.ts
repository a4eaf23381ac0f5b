/** The owner's side of rules: made, read and sealed anew under the lock. */
import { Refusal } from '../core/refusal.js';
import { integrityFailure, randomBytes, sha256 } from '../crypto/bytes.js';
import { seal } from '../crypto/envelope.js';
import { contexts, type VaultKeys } from '../crypto/keys.js';
import { rule as ruleRecord, rulePrivate } from '../crypto/rule.js';
import { sealTo } from '../crypto/sealed-box.js';
import { deleteDocument, putDocument } from '../store/documents.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import {
  hasRules,
  type ItemRules,
  itemRulesOf,
  type ListedRule,
  NO_RULES,
  partsOf,
  readListedRule,
  type RuleParts,
} from './rules.js';
import { policyHashes, type RuleKind } from './decisions.js';
import { vaultOf } from './verified-state.js';

/** A rule that is to be listed, in place of one about the same subject. */
export interface NewRule {
  readonly kind: RuleKind;
  readonly subject: string;
  readonly vault: string;
  readonly parts: RuleParts;
}

/** Seals a rule for the vault and for the owner, and lists it. */
export async function putRule(
  core: OwnerCore,
  work: OwnerWork,
  { kind, subject, vault, parts }: NewRule,
): Promise<void> {
  const safeId = core.safe.id;
  const keys = await work.ring.vault(vault);
  const head = work.decisions.head(vault);
  if (keys === null || head === undefined) throw integrityFailure('a vault has no key');
  const named = [...parts].map(([name, value]) => ({ name, value }));
  const secret = rulePrivate.encode(safeId, { random: randomBytes(32), parts: named });
  const signed = ruleRecord.encode(safeId, { subject, vault, privateHash: sha256(secret), extensions: [] });
  const hash = sha256(signed);
  await dropRule(work, kind, subject);
  await putDocument(work.handle, {
    ...{ hash, kind: 'rule', holder: vault, signed },
    tokenPrivate: seal(keys.nameKey, contexts.rule({ safeId, vault, epoch: head.epoch }, subject), secret),
    ownerPrivate: sealTo(core.keys.agreement.publicKey, contexts.rulePrivate(safeId, subject), secret),
  });
  work.decisions.setRule(kind, subject, hash);
}

/** Takes a rule off the list, if there is one. */
export async function dropRule(work: OwnerWork, kind: RuleKind, subject: string): Promise<void> {
  const before = work.decisions.ruleOf(kind, subject);
  if (before === undefined) return;
  await deleteDocument(work.handle, before);
  work.decisions.setRule(kind, subject, null);
}

/** A rule as the owner opens it. Throws an integrity failure where it is not the listed one. */
export async function readOwnRule(
  core: OwnerCore,
  { handle }: OwnerGround,
  of: { hash: Uint8Array; subject: string },
): Promise<{ listed: ListedRule; secret: Uint8Array; parts: RuleParts }> {
  const listed = await readListedRule(handle, core.safe.id, of);
  const context = contexts.rulePrivate(core.safe.id, of.subject);
  const secret = core.openSealed(context, listed.row.ownerPrivate);
  return { listed, secret, parts: partsOf(core.safe.id, listed, secret) };
}

/** The rules about an item, as decided by now. */
export async function rulesOf(core: OwnerCore, ground: OwnerGround, item: string): Promise<ItemRules> {
  const listed = ground.decisions?.ruleOf('policy', item) ?? hashOf(ground, item);
  if (listed === undefined) return NO_RULES;
  return itemRulesOf((await readOwnRule(core, ground, { hash: listed, subject: item })).parts);
}

function hashOf({ state, decisions }: OwnerGround, item: string): Uint8Array | undefined {
  if (decisions !== undefined) return undefined;
  return policyHashes(state.value).find(([id]) => id === item)?.[1];
}

/** Lists the rules about an item; none are no rule. */
export async function setRules(
  core: OwnerCore,
  work: OwnerWork,
  of: { item: string; rules: ItemRules },
): Promise<void> {
  const { item, rules } = of;
  const parts = new Map<string, string>();
  if (rules.approve) parts.set('approve', 'true');
  if (rules.decoy) parts.set('decoy', 'true');
  if (rules.http !== null) parts.set('http', rules.http);
  if (parts.size === 0) await dropRule(work, 'policy', item);
  else await putRule(core, work, { kind: 'policy', subject: item, vault: vaultOf(item), parts });
}

/**
 * Seals the rules of a vault under its new name key, when it is rotated. What does not open is left as it is, which no token
 * can use; gives the ids of what it is about.
 */
export async function resealRules(
  core: OwnerCore,
  work: OwnerWork,
  of: { vault: string; epoch: number; keys: VaultKeys },
): Promise<readonly string[]> {
  const { vault, epoch, keys } = of;
  const left: string[] = [];
  for (const kind of ['policy', 'recipe'] as const)
    for (const subject of work.decisions.ruled(kind)) {
      const hash = work.decisions.ruleOf(kind, subject);
      if (hash === undefined || (kind === 'policy' && vaultOf(subject) !== vault)) continue;
      const read = await orNull(readOwnRule(core, work, { hash, subject }));
      if (read === null) left.push(subject);
      if (read?.listed.vault !== vault) continue;
      const context = contexts.rule({ safeId: core.safe.id, vault, epoch }, subject);
      const ownerContext = contexts.rulePrivate(core.safe.id, subject);
      await putDocument(work.handle, {
        ...read.listed.row,
        tokenPrivate: seal(keys.nameKey, context, read.secret),
        ownerPrivate: sealTo(core.keys.agreement.publicKey, ownerContext, read.secret),
      });
    }
  return left;
}

/** Null in place of an integrity failure. */
async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** Takes all rules of a vault off the list, when it is deleted; a recipe that does not say which vault it is of stays. */
export async function dropRulesOf(core: OwnerCore, work: OwnerWork, vault: string): Promise<void> {
  for (const item of work.decisions.ruled('policy')) if (vaultOf(item) === vault) await dropRule(work, 'policy', item);
  for (const id of work.decisions.ruled('recipe')) {
    const hash = work.decisions.ruleOf('recipe', id);
    if (hash === undefined) continue;
    const listed = await orNull(readListedRule(work.handle, core.safe.id, { hash, subject: id }));
    if (listed?.vault === vault) await dropRule(work, 'recipe', id);
  }
}

/** What the owner demands of an item goes along when the owner moves it. */
export async function moveRules(core: OwnerCore, work: OwnerWork, of: { from: string; to: string }): Promise<void> {
  const rules = await rulesOf(core, work, of.from);
  await dropRule(work, 'policy', of.from);
  if (hasRules(rules)) await setRules(core, work, { item: of.to, rules });
}
