/** Handing the log over: entries in clear, or a stretch of it with all that proves it. */
import { parseQuery, printQuery } from '../core/query.js';
import { Refusal } from '../core/refusal.js';
import type { LogBase } from '../crypto/archive.js';
import type { EntryRow } from '../store/audit.js';
import type { Entries, LogSelection, Progress, ProofSummary } from './log-door.js';
import { EntryReader } from './entry-reader.js';
import { LogFault } from './log-fault.js';
import { within } from './log-job.js';
import { compile } from './log-query.js';
import { eachMatch } from './owner-log.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { baseOf } from './log-base.js';
import { readStub, startOf } from './archive-stub.js';
import { writeProof } from './proof.js';
import { verify, walkUpTo } from './verify.js';

interface Wanted {
  readonly selection: LogSelection;
  readonly progress: Progress;
}

/** Hands over what matches, oldest first. The entry that says so is on disk before the first is given. */
export async function exportEntries(
  core: OwnerCore,
  { selection, progress }: Wanted,
  each: (entries: Entries) => void,
): Promise<number> {
  await core.read(async (ground) => compile(core, ground, selection));
  const { receipt } = await core.actWithReceipt('audit.export', async ({ draft }) => {
    draft.detail = wordsOf(selection);
    return Promise.resolve();
  });
  let count = 0;
  await core.read(async (ground) => {
    const found = await compile(core, ground, selection);
    const ask = { ...found, filter: within(found.filter, 1, receipt.seq - 1) };
    const reader = new EntryReader(core);
    const take = async (rows: readonly EntryRow[]): Promise<void> => {
      each(await reader.shapes(ground, rows));
      count += rows.length;
    };
    await eachMatch(core, ground, { ask, progress, take });
  });
  return count;
}

/** What was exported, for the log: the query in its own words. */
function wordsOf({ query, since, until }: LogSelection): string {
  const terms = [
    printQuery(parseQuery(query)),
    ...(since === undefined ? [] : [`since ${since}`]),
    ...(until === undefined ? [] : [`until ${until}`]),
  ].filter((text) => text !== '');
  return terms.length === 0 ? 'all entries' : terms.join(', ');
}

/**
 * Writes the proof of a stretch of the log. A log that does not verify is written as it is, as evidence: nothing is
 * recorded in it then, and the owner signs nothing.
 */
export async function exportProof(
  core: OwnerCore,
  { selection, progress }: Wanted,
  write: (line: string) => void,
): Promise<ProofSummary> {
  refuseGaps(selection);
  const { fault } = await verify(core.safe, core.keys.signing.publicKey, { full: true, progress });
  if (fault === null)
    await core.act('audit.export', async ({ draft }) => {
      draft.detail = `a proof: ${wordsOf(selection)}`;
      return Promise.resolve();
    });
  const read = fault === null ? core.read.bind(core) : core.readAsItIs.bind(core);
  return read(async (ground) => {
    const { first, last } = (await compile(core, ground, selection)).filter;
    if (first > last) throw nothingThere();
    return writeProof(core, ground, { first, last, base: await baseAt(core, ground, first), fault, write, progress });
  });
}

/** A proof is of every entry from one to another. */
function refuseGaps({ query }: LogSelection): void {
  const isStretch = parseQuery(query).every((term) => term.kind === 'range' && !term.not && term.values.length === 1);
  if (isStretch) return;
  throw new Refusal('invalid_request', {
    message: 'A proof has no gaps: it holds every entry of a stretch of the log.',
    next: 'Choose the stretch with seq:100..200 or created:2026-11-01..2026-11-05, or leave the query out.',
  });
}

function nothingThere(): Refusal {
  return new Refusal('not_found', {
    message: 'No entry is in that stretch of the log.',
    next: 'vouchsafe audit list --limit 1',
  });
}

/** Where the log stands before an entry; null before the first of all. */
async function baseAt(core: OwnerCore, { handle, state }: OwnerGround, first: number): Promise<LogBase | null> {
  if (first === 1) return null;
  const owner = state.value;
  const stub = await readStub(handle, core.safe.id, owner);
  if (first === startOf(stub) + 1) return stub?.base ?? null;
  try {
    return await baseOf(handle, await walkUpTo(handle, core.safe, { owner, last: first - 1 }));
  } catch (error) {
    if (error instanceof LogFault)
      throw new Refusal('integrity', {
        message: `The log before entry ${String(first)} does not verify: ${error.message}.`,
        next: 'Export a proof of the whole log: vouchsafe audit export --proof --to FILE',
      });
    throw error;
  }
}
