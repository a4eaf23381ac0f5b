/** Where the log stands after an entry, as a walk up to it found. */
import type { LogBase } from '../crypto/archive.js';
import { linkOf } from '../crypto/chain.js';
import { readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { LogFault } from './log-fault.js';
import type { Walk } from './walk.js';
import { subjectRows } from './verify-revisions.js';

export async function baseOf(handle: Handle, walk: Walk): Promise<LogBase> {
  const row = walk.end === null ? null : await readEntry(handle, walk.end.seq);
  if (row === null) throw new LogFault(walk.end?.seq ?? null, 'an entry is missing');
  const { seq, hash, at, stateVersion } = row;
  const link = linkOf(hash, row.signature);
  return { seq, hash, link, at, stateVersion, ...walk.replay.decisions(), subjects: subjectRows(walk.subjects) };
}
