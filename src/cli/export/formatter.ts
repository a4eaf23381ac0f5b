/** What a format of `audit export` is. */
import type { EntryShape } from '../../core/shapes.js';

/** How entries are written in one format: pure, entry by entry, so that a log of any size passes through. */
export interface Formatter {
  /** What stands before the first entry, also where there is none; empty, or whole lines. */
  readonly head: string;
  /** One entry as one line, with its end. */
  line(entry: EntryShape): string;
}
