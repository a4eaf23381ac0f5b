/** Renewing and ending tokens: the old text is dead at once, and what it could write is named again or written anew. */
import type { NewTokenShape, TokenShape } from '../core/shapes.js';
import { foldName } from '../core/text.js';
import { isoTime } from '../core/expiry.js';
import { newTokenParts, type TokenParts } from '../crypto/token-string.js';
import { eraseExchanges } from '../store/exchanges.js';
import { retireToken } from '../store/tokens.js';
import type { Ended } from './door.js';
import type { Reference } from './named.js';
import type { Progress } from './log-door.js';
import { notFound } from './naming.js';
import { shapesOfGrants } from './grant-shape.js';
import { applyRotations, keysHeld, prepareRotations, readBy } from './owner-grants.js';
import { resealDecisions } from './decision.js';
import { factsOf, newTokenShape, tagKeyOf } from './new-token.js';
import type { OwnerCore, OwnerGround, OwnerWork } from './owner-core.js';
import { grantedKeyOf, type PreparedRotation, reissueGrant } from './rotation.js';
import { expiryOf } from './settings.js';
import { adopt, endToken, mayWriteAnything } from './token-end.js';
import { issueToken, listLeaf } from './token-issue.js';
import {
  findOwned,
  listedTokens,
  newestCertificates,
  type OwnedToken,
  readOwned,
  requireOwned,
  shapeOfToken,
} from './token-reader.js';

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
      const { vaults } = keysHeld(ground, await findOwned(core, ground, reference));
      return prepareRotations(core, ground, { vaults: options.rotate ? vaults : [], progress: options.progress });
    },
    async (work, prepared) => {
      const old = await findOwned(core, work, reference);
      const { vaults, items } = keysHeld(work, old);
      const needed = options.rotate ? vaults : new Set<string>();
      if (mayWriteAnything(old)) await adopt(core, work, { token: old.id, except: needed });
      const token = await reissueToken(core, work, {
        ...{ old, parts, tagKey: tagKeyOf(core, old) },
        notAfter: expiryOf(work, options.expiration),
      });
      await applyRotations(core, work, { needed, items: options.rotate ? items : [], prepared });
      work.draft.detail = `token ${token.id} “${token.name}”, epoch ${String(token.leaf.epoch)}`;
      return newTokenShape(core, work, { token: await requireOwned(core, work, token.id), parts });
    },
  );
  await core.eraseTraces();
  return renewed;
}

/** A token under another text and fresh keys, with its grants and approvals sealed to these. */
export async function reissueToken(
  core: OwnerCore,
  work: OwnerWork,
  of: { old: OwnedToken; parts: TokenParts; tagKey: Uint8Array; notAfter: number | null },
): Promise<OwnedToken> {
  const { old, parts, tagKey, notAfter } = of;
  const { row } = old;
  await retireToken(work.handle, {
    lookupId: row.lookupId,
    secretHash: row.secretHash,
    token: row.id,
    epoch: row.epoch,
  });
  await eraseExchanges(work.handle, row.id);
  const facts = { ...factsOf(old, tagKey), epoch: old.leaf.epoch + 1, notAfter };
  const issued = await issueToken(core, work, { facts, parts });
  const grants = [];
  for (const grant of old.grants) {
    const { vault, item } = grant.document;
    const granted = await grantedKeyOf(core, work, { vault, item });
    grants.push({ id: grant.id, hash: await reissueGrant(core, work, { token: old, grant, granted, to: issued }) });
  }
  const bare = await requireOwned(core, work, old.id);
  const { agreementKey } = issued;
  const approvals = await resealDecisions(core, work, { approvals: old.leaf.approvals, agreementKey });
  await listLeaf(core, work, { ...bare.leaf, grants, approvals });
  return requireOwned(core, work, old.id);
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
    (reference.by === 'id'
      ? undefined
      : ids.find((candidate) => foldName(names.get(candidate)?.name ?? '') === foldName(reference.text)));
  if (id === undefined)
    throw notFound(
      'token',
      reference.text,
      ids.flatMap((known) => [names.get(known)?.name ?? known, known]),
    );
  return { id, token: await readOwned(core, ground, id) };
}

function vaultsOf(ground: OwnerGround, { token }: Endable): ReadonlySet<string> {
  return token === null ? new Set(ground.state.value.vaults.map(({ id }) => id)) : keysHeld(ground, token).vaults;
}

/** Ends a token at once and for good. Never fails on what it cannot accept: what is unknown of it is rotated whole. */
export async function deleteToken(
  core: OwnerCore,
  reference: Reference,
  options: { rotate: boolean; progress: Progress },
): Promise<Ended> {
  const ended = await core.prepareAndAct(
    'token.delete',
    async (ground) => {
      const vaults = vaultsOf(ground, await findEndable(core, ground, reference));
      return prepareRotations(core, ground, { vaults: options.rotate ? vaults : [], progress: options.progress });
    },
    async (work, prepared) =>
      end(core, work, { endable: await findEndable(core, work, reference), prepared, rotate: options.rotate }),
  );
  await core.eraseTraces();
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
  const kept = token === null || mayWriteAnything(token) ? await adopt(core, work, { token: id, except: needed }) : [];
  const items = token === null || !rotate ? [] : keysHeld(work, token).items;
  const known = (await newestCertificates(core, work)).get(id);
  await endToken(work, { id, grants: token?.leaf.grants ?? [] });
  const { rotated, skipped } = await applyRotations(core, work, { needed, items, prepared });
  work.draft.detail = `token ${id} “${known?.name ?? ''}”`;
  const shape: TokenShape =
    known === undefined ? unknownToken(work, id) : await shapeOfToken(work, { ...known, leaf: null });
  return { token: { ...shape, status: 'revoked' }, ended, read, rotated, skipped: [...kept, ...skipped] };
}

/** What is told of a token whose certificate is gone. */
function unknownToken(work: OwnerWork, id: string): TokenShape {
  const unknown = { name: id, description: '', agent: false, status: 'revoked' as const, scopes: [] };
  return { id, ...unknown, created_at: isoTime(work.now), expires_at: null, last_used_at: null };
}
