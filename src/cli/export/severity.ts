/** How grave an entry is, on one scale for every format. */
import type { EntryShape } from '../../core/shapes.js';
import { REASON_SIGNALS } from '../../core/signals.js';

/** 1 as usual · 2 not granted, or unusual · 3 not granted and unusual · 4 something was changed from outside. */
export type Severity = 1 | 2 | 3 | 4;

const OF_REASON: readonly string[] = REASON_SIGNALS;

/** The severity by outcome and signals. Signals about the words of a reason do not count: they are for a reader. */
export function severityOf({ outcome, code, signals }: EntryShape): Severity {
  if (code === 'integrity' || signals.includes('unreadable')) return 4;
  const isUnusual = signals.some((signal) => !OF_REASON.includes(signal));
  if (outcome === 'granted') return isUnusual ? 2 : 1;
  return isUnusual ? 3 : 2;
}
