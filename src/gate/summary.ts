import { isoTime } from '../core/expiry.js';
import { fieldPath } from '../core/item-field.js';
import type { ItemSummaryShape } from '../core/shapes.js';
import type { ShelvedItem } from './shelf.js';
import { vaultOf } from './verified-state.js';

/** An item as lists show it. */
export function summaryOf(item: ShelvedItem, vaultName: string): ItemSummaryShape {
  const { overview, accepted } = item;
  const { revision } = accepted;
  return {
    id: item.id,
    vault_id: vaultOf(item.id),
    vault: vaultName,
    type: overview.type,
    title: overview.title,
    username: overview.username,
    urls: overview.urls,
    tags: overview.tags,
    fields: overview.fieldNames.map(fieldPath),
    revision: revision.number,
    updated_at: isoTime(revision.at),
    ...(revision.isTrashed ? { trashed_at: isoTime(revision.at) } : {}),
  };
}
