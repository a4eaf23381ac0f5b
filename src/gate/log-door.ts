/** The log's part of the owner's door, and the shapes that it gives. Everything in them is JSON as it is printed. */
import type { EntryShape, GrantShape, Receipt, TokenShape } from '../core/shapes.js';

/** Progress of long work: `done` of `total` items. */
export type Progress = (done: number, total: number) => void;

export interface Page<T> {
  readonly data: readonly T[];
  readonly nextCursor: string | null;
}

/** Which entries. */
export interface LogSelection {
  /** In the query language of the log. */
  readonly query: string;
  readonly since?: string;
  readonly until?: string;
  /** The IANA zone in which the days of the query are counted; UTC where it is absent. */
  readonly timeZone?: string;
}

export interface LogQuery extends LogSelection {
  readonly limit: number;
  readonly cursor?: string;
}

/** One entry, with the rows around it and what proves it. */
export interface EntryDetail {
  readonly entry: EntryShape;
  readonly tool: string | null;
  readonly requestId: string | null;
  /** From where it came over HTTP, as the server saw it. */
  readonly address: string | null;
  /** The short-lived token that it was done with. */
  readonly exchange: string | null;
  /** What the refusal said to the log alone. */
  readonly detail: string | null;
  /** What access was asked for, in the agent's words. */
  readonly asked: string | null;
  /** What the grant is for, where the owner said so. */
  readonly purpose: string | null;
  readonly suppressed: number;
  readonly stateVersion: number;
  readonly changes: readonly {
    readonly kind: string;
    readonly id: string;
    readonly revision: number;
    readonly hash: string | null;
    readonly before: string | null;
  }[];
  readonly proof: {
    readonly prev: string;
    readonly hash: string;
    readonly signature: string | null;
    readonly verified: boolean;
  };
  readonly neighbours: readonly EntryShape[];
}

/** The result of verification; `fault` names the first bad row. */
export interface Verification {
  readonly ok: boolean;
  readonly entries: number;
  readonly from: number;
  readonly to: number;
  readonly signatures: number;
  readonly items: number;
  readonly head: Receipt | null;
  readonly checkpoint: number | null;
  readonly fault: { readonly seq: number | null; readonly message: string } | null;
}

/** By what `stats` groups. */
export const STATS_KEYS = ['agent', 'item', 'vault', 'action', 'client', 'hour', 'day', 'outcome'] as const;
export type StatsKey = (typeof STATS_KEYS)[number];

export interface OutcomeCounts {
  readonly total: number;
  readonly granted: number;
  readonly refused: number;
  readonly error: number;
}

/** One group; `key` is an id, a code, a day (`2026-11-24`) or an hour of the day (`00` to `23`), `name` is for people. */
export interface StatsGroup extends OutcomeCounts {
  readonly key: string;
  readonly name: string;
  /** Entries for each of {@link LogStats.days}. */
  readonly series: readonly number[];
}

export interface LogStats extends OutcomeCounts {
  readonly first_at: string | null;
  readonly last_at: string | null;
  readonly by: StatsKey;
  /** Largest first; hours and days in their order. */
  readonly groups: readonly StatsGroup[];
  /** Every day from the first entry to the last, also those without one; the last 366 at most. */
  readonly days: readonly (OutcomeCounts & { readonly day: string })[];
  /** Entries for each hour of each day of the week: seven rows, Monday first, of 24. */
  readonly heatmap: readonly (readonly number[])[];
  /** The ten busiest tokens and the ten busiest items, and the entries of each pair: `counts[agent][item]`. */
  readonly matrix: {
    readonly agents: readonly { readonly id: string; readonly name: string }[];
    readonly items: readonly { readonly id: string; readonly title: string }[];
    readonly counts: readonly (readonly number[])[];
  };
}

type Named = { readonly id: string; readonly name: string };

export interface LogReport extends OutcomeCounts {
  readonly since: string;
  readonly until: string;
  /** How many entries carry each signal, the most frequent first. */
  readonly signals: readonly { readonly signal: string; readonly count: number }[];
  /** Entries with a signal that is not about the words of the reason; newest first, the newest 20. */
  readonly unusual: { readonly count: number; readonly newest: readonly EntryShape[] };
  /** Reasons that say nothing or are the same again and again, the most frequent first, at most 20. */
  readonly hollow: readonly {
    readonly token: Named;
    readonly reason: string;
    readonly count: number;
    readonly last_seq: number;
  }[];
  /** Tokens that have not been used for 30 days, and were made before that. */
  readonly unused_tokens: readonly TokenShape[];
  /** Grants that no entry of theirs names, made more than a day ago. */
  readonly unused_grants: readonly (GrantShape & { readonly token: Named; readonly command: string })[];
  /** Grants whose role is wider than what was done under them, with the command that narrows each. */
  readonly wide_roles: readonly (GrantShape & {
    readonly token: Named;
    readonly used_role: string;
    readonly command: string;
  })[];
  /** What tokens that have ended since were given: change these at the service. */
  readonly read_by_ended: readonly {
    readonly token: Named;
    readonly items: readonly { readonly id: string; readonly title: string | null; readonly last_at: string }[];
  }[];
}

/** Entries of a token on each of the last 30 days, UTC, oldest first. */
export interface TokenActivity {
  readonly id: string;
  readonly days: readonly number[];
}

/** What a proof holds, and how it ends. */
export interface ProofSummary {
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  readonly fingerprint: string;
  /** The hash of the newest entry in it; with `to` it is a receipt. */
  readonly hash: string;
  /** Null where the log verified; else what was found, and then the owner has not signed the end of the proof. */
  readonly fault: Verification['fault'];
}

export interface ArchiveSummary extends ProofSummary {
  readonly path: string;
  /** Entries that were removed; some of what was exported stays, since what is current rests on it. */
  readonly removed: number;
}

export type Entries = readonly EntryShape[];

export interface LogDoor {
  listEntries(query: LogQuery, progress?: Progress): Promise<Page<EntryShape>>;
  showEntry(seq: number, hash?: string): Promise<EntryDetail>;
  /**
   * The newest `last` entries that match, oldest first, and then, unless `signal` is aborted from the start, those that
   * any process adds, until it is aborted.
   */
  followEntries(
    selection: LogSelection,
    options: { readonly last: number; readonly signal: AbortSignal },
    each: (entries: Entries) => void,
  ): Promise<void>;
  stats(selection: LogSelection, by: StatsKey, progress?: Progress): Promise<LogStats>;
  /** `since` as in a query; 30 days where it is absent. */
  report(since?: string, progress?: Progress): Promise<LogReport>;
  /** How often each token that is listed was used lately. */
  tokenActivity(): Promise<readonly TokenActivity[]>;

  verify(options: { readonly full: boolean }, progress?: Progress): Promise<Verification>;
  /** Verifies what came since the last checkpoint, then signs one and writes the anchors. */
  checkpoint(): Promise<Receipt>;

  /** Hands over every entry that matches, oldest first; recorded before the first is given. Gives how many there were. */
  exportEntries(selection: LogSelection, each: (entries: Entries) => void, progress?: Progress): Promise<number>;
  /** Writes a proof, line by line; recorded. The query may hold only `seq:` and `created:`: a proof has no gaps. */
  exportProof(selection: LogSelection, write: (line: string) => void, progress?: Progress): Promise<ProofSummary>;
  /** Exports what is older than a day with its proof to a new file, has the file verified, and only then removes it. */
  archive(options: { readonly before: string; readonly to: string }, progress?: Progress): Promise<ArchiveSummary>;
  /** Puts the newest archive back, verified, so that it can be asked again. */
  importArchive(path: string, progress?: Progress): Promise<{ readonly from: number; readonly to: number }>;
}
