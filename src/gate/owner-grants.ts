import { type Limits, parseLimits, sealedLimits } from '../core/limits.js';
import { ROLES, type Role } from '../core/model.js';
import { checkName } from '../core/reason.js';
import { Refusal } from '../core/refusal.js';
import type { GrantShape } from '../core/shapes.js';
import { nearest } from '../core/text.js';
import { randomBytes, randomId } from '../crypto/bytes.js';
import { lastReadsBy } from '../store/audit.js';
import { readProfileOf } from './archive-profile.js';
import { isRole } from './authors.js';
import { shapeOfGrant, shapesOfGrants, titleOf } from './grant-shape.js';
import type { Ended, GrantSelection, NewGrant } from './door.js';
import type { Reference } from './named.js';
import type { Progress } from './log-door.js';
import { findItem, findVault } from './naming.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { Moved } from './revisions.js';
import { applyRotation, grantedKeyOf, type PreparedRotation, prepareRotation, rotateItem } from './rotation.js';
import { expiryOf } from './settings.js';
import { adopt, endGrants, mayWriteAnything } from './token-end.js';
import { issueGrant, listLeaf } from './token-issue.js';
import { findOwned, type OwnedGrant, type OwnedToken, requireOwned, shapeOfToken } from './token-reader.js';
import { vaultOf } from './verified-state.js';

export function roleOf(text: string | undefined): Role {
  const role = text ?? 'viewer';
  if (isRole(role)) return role;
  const near = nearest(role, ROLES);
  throw new Refusal('invalid_request', {
    message: 'The role is none that there is.',
    next: near === undefined ? `Use one of: ${ROLES.join(', ')}.` : `Did you mean ${near}?`,
  });
}

/** What a grant is to be. `item` is null for a whole vault, `notAfter` (unix ms) where it ends with the token. */
export interface GrantTerms {
  readonly vault: string;
  readonly item: string | null;
  readonly role: Role;
  readonly notAfter: number | null;
  readonly limits: Limits;
  readonly purpose: string;
}

/** Gives a listed token a grant, in place of one on the same vault or item; under the lock. */
export async function addGrant(
  core: OwnerCore,
  work: OwnerWork,
  of: { token: OwnedToken; grant: GrantTerms },
): Promise<OwnedToken> {
  const { token } = of;
  const { vault, item, role, notAfter, limits, purpose } = of.grant;
  const replaced = token.grants.filter(({ document }) => document.vault === vault && document.item === item);
  if (mayWriteAnything(token, replaced)) await adopt(core, work, { token: token.id, except: new Set() });
  await endGrants(core, work, { token, grants: replaced });
  const issued = await issueGrant(core, work, {
    token: { id: token.id, epoch: token.leaf.epoch, agreementKey: token.certificate.agreementKey },
    grant: {
      ...{
        id: randomId(),
        vault,
        item,
        role,
        notAfter,
        since: work.decisions.version,
        sinceSeq: work.state.last.seq + 1,
      },
      private: { random: randomBytes(32), purpose, limits: sealedLimits(limits) },
    },
    granted: await grantedKeyOf(core, work, { vault, item }),
    before: null,
  });
  const gone = new Set([...replaced, ...token.lost].map(({ id }) => id));
  const kept = token.leaf.grants.filter(({ id }) => !gone.has(id));
  await listLeaf(core, work, { ...token.leaf, grants: [...kept, issued] });
  return requireOwned(core, work, token.id);
}

export async function grant(core: OwnerCore, wanted: NewGrant): Promise<GrantShape> {
  const role = roleOf(wanted.role);
  const limits = parseLimits(wanted.limits ?? {});
  const purpose = purposeOf(wanted.purpose);
  return core.act('grant.create', async (work) => {
    const token = await findOwned(core, work, wanted.token);
    const vault = await findVault(core, work, wanted.vault);
    const reference = wanted.item && { vault: { by: 'id' as const, text: vault.id }, item: wanted.item };
    const item = reference === undefined ? null : await findItem(core, work, { reference, place: 'kept' });
    const notAfter = wanted.expiration === undefined ? null : expiryOf(work, wanted.expiration);
    const terms = { vault: vault.id, item: item?.id ?? null, role, notAfter, limits, purpose };
    const after = await addGrant(core, work, { token, grant: terms });
    Object.assign(work.draft, {
      vault: vault.id,
      vaultName: vault.name,
      item: item?.id ?? null,
      itemTitle: item?.overview.title ?? null,
    });
    work.draft.detail = `token ${token.id} “${token.name}”, ${role}`;
    return shapeOfGrant(core, work, { token: after, grant: grantOn(after, terms) });
  });
}

/** A purpose is one line, as a reason is; none is empty. */
export function purposeOf(text: string | undefined): string {
  return text === undefined || text.trim() === '' ? '' : checkName('purpose', text);
}

/** The grant of a token on just that vault or item. */
export function grantOn(token: OwnedToken, { vault, item }: Pick<GrantTerms, 'vault' | 'item'>): OwnedGrant {
  const found = token.grants.find(({ document }) => document.vault === vault && document.item === item);
  if (found === undefined) throw new Refusal('integrity', { message: 'A grant was not listed.' });
  return found;
}

export async function listAccess(core: OwnerCore, reference: Reference): Promise<readonly GrantShape[]> {
  return core.read(async (ground) => shapesOfGrants(core, ground, await findOwned(core, ground, reference)));
}

/**
 * Vaults whose whole key a token held by these grants, and items of other vaults whose single key it held. With a grant
 * lost, what it held is unknown: then it is every vault.
 */
export function keysHeld(
  ground: OwnerGround,
  token: OwnedToken,
  grants: readonly OwnedGrant[] = token.grants,
): { vaults: ReadonlySet<string>; items: readonly string[] } {
  if (token.lost.length > 0) return { vaults: new Set(ground.state.value.vaults.map(({ id }) => id)), items: [] };
  const vaults = new Set(grants.filter(({ document }) => document.item === null).map(({ document }) => document.vault));
  const items = grants.flatMap(({ document }) =>
    document.item === null || vaults.has(document.vault) ? [] : [document.item],
  );
  return { vaults, items };
}

/** Prepares the rotation of vaults on a snapshot, with one progress over all of them. */
export async function prepareRotations(
  core: OwnerCore,
  ground: OwnerGround,
  of: { vaults: Iterable<string>; progress: Progress },
): Promise<ReadonlyMap<string, PreparedRotation>> {
  const rotations = new Map<string, PreparedRotation>();
  for (const vault of of.vaults)
    rotations.set(vault, await prepareRotation(core, ground, { vault, progress: of.progress }));
  return rotations;
}

/** Writes what was prepared; a vault that now needs rotation and was not prepared makes the command start over. */
export async function applyRotations(
  core: OwnerCore,
  work: OwnerWork,
  of: { needed: ReadonlySet<string>; items: readonly string[]; prepared: ReadonlyMap<string, PreparedRotation> },
): Promise<Pick<Ended, 'rotated' | 'skipped'>> {
  const rotated: { vault: string; items: number }[] = [];
  const skipped: string[] = [];
  for (const vault of of.needed) {
    const rotation = of.prepared.get(vault);
    if (rotation === undefined) throw new Moved();
    await applyRotation(core, work, rotation);
    rotated.push({ vault: (await core.shelf.name(work, vault))?.name ?? vault, items: rotation.plans.size });
    skipped.push(...rotation.skipped);
  }
  const single = of.items.filter((item) => !of.needed.has(vaultOf(item)));
  for (const vault of new Set(single.map(vaultOf))) {
    const done = [];
    for (const item of single.filter((one) => vaultOf(one) === vault))
      if (await rotateItem(core, work, item)) done.push(item);
      else skipped.push(item);
    if (done.length > 0)
      rotated.push({ vault: (await core.shelf.name(work, vault))?.name ?? vault, items: done.length });
  }
  return { rotated, skipped };
}

/** What a token was given: change these at the service. */
export async function readBy(core: OwnerCore, ground: OwnerGround, token: string): Promise<Ended['read']> {
  const archived = (await readProfileOf(ground, token))?.reads ?? [];
  const recent = await lastReadsBy(ground.handle, token);
  const items = new Set([...archived.map(([item]) => item), ...recent.map(({ item }) => item)]);
  return Promise.all([...items].map(async (id) => ({ id, title: await titleOf(core, ground, id) })));
}

async function selected(
  core: OwnerCore,
  ground: OwnerGround,
  of: { selection: GrantSelection; token: OwnedToken },
): Promise<readonly OwnedGrant[]> {
  const { selection, token } = of;
  const grants = await matching(core, ground, { selection, token });
  if (grants.length > 0 || token.lost.length > 0 || selection.all === true) return grants;
  throw new Refusal('not_found', {
    message: 'The token has no such grant.',
    next: 'vouchsafe pat access list-access TOKEN',
  });
}

async function matching(
  core: OwnerCore,
  ground: OwnerGround,
  of: { selection: GrantSelection; token: OwnedToken },
): Promise<readonly OwnedGrant[]> {
  const { selection, token } = of;
  if (selection.all === true) return token.grants;
  if (selection.grantId !== undefined) return token.grants.filter(({ id }) => id === selection.grantId);
  if (selection.vault === undefined)
    throw new Refusal('invalid_request', {
      message: 'Which access is to end?',
      next: 'Give --vault-name, --grant-id or --all.',
    });
  const vault = await findVault(core, ground, selection.vault);
  if (selection.item === undefined) return token.grants.filter(({ document }) => document.vault === vault.id);
  const reference = { vault: { by: 'id' as const, text: vault.id }, item: selection.item };
  const item = await findItem(core, ground, { reference, place: 'both' });
  return token.grants.filter(({ document }) => document.item === item.id);
}

/** Ends grants at once. Ending a vault's ends the token's item grants in it; keys are changed unless told not to. */
export async function revoke(core: OwnerCore, selection: GrantSelection, progress: Progress): Promise<Ended> {
  const ended = await core.prepareAndAct(
    'grant.revoke',
    async (ground) => {
      const token = await findOwned(core, ground, selection.token);
      const { vaults } = keysHeld(ground, token, await selected(core, ground, { selection, token }));
      return prepareRotations(core, ground, { vaults: selection.rotate ? vaults : [], progress });
    },
    async (work, prepared) => {
      const token = await findOwned(core, work, selection.token);
      const grants = await selected(core, work, { selection, token });
      return endSelected(core, work, { token, grants, prepared, rotate: selection.rotate });
    },
  );
  await core.eraseTraces();
  return ended;
}

async function endSelected(
  core: OwnerCore,
  work: OwnerWork,
  of: {
    token: OwnedToken;
    grants: readonly OwnedGrant[];
    prepared: ReadonlyMap<string, PreparedRotation>;
    rotate: boolean;
  },
): Promise<Ended> {
  const { token, grants, prepared, rotate } = of;
  const { vaults, items } = keysHeld(work, token, grants);
  const shapes: GrantShape[] = [];
  for (const one of grants) shapes.push(await shapeOfGrant(core, work, { token, grant: one }));
  const read = await readBy(core, work, token.id);
  const needed = rotate ? vaults : new Set<string>();
  const rewritten = new Set([...needed]);
  const kept = mayWriteAnything(token, grants) ? await adopt(core, work, { token: token.id, except: rewritten }) : [];
  await endGrants(core, work, { token, grants });
  const { rotated, skipped } = await applyRotations(core, work, { needed, items: rotate ? items : [], prepared });
  work.draft.detail = `token ${token.id} “${token.name}”: grants ended: ${String(grants.length)}`;
  const shape = await shapeOfToken(work, token);
  return { token: shape, ended: shapes, read, rotated, skipped: [...kept, ...skipped] };
}
