/** Making and opening a safe. */
import { Refusal } from '../core/refusal.js';
import { randomId } from '../crypto/bytes.js';
import { recoveryCode as newRecoveryCode } from '../crypto/generate.js';
import { newAgreementPair, newSigningPair } from '../crypto/key-pair.js';
import { newKey } from '../crypto/keys.js';
import { COST_BOUNDS, PASSWORD_COST } from '../crypto/password.js';
import type { Handle } from '../store/database.js';
import { insertOwnerKeys, insertSafe, putRootKey, readOwnerKeys, readSafe, type RootKeyRow } from '../store/safe.js';
import { createDatabase } from '../store/sqlite.js';
import { LOOKS_AT_ANCHORS } from './anchor-watch.js';
import { checkAnchors } from './anchors.js';
import type { Origin, OwnerDoor, Places } from './door.js';
import { ensureHostShare } from './host-share.js';
import { ownerDoor } from './owner.js';
import { OwnerCore } from './owner-core.js';
import { type OwnerKeys, unwrapOwnerKeys, wrapOwnerKeys } from './owner-keys.js';
import type { OwnerMemory } from './owner-memory.js';
import { type OwnerProof, rootKeyBy, type SafeOptions } from './owner-proof.js';
import { endSessions } from './owner-session.js';
import { createVault } from './owner-vaults.js';
import { checkMasterPassword as check } from './password.js';
import { wrapByPassword, wrapByRecovery } from './root-key.js';
import { openSafe, openSafeToRead, Safe, safeExists } from './safe.js';
import { alreadyThere, putInPlace } from './safe-place.js';
import { readVerifiedState } from './verified-state.js';

/** Loaded by what asks for it: a session's door opens without. */
const ownerSafe = async () => import('./owner-safe.js');

const SHIPPED: SafeOptions = { clock: Date.now, cost: PASSWORD_COST, bounds: COST_BOUNDS };

export interface InitOptions {
  readonly password: string;
  readonly withRecovery: boolean;
  readonly origin: Origin;
}

/** Refuses a master password that is too short or too easy to guess. */
export async function checkMasterPassword(password: string): Promise<void> {
  return check(password);
}

/**
 * Makes a safe with its first vault, "Personal". It is built beside its place and put there whole: a try that is stopped
 * leaves nothing in the way of the next. The recovery code is given once, where it was asked for.
 */
export async function initSafe(
  places: Places,
  init: InitOptions,
  options: SafeOptions = SHIPPED,
): Promise<{ owner: OwnerDoor; fingerprint: string; recoveryCode: string | null }> {
  if (safeExists(places)) throw alreadyThere();
  await check(init.password);
  const { fingerprintOf } = await ownerSafe();
  const recovery = init.withRecovery ? await newRecoveryCode() : null;
  const keys = newOwnerKeys();
  const safeId = randomId();
  const ways = [await wrapByPassword(safeId, keys.rootKey, { password: init.password, ...options })];
  if (recovery !== null) ways.push(wrapByRecovery(safeId, keys.rootKey, recovery.bytes));
  await putInPlace(places, async (file) => build(file, { places, keys, safeId, ways, init, options }));
  ensureHostShare(places, safeId);
  const core = new OwnerCore(await openSafe(places, options.clock), keys, { origin: init.origin });
  const fingerprint = fingerprintOf(keys.signing.publicKey);
  return { owner: ownerDoor(core, options), fingerprint, recoveryCode: recovery?.code ?? null };
}

interface Building {
  readonly places: Places;
  readonly keys: OwnerKeys;
  readonly safeId: string;
  readonly ways: readonly RootKeyRow[];
  readonly init: InitOptions;
  readonly options: SafeOptions;
}

async function build(file: string, of: Building): Promise<void> {
  const { places, keys, safeId, options } = of;
  const database = createDatabase(file);
  try {
    const safe = new Safe({ id: safeId, places, file, database, clock: options.clock });
    const core = new OwnerCore(safe, keys, { origin: of.init.origin });
    const begun = await database.transaction(async (handle) => {
      await insertSafe(handle, { id: safeId, createdAt: options.clock() });
      for (const way of of.ways) await putRootKey(handle, way);
      await insertOwnerKeys(handle, wrapOwnerKeys(safeId, keys));
      return core.begin(handle);
    });
    begun.confirm();
    await createVault(core, { name: 'Personal' });
  } finally {
    database.close();
  }
}

function newOwnerKeys(): OwnerKeys {
  return { rootKey: newKey(), agreement: newAgreementPair(), signing: newSigningPair(), earlierAgreements: [] };
}

async function openOwnerKeys(handle: Handle, safeId: string, rootKey: Uint8Array): Promise<OwnerKeys> {
  return unwrapOwnerKeys(safeId, rootKey, await readOwnerKeys(handle));
}

/**
 * Opens the owner's door; `locked` for a wrong proof, `integrity` where the log is shorter than an anchor, unless a
 * rollback is accepted. A password also sweeps what expired. What lists show is opened anew unless `memory` has it.
 */
export async function openOwner(
  places: Places,
  by: OwnerProof & { readonly acceptRollback?: boolean },
  on: { origin: Origin; options?: SafeOptions; memory?: OwnerMemory },
): Promise<OwnerDoor> {
  const options = on.options ?? SHIPPED;
  const safe = await openOwned(places, { by, options });
  try {
    const keys = await safe.database.read(async (handle) =>
      openOwnerKeys(handle, safe.id, await rootKeyBy(handle, safe, { by, options })),
    );
    const core = new OwnerCore(safe, keys, on);
    if (by.acceptRollback === true) await acceptRollback(core);
    else await checkAnchorsOf(core);
    if (!('session' in by) && safe.database.isAlone === undefined) await sweepIfWhole(core);
    return ownerDoor(core, options);
  } catch (error) {
    safe.close();
    throw error;
  }
}

/** The safe as its owner opens it: brought to this format first, and to be read at least. */
async function openOwned(places: Places, on: { by: OwnerProof; options: SafeOptions }): Promise<Safe> {
  const safe = await openSafeToRead(places, on.options.clock).catch((error: unknown) => error);
  if (safe instanceof Safe) return safe;
  if ('session' in on.by) throw safe;
  const { migrateOld } = await import('./migration.js');
  if (await migrateOld(places, on)) return openSafeToRead(places, on.options.clock);
  throw safe;
}

/** Where the log does not belong to the state, nothing is swept: the door opens all the same, so that it can be verified. */
async function sweepIfWhole(core: OwnerCore): Promise<void> {
  try {
    const { sweepExpired } = await ownerSafe();
    await sweepExpired(core);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'integrity')) throw error;
  }
}

/** An anchor may be of a checkpoint that was signed since the snapshot began: then the next snapshot has it. */
async function checkAnchorsOf(core: OwnerCore): Promise<void> {
  for (let look = 1; ; look += 1) {
    try {
      await core.readAsItIs(async ({ handle, state }) => checkAnchors(handle, core.safe, state));
      return;
    } catch (error) {
      if (look >= LOOKS_AT_ANCHORS || !(error instanceof Refusal && error.code === 'integrity')) throw error;
    }
  }
}

/** The owner says that an older log is meant: recorded; the next checkpoint becomes the anchor. */
async function acceptRollback(core: OwnerCore): Promise<void> {
  await core.act('safe.unlock', async (work) => {
    work.draft.detail = 'a rollback was accepted: the log was shorter than its anchor or another one';
    return Promise.resolve();
  });
}

/** What can be told of a safe without unlocking it. The fingerprint is what the file says, unverified. */
export async function describeSafe(
  places: Places,
): Promise<{ exists: boolean; safeId?: string; fingerprint?: string; createdAt?: number }> {
  if (!safeExists(places)) return { exists: false };
  const { fingerprintOf } = await ownerSafe();
  const safe = await openSafe(places);
  try {
    return await safe.database.read(async (handle) => {
      const { id, createdAt } = await readSafe(handle);
      const state = await readVerifiedState(handle, safe, null);
      return { exists: true, safeId: id, createdAt, fingerprint: fingerprintOf(state.value.signingKey) };
    });
  } finally {
    safe.close();
  }
}

/** Ends all of the owner's sessions of the safe; gives how many there were. */
export async function lockSessions(places: Places): Promise<number> {
  const safe = await openSafe(places);
  safe.close();
  return endSessions(places, safe.id);
}
