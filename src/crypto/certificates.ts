/** What the owner certifies about tokens and grants. The format version is part of each record's purpose. */
import { boolean, bytes, integer, list, optional, record, type RecordValue, struct, text } from './record.js';

/** Named additions of later versions. A name that this version does not know makes the whole record grant nothing. */
const extensions = list(struct({ name: text, value: text }));

/** Public part of a token's certificate; signed by the owner. `privateHash` is SHA-256 of the private part's bytes. */
export const certificate = record('vouchsafe certificate 1', {
  token: text,
  epoch: integer,
  agreementKey: bytes,
  signingKey: bytes,
  createdAt: integer,
  issuedAt: integer,
  notAfter: optional(integer),
  isAgent: boolean,
  scopes: list(text),
  privateHash: bytes,
  extensions,
});
export type Certificate = RecordValue<typeof certificate>;

/** Private part: sealed to the token and to the owner. 32 random bytes keep its hash from being guessed. */
export const certificatePrivate = record('vouchsafe certificate-private 1', {
  random: bytes,
  name: text,
  description: text,
  policy: extensions,
});

/**
 * Public part of a grant; listed by its hash in the token's leaf. `item` is absent where it reaches
 * the whole vault. `since` is the state version in which it first stood and `sinceSeq` the entry that carries that state:
 * what its token wrote before counts for nothing, whatever version an entry claims.
 */
export const grantDocument = record('vouchsafe grant 1', {
  grant: text,
  token: text,
  epoch: integer,
  vault: text,
  item: optional(text),
  role: text,
  keyEpoch: integer,
  keyId: bytes,
  since: integer,
  sinceSeq: integer,
  notAfter: optional(integer),
  privateHash: bytes,
  extensions,
});
export type GrantDocument = RecordValue<typeof grantDocument>;

export const grantPrivate = record('vouchsafe grant-private 1', { random: bytes, purpose: text, limits: extensions });
export type GrantPrivate = RecordValue<typeof grantPrivate>;

/** What a grant seals to its token: a vault key, or an item key and the vault's name key. */
export const grantKeys = record('vouchsafe grant-keys 1', { key: bytes, nameKey: optional(bytes) });

/** What a token opens with its two halves and the host share. The owner's signing key in it is its trust anchor. */
export const bundle = record('vouchsafe bundle 1', {
  agreementPublic: bytes,
  agreementPrivate: bytes,
  signingPublic: bytes,
  signingPrivate: bytes,
  ownerAgreementKey: bytes,
  ownerSigningKey: bytes,
  tagKey: bytes,
});
export type Bundle = RecordValue<typeof bundle>;

/**
 * A token's leaf: everything the owner has decided about it, by hash. `frozenSeq` is the entry of the owner's standing
 * freeze. `liftedSeq` is the last entry that the owner's latest lift covers: a freeze without a key after it stands.
 */
export const tokenLeaf = record('vouchsafe token-leaf 1', {
  token: text,
  epoch: integer,
  certificate: bytes,
  grants: list(struct({ id: text, hash: bytes })),
  approvals: list(bytes),
  frozenSeq: optional(integer),
  liftedSeq: integer,
  extensions,
});
export type TokenLeaf = RecordValue<typeof tokenLeaf>;
