/** How much of a long log a page is drawn from: no more than its newest entries, where nobody asked for more. */
import { parseQuery, printQuery } from '../../core/query.js';
import type { OwnerDoor } from '../../gate/door.js';
import type { LogSelection } from '../../gate/log-door.js';

/** How many entries are counted in the time that a page may take, without the threads that take longer to start. */
export const MOST_COUNTED = 10_000;

/** The same of entries that must be opened, which takes several times as long. */
export const MOST_OPENED = 3_000;

/** A span that is cut short. */
export interface Cut {
  /** The number of the first entry that is drawn, and when it was. */
  readonly first: number;
  readonly since: string;
  /** How many entries are drawn, and how many there are in the whole log. */
  readonly drawn: number;
  readonly entries: number;
}

/**
 * Where the newest `most` entries begin, if the selection reaches further back; null where it does not, or where it says
 * by `seq:` itself how far. Throws what the selection's words deserve.
 */
export async function cutOf(door: OwnerDoor, selection: LogSelection, most: number): Promise<Cut | null> {
  const ranges = parseQuery(selection.query).filter(({ kind }) => kind === 'range');
  if (ranges.some((term) => term.kind === 'range' && term.qualifier === 'seq')) return null;
  const [newest] = (await door.listEntries({ query: '', limit: 1 })).data;
  const first = (newest?.seq ?? 0) - most + 1;
  if (newest === undefined || first <= 1) return null;
  // times and numbers alone, so that no entry is opened to answer
  const before = { ...selection, query: `${printQuery(ranges)} seq:<${String(first)}`.trim(), limit: 1 };
  if ((await door.listEntries(before)).data.length === 0) return null;
  const [start] = (await door.listEntries({ query: `seq:${String(first)}`, limit: 1 })).data;
  return start === undefined ? null : { first, since: start.at, drawn: most, entries: newest.seq };
}

interface CutNoteProps extends Cut {
  /** The page of the whole span. */
  readonly whole: string;
}

/** Says that the page is drawn from a part, and leads to the whole. */
export function CutNote({ drawn, entries, whole }: CutNoteProps) {
  return (
    <p class="activity-cut muted">
      Drawn from the newest {drawn.toLocaleString('en')} of {entries.toLocaleString('en')} entries.{' '}
      <a href={whole}>Draw all of it</a>, which may take its time.
    </p>
  );
}
