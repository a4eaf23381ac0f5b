/** A request that a single use is approved: what it is about, and the owner's word on it. */
import { addDuration, isoTime, parseDuration } from '../core/expiry.js';
import { APPROVAL_AT_MOST, USE_REQUEST_LIVES_MS } from '../core/request.js';
import { Refusal } from '../core/refusal.js';
import type { UseCardShape, UseRequestShape } from '../core/inbox-shapes.js';
import type { EntryShape } from '../core/shapes.js';
import { callsOf, lastUsesBy } from '../store/uses.js';
import { decidedRequestsOf, spentOf } from '../store/requests.js';
import { useHash } from './consent.js';
import { readVerdict, type Verdict } from './decision.js';
import type { Approval } from './door.js';
import { EntryReader, type OpenedEntry } from './entry-reader.js';
import { titleOf } from './grant-shape.js';
import type { OwnerCore, OwnerGround } from './owner-core.js';

/** What is asked, as the entry of the request says it; what is approved is this, word for word. */
export interface ReadUse {
  readonly hash: Uint8Array;
  readonly shape: UseRequestShape['use'];
}

/** The use that an entry asks about; null where it does not say. */
export async function readUse(core: OwnerCore, ground: OwnerGround, entry: OpenedEntry): Promise<ReadUse | null> {
  const { row, payload } = entry;
  const { use, reason } = payload;
  if (use === null || row.actor === null) return null;
  const { tool, subject, secrets, purpose } = use;
  // the entry names the item that the call was about: a card must not show another
  if (row.item !== null && row.item !== subject) return null;
  const hash = useHash(core.safe.id, { token: row.actor, tool, subject, secrets, reason: reason ?? '', purpose });
  const vault = row.vault === null ? null : { id: row.vault, name: await vaultName(core, ground, row.vault) };
  const item = row.item === null ? null : { id: row.item, title: await titleOf(core, ground, row.item) };
  return { hash, shape: { tool, vault, item, fields: secrets, purpose } };
}

async function vaultName(core: OwnerCore, ground: OwnerGround, vault: string): Promise<string> {
  return (await core.shelf.name(ground, vault))?.name ?? vault;
}

/** What an approval says of itself. */
export async function usesShape(
  { handle }: OwnerGround,
  request: string,
  verdict: Verdict | null,
): Promise<Pick<UseRequestShape, 'uses' | 'used' | 'until'>> {
  if (verdict?.use == null) return {};
  const { uses, until } = verdict.use;
  return { uses, used: await spentOf(handle, request), until: isoTime(until) };
}

/** What helps to decide: what the token did before. */
export async function useCard(
  core: OwnerCore,
  ground: OwnerGround,
  token: string,
): Promise<Pick<UseCardShape, 'before' | 'last_uses'>> {
  const calls = await callsOf(ground.handle, token);
  const last: readonly EntryShape[] = await new EntryReader(core).shapes(
    ground,
    await lastUsesBy(ground.handle, token, 3),
  );
  return { before: { ...calls, ...(await verdictsFor(core, ground, token)) }, last_uses: last };
}

async function verdictsFor(
  core: OwnerCore,
  ground: OwnerGround,
  token: string,
): Promise<{ approved: number; denied: number }> {
  const counts = { approved: 0, denied: 0 };
  for (const row of await decidedRequestsOf(ground.handle, token)) {
    const verdict = await readVerdict(core, ground, row);
    if (verdict !== null) counts[verdict.state] += 1;
  }
  return counts;
}

/** How often and until when an approval is good. Throws `invalid_request`. */
export function approvalTerms(approval: Approval, now: number): { uses: number; until: number } {
  const { role, expiration, vault, item, limits, purpose } = approval;
  if ([role, expiration, vault, item, limits, purpose].some((given) => given !== undefined))
    throw new Refusal('invalid_request', {
      message: 'This request is for a use, and takes no terms of access.',
      next: 'vouchsafe inbox approve ID [--for 15min] [--uses 3] [--because TEXT]',
    });
  return { uses: usesOf(approval.uses), until: untilOf(approval.for, now) };
}

function usesOf(text: string | undefined): number {
  const uses = text === undefined ? 1 : /^[1-9][0-9]{0,3}$/.test(text.trim()) ? Number(text) : Infinity;
  if (uses <= APPROVAL_AT_MOST.uses) return uses;
  throw new Refusal('invalid_request', {
    message: `--uses takes a whole number from 1 to ${String(APPROVAL_AT_MOST.uses)}.`,
    next: 'For example --uses 3.',
  });
}

function untilOf(text: string | undefined, now: number): number {
  if (text === undefined) return now + USE_REQUEST_LIVES_MS;
  const until = addDuration(now, parseDuration(text));
  if (until > now && until <= now + APPROVAL_AT_MOST.forMs) return until;
  throw new Refusal('invalid_request', {
    message: '--for takes a time of at most one day.',
    next: 'For example --for 15min.',
  });
}
