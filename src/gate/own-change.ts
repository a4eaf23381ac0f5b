/** Changes that an entry of a token may name of itself: they write nothing of the owner's, and nothing in a vault. */
import type { ChangeRow, EntryRow } from '../store/audit.js';

/** Whether a change is of that kind, and its entry is one that may name it. */
export function isOwnChange(row: EntryRow, change: ChangeRow): boolean {
  return isRequest(row, change) || isSpending(row, change) || isExchange(row, change);
}

/** What a token asks of the owner: access, or that the call which was refused for now is approved. */
function isRequest({ action, code, outcome }: EntryRow, { kind, revision }: ChangeRow): boolean {
  if (kind !== 'request' || revision !== 1) return false;
  return code === 'approval_required' || (action === 'access.request' && outcome === 'granted');
}

/** A short-lived token that was made of the token, or its end. */
function isExchange({ outcome, action }: EntryRow, { kind, revision, hash }: ChangeRow): boolean {
  if (kind !== 'exchange' || outcome !== 'granted') return false;
  const isEnd = hash === null;
  return action === (isEnd ? 'token.exchange.end' : 'token.exchange') && revision === (isEnd ? 2 : 1);
}

const USES: ReadonlySet<string> = new Set(['item.read', 'item.totp', 'item.use']);

/** A use that the owner approved. */
function isSpending({ outcome, action }: EntryRow, { kind, hash }: ChangeRow): boolean {
  return kind === 'approval' && hash === null && outcome === 'granted' && USES.has(action);
}
