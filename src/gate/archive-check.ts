/** What verification finds of the entries that an archive covers: those that were kept, and those not yet removed. */
import { sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { entryHash } from '../crypto/chain.js';
import { numbersBetween } from '../store/archive-plan.js';
import { changesOf, type EntryRow, numbersUpTo, orphanedChange, readEntry } from '../store/audit.js';
import { allProfiles, archiveBefore, lastArchive, readArchives } from '../store/archive.js';
import type { Handle } from '../store/database.js';
import { readSession } from '../store/log.js';
import { isOwners, ownerKeyAt } from '../crypto/owner-signing.js';
import { openStub, startOf, type Stub } from './archive-stub.js';
import { checkStretch, type StretchStart } from './chain-check.js';
import { LogFault } from './log-fault.js';
import { entryOf, isSignedEntry } from './recorder.js';
import type { Walk } from './walk.js';

/** Throws {@link LogFault} where what is left of the archived entries is not what the stub says. */
export async function checkArchived(handle: Handle, walk: Walk): Promise<void> {
  const { stub, archive } = walk;
  const row = await lastArchive(handle);
  const isNamed = row === null ? archive === null : archive !== null && sameBytes(sha256(row.signed), archive);
  if (!isNamed) throw new LogFault(null, 'the stub of the archive is not the one that the log names');
  await checkStubs(handle, walk);
  if (stub === null) {
    const [stray] = await numbersUpTo(handle, 0);
    if (stray !== undefined) throw new LogFault(null, 'the log has rows out of its order');
    return;
  }
  for (const name of stub.value.sessions) walk.sessions.add(toHex(name));
  const left = new Set(await numbersUpTo(handle, startOf(stub)));
  for (const kept of stub.value.kept) {
    await checkKept(handle, walk, kept);
    left.delete(kept.seq);
  }
  await checkLeft(handle, walk, { stub, left: [...left] });
  const orphan = await orphanedChange(handle, startOf(stub));
  if (orphan !== null) throw new LogFault(orphan, 'a change belongs to no entry');
}

async function checkKept(handle: Handle, walk: Walk, kept: Stub['value']['kept'][number]): Promise<void> {
  const row = await readEntry(handle, kept.seq);
  if (row === null) throw new LogFault(kept.seq, 'an entry that an archive kept is missing');
  const isWhole =
    sameBytes(row.hash, kept.hash) &&
    sameBytes(await hashOf(handle, walk, { row, prev: kept.prev }), row.hash) &&
    isSignedByActor(walk, row);
  if (!isWhole) throw new LogFault(kept.seq, 'an entry that an archive kept was changed');
  const session = await readSession(handle, row.session);
  if (session === null || !sameBytes(sha256(session.signed), row.session))
    throw new LogFault(kept.seq, 'the session of an entry is missing or was changed');
}

/** The hash, which the owner signed for, does not cover the signature. */
function isSignedByActor({ safeId, owner, documents }: Walk, row: EntryRow): boolean {
  if (row.actorKind === 'none') return row.signature === null;
  if (row.actorKind === 'owner') return isSignedEntry(safeId, row, ownerKeyAt(owner, row.seq));
  const own = documents.keys.find(({ token, epoch }) => token === row.actor && epoch === row.actorEpoch);
  return own !== undefined && isSignedEntry(safeId, row, own.key);
}

async function hashOf(handle: Handle, walk: Walk, of: { row: EntryRow; prev: Uint8Array }): Promise<Uint8Array> {
  return entryHash(walk.safeId, entryOf(of.row, await changesOf(handle, of.row.seq), of.prev));
}

/** Removal goes backwards from mark to mark: what is left, if it was stopped, reaches from the start to a mark. */
async function checkLeft(handle: Handle, walk: Walk, of: { stub: Stub; left: readonly number[] }): Promise<void> {
  const { stub, left } = of;
  const [first, last] = [left[0], left.at(-1)];
  if (first === undefined || last === undefined) return;
  const { after, marks } = stub.value;
  const mark = marks.find(({ seq }) => seq >= last);
  const there = mark === undefined ? [] : await numbersBetween(handle, { first: after + 1, last: mark.seq });
  if (mark === undefined || first <= after || there.length !== mark.seq - after)
    throw new LogFault(first < 1 ? null : first, 'an entry stands where the log was archived');
  const check = await checkStretch(handle, walk.safeId, {
    kind: 'chain',
    first: after + 1,
    last: mark.seq,
    start: await startBefore(handle, walk, after),
    owner: walk.owner,
    keys: walk.documents.keys,
    // the owner signed for the mark, and with it for all before it
    signaturesFrom: Number.MAX_SAFE_INTEGER,
  });
  const isMark = check.end !== null && sameBytes(check.end.hash, mark.hash);
  const fault = check.fault ?? (isMark ? null : wrongMark(mark.seq));
  if (fault !== null) throw new LogFault(fault.seq, fault.message);
}

function wrongMark(seq: number): { seq: number; message: string } {
  return { seq, message: 'the log is another one than the one that was archived' };
}

async function startBefore(handle: Handle, walk: Walk, after: number): Promise<StretchStart> {
  if (after === 0) return { prev: walk.documents.firstLink, stateVersion: 0 };
  const row = await archiveBefore(handle, after + 1);
  if (row?.seq !== after) throw new LogFault(after, 'the stub of an archive is missing');
  const { link, stateVersion } = openStub(row, walk.safeId, walk.owner).base;
  return { prev: link, stateVersion };
}

/** Every stub is the owner's, and stands on the one before it; each has its profiles, and there are no others. */
async function checkStubs(handle: Handle, walk: Walk): Promise<void> {
  const profiles = new Map((await allProfiles(handle)).map((row) => [`${String(row.seq)} ${row.token}`, row]));
  let after = 0;
  for (const row of await readArchives(handle)) {
    const stub = openStub(row, walk.safeId, walk.owner);
    if (stub.value.after !== after) throw new LogFault(stub.value.after, 'the stub of an archive is missing');
    after = row.seq;
    for (const { token, hash } of stub.value.profiles) {
      const name = `${String(row.seq)} ${token}`;
      const found = profiles.get(name);
      const isIts =
        found !== undefined &&
        sameBytes(sha256(found.signed), hash) &&
        isOwners(walk.owner, found.signed, found.signature);
      if (!isIts) throw new LogFault(row.seq, 'what an archive kept of tokens was changed');
      profiles.delete(name);
    }
  }
  const [stray] = profiles.values();
  if (stray !== undefined) throw new LogFault(stray.seq, 'what an archive kept of tokens was changed');
}
