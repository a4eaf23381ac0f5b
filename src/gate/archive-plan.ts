/** What an archive takes, and what stays because what is current rests on it. */
import { type ArchiveStub, logProfile } from '../crypto/archive.js';
import { fromHex, sha256, toHex } from '../crypto/bytes.js';
import { firstLink, linkOf } from '../crypto/chain.js';
import { HISTORY_DAYS, HOUR_MS, RECENT_ENTRIES } from '../core/signals.js';
import type { ProfileRow } from '../store/archive.js';
import { readProfiles } from '../store/archive.js';
import {
  actorsBetween,
  currentChangeSeqs,
  hashesOf,
  itemsOfActor,
  outcomesBetween,
  grantsOfActor,
  sessionsUpTo,
  usedMostSeqs,
} from '../store/archive-plan.js';
import { readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { countsByTime, factsBetween, firstEntryAt } from '../store/signals.js';
import type { Stub } from './archive-stub.js';
import { startOf } from './archive-stub.js';
import { LogFault } from './log-fault.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';

/** Entries that are removed in one transaction: agents wait no longer than that takes. */
export const MARK_EVERY = 500;

/** The entries after the last archive up to `last`. */
export interface Range {
  readonly stub: Stub | null;
  readonly last: number;
}

/** The last numbers of the stretches that are removed one after the other, with their hashes. */
export async function marksOf(handle: Handle, { stub, last }: Range): Promise<ArchiveStub['marks']> {
  const seqs: number[] = [];
  for (let seq = startOf(stub) + MARK_EVERY; seq < last; seq += MARK_EVERY) seqs.push(seq);
  return hashesOf(handle, [...seqs, last]);
}

/**
 * The entries that must stay, each with its `prev`, and each with the one before it, from which that is told; so the last
 * one, before the entries that are not archived, stays too.
 */
export async function keptOf(ground: OwnerGround, { stub, last }: Range): Promise<ArchiveStub['kept']> {
  const { handle, state } = ground;
  const { logSeq } = state.value;
  const current = [
    ...(await currentChangeSeqs(handle, last)),
    ...(await usedMostSeqs(handle, last)),
    logSeq,
    logSeq + 1,
    last,
  ];
  const seqs = new Set(current.flatMap((seq) => [seq - 1, seq]).filter((seq) => seq > startOf(stub) && seq <= last));
  const kept = [...(stub?.value.kept ?? [])];
  for (const seq of [...seqs].sort((a, b) => a - b)) kept.push(await keptEntry(ground, seq, stub));
  return kept;
}

async function keptEntry(
  { handle, state: { safeId } }: OwnerGround,
  seq: number,
  stub: Stub | null,
): Promise<ArchiveStub['kept'][number]> {
  const row = await readEntry(handle, seq);
  if (row === null) throw new LogFault(seq, 'an entry is missing');
  if (seq === startOf(stub) + 1) return { seq, hash: row.hash, prev: stub?.base.link ?? firstLink(safeId) };
  const before = await readEntry(handle, seq - 1);
  if (before === null) throw new LogFault(seq - 1, 'an entry is missing');
  return { seq, hash: row.hash, prev: linkOf(before.hash, before.signature) };
}

/** How many entries were archived by now, by their outcomes. */
export async function countsOf(handle: Handle, { stub, last }: Range): Promise<ArchiveStub['counts']> {
  const counts = { ...(stub?.value.counts ?? { entries: 0, granted: 0, refused: 0, error: 0 }) };
  for (const [outcome, n] of await outcomesBetween(handle, startOf(stub) + 1, last)) {
    counts.entries += n;
    if (outcome === 'granted') counts.granted += n;
    else if (outcome === 'refused') counts.refused += n;
    else counts.error += n;
  }
  return counts;
}

/** The sessions of the archived entries: those that no other entry names may go. */
export async function sessionsOf(handle: Handle, { stub, last }: Range): Promise<ArchiveStub['sessions']> {
  const older = stub?.value.sessions ?? [];
  const names = new Map([...older, ...(await sessionsUpTo(handle, last))].map((name) => [toHex(name), name]));
  return [...names.values()];
}

/** What signals and reports need of each token's archived entries, signed. */
export async function profilesOf(core: OwnerCore, ground: OwnerGround, range: Range): Promise<readonly ProfileRow[]> {
  const { handle } = ground;
  const older = new Map<string, Profile>();
  for (const row of range.stub === null ? [] : await readProfiles(handle, startOf(range.stub)))
    older.set(row.token, logProfile.decode(core.safe.id, row.signed));
  const tokens = new Set([...older.keys(), ...(await actorsBetween(handle, startOf(range.stub) + 1, range.last))]);
  const rows: ProfileRow[] = [];
  for (const token of tokens) {
    const profile = await profileOf(ground, range, { token, older: older.get(token) ?? null });
    const signed = logProfile.encode(core.safe.id, profile);
    rows.push({ seq: range.last, token, signed, signature: core.sign(signed) });
  }
  return rows;
}

export function profileHashes(rows: readonly ProfileRow[]): ArchiveStub['profiles'] {
  return rows.map(({ token, signed }) => ({ token, hash: sha256(signed) }));
}

type Profile = ReturnType<typeof logProfile.decode>;

async function profileOf(ground: OwnerGround, { stub, last }: Range, of: Profiled): Promise<Profile> {
  const { handle, now } = ground;
  const { token, older } = of;
  const first = startOf(stub) + 1;
  const facts = await factsBetween(handle, token, { first, last, limit: RECENT_ENTRIES });
  const between = { first, last };
  return {
    seq: last,
    token,
    firstAt: older?.firstAt ?? (await firstEntryAt(handle, token)) ?? now,
    lastAt: Math.max(older?.lastAt ?? 0, ...facts.map(({ at }) => at)),
    recent: [...(older?.recent ?? []), ...facts.toReversed().map(storedFact)].slice(-RECENT_ENTRIES),
    hours: await hoursOf(handle, of, { ...between, since: now - (HISTORY_DAYS + 1) * 24 * HOUR_MS }),
    items: await itemsOf(handle, of, between),
    grants: [...new Set([...(older?.grants ?? []), ...(await grantsOfActor(handle, token, between))])],
  };
}

interface Profiled {
  readonly token: string;
  readonly older: Profile | null;
}

async function hoursOf(
  handle: Handle,
  { token, older }: Profiled,
  of: { first: number; last: number; since: number },
): Promise<Profile['hours']> {
  const recent = (older?.hours ?? []).filter(({ hour }) => hour * HOUR_MS >= of.since);
  const hours = new Map(recent.map(({ hour, count }) => [hour, count]));
  const asked = { since: of.since, firstSeq: of.first, lastSeq: of.last, lengthMs: HOUR_MS };
  for (const [hour, n] of await countsByTime(handle, token, asked)) hours.set(hour, (hours.get(hour) ?? 0) + n);
  return [...hours].map(([hour, count]) => ({ hour, count }));
}

async function itemsOf(
  handle: Handle,
  { token, older }: Profiled,
  between: { first: number; last: number },
): Promise<Profile['items']> {
  const items = new Map(older?.items.map((item) => [item.id, item]));
  for (const item of await itemsOfActor(handle, token, between))
    items.set(item.id, { ...item, isRead: item.isRead || items.get(item.id)?.isRead === true });
  return [...items.values()];
}

type Fact = Awaited<ReturnType<typeof factsBetween>>[number];

function storedFact({ at, action, outcome, code, item, ...tags }: Fact): Profile['recent'][number] {
  const bytes = (hex: string | null): Uint8Array | null => (hex === null ? null : fromHex(hex));
  return {
    ...{ at, action, outcome, code, item },
    reasonTag: bytes(tags.reasonTag),
    templateTag: bytes(tags.templateTag),
    clientTag: bytes(tags.clientTag),
  };
}
