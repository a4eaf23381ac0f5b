/** Tokens as the owner reads them: from the state's hashes down, with the private parts that were sealed to the owner. */
import { isoTime } from '../core/expiry.js';
import type { TokenShape, TokenStatus } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { sameBytes, sha256, toHex } from '../crypto/bytes.js';
import {
  certificate as certificateRecord,
  type Certificate,
  certificatePrivate,
  grantDocument,
  type GrantDocument,
  grantPrivate,
  type GrantPrivate,
  type TokenLeaf,
} from '../crypto/certificates.js';
import { isOwners } from '../crypto/owner-signing.js';
import { contexts } from '../crypto/keys.js';
import { lastUseOf, newestChanges, readEntry } from '../store/audit.js';
import { archivedSeq } from '../store/archive.js';
import type { Handle } from '../store/database.js';
import {
  type CertificateRow,
  readCertificates,
  readGrant,
  readGrantsById,
  readToken,
  type TokenRow,
} from '../store/tokens.js';
import { Refusal } from '../core/refusal.js';
import { readProfileOf } from './archive-profile.js';
import type { Reference } from './named.js';
import { isFrozen } from './freeze.js';
import { notFound } from './naming.js';
import { readListed } from './opened-token.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';

const ENDING_MS = 7 * 24 * 60 * 60 * 1000;

export interface OwnedGrant {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly document: GrantDocument;
  readonly private: GrantPrivate;
}

export interface OwnedToken {
  readonly id: string;
  readonly row: TokenRow;
  readonly leaf: TokenLeaf;
  readonly certificate: Certificate;
  readonly name: string;
  readonly description: string;
  readonly grants: readonly OwnedGrant[];
  /** Grants that are listed, but whose documents are missing or changed: what they reached is unknown. */
  readonly lost: TokenLeaf['grants'];
}

/** The ids of the tokens that are listed now. */
export function listedTokens(ground: OwnerGround): readonly string[] {
  return ground.decisions?.tokenIds ?? ground.state.value.tokens.map(({ id }) => id);
}

/** A listed token, every part checked; null where its rows differ from the state. */
export async function readOwned(core: OwnerCore, ground: OwnerGround, id: string): Promise<OwnedToken | null> {
  const row = await readToken(ground.handle, id);
  if (row === null) return null;
  try {
    const leaf = ground.decisions?.leafOf(id);
    const tokens = leaf === undefined ? ground.state.value.tokens : [{ id, leaf }];
    const state = { ...ground.state, value: { ...ground.state.value, tokens } };
    const listed = await readListed(ground.handle, core.safe.id, { row, state });
    if (listed === null) return null;
    const text = await textOf(core, {
      hash: listed.leaf.certificate,
      certificate: listed.certificate,
      ownerPrivate: listed.ownerPrivate,
    });
    const held = await readGrantsOf(core, ground.handle, listed.leaf);
    return { id, row, leaf: listed.leaf, certificate: listed.certificate, ...text, ...held };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** A token that must read whole: one that was just written, or that a command goes on with. */
export async function requireOwned(core: OwnerCore, ground: OwnerGround, id: string): Promise<OwnedToken> {
  const token = await readOwned(core, ground, id);
  if (token === null)
    throw new Refusal('integrity', { message: 'A token differs from the state.', next: 'vouchsafe audit verify' });
  return token;
}

async function textOf(
  core: OwnerCore,
  of: { hash: Uint8Array; certificate: Certificate; ownerPrivate: Uint8Array },
): Promise<{ name: string; description: string }> {
  const known = core.certificateTexts.get(toHex(of.hash));
  if (known !== undefined) return known;
  const context = contexts.certificatePrivate(core.safe.id, of.certificate.token, of.certificate.epoch);
  const opened = core.openSealed(context, of.ownerPrivate);
  if (!sameBytes(sha256(opened), of.certificate.privateHash))
    throw new Refusal('integrity', { message: 'A certificate was changed.' });
  const { name, description } = certificatePrivate.decode(core.safe.id, opened);
  core.certificateTexts.set(toHex(of.hash), { name, description });
  return Promise.resolve({ name, description });
}

async function readGrantsOf(
  core: OwnerCore,
  handle: Handle,
  leaf: TokenLeaf,
): Promise<Pick<OwnedToken, 'grants' | 'lost'>> {
  const grants: OwnedGrant[] = [];
  const lost: TokenLeaf['grants'][number][] = [];
  for (const listed of leaf.grants) {
    const grant = await readGrantOf(core, handle, { ...listed, token: leaf.token });
    if (grant === null) lost.push(listed);
    else grants.push(grant);
  }
  return { grants, lost };
}

async function readGrantOf(
  core: OwnerCore,
  handle: Handle,
  of: { id: string; hash: Uint8Array; token: string },
): Promise<OwnedGrant | null> {
  const row = await readGrant(handle, of.hash);
  if (row === null || !sameBytes(sha256(row.signed), of.hash)) return null;
  try {
    const document = grantDocument.decode(core.safe.id, row.signed);
    const name = toHex(of.hash);
    const known = core.grantTexts.get(name);
    if (known !== undefined) return { id: of.id, hash: of.hash, document, private: known };
    const opened = core.openSealed(contexts.grantPrivate(core.safe.id, of.id), row.ownerPrivate);
    if (!sameBytes(sha256(opened), document.privateHash)) return null;
    const text = grantPrivate.decode(core.safe.id, opened);
    core.grantTexts.set(name, text);
    return { id: of.id, hash: of.hash, document, private: text };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** What a grant that there ever was is for; null where the owner did not say, or its document cannot be told. */
export async function purposeOfGrant(core: OwnerCore, { handle }: OwnerGround, id: string): Promise<string | null> {
  for (const { hash, token } of await readGrantsById(handle, id)) {
    const grant = await readGrantOf(core, handle, { id, hash, token });
    if (grant !== null) return grant.private.purpose === '' ? null : grant.private.purpose;
  }
  return null;
}

/** All listed tokens that read whole, in the order in which they were made. */
export async function allOwned(core: OwnerCore, ground: OwnerGround): Promise<readonly OwnedToken[]> {
  const tokens: OwnedToken[] = [];
  for (const id of listedTokens(ground)) {
    const token = await readOwned(core, ground, id);
    if (token !== null) tokens.push(token);
  }
  return tokens.sort((a, b) => a.certificate.createdAt - b.certificate.createdAt || (a.id < b.id ? -1 : 1));
}

/** The one listed token that a reference names. */
export async function findOwned(core: OwnerCore, ground: OwnerGround, reference: Reference): Promise<OwnedToken> {
  const tokens = await allOwned(core, ground);
  const found =
    (reference.by === 'name' ? undefined : tokens.find(({ id }) => id === reference.text.toLowerCase())) ??
    (reference.by === 'id' ? undefined : tokens.find(({ name }) => foldName(name) === foldName(reference.text)));
  if (found === undefined)
    throw notFound(
      'token',
      reference.text,
      tokens.flatMap(({ id, name }) => [name, id]),
    );
  return found;
}

/** A certificate that was ever issued, with its name. */
export interface KnownCertificate {
  readonly row: CertificateRow;
  readonly certificate: Certificate;
  readonly name: string;
  readonly description: string;
}

/** The newest certificate of every token there ever was; those that the owner did not sign are left out. */
export async function newestCertificates(
  core: OwnerCore,
  ground: OwnerGround,
): Promise<ReadonlyMap<string, KnownCertificate>> {
  const newest = new Map<string, KnownCertificate>();
  for (const row of await readCertificates(ground.handle)) {
    const known = await knownCertificate(core, ground, row);
    if (known !== null) newest.set(known.certificate.token, known);
  }
  return newest;
}

/** A certificate that the owner signed; one whose private part does not open goes by its token's id. */
async function knownCertificate(
  core: OwnerCore,
  ground: OwnerGround,
  row: CertificateRow,
): Promise<KnownCertificate | null> {
  if (!isOwners(ground.state.value, row.signed, row.signature)) return null;
  const certificate = certificateRecord.decode(core.safe.id, row.signed);
  try {
    const text = await textOf(core, { hash: sha256(row.signed), certificate, ownerPrivate: row.ownerPrivate });
    return { row, certificate, ...text };
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity')
      return { row, certificate, name: certificate.token, description: '' };
    throw error;
  }
}

/** Names of all tokens there ever were, by id. */
export async function tokenNames(core: OwnerCore, ground: OwnerGround): Promise<ReadonlyMap<string, string>> {
  const newest = await newestCertificates(core, ground);
  return new Map([...newest].map(([id, { name }]) => [id, name]));
}

/** A token as it is printed; `leaf` is null for one that has ended. */
export async function shapeOfToken(
  ground: OwnerGround,
  token: { certificate: Certificate; name: string; description: string; leaf: TokenLeaf | null },
): Promise<TokenShape> {
  const { certificate, name, description } = token;
  const { notAfter, createdAt, scopes, isAgent } = certificate;
  const archived = await readProfileOf(ground, certificate.token);
  const lastUse =
    (await lastUseOf(ground.handle, certificate.token, await archivedSeq(ground.handle))) ?? archived?.lastAt ?? null;
  return {
    id: certificate.token,
    name,
    description,
    agent: isAgent,
    status: await statusOf(ground, token),
    scopes: scopes.length === 0 ? ['*'] : scopes,
    created_at: isoTime(createdAt),
    expires_at: notAfter === null ? null : isoTime(notAfter),
    last_used_at: lastUse === null ? null : isoTime(lastUse),
  };
}

async function statusOf(
  ground: OwnerGround,
  token: { certificate: Certificate; leaf: TokenLeaf | null },
): Promise<TokenStatus> {
  const { notAfter } = token.certificate;
  const { leaf } = token;
  if (leaf === null) {
    const isExpired = notAfter !== null && (await endedAt(ground, token.certificate.token)) >= notAfter;
    return isExpired ? 'expired' : 'revoked';
  }
  if (notAfter !== null && ground.now >= notAfter) return 'expired';
  if (await isFrozenOrUnsure(ground, leaf)) return 'frozen';
  return notAfter !== null && notAfter - ground.now < ENDING_MS ? 'expiring' : 'active';
}

/** A freeze whose entry was changed refuses the token too. */
async function isFrozenOrUnsure(ground: OwnerGround, leaf: TokenLeaf): Promise<boolean> {
  try {
    return await isFrozen(ground.handle, { safeId: ground.state.safeId }, leaf);
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return true;
    throw error;
  }
}

/** When a token was taken off the list. */
async function endedAt(ground: OwnerGround, token: string): Promise<number> {
  const [change] = await newestChanges(ground.handle, 'token', token);
  const entry = change === undefined ? null : await readEntry(ground.handle, change.seq);
  return entry?.at ?? 0;
}
