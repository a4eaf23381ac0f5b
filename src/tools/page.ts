import { Refusal } from '../core/refusal.js';
import type { ListedItem } from './tool.js';

const DEFAULT_LIMIT = 50;
/** About 15,000 tokens of JSON: a client cuts or diverts what is longer. */
const CHARACTERS_AT_MOST = 50_000;

interface Position {
  readonly seq: number;
  readonly id: string;
}

function positionOf(cursor: string): Position {
  const [, seq, id] = /^([0-9]{1,15})\.([0-9a-z]{32})$/.exec(cursor) ?? [];
  if (seq !== undefined && id !== undefined) return { seq: Number(seq), id };
  throw new Refusal('invalid_request', {
    message: 'cursor is not one of ours.',
    next: 'Send next_cursor as it came, or leave cursor out.',
  });
}

/** Newest change first; within one change by id. */
function compare(a: Position, b: Position): number {
  return b.seq - a.seq || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/**
 * One page of a list, newest change first. A cursor names the last row that was given, so inserts and changes between
 * two pages neither repeat nor hide a row that stays where it was.
 */
export function pageOf(
  found: readonly ListedItem[],
  { cursor, limit = DEFAULT_LIMIT }: { cursor?: string | undefined; limit?: number | undefined },
): Readonly<Record<string, unknown>> {
  const after = cursor === undefined ? null : positionOf(cursor);
  const at = (listed: ListedItem): Position => ({ seq: listed.changeSeq, id: listed.row.id });
  const rest = found.filter((listed) => after === null || compare(at(listed), after) > 0);
  const sorted = rest.sort((a, b) => compare(at(a), at(b)));
  const shown = fitting(sorted.slice(0, limit));
  const last = shown.at(-1);
  const isMore = last !== undefined && shown.length < sorted.length;
  return {
    items: shown.map((listed) => listed.row),
    next_cursor: isMore ? `${String(last.changeSeq)}.${last.row.id}` : null,
  };
}

function fitting(listed: readonly ListedItem[]): readonly ListedItem[] {
  let characters = 0;
  const end = listed.findIndex(({ row }, i) => {
    characters += JSON.stringify(row).length;
    return i > 0 && characters > CHARACTERS_AT_MOST;
  });
  return end === -1 ? listed : listed.slice(0, end);
}
