import { boolean, integer, list, optional, record, type RecordValue, struct, text } from './record.js';

/**
 * A short-lived token that a personal access token was exchanged for (RFC 8693): whose it is, until when, and what it is
 * narrowed to. Signed by the token's own key, so that no server can widen it; the token's bundle is wrapped once more
 * under the new secret. `id` is its lookup id; its hash stands in the entry of the exchange. Without scopes and vault it
 * may do all that the token may.
 */
export const exchange = record('vouchsafe exchange 1', {
  id: text,
  token: text,
  epoch: integer,
  issuedAt: integer,
  notAfter: integer,
  hasScopes: boolean,
  scopes: list(text),
  vault: optional(text),
  extensions: list(struct({ name: text, value: text })),
});
export type Exchange = RecordValue<typeof exchange>;
