/** The owner's rules about an item, and recipes. The format version is part of each record's purpose. */
import { bytes, list, record, type RecordValue, struct, text } from './record.js';

const named = list(struct({ name: text, value: text }));

/** Public part; listed by its hash in the state. `subject` is the id of the item or recipe that it is about. */
export const rule = record('vouchsafe rule 1', { subject: text, vault: text, privateHash: bytes, extensions: named });
export type Rule = RecordValue<typeof rule>;

/**
 * Private part: an envelope under the name key of the vault, for every token that reaches something in it, and a sealed
 * box to the owner. A part that a version does not know makes the subject unusable to tokens.
 */
export const rulePrivate = record('vouchsafe rule-private 1', { random: bytes, parts: named });
