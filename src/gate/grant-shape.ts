/** Grants as they are printed. */
import { isoTime } from '../core/expiry.js';
import { leftOf, NO_USAGE, type Usage } from '../core/limit-check.js';
import { type Limits, limitsShape, NO_LIMITS, readLimits } from '../core/limits.js';
import { Refusal } from '../core/refusal.js';
import type { GrantShape } from '../core/shapes.js';
import { isRole } from './authors.js';
import type { Regrant } from './grant-command.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import type { OwnedGrant, OwnedToken } from './token-reader.js';

/** A grant as it is printed. */
export async function shapeOfGrant(
  core: OwnerCore,
  ground: OwnerGround,
  of: { token: OwnedToken; grant: OwnedGrant },
): Promise<GrantShape> {
  const { id, document } = of.grant;
  const { vault, item } = document;
  const name = (await core.shelf.name(ground, vault))?.name ?? vault;
  const limits = limitsOf(of.grant);
  const usage = await usageOf(core, ground, of.token);
  const end = earlier(document.notAfter, of.token.certificate.notAfter);
  return {
    grant_id: id,
    type: item === null ? 'vault' : 'item',
    vault: { id: vault, name },
    ...(item === null ? {} : { item: { id: item, title: (await titleOf(core, ground, item)) ?? item } }),
    // a role that this version does not know grants nothing
    role: isRole(document.role) ? document.role : 'viewer',
    expires_at: end === null ? null : isoTime(end),
    ...(of.grant.private.purpose === '' ? {} : { purpose: of.grant.private.purpose }),
    limits: limits === null ? { unknown: true } : limitsShape(limits),
    left: leftOf(limits ?? NO_LIMITS, usage.get(id) ?? NO_USAGE, ground.now),
  };
}

/** The limits of a grant; null where this version does not know them all, so that it grants nothing. */
export function limitsOf(grant: OwnedGrant): Limits | null {
  return readLimits(grant.private.limits);
}

/** What would grant the same again. */
export function regrantOf(token: string, grant: OwnedGrant): Regrant {
  const { vault, item, role, notAfter } = grant.document;
  const limits = limitsOf(grant) ?? NO_LIMITS;
  // a role that this version does not know grants nothing
  const known = isRole(role) ? role : 'viewer';
  return { token, vault, item, role: known, ownEnd: notAfter, limits, purpose: grant.private.purpose };
}

/** What has happened under the grants of a token. */
export async function usageOf(
  core: OwnerCore,
  ground: OwnerGround,
  token: OwnedToken,
): Promise<ReadonlyMap<string, Usage>> {
  const grants = token.grants.map((grant) => ({
    id: grant.id,
    limits: limitsOf(grant) ?? NO_LIMITS,
    sinceSeq: grant.document.sinceSeq,
  }));
  return core.usage.read(ground.handle, { id: token.id, grants }, { now: ground.now, last: ground.state.last.seq });
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

/** The title of an item; null where it cannot be told. */
export async function titleOf(core: OwnerCore, ground: OwnerGround, item: string): Promise<string | null> {
  try {
    return (await core.shelf.item(ground, item))?.overview.title ?? null;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'integrity') return null;
    throw error;
  }
}

/** All grants of a token, by vault. */
export async function shapesOfGrants(
  core: OwnerCore,
  ground: OwnerGround,
  token: OwnedToken,
): Promise<readonly GrantShape[]> {
  const shapes: GrantShape[] = [];
  for (const grant of token.grants) shapes.push(await shapeOfGrant(core, ground, { token, grant }));
  return shapes.sort((a, b) => a.vault.name.localeCompare(b.vault.name, 'en') || a.type.localeCompare(b.type) * -1);
}
