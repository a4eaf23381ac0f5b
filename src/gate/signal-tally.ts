/** What the signals of many entries come to. */
import { REASON_SIGNALS, type Signal } from '../core/signals.js';
import type { ReadPayload } from './payload-reader.js';

/** An entry that was found, opened. */
export interface FoundEntry extends Pick<ReadPayload, 'reason' | 'signals'> {
  readonly seq: number;
  readonly actor: string | null;
}

/** Plain data, put together with {@link addTally}. */
export interface SignalTally {
  readonly counts: ReadonlyMap<string, number>;
  /** The numbers of entries with a signal that is about the access. */
  readonly unusual: readonly number[];
  /** Reasons that are marked as hollow or as repeated, each behind its token's id and a space, with their entries. */
  readonly reasons: ReadonlyMap<string, readonly number[]>;
}

/** A tally that is still being put together. */
export interface Mutable {
  readonly counts: Map<string, number>;
  readonly unusual: number[];
  readonly reasons: Map<string, number[]>;
}

export function emptyTally(): Mutable {
  return { counts: new Map(), unusual: [], reasons: new Map() };
}

const ABOUT_REASONS: ReadonlySet<string> = new Set<Signal>(REASON_SIGNALS);

export function tallySignals(entries: readonly FoundEntry[]): SignalTally {
  const { counts, reasons, unusual } = emptyTally();
  for (const { seq, actor, reason, signals } of entries) {
    for (const signal of signals) counts.set(signal, (counts.get(signal) ?? 0) + 1);
    if (signals.some((signal) => !ABOUT_REASONS.has(signal))) unusual.push(seq);
    if (reason !== null && signals.some((signal) => ABOUT_REASONS.has(signal)))
      append(reasons, `${actor ?? ''} ${reason}`, [seq]);
  }
  return { counts, unusual, reasons };
}

function append(map: Map<string, number[]>, key: string, values: readonly number[]): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [...values]);
  else for (const value of values) known.push(value);
}

/** Takes a tally of newer entries into one of older ones. */
export function addTally(sum: Mutable, newer: SignalTally): void {
  for (const [signal, count] of newer.counts) sum.counts.set(signal, (sum.counts.get(signal) ?? 0) + count);
  for (const [reason, seqs] of newer.reasons) append(sum.reasons, reason, seqs);
  for (const seq of newer.unusual) sum.unusual.push(seq);
}
