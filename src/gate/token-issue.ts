/** Making what a token holds: its keys and bundle, its certificate, its grants and the leaf that lists them. */
import type { Role } from '../core/model.js';
import { randomBytes, sha256 } from '../crypto/bytes.js';
import {
  bundle as bundleRecord,
  type Certificate,
  certificate as certificateRecord,
  certificatePrivate,
  grantDocument,
  type GrantDocument,
  grantKeys,
  type GrantPrivate,
  grantPrivate,
  type TokenLeaf,
  tokenLeaf,
} from '../crypto/certificates.js';
import { seal } from '../crypto/envelope.js';
import { newAgreementPair, newSigningPair } from '../crypto/key-pair.js';
import { contexts, keyId, tokenKey } from '../crypto/keys.js';
import { sealTo } from '../crypto/sealed-box.js';
import { hashSecret, type TokenParts } from '../crypto/token-string.js';
import { eraseGrantKey, putCertificate, putGrant, putLeaf, putToken } from '../store/tokens.js';
import { ensureHostShare } from './host-share.js';
import type { OwnerCore, OwnerWork } from './owner-core.js';

/** What a token is to be, under fresh keys of one epoch. */
export interface TokenFacts {
  readonly id: string;
  readonly epoch: number;
  readonly name: string;
  readonly description: string;
  readonly isAgent: boolean;
  readonly scopes: readonly string[];
  readonly createdAt: number;
  readonly notAfter: number | null;
  readonly tagKey: Uint8Array;
  readonly frozenSeq: number | null;
  readonly liftedSeq: number;
}

/** A token under the lock that has its keys and certificate, and is listed once its leaf is. */
export interface IssuedToken {
  readonly id: string;
  readonly epoch: number;
  readonly agreementKey: Uint8Array;
  readonly certificate: Certificate;
}

/** Issues fresh keys, the bundle that `parts` open and a certificate; writes the token's row with an empty leaf. */
export async function issueToken(
  core: OwnerCore,
  work: OwnerWork,
  of: { facts: TokenFacts; parts: TokenParts },
): Promise<IssuedToken> {
  const { facts, parts } = of;
  const safeId = core.safe.id;
  const agreement = newAgreementPair();
  const signing = newSigningPair();
  const sealed = bundleRecord.encode(safeId, {
    agreementPublic: agreement.publicKey,
    agreementPrivate: agreement.privateKey,
    signingPublic: signing.publicKey,
    signingPrivate: signing.privateKey,
    ownerAgreementKey: core.keys.agreement.publicKey,
    ownerSigningKey: core.keys.signing.publicKey,
    tagKey: facts.tagKey,
  });
  const key = tokenKey(parts, ensureHostShare(core.safe.places, safeId), facts.epoch);
  const keys = { agreementKey: agreement.publicKey, signingKey: signing.publicKey };
  const certificate = await issueCertificate(core, work, { facts, keys });
  const leaf = leafOf(facts, { certificate: certificate.hash, grants: [] });
  const bytes = tokenLeaf.encode(safeId, leaf);
  await putToken(work.handle, {
    id: facts.id,
    lookupId: parts.lookupId,
    secretHash: hashSecret(safeId, parts.secret),
    epoch: facts.epoch,
    bundle: seal(key, contexts.bundle(safeId, facts.id, facts.epoch), sealed),
    tagKey: seal(core.keys.rootKey, contexts.ownerTagKey(safeId, facts.id), facts.tagKey),
    leaf: bytes,
  });
  work.decisions.setToken(facts.id, facts.epoch, bytes);
  return { id: facts.id, epoch: facts.epoch, agreementKey: agreement.publicKey, certificate: certificate.value };
}

function leafOf(facts: TokenFacts, of: { certificate: Uint8Array; grants: TokenLeaf['grants'] }): TokenLeaf {
  return {
    token: facts.id,
    epoch: facts.epoch,
    certificate: of.certificate,
    grants: of.grants,
    approvals: [],
    frozenSeq: facts.frozenSeq,
    liftedSeq: facts.liftedSeq,
    extensions: [],
  };
}

/** Signs and stores a certificate, its private part sealed to the token and to the owner. */
export async function issueCertificate(
  core: OwnerCore,
  work: OwnerWork,
  of: { facts: TokenFacts; keys: { agreementKey: Uint8Array; signingKey: Uint8Array } },
): Promise<{ value: Certificate; hash: Uint8Array }> {
  const { facts, keys } = of;
  const safeId = core.safe.id;
  const { name, description, id, epoch } = facts;
  const secret = certificatePrivate.encode(safeId, { random: randomBytes(32), name, description, policy: [] });
  const value: Certificate = {
    token: id,
    epoch,
    ...keys,
    createdAt: facts.createdAt,
    issuedAt: work.now,
    notAfter: facts.notAfter,
    isAgent: facts.isAgent,
    scopes: facts.scopes,
    privateHash: sha256(secret),
    extensions: [],
  };
  const signed = certificateRecord.encode(safeId, value);
  const hash = sha256(signed);
  const context = contexts.certificatePrivate(safeId, id, epoch);
  const tokenPrivate = sealTo(keys.agreementKey, context, secret);
  const ownerPrivate = sealTo(core.keys.agreement.publicKey, context, secret);
  await putCertificate(work.handle, {
    hash,
    token: id,
    epoch,
    signed,
    signature: core.sign(signed),
    tokenPrivate,
    ownerPrivate,
  });
  work.decisions.note({ kind: 'certificate', id, revision: epoch, hash, before: null });
  return { value, hash };
}

/** The key that a grant gives, at its epoch; an item's comes with the vault's name key. */
export interface GrantedKey {
  readonly key: Uint8Array;
  readonly epoch: number;
  readonly nameKey: Uint8Array | null;
}

export interface GrantFacts {
  readonly id: string;
  readonly vault: string;
  readonly item: string | null;
  readonly role: Role;
  readonly since: number;
  readonly sinceSeq: number;
  readonly notAfter: number | null;
  readonly private: GrantPrivate;
}

/** Stores a grant's document with its key sealed to the token; it counts once a leaf lists the hash that this gives. */
export async function issueGrant(
  core: OwnerCore,
  work: OwnerWork,
  of: {
    token: Pick<IssuedToken, 'id' | 'epoch' | 'agreementKey'>;
    grant: GrantFacts;
    granted: GrantedKey;
    before: Uint8Array | null;
  },
): Promise<TokenLeaf['grants'][number]> {
  const { token, grant, granted, before } = of;
  const safeId = core.safe.id;
  const secret = grantPrivate.encode(safeId, grant.private);
  const document: GrantDocument = {
    grant: grant.id,
    token: token.id,
    epoch: token.epoch,
    vault: grant.vault,
    item: grant.item,
    role: grant.role,
    keyEpoch: granted.epoch,
    keyId: keyId(granted.key),
    since: grant.since,
    sinceSeq: grant.sinceSeq,
    notAfter: grant.notAfter,
    privateHash: sha256(secret),
    extensions: [],
  };
  const signed = grantDocument.encode(safeId, document);
  const hash = sha256(signed);
  const context = contexts.grantPrivate(safeId, grant.id);
  const keys = grantKeys.encode(safeId, { key: granted.key, nameKey: granted.nameKey });
  await putGrant(work.handle, {
    hash,
    id: grant.id,
    token: token.id,
    signed,
    tokenPrivate: sealTo(token.agreementKey, context, secret),
    ownerPrivate: sealTo(core.keys.agreement.publicKey, context, secret),
    sealedKey: sealTo(token.agreementKey, contexts.grantKey(safeId, hash), keys),
  });
  if (before !== null) await eraseGrantKey(work.handle, before);
  work.decisions.note({ kind: 'grant', id: grant.id, revision: token.epoch, hash, before });
  return { id: grant.id, hash };
}

/** Lists a token's leaf as it is now. */
export async function listLeaf(core: OwnerCore, work: OwnerWork, leaf: TokenLeaf): Promise<void> {
  const bytes = tokenLeaf.encode(core.safe.id, leaf);
  await putLeaf(work.handle, leaf.token, bytes);
  work.decisions.setToken(leaf.token, leaf.epoch, bytes);
}
