/** What an entry shows of its reason and its client without telling them. */
import type { EntryFact, NewFact } from '../core/signals.js';
import { toHex } from '../crypto/bytes.js';
import { logTag, type MacKey } from '../crypto/keys.js';
import type { EntryRow } from '../store/audit.js';
import type { SeqFact } from '../store/signals.js';
import type { Draft } from './entry-draft.js';

/** The reason without what differs between calls of one template: digits, hexadecimal and ids become one sign. */
export function templateOf(reason: string): string {
  return reason.toLowerCase().replace(/\b[0-9a-f]{6,}\b|[0-9]+/g, '#');
}

/** What shows, to those who cannot read reasons, that something repeats; null where no token makes the entry. */
export interface Tags {
  readonly reasonTag: Uint8Array | null;
  readonly templateTag: Uint8Array | null;
  readonly clientTag: Uint8Array | null;
}

/** The tags of an entry that is being made. */
export function tagsOf({ actor, reason, origin }: Draft): Tags {
  if (actor.kind !== 'token') return { reasonTag: null, templateTag: null, clientTag: null };
  return {
    reasonTag: reason === null ? null : logTag(actor.tagKey, 'reason', reason),
    templateTag: reason === null ? null : logTag(actor.tagKey, 'template', templateOf(reason)),
    clientTag: clientTagOf(actor.tagKey, origin.client.name),
  };
}

/** Tags of clients, which are few. */
const CLIENTS_AT_MOST = 32;
const clientTags = new WeakMap<MacKey, Map<string, Uint8Array>>();

function clientTagOf(key: MacKey, name: string): Uint8Array {
  const known = clientTags.get(key) ?? new Map<string, Uint8Array>();
  clientTags.set(key, known);
  const tag = known.get(name) ?? logTag(key, 'client', name);
  if (known.size >= CLIENTS_AT_MOST) known.clear();
  known.set(name, tag);
  return tag;
}

/** Tags as the signals take them. */
export function hexOf(tags: Tags): Pick<EntryFact, keyof Tags> {
  const hex = (tag: Uint8Array | null): string | null => (tag === null ? null : toHex(tag));
  return { reasonTag: hex(tags.reasonTag), templateTag: hex(tags.templateTag), clientTag: hex(tags.clientTag) };
}

/** What the signals need of an entry that is being made, but for its tags. */
export function newFact(draft: Draft, at: number): Omit<NewFact, keyof Tags> {
  const { action, outcome, code, item, reason, tool } = draft;
  return { at, action, outcome, code, item, reason, tool };
}

/** What the signals of later entries need of one that was made. */
export function factOf(row: EntryRow): SeqFact {
  const { seq, at, action, outcome, code, item } = row;
  return { seq, at, action, outcome, code, item, ...hexOf(row) };
}
