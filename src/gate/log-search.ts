/** Searching what only an opened entry tells, stretch by stretch. */
import type { Progress } from './log-door.js';
import { type Crew, openCrew, stretches } from './log-crew.js';
import { type SearchJob, within } from './log-job.js';
import type { LogAsk } from './log-query.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { agreementsOf } from './owner-keys.js';

/** A crew that can open what the owner can, for as many entries as an ask goes through. */
export function crewFor(core: OwnerCore, { handle }: OwnerGround, ask: LogAsk): Crew {
  const ground = { safeId: core.safe.id, owner: agreementsOf(core.keys) };
  return openCrew({ handle, file: core.safe.file, isAlone: core.safe.database.isAlone }, ground, {
    entries: sizeOf(ask),
  });
}

function sizeOf({ filter }: LogAsk): number {
  return Math.max(0, filter.last - filter.first + 1);
}

/** The numbers of the newest matches, newest first, `limit` at most. Stops as soon as there are so many. */
export async function searchNewest(
  core: OwnerCore,
  ground: OwnerGround,
  of: { ask: LogAsk; limit: number; progress: Progress },
): Promise<readonly number[]> {
  const { ask, limit, progress } = of;
  const found: number[] = [];
  const crew = crewFor(core, ground, ask);
  try {
    const { first, last } = ask.filter;
    const jobs = stretches(first, last, crew.stretch)
      .toReversed()
      .map((stretch) => searchJob(ask, stretch));
    await crew.each(jobs, (seqs, job) => {
      found.push(...seqs.toReversed());
      progress(last - job.ask.filter.first + 1, sizeOf(ask));
      return found.length < limit;
    });
  } finally {
    await crew.end();
  }
  return found.slice(0, limit);
}

/** Hands over the numbers of all matches, stretch by stretch, oldest first. */
export async function searchAll(
  core: OwnerCore,
  ground: OwnerGround,
  of: { ask: LogAsk; progress: Progress; take: (seqs: readonly number[]) => Promise<void> },
): Promise<void> {
  const { ask, progress, take } = of;
  const crew = crewFor(core, ground, ask);
  try {
    const { first, last } = ask.filter;
    const jobs = stretches(first, last, crew.stretch).map((stretch) => searchJob(ask, stretch));
    await crew.each(jobs, async (seqs, job) => {
      await take(seqs);
      progress(job.ask.filter.last - first + 1, sizeOf(ask));
      return true;
    });
  } finally {
    await crew.end();
  }
}

function searchJob(ask: LogAsk, { first, last }: { first: number; last: number }): SearchJob {
  return { kind: 'search', ask: { ...ask, filter: within(ask.filter, first, last) } };
}
