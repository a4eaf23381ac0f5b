/** Requests, which are changes that entries name. */
import { column, type Handle, type Row } from './database.js';

/** A request: the entry that carries it. Revision 1 of the change is the request, revision 2 its decision. */
export interface RequestRow {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  readonly token: string | null;
  readonly tag: Uint8Array | null;
  /** Whether it asks that a refused call is approved; else it asks for access. */
  readonly isUse: boolean;
  /** The entry of the owner's decision, or null. */
  readonly decidedSeq: number | null;
}

const REQUESTS = `SELECT c.subject, c.seq, c.hash, e.at, e.actor, e.code,
  (SELECT min(d.seq) FROM change d WHERE d.kind = 'request' AND d.subject = c.subject AND d.revision = 2) AS decided
  FROM change c JOIN entry e ON e.seq = c.seq WHERE c.kind = 'request' AND c.revision = 1`;

function requestRow(row: Row): RequestRow {
  return {
    id: column.text(row, 'subject'),
    seq: column.integer(row, 'seq'),
    at: column.integer(row, 'at'),
    token: column.textOrNull(row, 'actor'),
    tag: column.blobOrNull(row, 'hash'),
    isUse: column.textOrNull(row, 'code') === 'approval_required',
    decidedSeq: column.integerOrNull(row, 'decided'),
  };
}

/** All requests, oldest first. */
export async function allRequests(handle: Handle): Promise<readonly RequestRow[]> {
  return (await handle.all(`${REQUESTS} ORDER BY c.seq`)).map(requestRow);
}

/** The requests of a token after a time in unix ms that nobody has decided, oldest first. */
export async function openRequestsOf(handle: Handle, token: string, after: number): Promise<readonly RequestRow[]> {
  const rows = await handle.all(`${REQUESTS} AND e.actor = ? AND e.at > ? ORDER BY c.seq`, token, after);
  return rows.map(requestRow).filter(({ decidedSeq }) => decidedSeq === null);
}

/** The request of that id, or null. */
export async function findRequest(handle: Handle, id: string): Promise<RequestRow | null> {
  const row = await handle.get(`${REQUESTS} AND c.subject = ? ORDER BY c.seq LIMIT 1`, id);
  return row && requestRow(row);
}

/** How often an approval was used: each use is numbered, and the newest stays when older ones are archived. */
export async function spentOf(handle: Handle, request: string): Promise<number> {
  const row = await handle.get(
    "SELECT max(revision) AS n FROM change WHERE kind = 'approval' AND subject = ?",
    request,
  );
  return row === null ? 0 : (column.integerOrNull(row, 'n') ?? 0);
}

/** The newest request of a token with that tag, or null. */
export async function lastRequestLike(handle: Handle, token: string, tag: Uint8Array): Promise<RequestRow | null> {
  const row = await handle.get(`${REQUESTS} AND e.actor = ? AND c.hash = ? ORDER BY c.seq DESC LIMIT 1`, token, tag);
  return row && requestRow(row);
}

/** The requests of a token that were decided, oldest first. */
export async function decidedRequestsOf(handle: Handle, token: string): Promise<readonly RequestRow[]> {
  return (await handle.all(`${REQUESTS} AND e.actor = ? ORDER BY c.seq`, token))
    .map(requestRow)
    .filter(({ decidedSeq }) => decidedSeq !== null);
}
