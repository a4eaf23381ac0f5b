import { SCOPES } from '../core/model.js';
import { checkDescription, checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { NewTokenShape, TokenShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { open } from '../crypto/envelope.js';
import { randomWords } from '../crypto/generate.js';
import { contexts, newKey } from '../crypto/keys.js';
import { newTokenParts, printToken, type TokenParts } from '../crypto/token-string.js';
import { retireToken } from '../store/tokens.js';
import type { Ended, NewToken, Page, Progress, Reference, TokenQuery } from './door.js';
import { findVault, notFound } from './naming.js';
import { addGrant, applyRotations, keysHeld, prepareRotations, readBy, roleOf, shapesOfGrants } from './owner-grants.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { grantedKeyOf, type PreparedRotation, reissueGrant } from './rotation.js';
import { expiryOf } from './settings.js';
import { adopt, endToken, mayWriteAnything } from './token-end.js';
import { issueCertificate, issueToken, listLeaf, type TokenFacts } from './token-issue.js';
import {
  allOwned,
  findOwned,
  isFrozen,
  listedTokens,
  newestCertificates,
  type OwnedToken,
  readOwned,
  shapeOfToken,
} from './token-reader.js';

export const TOKEN_VARIABLE = 'VOUCHSAFE_PERSONAL_ACCESS_TOKEN';

function scopesOf(given: readonly string[] | undefined): readonly string[] {
  const wanted = [...new Set(given ?? [])];
  if (wanted.includes('*')) return [...SCOPES];
  const unknown = wanted.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown === undefined) return SCOPES.filter((scope) => wanted.includes(scope));
  throw new Refusal('invalid_request', { message: 'A scope is none that there is.', next: `Use ${SCOPES.join(', ')} or '*'.` });
}

async function refuseTakenName(core: OwnerCore, work: OwnerWork, of: { name: string; except: string | null }): Promise<void> {
  const taken = (await allOwned(core, work)).some(({ id, name }) => id !== of.except && foldName(name) === foldName(of.name));
  if (!taken) return;
  throw new Refusal('conflict', { message: 'There is a token of that name already.', next: 'Choose another name, or renew it: vouchsafe pat renew NAME' });
}

/** Four words that no token ever had. */
async function freshId(core: OwnerCore): Promise<string> {
  for (;;) {
    const id = (await randomWords(4)).join('-');
    const known = await core.read(async (ground) => newestCertificates(core, ground));
    if (!known.has(id)) return id;
  }
}

export async function createToken(core: OwnerCore, wanted: NewToken): Promise<NewTokenShape> {
  const name = checkName('name', wanted.name);
  const description = checkDescription('description', wanted.description ?? '');
  const scopes = scopesOf(wanted.scopes);
  const role = roleOf(wanted.role);
  const id = await freshId(core);
  const parts = newTokenParts();
  return core.act('token.create', async (work) => {
    await refuseTakenName(core, work, { name, except: null });
    const vaults = [];
    for (const reference of wanted.vaults ?? []) vaults.push(await findVault(core, work, reference));
    const notAfter = expiryOf(work, wanted.expiration);
    const facts = { id, epoch: 1, name, description, isAgent: wanted.isAgent, scopes, createdAt: work.now, notAfter };
    await issueToken(core, work, { facts: { ...facts, tagKey: newKey(), liftedSeq: work.state.last.seq }, parts });
    let token = await mustRead(core, work, id);
    for (const vault of vaults) token = await addGrant(core, work, { token, vault: vault.id, item: null, role, notAfter: null });
    work.draft.detail = `token ${id} “${name}”`;
    return newTokenShape(core, work, { token, parts });
  });
}

async function mustRead(core: OwnerCore, ground: OwnerGround, id: string): Promise<OwnedToken> {
  const token = await readOwned(core, ground, id);
  if (token === null) throw new Refusal('integrity', { message: 'A token differs from the state.', next: 'vouchsafe audit verify' });
  return token;
}

async function newTokenShape(core: OwnerCore, work: OwnerWork, of: { token: OwnedToken; parts: TokenParts }): Promise<NewTokenShape> {
  const { id, name, description, agent, scopes, created_at, expires_at } = await shapeOfToken(work, of.token);
  const token = printToken(of.parts);
  const grants = await shapesOfGrants(core, work, of.token);
  return { id, name, description, agent, scopes, created_at, expires_at, token, env: `${TOKEN_VARIABLE}=${token}`, grants };
}

export async function findToken(core: OwnerCore, reference: Reference): Promise<TokenShape> {
  return core.read(async (ground) => shapeOfToken(ground, await findOwned(core, ground, reference)));
}

export async function listTokens(core: OwnerCore, query: TokenQuery): Promise<Page<TokenShape>> {
  return core.read(async (ground) => {
    const owned = await allOwned(core, ground);
    const shapes: TokenShape[] = [];
    for (const token of owned) shapes.push(await shapeOfToken(ground, token));
    if (query.all) {
      const listed = new Set(owned.map(({ id }) => id));
      for (const known of (await newestCertificates(core, ground)).values())
        if (!listed.has(known.certificate.token)) shapes.push(await shapeOfToken(ground, { ...known, leaf: null }));
    }
    const wanted = shapes.filter(({ agent }) => agent || !query.agentsOnly);
    return pageOf(wanted, query);
  });
}

function pageOf(shapes: readonly TokenShape[], { cursor, limit }: TokenQuery): Page<TokenShape> {
  const sorted = [...shapes].sort((a, b) => a.created_at.localeCompare(b.created_at) || a.id.localeCompare(b.id));
  const after = cursor === undefined ? -1 : sorted.findIndex(({ id }) => id === cursor);
  if (cursor !== undefined && after === -1)
    throw new Refusal('invalid_request', { message: 'The cursor is not one of this list.', next: 'Leave --cursor out to start over.' });
  const data = sorted.slice(after + 1, after + 1 + limit);
  return { data, nextCursor: after + 1 + limit < sorted.length ? (data.at(-1)?.id ?? null) : null };
}

function factsOf(core: OwnerCore, token: OwnedToken): TokenFacts {
  const { id, row, leaf, certificate, name, description } = token;
  const tagKey = open(core.keys.rootKey, contexts.ownerTagKey(core.safe.id, id), row.tagKey);
  const { isAgent, scopes, createdAt, notAfter } = certificate;
  return { id, epoch: leaf.epoch, name, description, isAgent, scopes, createdAt, notAfter, tagKey, liftedSeq: leaf.liftedSeq };
}

/** A new text and new keys for a token; its id, grants and counts stay, the old text is dead at once. */
export async function renewToken(
  core: OwnerCore,
  reference: Reference,
  options: { expiration?: string; rotate: boolean; progress: Progress },
): Promise<NewTokenShape> {
  const parts = newTokenParts();
  const renewed = await core.prepareAndAct(
    'token.renew',
    async (ground) => {
      const { vaults } = keysHeld((await findOwned(core, ground, reference)).grants);
      return prepareRotations(core, ground, { vaults: options.rotate ? vaults : [], progress: options.progress });
    },
    async (work, prepared) => {
      const old = await findOwned(core, work, reference);
      const { vaults, items } = keysHeld(old.grants);
      const needed = options.rotate ? vaults : new Set<string>();
      if (mayWriteAnything(old.grants)) await adopt(core, work, { token: old.id, except: needed });
      const token = await reissueToken(core, work, { old, parts, notAfter: expiryOf(work, options.expiration) });
      await applyRotations(core, work, { needed, items: options.rotate ? items : [], prepared });
      work.draft.detail = `token ${token.id} “${token.name}”, epoch ${String(token.leaf.epoch)}`;
      return newTokenShape(core, work, { token: await mustRead(core, work, token.id), parts });
    },
  );
  await core.safe.database.eraseLog();
  return renewed;
}

async function reissueToken(
  core: OwnerCore,
  work: OwnerWork,
  of: { old: OwnedToken; parts: TokenParts; notAfter: number | null },
): Promise<OwnedToken> {
  const { old, parts, notAfter } = of;
  const { row } = old;
  await retireToken(work.handle, { lookupId: row.lookupId, secretHash: row.secretHash, token: row.id, epoch: row.epoch });
  const facts = { ...factsOf(core, old), epoch: old.leaf.epoch + 1, notAfter };
  const issued = await issueToken(core, work, { facts, parts });
  const grants = [];
  for (const grant of old.grants) {
    const { vault, item } = grant.document;
    const granted = await grantedKeyOf(core, work, { vault, item });
    grants.push({ id: grant.id, hash: await reissueGrant(core, work, { token: old, grant, granted, to: issued }) });
  }
  const bare = await mustRead(core, work, old.id);
  await listLeaf(core, work, { ...bare.leaf, grants });
  return mustRead(core, work, old.id);
}

/** A token as far as it can be told: null grants where its rows differ from the state. */
interface Endable {
  readonly id: string;
  readonly token: OwnedToken | null;
}

async function findEndable(core: OwnerCore, ground: OwnerGround, reference: Reference): Promise<Endable> {
  const names = await newestCertificates(core, ground);
  const ids = listedTokens(ground);
  const id =
    (reference.by === 'name' ? undefined : ids.find((candidate) => candidate === reference.text.toLowerCase())) ??
    (reference.by === 'id' ? undefined : ids.find((candidate) => foldName(names.get(candidate)?.name ?? '') === foldName(reference.text)));
  if (id === undefined) throw notFound('token', reference.text, ids.flatMap((known) => [names.get(known)?.name ?? known, known]));
  return { id, token: await readOwned(core, ground, id) };
}

function vaultsOf(ground: OwnerGround, { token }: Endable): ReadonlySet<string> {
  return token === null ? new Set(ground.state.value.vaults.map(({ id }) => id)) : keysHeld(token.grants).vaults;
}

/** Ends a token at once and for good. Never fails on what it cannot accept: what is unknown of it is rotated whole. */
export async function deleteToken(core: OwnerCore, reference: Reference, options: { rotate: boolean; progress: Progress }): Promise<Ended> {
  const ended = await core.prepareAndAct(
    'token.delete',
    async (ground) => {
      const vaults = vaultsOf(ground, await findEndable(core, ground, reference));
      return prepareRotations(core, ground, { vaults: options.rotate ? vaults : [], progress: options.progress });
    },
    async (work, prepared) => end(core, work, { endable: await findEndable(core, work, reference), prepared, rotate: options.rotate }),
  );
  await core.safe.database.eraseLog();
  return ended;
}

async function end(
  core: OwnerCore,
  work: OwnerWork,
  of: { endable: Endable; prepared: ReadonlyMap<string, PreparedRotation>; rotate: boolean },
): Promise<Ended> {
  const { endable, prepared, rotate } = of;
  const { id, token } = endable;
  const needed = rotate ? vaultsOf(work, endable) : new Set<string>();
  const ended = token === null ? [] : await shapesOfGrants(core, work, token);
  const read = await readBy(core, work, id);
  const kept = token === null || mayWriteAnything(token.grants) ? await adopt(core, work, { token: id, except: needed }) : [];
  const items = token === null || !rotate ? [] : keysHeld(token.grants).items;
  const known = (await newestCertificates(core, work)).get(id);
  await endToken(work, { id, grants: token?.grants ?? [] });
  const { rotated, skipped } = await applyRotations(core, work, { needed, items, prepared });
  work.draft.detail = `token ${id} “${known?.name ?? ''}”`;
  if (known === undefined) throw new Refusal('integrity', { message: 'The token has no certificate.', next: 'vouchsafe audit verify' });
  const shape: TokenShape = { ...(await shapeOfToken(work, { ...known, leaf: null })), status: 'revoked' };
  return { token: shape, ended, read, rotated, skipped: [...kept, ...skipped] };
}

/** A new certificate with another name, under the same keys. */
export async function renameToken(core: OwnerCore, reference: Reference, wanted: string): Promise<TokenShape> {
  const name = checkName('name', wanted);
  return core.act('token.rename', async (work) => {
    const token = await findOwned(core, work, reference);
    await refuseTakenName(core, work, { name, except: token.id });
    const { agreementKey, signingKey } = token.certificate;
    const { hash } = await issueCertificate(core, work, { facts: { ...factsOf(core, token), name }, keys: { agreementKey, signingKey } });
    await listLeaf(core, work, { ...token.leaf, certificate: hash });
    work.draft.detail = `token ${token.id}: “${token.name}” is now “${name}”`;
    return shapeOfToken(work, await mustRead(core, work, token.id));
  });
}

export async function freezeToken(core: OwnerCore, reference: Reference): Promise<TokenShape> {
  return core.act('token.freeze', async (work) => {
    const token = await findOwned(core, work, reference);
    work.decisions.note({ kind: 'freeze', id: token.id, revision: 0, hash: null, before: null });
    work.draft.detail = `token ${token.id} “${token.name}”`;
    return { ...(await shapeOfToken(work, token)), status: 'frozen' };
  });
}

/** Lists a lift that covers every freeze up to now. */
export async function unfreezeToken(core: OwnerCore, reference: Reference): Promise<TokenShape> {
  return core.act('token.unfreeze', async (work) => {
    const token = await findOwned(core, work, reference);
    if (!(await isFrozen(work.handle, { id: token.id, liftedSeq: token.leaf.liftedSeq })))
      throw new Refusal('conflict', { message: 'The token is not frozen.', next: 'vouchsafe pat list' });
    await listLeaf(core, work, { ...token.leaf, liftedSeq: work.state.last.seq });
    work.draft.detail = `token ${token.id} “${token.name}”`;
    return shapeOfToken(work, await mustRead(core, work, token.id));
  });
}
