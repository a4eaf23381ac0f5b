import { Refusal } from '../core/refusal.js';
import type { ItemSummaryShape } from '../core/shapes.js';
import { cleaned } from './answer.js';
import { firstTexts, shortText, TOKENS_AT_MOST, tokensOf } from './size.js';
import type { ListedItem } from './tool.js';

const DEFAULT_LIMIT = 50;
/** A row above this is shortened; an ordinary one is far below. */
const ROW_TOKENS = 4_000;

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
 * One page of a list, newest change first, cleaned. A cursor names the last row that was given, so inserts and changes
 * between two pages neither repeat nor hide a row that stays where it was. A page ends early where more would not fit
 * into a result.
 */
export function pageOf(
  found: readonly ListedItem[],
  { cursor, limit = DEFAULT_LIMIT }: { cursor?: string | undefined; limit?: number | undefined },
): Readonly<Record<string, unknown>> {
  const after = cursor === undefined ? null : positionOf(cursor);
  const at = (listed: ListedItem): Position => ({ seq: listed.changeSeq, id: listed.row.id });
  const rest = found.filter((listed) => after === null || compare(at(listed), after) > 0);
  const sorted = rest.sort((a, b) => compare(at(a), at(b)));
  const rows = fitting(sorted.slice(0, limit));
  const last = sorted[rows.length - 1];
  const isMore = last !== undefined && rows.length < sorted.length;
  return { items: rows, next_cursor: isMore ? `${String(last.changeSeq)}.${last.row.id}` : null };
}

/** The rows as they are shown, as many as fit: at least one. */
function fitting(listed: readonly ListedItem[]): readonly ItemSummaryShape[] {
  const rows: ItemSummaryShape[] = [];
  let tokens = 0;
  for (const { row } of listed) {
    const shown = shortRow(cleaned(row));
    tokens += tokensOfRow(shown);
    if (tokens > TOKENS_AT_MOST) break;
    rows.push(shown);
  }
  return rows;
}

/** The tokens of a row of a list, with the comma before it. */
export function tokensOfRow(row: ItemSummaryShape): number {
  const { vault, title, username, urls, tags, fields } = row;
  return tokensOf(row, [vault, title, username, urls, tags, fields]) + 1;
}

function shortRow(row: ItemSummaryShape): ItemSummaryShape {
  if (tokensOfRow(row) <= ROW_TOKENS) return row;
  return {
    ...row,
    vault: shortText(row.vault),
    title: shortText(row.title),
    username: row.username === null ? null : shortText(row.username),
    urls: firstTexts(row.urls),
    tags: firstTexts(row.tags),
    fields: firstTexts(row.fields),
  };
}
