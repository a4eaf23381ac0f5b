import { NO_LIMITS } from '../core/limits.js';
import { SCOPES } from '../core/model.js';
import { checkDescription, checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { NewTokenShape, TokenShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { randomWords } from '../crypto/generate.js';
import { newKey } from '../crypto/keys.js';
import { newTokenParts } from '../crypto/token-string.js';
import type { NewToken, TokenQuery } from './door.js';
import type { Reference } from './named.js';
import type { Page } from './log-door.js';
import { findVault } from './naming.js';
import { addGrant, roleOf } from './owner-grants.js';
import { factsOf, newTokenShape, tagKeyOf } from './new-token.js';
import type { OwnerCore, OwnerWork } from './owner-core.js';
import { isFrozen } from './freeze.js';
import { expiryOf } from './settings.js';
import { issueCertificate, issueToken, listLeaf } from './token-issue.js';
import { allOwned, findOwned, newestCertificates, requireOwned, shapeOfToken } from './token-reader.js';

function scopesOf(given: readonly string[] | undefined): readonly string[] {
  const wanted = [...new Set(given ?? [])];
  if (wanted.includes('*')) return [...SCOPES];
  const unknown = wanted.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown === undefined) return SCOPES.filter((scope) => wanted.includes(scope));
  throw new Refusal('invalid_request', {
    message: 'A scope is none that there is.',
    next: `Use ${SCOPES.join(', ')} or '*'.`,
  });
}

async function refuseTakenName(
  core: OwnerCore,
  work: OwnerWork,
  of: { name: string; except: string | null },
): Promise<void> {
  const taken = (await allOwned(core, work)).some(
    ({ id, name }) => id !== of.except && foldName(name) === foldName(of.name),
  );
  if (!taken) return;
  throw new Refusal('conflict', {
    message: 'There is a token of that name already.',
    next: 'Choose another name, or renew it: vouchsafe pat renew NAME',
  });
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
    await issueToken(core, work, {
      facts: { ...facts, tagKey: newKey(), frozenSeq: null, liftedSeq: work.state.last.seq },
      parts,
    });
    let token = await requireOwned(core, work, id);
    for (const vault of vaults)
      token = await addGrant(core, work, {
        token,
        grant: { vault: vault.id, item: null, role, notAfter: null, limits: NO_LIMITS, purpose: '' },
      });
    work.draft.detail = `token ${id} “${name}”`;
    return newTokenShape(core, work, { token, parts });
  });
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
    throw new Refusal('invalid_request', {
      message: 'The cursor is not one of this list.',
      next: 'Leave --cursor out to start over.',
    });
  const data = sorted.slice(after + 1, after + 1 + limit);
  return { data, nextCursor: after + 1 + limit < sorted.length ? (data.at(-1)?.id ?? null) : null };
}

/** A new certificate with another name, under the same keys. */
export async function renameToken(core: OwnerCore, reference: Reference, wanted: string): Promise<TokenShape> {
  const name = checkName('name', wanted);
  return core.act('token.rename', async (work) => {
    const token = await findOwned(core, work, reference);
    await refuseTakenName(core, work, { name, except: token.id });
    const { agreementKey, signingKey } = token.certificate;
    const { hash } = await issueCertificate(core, work, {
      facts: { ...factsOf(token, tagKeyOf(core, token)), name },
      keys: { agreementKey, signingKey },
    });
    await listLeaf(core, work, { ...token.leaf, certificate: hash });
    work.draft.detail = `token ${token.id}: “${token.name}” is now “${name}”`;
    return shapeOfToken(work, await requireOwned(core, work, token.id));
  });
}

export async function freezeToken(core: OwnerCore, reference: Reference): Promise<TokenShape> {
  return core.act('token.freeze', async (work) => {
    const token = await findOwned(core, work, reference);
    const frozenSeq = token.leaf.frozenSeq ?? work.state.last.seq + 1;
    await listLeaf(core, work, { ...token.leaf, frozenSeq });
    work.decisions.note({ kind: 'freeze', id: token.id, revision: 0, hash: null, before: null });
    work.draft.detail = `token ${token.id} “${token.name}”`;
    return { ...(await shapeOfToken(work, token)), status: 'frozen' };
  });
}

/** Lists a lift that covers every freeze up to now. */
export async function unfreezeToken(core: OwnerCore, reference: Reference): Promise<TokenShape> {
  return core.act('token.unfreeze', async (work) => {
    const token = await findOwned(core, work, reference);
    if (!(await isFrozen(work.handle, { safeId: core.safe.id }, token.leaf)))
      throw new Refusal('conflict', { message: 'The token is not frozen.', next: 'vouchsafe pat list' });
    await listLeaf(core, work, { ...token.leaf, frozenSeq: null, liftedSeq: work.state.last.seq });
    work.draft.detail = `token ${token.id} “${token.name}”`;
    return shapeOfToken(work, await requireOwned(core, work, token.id));
  });
}
