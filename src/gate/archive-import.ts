/** Entries of an archive's file, back in the log, from mark to mark. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { Refusal } from '../core/refusal.js';
import { fromHex, sameBytes, sha256 } from '../crypto/bytes.js';
import { checkpoint as checkpointRecord } from '../crypto/chain.js';
import { type ChangeRow, type EntryRow, insertChange, insertEntry, readEntryHash } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { hasCheckpoint, insertCheckpoint, insertSession } from '../store/log.js';
import { startOf, type Stub } from './archive-stub.js';
import type { Progress } from './log-door.js';
import type { OwnerCore } from './owner-core.js';

interface Entry {
  readonly row: EntryRow;
  readonly changes: readonly ChangeRow[];
}

type Line = Readonly<Record<string, unknown>>;

/** The file was verified before: what is in it and is not what was expected was put there since. */
function otherFile(): Refusal {
  return new Refusal('integrity', { message: 'The file was changed while it was read.', next: 'Try again.' });
}

const text = (value: unknown): string => {
  if (typeof value !== 'string') throw otherFile();
  return value;
};
const number = (value: unknown): number => {
  if (typeof value !== 'number') throw otherFile();
  return value;
};
const bytes = (value: unknown): Uint8Array => fromHex(text(value));
const orNull = <T>(read: (value: unknown) => T, value: unknown): T | null => (value === null ? null : read(value));

function entryOf(line: Line): Entry {
  const seq = number(line['seq']);
  const changes = Array.isArray(line['changes']) ? (line['changes'] as Line[]) : [];
  return {
    row: {
      ...{ seq, at: number(line['at']), actorKind: text(line['actor_kind']), actor: orNull(text, line['actor']) },
      ...{ actorEpoch: orNull(number, line['actor_epoch']), session: bytes(line['session']) },
      ...{ action: text(line['action']), outcome: text(line['outcome']), code: orNull(text, line['code']) },
      ...{ vault: orNull(text, line['vault']), item: orNull(text, line['item']), grant: orNull(text, line['grant']) },
      ...{ uses: orNull(number, line['uses']), stateVersion: number(line['state_version']) },
      ...{ stateHash: orNull(bytes, line['state_hash']), fieldsCount: number(line['fields_count']) },
      ...{ suppressed: number(line['suppressed']), reasonTag: orNull(bytes, line['reason_tag']) },
      ...{ templateTag: orNull(bytes, line['template_tag']), clientTag: orNull(bytes, line['client_tag']) },
      ...{ payload: bytes(line['payload']), hash: bytes(line['hash']), signature: orNull(bytes, line['signature']) },
    },
    changes: changes.map((change) => ({
      ...{ seq, kind: text(change['kind']), subject: text(change['id']), revision: number(change['revision']) },
      ...{ hash: orNull(bytes, change['hash']), before: orNull(bytes, change['before']) },
    })),
  };
}

/** Brings back what is not there, in one transaction for each mark; agents wait no longer than one takes. */
export async function bringBack(core: OwnerCore, of: { stub: Stub; path: string; progress: Progress }): Promise<void> {
  const { stub, progress } = of;
  const marks = new Map(stub.value.marks.map(({ seq, hash }) => [seq, hash]));
  const total = startOf(stub) - stub.value.after;
  let batch: Batch = { beside: [], entries: [] };
  for await (const text of createInterface({ input: createReadStream(of.path), crlfDelay: Infinity })) {
    const line = JSON.parse(text) as Line;
    if (line['type'] === 'session' || line['type'] === 'checkpoint') batch.beside.push(line);
    if (line['type'] !== 'entry') continue;
    const entry = entryOf(line);
    batch.entries.push(entry);
    const mark = marks.get(entry.row.seq);
    if (mark === undefined) continue;
    if (!sameBytes(mark, entry.row.hash)) throw otherFile();
    const full = batch;
    await core.safe.database.transaction(async (handle) => bring(handle, core.safe.id, full));
    batch = { beside: [], entries: [] };
    progress(entry.row.seq - stub.value.after, total);
  }
}

/** What comes back in one transaction: lines of sessions and checkpoints, and entries up to a mark. */
interface Batch {
  readonly beside: Line[];
  readonly entries: Entry[];
}

async function bring(handle: Handle, safeId: string, { beside, entries }: Batch): Promise<void> {
  for (const line of beside) await bringBeside(handle, safeId, line);
  for (const { row, changes } of entries) {
    if ((await readEntryHash(handle, row.seq)) !== null) continue;
    await insertEntry(handle, row);
    for (const [n, change] of changes.entries()) await insertChange(handle, n, change);
  }
}

/** Sessions and checkpoints; those that are there stay as they are. */
async function bringBeside(handle: Handle, safeId: string, line: Line): Promise<void> {
  const signed = bytes(line['signed']);
  if (line['type'] === 'session') return insertSession(handle, { hash: sha256(signed), signed });
  const { seq } = checkpointRecord.decode(safeId, signed);
  if (!(await hasCheckpoint(handle, seq)))
    await insertCheckpoint(handle, { seq, signed, signature: bytes(line['signature']) });
}
