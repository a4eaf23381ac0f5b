/** A request for access: what its words mean now, and what granting it gives. */
import type { AccessRequest } from '../core/request.js';
import type { Limits } from '../core/limits.js';
import { Refusal } from '../core/refusal.js';
import type { AccessCardShape, AccessRequestShape } from '../core/inbox-shapes.js';
import type { Approval } from './door.js';
import type { Reference } from './named.js';
import { shapeOfGrant, shapesOfGrants } from './grant-shape.js';
import { findItem, findVault, type NamedVault } from './naming.js';
import { type GrantTerms, purposeOf, roleOf } from './owner-grants.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { expiryOf } from './settings.js';
import type { ShelvedItem } from './shelf.js';
import type { OwnedToken } from './token-reader.js';
import { vaultOf } from './verified-state.js';

/** What is asked for, as it is printed. */
export function askedShape({ vault, item, role, expiration, maxUses }: AccessRequest): AccessRequestShape['asked'] {
  return {
    ...(vault === undefined ? {} : { vault }),
    ...(item === undefined ? {} : { item }),
    role,
    ...(expiration === undefined ? {} : { expiration }),
    ...(maxUses === undefined ? {} : { max_uses: maxUses }),
  };
}

/** What the card of a request says besides: what its words mean, and what its token has. */
export async function accessCard(
  core: OwnerCore,
  ground: OwnerGround,
  of: { asked: AccessRequest; token: OwnedToken | null },
): Promise<Pick<AccessCardShape, 'means' | 'replaces' | 'access'>> {
  const { asked, token } = of;
  const { vault, item } = await meaningOf(core, ground, { asked, approval: {} });
  const replaced =
    vault === null || token === null
      ? undefined
      : token.grants.find(({ document }) => document.vault === vault.id && document.item === (item?.id ?? null));
  return {
    means: {
      vault: vault === null ? null : { id: vault.id, name: vault.name },
      item: item === null ? null : { id: item.id, title: item.overview.title },
    },
    ...(replaced === undefined || token === null
      ? {}
      : { replaces: await shapeOfGrant(core, ground, { token, grant: replaced }) }),
    access: token === null ? [] : await shapesOfGrants(core, ground, token),
  };
}

/** What a request's words mean, or what the owner says in their place; null for what is not found. */
async function meaningOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { asked: AccessRequest; approval: Approval },
): Promise<{ vault: NamedVault | null; item: ShelvedItem | null }> {
  try {
    return await placeOf(core, ground, of);
  } catch (error) {
    if (error instanceof Refusal) return { vault: null, item: null };
    throw error;
  }
}

/** Where the access is to be. Throws `not_found`, `ambiguous` or `invalid_request`. */
export async function placeOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { asked: AccessRequest; approval: Approval },
): Promise<{ vault: NamedVault; item: ShelvedItem | null }> {
  const { asked } = of;
  const said = (text: string | undefined): Reference | undefined =>
    text === undefined ? undefined : { by: 'any', text };
  const vaultReference = of.approval.vault ?? said(asked.vault);
  const itemReference = of.approval.item ?? said(asked.item);
  const vault = vaultReference === undefined ? null : await findVault(core, ground, vaultReference);
  if (itemReference === undefined) {
    if (vault !== null) return { vault, item: null };
    throw new Refusal('invalid_request', { message: 'It is not said where.', next: 'Add --vault or --item.' });
  }
  const where = vault === null ? {} : { vault: { by: 'id' as const, text: vault.id } };
  const item = await findItem(core, ground, { reference: { ...where, item: itemReference }, place: 'kept' });
  return { vault: vault ?? (await findVault(core, ground, { by: 'id', text: vaultOf(item.id) })), item };
}

/** What the grant is to be. */
export function termsOf(
  work: OwnerWork,
  asked: AccessRequest,
  of: { approval: Approval; limits: Limits },
): Omit<GrantTerms, 'vault' | 'item'> {
  const { approval, limits } = of;
  const expiration = approval.expiration ?? asked.expiration;
  return {
    role: roleOf(approval.role ?? asked.role),
    notAfter: expiration === undefined ? null : expiryOf(work, expiration),
    limits: { ...limits, maxUses: limits.maxUses ?? asked.maxUses ?? null },
    purpose: purposeOf(approval.purpose),
  };
}
