import { isoTime } from '../core/expiry.js';
import { leftOf, NO_USAGE, type Usage } from '../core/limit-check.js';
import { limitsShape } from '../core/limits.js';
import { MAX_LINE_LENGTH } from '../core/reason.js';
import { isLive, type OpenedGrant, type OpenedToken } from './opened-token.js';

const WARN_MS = 7 * 24 * 60 * 60 * 1000;

/** The names that go with the ids of grants. */
export interface GrantNames {
  readonly vaults: ReadonlyMap<string, string>;
  readonly titles: ReadonlyMap<string, string>;
}

/** What goes with a token: the time in unix ms, what was used of its grants, and names. */
export interface IdentityFacts {
  readonly now: number;
  readonly usage: ReadonlyMap<string, Usage>;
  readonly names: GrantNames;
}

/** What `whoami` says of a token: all that its holder may know of itself. */
export function identityOf(token: OpenedToken, at: IdentityFacts): Readonly<Record<string, unknown>> {
  const { now } = at;
  const { notAfter, isAgent } = token.certificate;
  const isEnding = notAfter !== null && notAfter - now < WARN_MS;
  return {
    token: {
      id: token.id,
      name: token.name,
      description: token.description,
      agent: isAgent,
      expires_at: notAfter === null ? null : isoTime(notAfter),
      scopes: token.scopes ?? ['*'],
    },
    grants: token.grants.filter((grant) => isLive(grant, now)).map((grant) => grantRow(grant, notAfter, at)),
    reason_rules: {
      required: true,
      rule: `One line of 1 to ${String(MAX_LINE_LENGTH)} characters that says what you need this access for.`,
      good: 'Deploy v2.3 to staging: the database password for the migration step',
      bad: 'need access',
    },
    ...(isEnding ? { warning: 'This token ends within 7 days. Tell the user, so that the owner can renew it.' } : {}),
  };
}

function grantRow(
  grant: OpenedGrant,
  tokenEnd: number | null,
  { now, usage, names }: IdentityFacts,
): Readonly<Record<string, unknown>> {
  const ends = [grant.notAfter, tokenEnd].filter((end) => end !== null);
  const end = ends.length === 0 ? null : Math.min(...ends);
  return {
    grant_id: grant.id,
    type: grant.item === null ? 'vault' : 'item',
    vault: { id: grant.vault, name: names.vaults.get(grant.vault) ?? null },
    ...(grant.item === null ? {} : { item: { id: grant.item, title: names.titles.get(grant.item) ?? null } }),
    role: grant.role,
    expires_at: end === null ? null : isoTime(end),
    ...(grant.purpose === '' ? {} : { purpose: grant.purpose }),
    limits: limitsShape(grant.limits),
    left: leftOf(grant.limits, usage.get(grant.id) ?? NO_USAGE, now),
  };
}
