/** What a process knows of its tokens' earlier entries, so that each new one gets its signals by a look or two. */
import {
  type EntryFact,
  HISTORY_DAYS,
  type History,
  HOUR_MS,
  type NewFact,
  RECENT_ENTRIES,
  type Signal,
  signalsOf,
} from '../core/signals.js';
import { integrityFailure, toHex } from '../crypto/bytes.js';
import { logProfile, type LogProfile } from '../crypto/archive.js';
import { isOwners, type OwnerSigning } from '../crypto/owner-signing.js';
import { archivedSeq, readProfile } from '../store/archive.js';
import type { Handle } from '../store/database.js';
import { countsByTime, factsAfter, firstEntryAt, hasNamed, type SeqFact, seqsBetween } from '../store/signals.js';

/** Tokens whose history is kept; that of another is read again. */
const KEPT_AT_MOST = 4_096;

const HISTORY_MS = HISTORY_DAYS * 24 * HOUR_MS;

/** What is known of one token by the entry `seen`. */
interface Known {
  seen: number;
  /** The stamp under which everything was taken in; what is added then by this process, is observed. */
  stamp: string | null;
  firstAt: number | null;
  recent: EntryFact[];
  hours: Map<number, number>;
  /** The clock hour in which the hours were counted anew. */
  countedAt: number;
  /** Up to where the log was archived when this was read. */
  readonly archived: number;
  /** Items that its entries name, of those that were asked for. */
  readonly items: Set<string>;
  /** By other items that were asked for: the entry up to which none names it. */
  readonly unnamed: Map<string, number>;
}

/** Whose history is asked for, and whose keys vouch for what an archive kept of it. */
export interface Watched {
  readonly id: string;
  readonly owner: OwnerSigning;
}

export class SignalWatch {
  readonly #safeId: string;
  readonly #known = new Map<string, Known>();

  constructor(safeId: string) {
    this.#safeId = safeId;
  }

  /** Takes in what is new of a token, on a snapshot, so that under the lock little is left. */
  async prepare(handle: Handle, token: Watched, entry: { item: string | null; at: number }): Promise<void> {
    await this.#catchUp(handle, token, entry.at);
    await this.#knowsItem(handle, token.id, entry.item);
  }

  /** Several calls of one process may be at this at once, each on a snapshot of its own: nothing is taken in twice. */
  async #catchUp(handle: Handle, token: Watched, now: number): Promise<Known> {
    const known = await this.#knownOf(handle, token);
    const { stamp } = handle;
    const isKnown = stamp !== null && known.stamp === stamp;
    const facts = isKnown ? [] : await factsAfter(handle, token.id, { after: known.seen, limit: RECENT_ENTRIES });
    known.stamp = stamp;
    if (facts.length === RECENT_ENTRIES) {
      known.firstAt ??= await firstEntryAt(handle, token.id);
      known.countedAt = -1;
    }
    for (const fact of facts.toReversed()) if (fact.seq > known.seen) take(known, fact);
    const hour = Math.floor(now / HOUR_MS);
    if (hour !== known.countedAt) await this.#count(handle, token, { known, hour });
    return known;
  }

  async #knownOf(handle: Handle, token: Watched): Promise<Known> {
    const archived = await archivedSeq(handle);
    const known = this.#known.get(token.id);
    if (known?.archived === archived) return known;
    const profile = await this.#profile(handle, token);
    const begun: Known = {
      seen: archived,
      stamp: null,
      firstAt: profile?.firstAt ?? (await firstEntryAt(handle, token.id)),
      recent: profile === null ? [] : profile.recent.map(factOf),
      hours: new Map(),
      countedAt: -1,
      archived,
      items: new Set(profile?.items.map(({ id }) => id)),
      unnamed: new Map(),
    };
    this.#known.set(token.id, begun);
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT_AT_MOST && oldest !== undefined) this.#known.delete(oldest);
    return begun;
  }

  /** What an archive kept of the token; the owner signed it. */
  async #profile(handle: Handle, token: Watched): Promise<LogProfile | null> {
    const row = await readProfile(handle, token.id);
    if (row === null) return null;
    const profile = logProfile.decode(this.#safeId, row.signed);
    const isIts = profile.token === token.id && profile.seq === row.seq;
    if (!isIts || !isOwners(token.owner, row.signed, row.signature))
      throw integrityFailure('what an archive kept of a token was changed');
    return profile;
  }

  /** The hours of the last seven days, counted once an hour; left for later by a snapshot that lacks what is known. */
  async #count(handle: Handle, token: Watched, { known, hour }: { known: Known; hour: number }): Promise<void> {
    const lastSeq = known.seen;
    if (lastSeq > known.archived && (await factsAfter(handle, token.id, { after: lastSeq - 1, limit: 1 })).length === 0)
      return;
    const since = hour * HOUR_MS - HISTORY_MS;
    const { first } = (await seqsBetween(handle, since, Number.MAX_SAFE_INTEGER)) ?? { first: 0 };
    const firstSeq = Math.max(first, known.archived + 1);
    const hours = new Map(await countsByTime(handle, token.id, { since, firstSeq, lastSeq, lengthMs: HOUR_MS }));
    const profile = known.archived === 0 ? null : await this.#profile(handle, token);
    for (const { hour: past, count } of profile?.hours ?? []) hours.set(past, (hours.get(past) ?? 0) + count);
    if (known.seen !== lastSeq) return this.#count(handle, token, { known, hour });
    known.hours = hours;
    known.countedAt = hour;
  }

  /** The signals of an entry that is being made, under the lock. */
  async signals(handle: Handle, token: Watched, entry: NewFact): Promise<readonly Signal[]> {
    const known = await this.#catchUp(handle, token, entry.at);
    const history: History = {
      firstAt: known.firstAt,
      recent: known.recent,
      hours: known.hours,
      knowsItem: await this.#knowsItem(handle, token.id, entry.item),
    };
    return signalsOf(entry, history);
  }

  async #knowsItem(handle: Handle, token: string, item: string | null): Promise<boolean> {
    const known = this.#known.get(token);
    if (item === null || known === undefined) return false;
    if (known.items.has(item)) return true;
    const { isFound, last } = await hasNamed(handle, { token, item, after: known.unnamed.get(item) ?? 0 });
    if (!isFound) known.unnamed.set(item, last);
    else {
      known.items.add(item);
      known.unnamed.delete(item);
    }
    return isFound;
  }

  /** What is known of a token is read again when it is next asked for. */
  forget(token: string): void {
    this.#known.delete(token);
  }

  /** An entry that was added by this process, so that it need not be read again. */
  observe(token: string, fact: SeqFact): void {
    const known = this.#known.get(token);
    if (known !== undefined && fact.seq > known.seen) take(known, fact);
  }
}

function take(known: Known, fact: SeqFact): void {
  known.seen = fact.seq;
  known.firstAt ??= fact.at;
  known.recent.push(fact);
  if (known.recent.length > RECENT_ENTRIES) known.recent.shift();
  const hour = Math.floor(fact.at / HOUR_MS);
  known.hours.set(hour, (known.hours.get(hour) ?? 0) + 1);
}

type StoredFact = LogProfile['recent'][number];

function factOf({ reasonTag, templateTag, clientTag, ...fact }: StoredFact): EntryFact {
  const hex = (tag: Uint8Array | null): string | null => (tag === null ? null : toHex(tag));
  return { ...fact, reasonTag: hex(reasonTag), templateTag: hex(templateTag), clientTag: hex(clientTag) };
}
