/** Rules about an item as the owner changes them. */
import { secretFieldsOf } from '../core/http-auth.js';
import { type HttpPolicyText, parseHttpPolicy, printHttpPolicy } from '../core/http-policy.js';
import { resolveField } from '../core/item-field.js';
import type { FieldName } from '../core/model.js';
import { Refusal } from '../core/refusal.js';
import type { OwnerCore, OwnerWork } from './owner-core.js';
import { setRules } from './owner-rules.js';
import { type ItemRules, NO_RULES } from './rules.js';
import type { ItemRulesChange } from './use-door.js';

/** The rules that a new item has from the start, in the transaction that makes it. */
export async function startRules(
  core: OwnerCore,
  work: OwnerWork,
  of: { item: string; fields: readonly FieldName[]; change: ItemRulesChange },
): Promise<void> {
  await setRules(core, work, { item: of.item, rules: changedRules(of.fields, NO_RULES, of.change) });
}

/** The rules after a change; what it leaves out stays. Throws `invalid_request`, or `not_found` for a field. */
export function changedRules(fields: readonly FieldName[], before: ItemRules, change: ItemRulesChange): ItemRules {
  const { approve = before.approve, decoy = before.decoy, http } = change;
  if (http === undefined) return { approve, decoy, http: before.http };
  return { approve, decoy, http: http === null ? null : JSON.stringify(policyFor(fields, http)) };
}

/** The policy as it is stored, with the fields of the item that it names. */
function policyFor(fields: readonly FieldName[], text: HttpPolicyText): unknown {
  const policy = parseHttpPolicy(text);
  for (const name of secretFieldsOf(policy.auth)) {
    const field = resolveField(fields, name);
    if (field.kind === 'totp')
      throw new Refusal('invalid_request', {
        message: 'The seed of a one-time code is never sent.',
        next: 'Name another field in --http-auth.',
      });
  }
  return printHttpPolicy(policy);
}
