/** What the owner demands of an item: a word on each use, what requests may carry it, and whether nobody should touch it. */
import { printHttpPolicy, readHttpPolicy } from '../core/http-policy.js';
import { Refusal } from '../core/refusal.js';
import type { ItemRulesShape } from '../core/rule-shapes.js';
import type { ItemReference } from './named.js';
import type { ItemRulesChange } from './use-door.js';
import { findItem } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { describe } from './owner-items.js';
import { rulesOf, setRules } from './owner-rules.js';
import { changedRules } from './rule-change.js';
import { type ItemRules, NO_RULES } from './rules.js';

/** Rules as they are printed. */
export function rulesShape({ approve, decoy, http }: ItemRules): ItemRulesShape {
  const policy = http === null ? null : readHttpPolicy(JSON.parse(http));
  return { approve, decoy, http: policy === null ? null : printHttpPolicy(policy) };
}

/** The rules about an item; leaves no entry. */
export async function itemRules(core: OwnerCore, reference: ItemReference): Promise<ItemRulesShape> {
  return core.read(async (ground) => {
    const item = await findItem(core, ground, { reference, place: 'kept' });
    return rulesShape(await rulesOf(core, ground, item.id));
  });
}

/** The rules of every item that has some, by the ids of the items; leaves no entry. */
export async function allItemRules(core: OwnerCore): Promise<ReadonlyMap<string, ItemRulesShape>> {
  return core.read(async (ground) => {
    const rules = new Map<string, ItemRulesShape>();
    for (const { item } of ground.state.value.policies) rules.set(item, rulesShape(await rulesOf(core, ground, item)));
    return rules;
  });
}

/** Changes the rules about an item: what is left out stays. */
export async function changeItemRules(
  core: OwnerCore,
  reference: ItemReference,
  change: ItemRulesChange,
): Promise<ItemRulesShape> {
  return core.act('item.update', async (work) => {
    const item = await findItem(core, work, { reference, place: 'kept' });
    const before = await rulesBefore(core, work, { item: item.id, change });
    const rules = changedRules(item.overview.fieldNames, before, change);
    await setRules(core, work, { item: item.id, rules });
    await describe(core, work, { id: item.id, title: item.overview.title });
    work.draft.detail = `rules: ${rulesText(rules)}`;
    return rulesShape(rules);
  });
}

/** What the rules are; of damaged ones all must be said anew, so that none is lost without a word. */
async function rulesBefore(
  core: OwnerCore,
  work: OwnerWork,
  { item, change }: { item: string; change: ItemRulesChange },
): Promise<ItemRules> {
  try {
    return await rulesOf(core, work, item);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'integrity')) throw error;
    const { approve, decoy, http } = change;
    if (approve !== undefined && decoy !== undefined && http !== undefined) return NO_RULES;
    throw new Refusal('integrity', {
      message: 'The rules of this item were damaged: no token can use it.',
      next: 'Say all of them anew, with --approve or --no-approve, --decoy or --no-decoy, and --no-http or --http-host and --http-auth.',
    });
  }
}

function rulesText({ approve, decoy, http }: ItemRules): string {
  const said = [...(approve ? ['approve'] : []), ...(decoy ? ['decoy'] : []), ...(http === null ? [] : ['http'])];
  return said.length === 0 ? 'none' : said.join(', ');
}

/** The decoys of the safe, by the ids of their items. */
export async function decoysOf(core: OwnerCore, ground: OwnerGround): Promise<ReadonlySet<string>> {
  const decoys = new Set<string>();
  for (const { item } of ground.state.value.policies) if ((await rulesOf(core, ground, item)).decoy) decoys.add(item);
  return decoys;
}
