/** A token as the gate knows it once both halves opened its bundle and the owner's state vouched for every part. */
import { type Limits, readLimits } from '../core/limits.js';
import type { Role, Scope } from '../core/model.js';
import { SCOPES } from '../core/model.js';
import type { Target } from '../core/policy.js';
import { integrityFailure, sameBytes, sha256 } from '../crypto/bytes.js';
import {
  type Bundle,
  bundle as bundleRecord,
  certificate as certificateRecord,
  type Certificate,
  certificatePrivate,
  grantDocument,
  type GrantDocument,
  grantKeys,
  grantPrivate,
  type TokenLeaf,
  tokenLeaf,
} from '../crypto/certificates.js';
import { open } from '../crypto/envelope.js';
import { type KeyPair, signer } from '../crypto/key-pair.js';
import { contexts, exchangeKey, keyId, macKey, tokenKey, type VaultKeys, vaultKeys } from '../crypto/keys.js';
import { isOwners } from '../crypto/owner-signing.js';
import { openSealed } from '../crypto/sealed-box.js';
import type { TokenParts } from '../crypto/token-string.js';
import type { Handle } from '../store/database.js';
import type { ExchangeRow } from '../store/exchanges.js';
import { readCertificate, readGrant, type TokenRow } from '../store/tokens.js';
import { isRole } from './authors.js';
import type { Keyring } from './keyring.js';
import { BYPASS } from './bypass.js';
import type { Actor } from './entry-draft.js';
import { headOf, type VerifiedState } from './verified-state.js';

/** A grant whose document is listed, whose keys opened, and of which every part is known to this version. */
export interface OpenedGrant {
  readonly id: string;
  readonly vault: string;
  readonly item: string | null;
  readonly role: Role;
  readonly notAfter: number | null;
  readonly limits: Limits;
  /** The entry that first carried it. */
  readonly sinceSeq: number;
  readonly purpose: string;
  readonly keyEpoch: number;
  readonly key: Uint8Array;
  readonly nameKey: Uint8Array;
  /** Of a grant on a whole vault. */
  readonly vaultKeys: VaultKeys | null;
}

/** What an exchange is known by once it was opened. */
export interface OpenedExchange {
  readonly id: string;
  /** As its entry names it. */
  readonly hash: Uint8Array;
  /** Unix ms. */
  readonly notAfter: number;
}

export interface OpenedToken {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly certificate: Certificate;
  readonly scopes: readonly Scope[] | null;
  readonly leaf: TokenLeaf;
  readonly grants: readonly OpenedGrant[];
  readonly actor: Actor;
  /** What is sealed to the token is sealed to this pair. */
  readonly agreement: KeyPair;
  /** Where it came as a short-lived token: that one. It stands narrowed then. */
  readonly exchange: OpenedExchange | null;
}

/** What is found for the text of a token; `exchange` where it is a short-lived one. */
export interface Presented {
  readonly row: TokenRow;
  readonly exchange: ExchangeRow | null;
}

/** The bundle of a token, opened with both halves and the host share. Another key is an integrity failure. */
export function openBundle(
  safeId: string,
  { row, exchange }: Presented,
  by: { parts: TokenParts; hostShare: Uint8Array },
): Bundle {
  if (exchange === null) {
    const key = tokenKey(by.parts, by.hostShare, row.epoch);
    return bundleRecord.decode(safeId, open(key, contexts.bundle(safeId, row.id, row.epoch), row.bundle));
  }
  if (exchange.bundle === null) throw integrityFailure('the bundle of an exchange was erased');
  const key = exchangeKey(by.parts, by.hostShare, row.epoch);
  const context = contexts.exchangedBundle(safeId, { id: exchange.lookupId, token: row.id, epoch: row.epoch });
  return bundleRecord.decode(safeId, open(key, context, exchange.bundle));
}

/** The token's part in the state: its leaf and certificate, checked from the state's hash down. */
export async function readListed(
  handle: Handle,
  safeId: string,
  of: { row: TokenRow; state: VerifiedState },
): Promise<{ leaf: TokenLeaf; certificate: Certificate; tokenPrivate: Uint8Array; ownerPrivate: Uint8Array } | null> {
  const { row, state } = of;
  const listed = state.value.tokens.find(({ id }) => id === row.id);
  if (listed === undefined) return null;
  if (!sameBytes(sha256(row.leaf), listed.leaf)) throw integrityFailure('a token differs from the state');
  const leaf = tokenLeaf.decode(safeId, row.leaf);
  const stored = await readCertificate(handle, leaf.certificate);
  if (stored === null || !sameBytes(sha256(stored.signed), leaf.certificate))
    throw integrityFailure('a certificate differs from the state');
  if (!isOwners(state.value, stored.signed, stored.signature))
    throw integrityFailure('a certificate is not signed by the owner');
  const certificate = certificateRecord.decode(safeId, stored.signed);
  const isIts =
    certificate.token === row.id &&
    leaf.token === row.id &&
    certificate.epoch === row.epoch &&
    leaf.epoch === row.epoch;
  if (!isIts) throw integrityFailure('a certificate is another token’s');
  return { leaf, certificate, tokenPrivate: stored.tokenPrivate, ownerPrivate: stored.ownerPrivate };
}

/** Who signs a token's entries. */
export function tokenActor(row: TokenRow, bundle: Bundle): Actor {
  const pair: KeyPair = { publicKey: bundle.signingPublic, privateKey: bundle.signingPrivate };
  return {
    kind: 'token',
    id: row.id,
    epoch: row.epoch,
    sign: signer(pair),
    tagKey: macKey(bundle.tagKey),
    ownerKey: bundle.ownerSigningKey,
  };
}

/** Whether a certificate says anything that this version does not know: then it grants nothing. */
export function isUnderstood(certificate: Certificate): boolean {
  return certificate.extensions.length === 0 && certificate.scopes.every(isScope);
}

function isScope(text: string): text is Scope {
  return (SCOPES as readonly string[]).includes(text);
}

/** Opens everything that a listed token holds. */
export async function openToken(
  handle: Handle,
  safeId: string,
  of: {
    row: TokenRow;
    state: VerifiedState;
    bundle: Bundle;
    listed: NonNullable<Awaited<ReturnType<typeof readListed>>>;
  },
): Promise<OpenedToken> {
  const { row, state, bundle, listed } = of;
  const { certificate, leaf } = listed;
  const isSameKeys =
    sameBytes(certificate.signingKey, bundle.signingPublic) &&
    sameBytes(certificate.agreementKey, bundle.agreementPublic);
  if (!isSameKeys) throw integrityFailure('a certificate has other keys than its token');
  const own: KeyPair = { publicKey: bundle.agreementPublic, privateKey: bundle.agreementPrivate };
  const context = contexts.certificatePrivate(safeId, row.id, row.epoch);
  const opened = openSealed(own, context, listed.tokenPrivate);
  if (!sameBytes(sha256(opened), certificate.privateHash))
    throw integrityFailure('the private part of a certificate was changed');
  const { name, description, policy } = certificatePrivate.decode(safeId, opened);
  const isKnown =
    isUnderstood(certificate) && policy.length === 0 && leaf.extensions.every(({ name }) => name === BYPASS);
  const hashes = isKnown ? leaf.grants : [];
  const grants = await Promise.all(
    hashes.map(async ({ hash }) => openGrant(handle, safeId, { hash, own, row, state })),
  );
  const scopes = certificate.scopes.filter(isScope);
  return {
    id: row.id,
    name,
    description,
    certificate,
    scopes: certificate.scopes.length === 0 ? null : scopes,
    leaf,
    grants: grants.filter((grant) => grant !== null),
    actor: tokenActor(row, bundle),
    agreement: own,
    exchange: null,
  };
}

/** One grant; whatever is wrong with it makes it grant nothing, alone. */
async function openGrant(
  handle: Handle,
  safeId: string,
  of: { hash: Uint8Array; own: KeyPair; row: TokenRow; state: VerifiedState },
): Promise<OpenedGrant | null> {
  const stored = await readGrant(handle, of.hash);
  if (stored?.sealedKey == null || !sameBytes(sha256(stored.signed), of.hash)) return null;
  try {
    const document = grantDocument.decode(safeId, stored.signed);
    const isIts = document.token === of.row.id && document.epoch === of.row.epoch && document.extensions.length === 0;
    if (!isIts || !isRole(document.role) || !isCurrent(document, of.state)) return null;
    const privateBytes = openSealed(of.own, contexts.grantPrivate(safeId, document.grant), stored.tokenPrivate);
    if (!sameBytes(sha256(privateBytes), document.privateHash)) return null;
    const { purpose, limits: sealed } = grantPrivate.decode(safeId, privateBytes);
    const limits = readLimits(sealed);
    if (limits === null) return null;
    const keys = grantKeys.decode(safeId, openSealed(of.own, contexts.grantKey(safeId, of.hash), stored.sealedKey));
    if (!sameBytes(keyId(keys.key), document.keyId)) return null;
    return openedGrant(document, document.role, { keys, purpose, limits });
  } catch (error) {
    if (isIntegrity(error)) return null;
    throw error;
  }
}

function openedGrant(
  document: GrantDocument,
  role: Role,
  sealed: { keys: { key: Uint8Array; nameKey: Uint8Array | null }; purpose: string; limits: Limits },
): OpenedGrant | null {
  const whole = document.item === null ? vaultKeys(sealed.keys.key) : null;
  const nameKey = whole?.nameKey ?? sealed.keys.nameKey;
  if (nameKey === null) return null;
  return {
    id: document.grant,
    vault: document.vault,
    item: document.item,
    role,
    notAfter: document.notAfter,
    limits: sealed.limits,
    sinceSeq: document.sinceSeq,
    purpose: sealed.purpose,
    keyEpoch: document.keyEpoch,
    key: sealed.keys.key,
    nameKey,
    vaultKeys: whole,
  };
}

function isIntegrity(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'integrity';
}

/** A grant on a vault must hold the key that the state names for it now. */
function isCurrent(document: GrantDocument, state: VerifiedState): boolean {
  const head = headOf(state.value, document.vault);
  if (head === undefined) return false;
  if (document.item !== null) return document.item.startsWith(document.vault);
  return head.epoch === document.keyEpoch && sameBytes(head.keyId, document.keyId);
}

/** The keys of the grants that are live at `now`. */
export function tokenRing(token: OpenedToken, now: number): Keyring {
  const live = token.grants.filter((grant) => isLive(grant, now));
  return {
    vault: (vault) => live.find((grant) => grant.vault === vault && grant.item === null)?.vaultKeys ?? null,
    item: (item) => {
      const grant = live.find((candidate) => candidate.item === item);
      return grant === undefined ? null : { key: grant.key, epoch: grant.keyEpoch };
    },
    name: (vault) => live.find((grant) => grant.vault === vault)?.nameKey ?? null,
  };
}

/** All that a grant reaches. */
export function wholeOf({ vault, item }: Pick<OpenedGrant, 'vault' | 'item'>): Exclude<Target, { kind: 'none' }> {
  return item === null ? { kind: 'vault', vault } : { kind: 'item', vault, item };
}

export function isLive(grant: Pick<OpenedGrant, 'notAfter'>, now: number): boolean {
  return grant.notAfter === null || now < grant.notAfter;
}
