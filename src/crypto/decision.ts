/** What the owner decided about a request, for access or for a single use. The format version is part of each record's purpose. */
import { bytes, integer, list, optional, record, type RecordValue, struct, text } from './record.js';

const extensions = list(struct({ name: text, value: text }));

/** Public part; listed by its hash in the token's leaf. `verdict` is `approved` or `denied`. */
export const decision = record('vouchsafe decision 1', {
  request: text,
  token: text,
  verdict: text,
  at: integer,
  privateHash: bytes,
  extensions,
});
export type Decision = RecordValue<typeof decision>;

/** Private part: sealed to the token and to the owner. `because` are the owner's words, `grant` is what came of it. */
export const decisionPrivate = record('vouchsafe decision-private 1', {
  random: bytes,
  because: text,
  grant: optional(text),
});

/** Private part of a decision about a use, which the extension `of` = `use` marks: `use` is the hash of what may be done, `uses` times, until `until` (unix ms). */
export const usePrivate = record('vouchsafe use-private 1', {
  random: bytes,
  because: text,
  use: bytes,
  uses: integer,
  until: integer,
});

/**
 * A use, by whose hash it is approved: the token, the tool, the item or recipe, the paths of the secret fields, the reason
 * and what it is for, word for word.
 */
export const useRecord = record('vouchsafe use 1', {
  token: text,
  tool: text,
  subject: text,
  secrets: list(text),
  reason: text,
  purpose: text,
});
export type Use = RecordValue<typeof useRecord>;
