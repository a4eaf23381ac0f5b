/** What the owner decided about a request. The format version is part of each record's purpose. */
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
