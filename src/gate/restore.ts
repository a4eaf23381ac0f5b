/** Making a safe from a backup. */
import { chmodSync, copyFileSync, existsSync } from 'node:fs';
import { Refusal } from '../core/refusal.js';
import { makePrivateFile } from '../store/file.js';
import { formatOf, migrate, OLD_FORMATS } from '../store/migration.js';
import { checkAnchors } from './anchors.js';
import type { Origin, Places } from './door.js';
import { readHostShare } from './host-share.js';
import { freezeAll } from './lockdown.js';
import { openSafeAt, type Safe, safeExists } from './safe.js';
import { putInPlace } from './safe-place.js';
import { readSignedState } from './verified-state.js';
import { verify } from './verify.js';

/** What was restored, and what its owner has to know of it. */
export interface Restored {
  readonly safeId: string;
  readonly entries: number;
  /** How the log differs from this machine's anchor, in words; null where it does not, or there is none. */
  readonly behind: string | null;
  /** How many tokens there are, and whether the host share is here that all of them need. */
  readonly tokens: number;
  readonly hasHostShare: boolean;
}

/**
 * Puts a backup in the place of a safe that is not there, once it verifies and all its tokens are frozen until the owner
 * lifts that.
 */
export async function restoreSafe(places: Places, file: string, origin: Origin): Promise<Restored> {
  if (safeExists(places))
    throw new Refusal('conflict', {
      message: 'There is a safe here already; nothing was overwritten.',
      next: 'Move it away first, or set VOUCHSAFE_HOME to another folder.',
    });
  if (!existsSync(file))
    throw new Refusal('not_found', { message: 'There is no such backup file.', next: 'vouchsafe restore FILE' });
  return putInPlace(places, async (fresh) => {
    makePrivateFile(fresh);
    copyFileSync(file, fresh);
    chmodSync(fresh, 0o600);
    // the backup itself stays as it is
    if (OLD_FORMATS.includes(formatOf(fresh))) migrate(fresh);
    return verifyAndFreeze(await openSafeAt(fresh, places), origin);
  });
}

async function verifyAndFreeze(safe: Safe, origin: Origin): Promise<Restored> {
  try {
    const { fault, entries } = await verify(safe, null, { full: true, progress: () => undefined });
    if (fault !== null)
      throw new Refusal('integrity', {
        message: `The backup does not verify: ${fault.message}.`,
        next: 'Use another backup.',
      });
    const { behind, tokens } = await lookAt(safe);
    await freezeAll(safe, origin, 'restored from a backup: all tokens are frozen');
    const hasHostShare = readHostShare(safe.places, safe.id) !== null;
    return { entries, safeId: safe.id, behind, tokens, hasHostShare };
  } finally {
    safe.close();
  }
}

/** The anchors of this machine say whether the log went on after the backup. */
async function lookAt(safe: Safe): Promise<Pick<Restored, 'behind' | 'tokens'>> {
  return safe.database.read(async (handle) => {
    const state = await readSignedState(handle, safe, null);
    const tokens = state.value.tokens.length;
    try {
      await checkAnchors(handle, safe, state);
      return { behind: null, tokens };
    } catch (error) {
      if (!(error instanceof Refusal && error.code === 'integrity')) throw error;
      return { behind: error.facts.detail ?? error.message, tokens };
    }
  });
}
