import {
  type CallFrom,
  type Consent,
  type Exposure,
  type LimitedCall,
  limitMet,
  NO_CONSENT,
  NO_USAGE,
  type Stopped,
  type Usage,
} from './limit-check.js';
import type { Limits } from './limits.js';
import { type Action, type Role, ROLES, type Scope } from './model.js';

/** What the policy knows of a grant. A grant without `item` reaches its whole vault. */
export interface PolicyGrant {
  readonly id: string;
  readonly vault: string;
  readonly item: string | null;
  readonly role: Role;
  /** Unix ms; null: it ends with the token. */
  readonly notAfter: number | null;
  readonly limits: Limits;
}

/** What a call is about: nothing, a whole vault, or one item. */
export type Target =
  | { readonly kind: 'none' }
  | { readonly kind: 'vault'; readonly vault: string }
  | { readonly kind: 'item'; readonly vault: string; readonly item: string };

export interface Question {
  readonly action: Action;
  /** Null where the token's scopes do not limit it. */
  readonly scopes: readonly Scope[] | null;
  readonly grants: readonly PolicyGrant[];
  /** By the id of a grant, what has happened under it; nothing where it is not there. */
  readonly usage: ReadonlyMap<string, Usage>;
  readonly target: Target;
  /** Paths of the secret fields and codes that are to be given or used. */
  readonly secrets: readonly string[];
  /** What becomes of them; `shown` where it is left out. */
  readonly exposure?: Exposure;
  /** Where a rule of the owner's demands a word on this very use; none where it is left out. */
  readonly consent?: Consent;
  readonly from: CallFrom;
  readonly now: number;
}

export type Decision =
  | { readonly allowed: true; readonly grant: PolicyGrant | null }
  | { readonly allowed: false; readonly because: 'action' | 'scope' | 'grant' | 'role' }
  | {
      readonly allowed: false;
      readonly because: Stopped['by'];
      readonly grant: PolicyGrant;
      readonly stopped: Stopped;
    };

interface Need {
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Besides, where a secret field is to be shown. */
  readonly toReveal?: Scope;
  /** Whether it can be about nothing in particular: a list over all that is granted. */
  readonly isList?: true;
}

/** What each action needs; an action that is not here is refused to every token. */
const NEEDS: Partial<Record<Action, Need>> = {
  'session.whoami': { role: 'viewer', scopes: [], isList: true },
  'vault.list': { role: 'viewer', scopes: ['read'], isList: true },
  'item.list': { role: 'viewer', scopes: ['read'], isList: true },
  'item.search': { role: 'viewer', scopes: ['read'], isList: true },
  'item.read': { role: 'viewer', scopes: ['read'], toReveal: 'reveal' },
  'item.totp': { role: 'viewer', scopes: ['totp'] },
  'item.create': { role: 'editor', scopes: ['write'] },
  'item.update': { role: 'editor', scopes: ['write'] },
  'item.trash': { role: 'editor', scopes: ['write'] },
  'item.restore': { role: 'editor', scopes: ['write'] },
  'item.move': { role: 'editor', scopes: ['write'] },
  'item.delete': { role: 'manager', scopes: ['write'] },
  'vault.update': { role: 'manager', scopes: ['write'] },
  'access.request': { role: 'viewer', scopes: [], isList: true },
  'item.use': { role: 'viewer', scopes: ['use'], toReveal: 'reveal' },
};

/** Whether `role` includes all that `least` may. */
export function isAtLeast(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

function needOf({ action, secrets, exposure = 'shown' }: Question): Need | undefined {
  const need = Object.hasOwn(NEEDS, action) ? NEEDS[action] : undefined;
  if (need?.toReveal === undefined || secrets.length === 0 || exposure !== 'shown') return need;
  return { ...need, scopes: [...need.scopes, need.toReveal] };
}

function reaches(grant: PolicyGrant, target: Target): boolean {
  if (target.kind === 'none' || grant.vault !== target.vault) return false;
  return grant.item === null || (target.kind === 'item' && grant.item === target.item);
}

/** Narrowest first: an item before its vault, then the first to end, then by id. */
function byNarrowness(a: PolicyGrant, b: PolicyGrant): number {
  const width = (grant: PolicyGrant): number => (grant.item === null ? 1 : 0);
  const end = (grant: PolicyGrant): number => grant.notAfter ?? Number.MAX_SAFE_INTEGER;
  return width(a) - width(b) || end(a) - end(b) || (a.id < b.id ? -1 : 1);
}

/**
 * The decision of the gate: pure and total. A call passes if one live grant allows it alone, within its limits; of those
 * the narrowest is named. What is not explicitly allowed is refused.
 */
export function authorize(question: Question): Decision {
  const need = needOf(question);
  if (need === undefined) return { allowed: false, because: 'action' };
  const { scopes, target, now } = question;
  if (scopes !== null && !need.scopes.every((scope) => scopes.includes(scope)))
    return { allowed: false, because: 'scope' };
  if (target.kind === 'none')
    return need.isList === true ? { allowed: true, grant: null } : { allowed: false, because: 'grant' };
  const live = question.grants.filter((grant) => grant.notAfter === null || now < grant.notAfter);
  const reaching = live.filter((grant) => reaches(grant, target));
  const able = reaching.filter((grant) => isAtLeast(grant.role, need.role)).sort(byNarrowness);
  if (able.length === 0) return { allowed: false, because: reaching.length === 0 ? 'grant' : 'role' };
  return withinLimits(able, question);
}

/** The narrowest grant whose limits let the call pass; else the limit that opens first. */
function withinLimits(able: readonly PolicyGrant[], question: Question): Decision {
  const { usage, target, secrets, exposure = 'shown', consent = NO_CONSENT, from, now } = question;
  const call: LimitedCall = {
    item: target.kind === 'item' ? target.item : null,
    secrets,
    exposure,
    consent,
    from,
    now,
  };
  const met: Met[] = [];
  for (const grant of able) {
    const stopped = limitMet(grant.limits, usage.get(grant.id) ?? NO_USAGE, call);
    if (stopped === null) return { allowed: true, grant };
    met.push({ allowed: false, because: stopped.by, grant, stopped });
  }
  return nearestOf(met);
}

/** Of refusals, at least one, the one that opens first; what is no limit comes last. */
export function nearestOf<R extends Refused>(refused: readonly R[]): R {
  return refused.reduce((nearest, other) => (rankOf(other) < rankOf(nearest) ? other : nearest));
}

type Met = Extract<Decision, { readonly stopped: Stopped }>;

/** A decision that refuses. */
export type Refused = Extract<Decision, { readonly allowed: false }>;

/** What the owner can open now comes first; then what opens by itself, soonest first; then uses that are spent, then all else. */
function rankOf(refused: Refused): number {
  if (!('stopped' in refused)) return Infinity;
  const { by, opensAt } = refused.stopped;
  if (by === 'approval') return -Infinity;
  return opensAt ?? (by === 'uses' ? Number.MAX_VALUE : Infinity);
}

/** Whether a token of these scopes and this highest role is shown a tool for `action`. */
export function mayEver(action: Action, scopes: readonly Scope[] | null, role: Role): boolean {
  const need = Object.hasOwn(NEEDS, action) ? NEEDS[action] : undefined;
  if (need === undefined || !isAtLeast(role, need.role)) return false;
  return scopes === null || need.scopes.every((scope) => scopes.includes(scope));
}
