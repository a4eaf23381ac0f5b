/**
 * Keeping the log for years: what is old goes to a file with its proof. The file is verified by the stand-alone verifier
 * first; then the owner signs the stub, and only then are entries removed, backwards from mark to mark, so that what is
 * left verifies at any moment, wherever it stops.
 */
import { basename } from 'node:path';
import { parseSince } from '../core/expiry.js';
import { Refusal } from '../core/refusal.js';
import { archiveStub, logBase } from '../crypto/archive.js';
import { sameBytes, sha256 } from '../crypto/bytes.js';
import { deleteArchive, insertArchive, insertProfile, lastArchive, type ProfileRow } from '../store/archive.js';
import { numbersBetween, removeEntries, removeLoose } from '../store/archive-plan.js';
import { readEntry } from '../store/audit.js';
import { seqsBetween } from '../store/signals.js';
import { countsOf, keptOf, marksOf, profileHashes, profilesOf, type Range, sessionsOf } from './archive-plan.js';
import { readStub, startOf, type Stub } from './archive-stub.js';
import { bringBack } from './archive-import.js';
import { limitsOf } from './grant-shape.js';
import { baseOf } from './log-base.js';
import { LogFault } from './log-fault.js';
import type { ArchiveSummary, Progress, ProofSummary } from './log-door.js';
import { signCheckpoint, verifyLog } from './owner-audit.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { fingerprintOf } from './owner-safe.js';
import { newPrivateFile } from './private-file.js';
import { writeProof } from './proof.js';
import { verifyProof } from './stand-alone.js';
import { allOwned } from './token-reader.js';
import { longestWindowOf } from './usage.js';
import { walkUpTo } from './verify.js';

interface Planned extends Range {
  readonly profiles: readonly ProfileRow[];
  readonly signed: Uint8Array;
}

export async function archive(
  core: OwnerCore,
  of: { before: string; to: string; progress: Progress },
): Promise<ArchiveSummary> {
  await finishArchive(core);
  await requireWhole(core, of.progress);
  const summary = await exportOld(core, of);
  return { ...summary, path: of.to, removed: await finishArchive(core, of.progress) };
}

/** Writes the file, has it verified, and signs for it; a file that is not signed for is taken away again. */
async function exportOld(
  core: OwnerCore,
  of: { before: string; to: string; progress: Progress },
): Promise<ProofSummary> {
  const planned = await core
    .read(async (ground) => plan(core, ground, of.before))
    .catch((error: unknown) => {
      throw error instanceof LogFault ? notWhole(error) : error;
    });
  const file = newPrivateFile(of.to);
  try {
    const summary = await core.read(async (ground) =>
      writeProof(core, ground, {
        ...{ first: startOf(planned.stub) + 1, last: planned.last, base: planned.stub?.base ?? null, fault: null },
        write: (line) => {
          file.write(line);
        },
        progress: of.progress,
      }),
    );
    file.finish();
    const found = await verifyProof(of.to, summary.fingerprint);
    if (found.from !== summary.from || found.to !== summary.to || found.hash !== summary.hash)
      throw new Refusal('integrity', { message: 'The file holds something else.', next: 'Name another file.' });
    await signStub(core, planned, of.to);
    return summary;
  } catch (error) {
    if (await isUnsigned(core, planned)) file.drop();
    throw error;
  }
}

/** Whether no stub says that the entries may go: a commit may have been done and told as failed. */
async function isUnsigned(core: OwnerCore, { signed }: Planned): Promise<boolean> {
  try {
    const row = await core.read(async ({ handle }) => lastArchive(handle));
    return row === null || !sameBytes(row.signed, signed);
  } catch {
    // a file too many is better than one too few
    return false;
  }
}

/** A log that does not verify is not archived: the owner signs for nothing that is not right. */
async function requireWhole(core: OwnerCore, progress: Progress): Promise<void> {
  const { fault } = await verifyLog(core, { full: true, progress });
  if (fault !== null) throw notWhole(fault);
}

function notWhole({ seq, message }: Pick<LogFault, 'seq' | 'message'>): Refusal {
  const where = seq === null ? '' : ` at entry ${String(seq)}`;
  return new Refusal('integrity', {
    message: `The log does not verify${where}: ${message}.`,
    next: 'vouchsafe audit verify --full',
  });
}

/** Up to where the log is old, and what stands there. The newest entry always stays. */
async function plan(core: OwnerCore, ground: OwnerGround, before: string): Promise<Planned> {
  const { handle, state, now } = ground;
  const owner = state.value;
  const stub = await readStub(handle, core.safe.id, owner);
  const asked = parseSince(before, now);
  const windowMs = await longestWindow(core, ground);
  const until = windowMs === 0 ? asked : Math.min(asked, now - windowMs);
  const young = await seqsBetween(handle, until, Number.MAX_SAFE_INTEGER);
  const last = Math.min(young === null ? state.last.seq : young.first, state.last.seq) - 1;
  const range = { stub, last };
  if (last <= startOf(stub))
    throw new Refusal('not_found', {
      message: `No entry is older than ${before} and still here.`,
      next: 'vouchsafe audit list --until DATE',
    });
  const base = await baseOf(handle, await walkUpTo(handle, core.safe, { owner, last }));
  const kept = await keptOf(ground, range);
  const profiles = await profilesOf(core, ground, range);
  const value = {
    after: startOf(stub),
    base: logBase.encode(core.safe.id, base),
    at: now,
    kept,
    marks: await marksOf(handle, range),
    sessions: await sessionsOf(handle, range),
    profiles: profileHashes(profiles),
    counts: await countsOf(handle, range),
  };
  return { ...range, profiles, signed: archiveStub.encode(core.safe.id, value) };
}

/** How far back in ms the limits of grants count: entries of that time stay, whatever is asked for. */
async function longestWindow(core: OwnerCore, ground: OwnerGround): Promise<number> {
  const tokens = await allOwned(core, ground);
  const limits = tokens.flatMap(({ grants }) => grants.flatMap((grant) => limitsOf(grant) ?? []));
  return Math.max(0, ...limits.map(longestWindowOf));
}

/** The stub, in one transaction with the entry that names it. From then on what it covers may go. */
async function signStub(core: OwnerCore, planned: Planned, path: string): Promise<void> {
  const { last, signed, stub, profiles } = planned;
  const { anchors } = await core.act('audit.export', async (work) => {
    const before = await lastArchive(work.handle);
    if ((before?.seq ?? 0) !== startOf(stub))
      throw new Refusal('conflict', { message: 'The log was archived meanwhile.', next: 'vouchsafe audit archive' });
    for (const row of profiles) await insertProfile(work.handle, row);
    await insertArchive(work.handle, { seq: last, signed, signature: core.sign(signed) });
    work.draft.detail = `archived entries ${String(startOf(stub) + 1)} to ${String(last)} to ${basename(path)}`;
    work.decisions.note({
      ...{ kind: 'archive', id: core.safe.id, revision: last },
      ...{ hash: sha256(signed), before: before === null ? null : sha256(before.signed) },
    });
    return { anchors: signCheckpoint(core, work) };
  });
  for (const failure of anchors.failures()) process.stderr.write(`vouchsafe: ${failure}\n`);
}

/**
 * Removes what the newest stub covers, mark by mark, as far as that was not done. Gives how many entries went. Agents
 * wait no longer than one step takes.
 */
export async function finishArchive(core: OwnerCore, progress: Progress = () => undefined): Promise<number> {
  const stub = await core.read(async ({ handle, state }) => readStub(handle, core.safe.id, state.value));
  if (stub === null) return 0;
  const kept = new Set(stub.value.kept.map(({ seq }) => seq));
  const total = startOf(stub) - stub.value.after;
  let removed = 0;
  for (const step of steps(stub)) {
    removed += await core.safe.database.transaction(async (handle) => {
      const seqs = (await numbersBetween(handle, step)).filter((seq) => !kept.has(seq));
      await removeEntries(handle, seqs);
      return seqs.length;
    });
    progress(startOf(stub) - step.first + 1, total);
  }
  if (removed === 0) return 0;
  await core.safe.database.transaction(async (handle) => removeLoose(handle, startOf(stub)));
  await core.eraseTraces();
  return removed;
}

/** The stretches between the marks, the last one first. */
function steps({ value }: Stub): readonly { first: number; last: number }[] {
  return value.marks
    .map(({ seq }, i) => ({ first: (value.marks[i - 1]?.seq ?? value.after) + 1, last: seq }))
    .toReversed();
}

/**
 * Puts the newest archive back from its file: the file is verified, its entries come back from mark to mark, and then
 * the stub goes. What stopped half way goes on where it stood.
 */
export async function importArchive(
  core: OwnerCore,
  path: string,
  progress: Progress,
): Promise<{ from: number; to: number }> {
  const stub = await core.read(async ({ handle, state }) => readStub(handle, core.safe.id, state.value));
  if (stub === null) throw new Refusal('conflict', { message: 'Nothing was archived.', next: 'vouchsafe audit list' });
  const { from, to, hash } = await verifyProof(path, fingerprintOf(stub.signer));
  const isIts =
    from === stub.value.after + 1 && to === startOf(stub) && hash === Buffer.from(stub.base.hash).toString('hex');
  if (!isIts)
    throw new Refusal('conflict', {
      message: `That file holds entries ${String(from)} to ${String(to)}, not those that were archived last.`,
      next: `Import the archive of entries ${String(stub.value.after + 1)} to ${String(startOf(stub))} first.`,
    });
  await bringBack(core, { stub, path, progress });
  // as long as the stub stands, what came back can go again
  await requireWhole(core, progress);
  await core.act('import', async (work) => {
    const row = await lastArchive(work.handle);
    if (row?.seq !== to || (await readEntry(work.handle, to)) === null)
      throw new Refusal('conflict', {
        message: 'The log was archived meanwhile.',
        next: 'vouchsafe audit import-archive FILE',
      });
    await deleteArchive(work.handle, to);
    const now = await lastArchive(work.handle);
    work.draft.detail = `archive: entries ${String(from)} to ${String(to)} from ${basename(path)}`;
    work.decisions.note({
      ...{ kind: 'archive', id: core.safe.id, revision: now?.seq ?? 0 },
      ...{ hash: now === null ? null : sha256(now.signed), before: sha256(row.signed) },
    });
  });
  await requireWhole(core, progress);
  return { from, to };
}
