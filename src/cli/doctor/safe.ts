/** The safe as it lies on the disk: what can be told of it without a password. */
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { DAY_MS, isoTime, MINUTE_MS } from '../../core/expiry.js';
import type { Places } from '../../gate/door.js';
import { stateFolder } from '../../gate/host-share.js';
import { describeSafe } from '../../gate/open.js';
import { shellWord } from '../commands/naming.js';
import { failure, ofRefusal, ok, warning, type Finding } from './finding.js';

/** What of a safe is known before it is unlocked. */
export interface Described {
  readonly safeId: string;
  readonly createdAt: number;
}

/** Whether there is a safe that opens, and what it is; only then can the other checks be made. */
export async function describe(
  places: Places,
): Promise<{ readonly finding: Finding; readonly safe: Described | null }> {
  try {
    const { exists, safeId, createdAt } = await describeSafe(places);
    if (!exists || safeId === undefined || createdAt === undefined) {
      const message = `There is no safe in ${places.home} yet.`;
      return { finding: failure('safe', message, 'vouchsafe init'), safe: null };
    }
    return { finding: ok('safe', `The safe ${safeId} in ${places.home} opens.`), safe: { safeId, createdAt } };
  } catch (error) {
    return { finding: ofRefusal('safe', 'error', error), safe: null };
  }
}

/** Folders that are not 0700, and files in them that are not 0600. */
export function checkModes(places: Places, safe: Described | null): readonly Finding[] {
  const folders = [places.home, places.state, places.runtime];
  if (safe !== null) folders.push(stateFolder(places, safe.safeId));
  const open = folders.flatMap((folder) => [folder, ...filesIn(folder)]).filter(isOpen);
  if (open.length === 0) return [ok('modes', 'The folders and files of the safe are yours alone.')];
  return open.map((path) => {
    const mode = lookAt(path)?.isDirectory() === true ? '700' : '600';
    return warning('modes', `${path} is open to other users.`, `chmod ${mode} ${shellWord(path)}`);
  });
}

function filesIn(folder: string): readonly string[] {
  if (lookAt(folder)?.isDirectory() !== true) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
}

function isOpen(path: string): boolean {
  const found = lookAt(path);
  return found !== undefined && !found.isSymbolicLink() && (found.mode & 0o077) !== 0;
}

function lookAt(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch {
    // in a folder that may not be entered: the safe's own check says so
    return undefined;
  }
}

const SHARE_BYTES = 32;

/** Whether the share of this host is there, without which no token opens anything. */
export function checkHostShare(places: Places, { safeId }: Described): Finding {
  const path = join(stateFolder(places, safeId), 'host-share');
  const size = lookAt(path)?.size;
  if (size === SHARE_BYTES) return ok('host-share', 'The host share is there.');
  const fault = size === undefined ? 'missing' : 'damaged';
  return failure(
    'host-share',
    `The host share ${path} is ${fault}, so no token of this safe opens anything.`,
    `${size === undefined ? '' : 'Move it away. '}Put it back from the machine the safe came from, or renew each token: vouchsafe pat renew NAME`,
  );
}

/** What two clocks may differ by, and what may pass between two looks at one. */
const SLACK_MS = 2 * MINUTE_MS;

/** The files of the safe were last written in the past, if the clock is right. */
export function checkFileTimes(places: Places, { createdAt }: Described, now: number): Finding {
  const times = ['safe.db', 'safe.db-wal'].map((name) => lookAt(join(places.home, name))?.mtimeMs ?? 0);
  return checkClock(Math.max(createdAt, ...times), now);
}

/** Whether something that was written at that time lies in the past. */
export function checkClock(writtenAt: number, now: number): Finding {
  if (writtenAt <= now + SLACK_MS) return ok('clock', 'The clock is not behind what was written last.');
  const [written, clock] = [isoTime(writtenAt), isoTime(now)];
  const message = `The clock says ${clock}, but the safe was written at ${written}: tokens and grants would end too late.`;
  return warning('clock', message, 'Set the clock right, for example with `timedatectl set-ntp true`.');
}

const STALE_MS = 30 * DAY_MS;

/** Whether the log was verified in the last 30 days: that is when its anchor is written. */
export function checkAnchor(places: Places, { safeId, createdAt }: Described, now: number): Finding {
  const anchor = lookAt(join(stateFolder(places, safeId), 'anchor.json'))?.mtimeMs;
  return checkVerified(anchor ?? null, { createdAt, now });
}

/** Whether the newest checkpoint (null where there is none) is of the last 30 days, or the safe itself is. */
export function checkVerified(
  checkpointAt: number | null,
  { createdAt, now }: { readonly createdAt: number; readonly now: number },
): Finding {
  const isFresh = now - (checkpointAt ?? createdAt) < STALE_MS;
  const age = `${isFresh ? 'less' : 'more'} than 30 days`;
  const message =
    checkpointAt === null
      ? `The log was never verified; the safe is ${age} old.`
      : `The log was last verified ${age} ago, on ${isoTime(checkpointAt).slice(0, 10)}.`;
  return isFresh ? ok('log', message) : warning('log', message, 'vouchsafe audit checkpoint');
}
