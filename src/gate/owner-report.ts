/** `audit report`: what an owner should look at, summed up. */
import { isoTime, parseSince } from '../core/expiry.js';
import { type Action, ACTIONS, ROLES, type Role } from '../core/model.js';
import { mayEver } from '../core/policy.js';
import { hasGrantEntry, lastReadsBy, readEntry } from '../store/audit.js';
import { entriesOf } from '../store/entry-search.js';
import { readProfileOf } from './archive-profile.js';
import { EntryReader } from './entry-reader.js';
import type { LogReport, Progress } from './log-door.js';
import { stretches } from './log-crew.js';
import { within } from './log-job.js';
import { compile, type LogAsk, titlesOf } from './log-query.js';
import { crewFor } from './log-search.js';
import { DAY_MS, type LogTally } from './log-tally.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';
import { grantCommand, revokeCommand, tightenCommand } from './grant-command.js';
import { regrantOf, shapesOfGrants } from './grant-shape.js';
import { countsOf, tallyAll } from './owner-log.js';
import { addTally, emptyTally, type SignalTally } from './signal-tally.js';
import { allOwned, newestCertificates, type OwnedToken, shapeOfToken, tokenNames } from './token-reader.js';

const REPORTED_FOR = '30d';
const UNUSED_FOR_MS = 30 * DAY_MS;
const SHOWN_AT_MOST = 20;

export async function report(core: OwnerCore, since: string | undefined, progress: Progress): Promise<LogReport> {
  return core.read(async (ground) => {
    const from = since ?? REPORTED_FOR;
    const ask = await compile(core, ground, { query: '', since: from });
    const tally = await tallyAll(core, ground, { ask, by: 'outcome', timeZone: 'UTC', progress: () => undefined });
    const signals = await tallySignalsOf(core, ground, { ask, progress });
    const tokens = await allOwned(core, ground);
    return {
      ...countsOf(tally),
      since: isoTime(parseSince(from, ground.now)),
      until: isoTime(ground.now),
      ...(await marked(core, ground, signals)),
      unused_tokens: await unusedTokens(ground, tokens),
      ...(await grantsOf(core, ground, { tokens, tally })),
      read_by_ended: await readByEnded(core, ground),
    };
  });
}

async function tallySignalsOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { ask: LogAsk; progress: Progress },
): Promise<SignalTally> {
  const { ask, progress } = of;
  const { first, last } = ask.filter;
  const sum = emptyTally();
  const crew = crewFor(core, ground, ask);
  try {
    const jobs = stretches(first, last, crew.stretch).map((stretch) => ({
      kind: 'signals' as const,
      ask: { ...ask, filter: within(ask.filter, stretch.first, stretch.last) },
    }));
    await crew.each(jobs, (tally, job) => {
      addTally(sum, tally);
      progress(job.ask.filter.last - first + 1, last - first + 1);
      return true;
    });
  } finally {
    await crew.end();
  }
  return sum;
}

async function marked(
  core: OwnerCore,
  ground: OwnerGround,
  { counts, unusual, reasons }: SignalTally,
): Promise<Pick<LogReport, 'signals' | 'unusual' | 'hollow'>> {
  const names = await tokenNames(core, ground);
  const newest = await entriesOf(ground.handle, unusual.slice(-SHOWN_AT_MOST), 'newest');
  const frequent = [...reasons].sort((a, b) => b[1].length - a[1].length).slice(0, SHOWN_AT_MOST);
  return {
    signals: [...counts].map(([signal, count]) => ({ signal, count })).sort((a, b) => b.count - a.count),
    unusual: { count: unusual.length, newest: await new EntryReader(core).shapes(ground, newest) },
    hollow: frequent.map(([key, seqs]) => {
      const end = key.indexOf(' ');
      const id = key.slice(0, end);
      const token = { id, name: names.get(id) ?? id };
      return { token, reason: key.slice(end + 1), count: seqs.length, last_seq: seqs.at(-1) ?? 0 };
    }),
  };
}

async function unusedTokens(ground: OwnerGround, tokens: readonly OwnedToken[]): Promise<LogReport['unused_tokens']> {
  const limit = isoTime(ground.now - UNUSED_FOR_MS);
  const shapes = await Promise.all(tokens.map(async (token) => shapeOfToken(ground, token)));
  return shapes.filter(({ created_at, last_used_at }) => created_at < limit && (last_used_at ?? '') < limit);
}

async function grantsOf(
  core: OwnerCore,
  ground: OwnerGround,
  of: { tokens: readonly OwnedToken[]; tally: LogTally },
): Promise<Pick<LogReport, 'unused_grants' | 'wide_roles'>> {
  const unused: LogReport['unused_grants'][number][] = [];
  const wide: LogReport['wide_roles'][number][] = [];
  for (const owned of of.tokens) {
    const token = { id: owned.id, name: owned.name };
    const used = new Set((await readProfileOf(ground, owned.id))?.grants);
    for (const grant of await shapesOfGrants(core, ground, owned)) {
      const isUsed = used.has(grant.grant_id) || (await hasGrantEntry(ground.handle, grant.grant_id));
      if (!isUsed) unused.push({ ...grant, token, command: revokeCommand(owned.id, grant.grant_id) });
      const role = leastRole(of.tally.grants.get(grant.grant_id));
      if (role === null || ROLES.indexOf(role) >= ROLES.indexOf(grant.role)) continue;
      wide.push({ ...grant, token, used_role: role, command: narrowCommand(owned, grant.grant_id, role) });
    }
  }
  return { unused_grants: unused, wide_roles: wide };
}

/** Granting again replaces: all but the role is said again. Where uses are counted, that must not begin anew. */
function narrowCommand(token: OwnedToken, id: string, role: Role): string {
  const grant = token.grants.find((candidate) => candidate.id === id);
  const regrant = grant === undefined ? null : regrantOf(token.id, grant);
  if (regrant === null || regrant.limits.maxUses !== null) return tightenCommand(token.id);
  return grantCommand({ ...regrant, role });
}

/** The weakest role that allows every one of the actions; null for none. */
export function leastRole(actions: ReadonlySet<string> | undefined): Role | null {
  if (actions === undefined) return null;
  const known = ACTIONS.filter((action) => actions.has(action));
  const allows = (role: Role, action: Action): boolean => mayEver(action, null, role);
  return ROLES.find((role) => known.every((action) => allows(role, action))) ?? null;
}

/** Items whose secrets a token was given that has ended since. */
async function readByEnded(core: OwnerCore, ground: OwnerGround): Promise<LogReport['read_by_ended']> {
  const listed = new Set(ground.state.value.tokens.map(({ id }) => id));
  const found: LogReport['read_by_ended'][number][] = [];
  for (const [id, { name }] of await newestCertificates(core, ground)) {
    if (listed.has(id)) continue;
    const reads = new Map((await readProfileOf(ground, id))?.reads);
    for (const { item, seq } of await lastReadsBy(ground.handle, id))
      reads.set(item, (await readEntry(ground.handle, seq))?.at ?? 0);
    if (reads.size === 0) continue;
    const titles = await titlesOf(core, ground, [...reads.keys()]);
    const items = [...reads].map(([item, at]) => ({ id: item, title: titles.get(item) ?? null, last_at: isoTime(at) }));
    found.push({ token: { id, name }, items });
  }
  return found;
}
