/** The owner's checkpoints against the entries that they name. */
import { sameBytes } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord } from '../crypto/chain.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { ownerKeyAt } from '../crypto/owner-signing.js';
import { readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { type CheckpointRow, readCheckpoints } from '../store/log.js';
import { startOf } from './archive-stub.js';
import { LogFault } from './log-fault.js';
import type { Walk } from './walk.js';

/** Every checkpoint must be the owner's, and the row that it names must stand. Gives the first fault. */
export async function checkCheckpoints(handle: Handle, walk: Walk): Promise<LogFault | null> {
  let first: LogFault | null = null;
  for (const row of await readCheckpoints(handle)) {
    walk.checkpoints.add(row.seq);
    first ??= await checkpointFault(handle, walk, row);
  }
  return first;
}

async function checkpointFault(handle: Handle, walk: Walk, row: CheckpointRow): Promise<LogFault | null> {
  if (!isSignedBy(ownerKeyAt(walk.owner, row.seq), row.signed, row.signature))
    return new LogFault(row.seq, 'a checkpoint is not the owner’s');
  const value = checkpointRecord.decode(walk.safeId, row.signed);
  if (value.seq !== row.seq) return new LogFault(row.seq, 'a checkpoint stands at another entry than its own');
  if (row.seq <= startOf(walk.stub)) return null;
  const entry = await readEntry(handle, row.seq);
  if (entry === null) return new LogFault(row.seq, 'the log is shorter than its checkpoint');
  return sameBytes(entry.hash, value.hash)
    ? null
    : new LogFault(row.seq, 'the log is another one than at its checkpoint');
}
