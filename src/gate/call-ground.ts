/** What a call stands on, and what it leaves to be checked again under the lock. */
import { resolveField } from '../core/item-field.js';
import type { FieldName } from '../core/model.js';
import type { Target } from '../core/policy.js';
import type { OpenedToken } from './opened-token.js';
import type { Draft } from './entry-draft.js';
import type { RevisionPlan } from './revisions.js';
import type { ShelvedItem, Shelf, Standpoint } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** Everything one call stands on. */
export interface CallGround {
  readonly safeId: string;
  readonly shelf: Shelf;
  readonly at: Standpoint;
  readonly token: OpenedToken;
  readonly now: number;
  readonly draft: Draft;
}

/** What a call touched and is about to change: checked again under the lock. */
export interface Footprint {
  readonly targets: { readonly target: Target; readonly reveals: boolean }[];
  readonly touched: { readonly first: string; readonly end: string }[];
  readonly plans: RevisionPlan[];
}

export function targetOf(item: ShelvedItem): Target {
  return { kind: 'item', vault: vaultOf(item.id), item: item.id };
}

/** The fields that names mean. Throws `not_found` with the field names, or `ambiguous`. */
export function resolveAll(fields: readonly FieldName[], named: readonly string[]): readonly FieldName[] {
  return named.map((name) => resolveField(fields, name));
}
