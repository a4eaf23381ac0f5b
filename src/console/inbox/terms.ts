/** What the owner gives when a request is approved: the least first, and what was typed in its place. */
import { DAY_MS, addDuration, parseExpiry, readDuration } from '../../core/expiry.js';
import type { AccessCardShape, InboxCardShape } from '../../core/inbox-shapes.js';
import { type Role, ROLES } from '../../core/model.js';
import { APPROVAL_AT_MOST } from '../../core/request.js';
import type { Approval } from '../../gate/door.js';
import type { Reference } from '../../gate/named.js';
import { type Faults, Sent } from '../form.js';

/** How long access is given where none was asked for. */
const LEAST_EXPIRATION = '1d';

/** The roles that are as asked or tighter. */
export function rolesUpTo(asked: Role): readonly Role[] {
  return ROLES.slice(0, ROLES.indexOf(asked) + 1);
}

/** The form of approval as it is shown first: the least that answers the request. */
export function leastTerms(card: InboxCardShape): Sent {
  if (card.kind === 'use')
    return new Sent([
      ['uses', '1'],
      ['for', '10min'],
    ]);
  const { asked, means } = card;
  return new Sent([
    ['vault', means.vault?.id ?? ''],
    ['item', means.item?.id ?? ''],
    ['role', asked.role],
    ['expiration', asked.expiration ?? LEAST_EXPIRATION],
    ['max_uses', asked.max_uses === undefined ? '' : String(asked.max_uses)],
  ]);
}

/** The approval that a form means; what is wrong with it is put beside its fields. */
export function readApproval(card: InboxCardShape, form: Sent, of: { faults: Faults; now: number }): Approval {
  const because = form.text('words');
  const terms = card.kind === 'use' ? useTerms(form, of) : accessTerms(card, form, of);
  return { ...terms, ...(because === '' ? {} : { because }) };
}

function useTerms(form: Sent, { faults, now }: { faults: Faults; now: number }): Approval {
  const [uses, time] = [form.text('uses'), form.text('for')];
  const { forMs, uses: most } = APPROVAL_AT_MOST;
  if (!isCount(uses) || Number(uses) > most) faults.add('uses', `A whole number from 1 to ${String(most)}.`);
  const duration = readDuration(time);
  const isWithin =
    duration !== undefined &&
    duration.amount > 0 &&
    isShort(duration.amount) &&
    addDuration(now, duration) <= now + forMs;
  if (!isWithin) faults.add('for', 'A time of at most one day, such as 10min or 1h.');
  return { uses, for: time };
}

/** Below what no duration of at most a day has, and no sum fails. */
function isShort(amount: number): boolean {
  return amount <= DAY_MS / 60_000;
}

function accessTerms(card: AccessCardShape, form: Sent, of: { faults: Faults; now: number }): Approval {
  const { faults, now } = of;
  const role = form.text('role');
  if (!rolesUpTo(card.asked.role).some((known) => known === role))
    faults.add('role', 'Choose the role that was asked for, or a tighter one.');
  const expiration = form.text('expiration');
  if (expiration === '') faults.add('expiration', 'Say when this access ends.');
  else tryExpiry(expiration, { faults, now });
  const maxUses = form.text('max_uses');
  if (maxUses !== '' && !isCount(maxUses)) faults.add('max_uses', 'A whole number from 1, or nothing.');
  return {
    ...placeTerms(card, form, faults),
    role,
    expiration,
    ...(maxUses === '' ? {} : { limits: { maxUses } }),
  };
}

function tryExpiry(text: string, { faults, now }: { faults: Faults; now: number }): void {
  try {
    parseExpiry(text, { now, allowNever: true });
  } catch (error) {
    faults.take(error, 'expiration');
  }
}

function placeTerms(card: AccessCardShape, form: Sent, faults: Faults): Approval {
  const [vault, item] = [form.text('vault'), form.text('item')];
  if (vault === '' && item === '') faults.add('vault', 'Say which vault, or which item, it may reach.');
  // a request for one item must not become access to all of its vault
  else if (item === '' && card.asked.item !== undefined) faults.add('item', 'It asks for one item: say which.');
  return { ...named('vault', vault), ...named('item', item) };
}

function named(what: 'vault' | 'item', text: string): Approval {
  const reference: Reference = { by: 'any', text };
  return text === '' ? {} : { [what]: reference };
}

function isCount(text: string): boolean {
  return /^[1-9][0-9]{0,8}$/.test(text);
}
