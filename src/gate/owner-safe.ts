/** What concerns the safe as a whole: unlocking, the password, backup, and what `info` says. */
import { chmodSync, rmSync, statSync } from 'node:fs';
import { sha256, toHex } from '../crypto/bytes.js';
import type { CostBounds, PasswordCost } from '../crypto/password.js';
import { putRootKey } from '../store/safe.js';
import { openDatabase } from '../store/sqlite.js';
import type { BackupReport, OwnerInfo, OwnerStanding, Places, UnlockReport } from './door.js';
import { countOpenRequests } from './inbox.js';
import { checklistNames } from './compromised.js';
import { isLockedDown } from './lockdown.js';
import { bypasses } from './owner-bypass.js';
import { removeOldBackups } from './old-backups.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { requireVerified, signCheckpoint } from './owner-audit.js';
import { revoke } from './owner-grants.js';
import { beginSession } from './owner-session.js';
import { deleteToken } from './owner-token-end.js';
import { checkMasterPassword } from './password.js';
import { wrapByPassword } from './root-key.js';
import { Safe } from './safe.js';
import { allOwned, shapeOfToken } from './token-reader.js';
import { verify } from './verify.js';
import { Refusal } from '../core/refusal.js';

/** How the owner's signing key is told to people: SHA-256 of it, the first 20 bytes in groups of four digits. */
export function fingerprintOf(signingKey: Uint8Array): string {
  return (toHex(sha256(signingKey).subarray(0, 20)).match(/.{4}/g) ?? []).join(' ');
}

export async function info(core: OwnerCore): Promise<OwnerInfo> {
  return core.read(async (ground) => ({ ...(await standingOn(core, ground)), items: await countItems(core, ground) }));
}

/** Without the items: each of them has to be verified to be counted. */
export async function standing(core: OwnerCore): Promise<OwnerStanding> {
  return core.read(async (ground) => standingOn(core, ground));
}

async function standingOn(core: OwnerCore, ground: OwnerGround): Promise<OwnerStanding> {
  const tokens = await allOwned(core, ground);
  const shapes = await Promise.all(tokens.map(async (token) => shapeOfToken(ground, token)));
  return {
    safeId: core.safe.id,
    fingerprint: fingerprintOf(core.keys.signing.publicKey),
    vaults: ground.state.value.vaults.length,
    tokens: tokens.length,
    entries: ground.state.last.seq,
    ending: shapes.filter(({ status }) => status === 'expiring'),
    requests: await countOpenRequests(ground),
    bypasses: await bypasses(core, ground),
    lockdown: await isLockedDown(core, ground),
    compromised: await checklistNames(core, ground),
  };
}

async function countItems(core: OwnerCore, ground: OwnerGround): Promise<number> {
  let items = 0;
  for (const { id } of ground.state.value.vaults)
    items += (await core.shelf.vault(ground, id)).filter(({ accepted }) => !accepted.revision.isTrashed).length;
  return items;
}

const silent = (): void => undefined;

/** Ends tokens and grants that have expired, with the keys they held; gives them in words. */
export async function sweepExpired(core: OwnerCore): Promise<readonly string[]> {
  const swept: string[] = [];
  const found = await core.read(async (ground) => ({ tokens: await allOwned(core, ground), now: ground.now }));
  for (const token of found.tokens) {
    const { notAfter } = token.certificate;
    const reference = { by: 'id' as const, text: token.id };
    if (notAfter !== null && notAfter <= found.now) {
      await deleteToken(core, reference, { rotate: true, progress: silent });
      swept.push(`token ${token.name}`);
      continue;
    }
    for (const { id, document } of token.grants) {
      if (document.notAfter === null || document.notAfter > found.now) continue;
      await revoke(core, { token: reference, grantId: id, rotate: true }, silent);
      swept.push(`a grant of token ${token.name}`);
    }
  }
  return swept;
}

/** Sweeps what expired, verifies, signs a checkpoint over the unlock's own entry, and begins a session. */
export async function unlock(core: OwnerCore, ttlMs: number): Promise<UnlockReport> {
  const swept = await sweepExpired(core);
  await requireVerified(core);
  const { result, receipt } = await core.actWithReceipt('safe.unlock', async (work) => {
    const expiresAt = work.now + ttlMs;
    const session = beginSession(core.safe.places, core.safe.id, { rootKey: core.keys.rootKey, expiresAt });
    return Promise.resolve({ session, anchors: signCheckpoint(core, work) });
  });
  for (const failure of result.anchors.failures()) process.stderr.write(`vouchsafe: ${failure}\n`);
  const requests = await core.read(countOpenRequests);
  return { session: result.session, swept, requests, checkpoint: receipt };
}

/** Another lock for the same root key. */
export async function changePassword(
  core: OwnerCore,
  by: { password: string; cost: PasswordCost; bounds: CostBounds },
): Promise<void> {
  await checkMasterPassword(by.password);
  const row = await wrapByPassword(core.safe.id, core.keys.rootKey, by);
  await core.act('safe.passwd', async (work) => putRootKey(work.handle, row));
  await core.eraseTraces();
}

/**
 * A copy of the safe as a new 0600 file, opened and verified after writing; then recorded. With `keep`, older ones of its
 * folder are removed then.
 */
export async function backup(core: OwnerCore, path: string, { keep }: { keep?: number }): Promise<BackupReport> {
  try {
    await core.safe.database.copyTo(path);
  } catch (error) {
    throw asBackupFault(error);
  }
  try {
    const entries = await verifyCopy(core, path);
    chmodSync(path, 0o600);
    await core.act('backup', async (work) => {
      work.draft.detail = `${String(entries)} entries`;
      return Promise.resolve();
    });
    const made = { path, bytes: statSync(path).size, entries };
    const removed = keep === undefined ? [] : await removeOldBackups(path, { safeId: core.safe.id, keep });
    return { ...made, removed };
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  }
}

function asBackupFault(error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  return new Refusal(error.code, { ...error.facts, next: 'Name another file or folder with --to.' });
}

async function verifyCopy(core: OwnerCore, path: string): Promise<number> {
  const database = openDatabase(path, { anyFolder: true });
  const places: Places = core.safe.places;
  const copy = new Safe({ id: core.safe.id, places, file: path, database, clock: core.safe.clock });
  try {
    const { fault, entries } = await verify(copy, core.keys.signing.publicKey, { full: true, progress: silent });
    if (fault === null) return entries;
    throw new Refusal('integrity', {
      message: `The backup does not verify: ${fault.message}.`,
      next: 'vouchsafe audit verify --full',
    });
  } finally {
    copy.close();
    for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true });
  }
}
