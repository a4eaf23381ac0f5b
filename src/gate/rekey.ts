/**
 * Changing every key: for a password that leaked together with a copy of the file. The root key with its ways in, the
 * owner's pairs, the keys of all vaults and items, and what every token holds are made anew, in one transaction: a
 * process that is killed has changed nothing, or all of it.
 */
import { open, seal } from '../crypto/envelope.js';
import { recoveryCode as newRecoveryCode } from '../crypto/generate.js';
import { newAgreementPair, newSigningPair } from '../crypto/key-pair.js';
import { contexts, newKey } from '../crypto/keys.js';
import type { CostBounds, PasswordCost } from '../crypto/password.js';
import { newTokenParts } from '../crypto/token-string.js';
import { allVaultKeys, rewrapVaultKey } from '../store/items.js';
import { deleteRootKeys, putRootKey, replaceOwnerKeys, type RootKeyRow } from '../store/safe.js';
import { ownerHash, type OwnerPublic } from './decisions.js';
import type { Rekeyed } from './door.js';
import type { Progress } from './log-door.js';
import { requireVerified, signCheckpoint } from './owner-audit.js';
import { OwnerCore, type OwnerGround, type OwnerWork } from './owner-core.js';
import { applyRotations, prepareRotations } from './owner-grants.js';
import { agreementsOf, type OwnerKeys, wrapOwnerKeys } from './owner-keys.js';
import { fingerprintOf } from './owner-safe.js';
import { endSessions } from './owner-session.js';
import { reissueToken } from './owner-token-end.js';
import { checkMasterPassword } from './password.js';
import { wrapByPassword, wrapByRecovery } from './root-key.js';
import { endToken } from './token-end.js';
import { listedTokens, readOwned } from './token-reader.js';

/** What is asked for. `progress` counts the items of one vault after the other. */
export interface RekeyWish {
  readonly password: string;
  readonly cost: PasswordCost;
  readonly bounds: CostBounds;
  readonly withRecovery: boolean;
  readonly progress: Progress;
}

/**
 * Changes every key and signs a checkpoint with the new one. Ids, grants, limits, counts and the log stay; every token
 * needs a new text. The core is good for nothing afterwards.
 */
export async function rekey(core: OwnerCore, wish: RekeyWish): Promise<Rekeyed> {
  await checkMasterPassword(wish.password);
  await requireVerified(core);
  const { safe } = core;
  const keys = nextKeys(core.keys);
  const recovery = wish.withRecovery ? await newRecoveryCode() : null;
  const ways = [await wrapByPassword(safe.id, keys.rootKey, wish)];
  if (recovery !== null) ways.push(wrapByRecovery(safe.id, keys.rootKey, recovery.bytes));
  endSessions(safe.places, safe.id);
  const next = new OwnerCore(safe, keys, { origin: core.origin, from: core.keys });
  const { anchors, ...changed } = await next.prepareAndAct(
    'safe.rekey',
    async (ground) => prepareRotations(next, ground, { vaults: vaultsOf(ground), progress: wish.progress }),
    async (work, prepared) => {
      const tokens = await reissueTokens(next, work);
      const { rotated, skipped } = await applyRotations(next, work, { needed: vaultsOf(work), items: [], prepared });
      await rewrap(work, { safeId: safe.id, from: core.keys, to: keys, ways });
      work.decisions.setOwner(ownerHash(safe.id, publicBefore(core.keys, work)));
      work.draft.detail = `the owner’s fingerprint is now ${fingerprintOf(keys.signing.publicKey)}`;
      return { ...tokens, rotated, skipped, anchors: signCheckpoint(next, work) };
    },
  );
  for (const failure of anchors.failures()) process.stderr.write(`vouchsafe: ${failure}\n`);
  await next.eraseTraces();
  keys.rootKey.fill(0);
  return { ...changed, fingerprint: fingerprintOf(keys.signing.publicKey), recoveryCode: recovery?.code ?? null };
}

/** What was sealed to the owner before stays readable. */
function nextKeys(before: OwnerKeys): OwnerKeys {
  return {
    rootKey: newKey(),
    agreement: newAgreementPair(),
    signing: newSigningPair(),
    earlierAgreements: agreementsOf(before),
  };
}

/** The owner's public keys as the state named them until now. */
function publicBefore({ agreement, signing }: OwnerKeys, { state }: OwnerGround): OwnerPublic {
  const earlier = state.value.earlier.slice(0, -1);
  return { agreementKey: agreement.publicKey, signingKey: signing.publicKey, earlier };
}

function vaultsOf(ground: OwnerGround): ReadonlySet<string> {
  return new Set(ground.state.value.vaults.map(({ id }) => id));
}

/** Gives each token a text that nobody was told, and ends those whose rows differ from the state. */
async function reissueTokens(core: OwnerCore, work: OwnerWork): Promise<Pick<Rekeyed, 'tokens' | 'ended'>> {
  const tokens: { id: string; name: string }[] = [];
  const ended: string[] = [];
  for (const id of listedTokens(work)) {
    const old = await readOwned(core, work, id);
    if (old === null) {
      await endToken(work, { id, grants: [] });
      ended.push(id);
      continue;
    }
    const { notAfter } = old.certificate;
    await reissueToken(core, work, { old, parts: newTokenParts(), tagKey: newKey(), notAfter });
    tokens.push({ id, name: old.name });
  }
  return { tokens, ended };
}

/** The old keys of vaults under the new root key, and that under the new ways in. */
async function rewrap(
  work: OwnerWork,
  of: { safeId: string; from: OwnerKeys; to: OwnerKeys; ways: readonly RootKeyRow[] },
): Promise<void> {
  const { safeId, from, to, ways } = of;
  for (const row of await allVaultKeys(work.handle)) {
    if (work.decisions.head(row.vault)?.epoch === row.epoch) continue;
    const context = contexts.ownerVaultKey({ safeId, ...row });
    await rewrapVaultKey(work.handle, {
      ...row,
      envelope: seal(to.rootKey, context, open(from.rootKey, context, row.envelope)),
    });
  }
  await replaceOwnerKeys(work.handle, wrapOwnerKeys(safeId, to));
  await deleteRootKeys(work.handle);
  for (const way of ways) await putRootKey(work.handle, way);
}
