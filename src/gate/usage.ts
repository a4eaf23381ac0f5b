/**
 * What has happened under a token's grants, as their limits count it. Counted from the log itself, so that it holds
 * across processes: a process keeps what it has read and takes in what is new, under the lock at last.
 */
import { NO_USAGE, type Usage } from '../core/limit-check.js';
import type { Limits } from '../core/limits.js';
import { usesOf } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { seqsBetween } from '../store/signals.js';
import { type GrantedCall, grantedCallsAfter } from '../store/usage.js';

/** Whose calls are counted, and under which grants. */
export interface Counted {
  readonly id: string;
  readonly grants: readonly { readonly id: string; readonly limits: Limits; readonly sinceSeq: number }[];
}

/** When it is asked, in unix ms, and the number of the newest entry by then. */
export interface Moment {
  readonly now: number;
  readonly last: number;
}

interface Tally {
  readonly calls: number[];
  readonly items: Map<string, number>;
}

/** A call by its number in the log and its time. */
interface Timed {
  readonly seq: number;
  readonly at: number;
}

interface Known {
  /** The longest time that a limit of the token looks back, in ms. */
  readonly windowMs: number;
  /** The most calls that a limit of the token counts: older ones make no difference. */
  readonly most: number;
  readonly tallies: Map<string, Tally>;
  /** Lists over all that is granted: each grant that there was has had them. */
  readonly lists: Timed[];
  seen: number;
}

/** Lists over several grants are named under none of them and count for each. */
const LISTS: ReadonlySet<string> = new Set(['vault.list', 'item.list', 'item.search']);

export class UsageWatch {
  readonly #known = new Map<string, Known>();

  /** What has happened under each grant of the token that has a limit which counts, by the handle's view of the log. */
  async read(handle: Handle, token: Counted, at: Moment): Promise<ReadonlyMap<string, Usage>> {
    const usage = new Map<string, Usage>();
    const counting = token.grants.filter(({ limits }) => counts(limits));
    if (counting.length === 0) return usage;
    const known = await this.#catchUp(handle, token, at);
    for (const grant of counting) {
      const { id, limits } = grant;
      const uses = limits.maxUses === null ? 0 : await usesOf(handle, id);
      usage.set(id, { ...(known === null ? NO_USAGE : usageOf(known, grant)), uses });
    }
    return usage;
  }

  /** What is known of a token is counted again: an entry that seemed to be its own was not committed. */
  forget(token: string): void {
    this.#known.delete(token);
  }

  async #catchUp(handle: Handle, token: Counted, at: Moment): Promise<Known | null> {
    const windowMs = Math.max(0, ...token.grants.map(({ limits }) => longestWindowOf(limits)));
    if (windowMs === 0) return null;
    const most = Math.max(0, ...token.grants.map(({ limits }) => limits.rate?.count ?? 0));
    const before = this.#known.get(token.id);
    const isSame = before?.windowMs === windowMs && before.most === most;
    const known = isSame ? before : await begin(handle, { windowMs, most }, at);
    this.#known.set(token.id, known);
    // another call of this process may have taken the same in meanwhile
    for (const call of await grantedCallsAfter(handle, token.id, known.seen))
      if (call.seq > known.seen) take(known, call);
    forget(known, at.now - windowMs);
    return known;
  }
}

function counts({ maxUses, rate, distinctItems }: Limits): boolean {
  return maxUses !== null || rate !== null || distinctItems !== null;
}

/** How far back in ms the limits look. */
export function longestWindowOf({ rate, distinctItems }: Limits): number {
  return Math.max(rate?.windowMs ?? 0, distinctItems?.windowMs ?? 0);
}

async function begin(handle: Handle, of: Pick<Known, 'windowMs' | 'most'>, at: Moment): Promise<Known> {
  const recent = await seqsBetween(handle, at.now - of.windowMs, Number.MAX_SAFE_INTEGER);
  return { ...of, tallies: new Map(), lists: [], seen: recent === null ? at.last : recent.first - 1 };
}

function take(known: Known, { seq, at, action, grant, item }: GrantedCall): void {
  known.seen = seq;
  if (grant === null) {
    if (LISTS.has(action)) note(known, known.lists, { seq, at });
    return;
  }
  const tally = known.tallies.get(grant) ?? { calls: [], items: new Map<string, number>() };
  known.tallies.set(grant, tally);
  note(known, tally.calls, at);
  if (item !== null && action !== 'item.create') tally.items.set(item, Math.max(at, tally.items.get(item) ?? 0));
}

function note<T>({ most }: Known, times: T[], at: T): void {
  times.push(at);
  if (times.length > most) times.shift();
}

/** What no limit looks back to any more. */
function forget(known: Known, until: number): void {
  dropUntil(known.lists, ({ at }) => at > until);
  for (const { calls, items } of known.tallies.values()) {
    dropUntil(calls, (at) => at > until);
    for (const [item, at] of items) if (at <= until) items.delete(item);
  }
}

function dropUntil<T>(times: T[], isKept: (time: T) => boolean): void {
  const kept = times.findIndex(isKept);
  times.splice(0, kept < 0 ? times.length : kept);
}

function usageOf(
  { tallies, lists }: Known,
  { id, sinceSeq }: { readonly id: string; readonly sinceSeq: number },
): Omit<Usage, 'uses'> {
  const { calls, items } = tallies.get(id) ?? NO_USAGE;
  const shared = lists.filter(({ seq }) => seq > sinceSeq).map(({ at }) => at);
  return { calls: shared.length === 0 ? calls : [...calls, ...shared].sort((a, b) => a - b), items };
}
