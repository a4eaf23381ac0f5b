/** What `info` says, for people. */
import type { LeftShape } from '../../core/limit-check.js';
import type { LimitsShape } from '../../core/limits.js';
import type { BypassShape } from '../../core/rule-shapes.js';
import type { TokenShape } from '../../core/shapes.js';
import { escapeText } from '../../core/text.js';
import { counted } from '../chart.js';
import type { Output } from '../output.js';
import { limitsText } from './limit-flags.js';
import { shellWord } from './naming.js';
import { expiryText } from './token-text.js';

/** What the tool `whoami` answers with. */
export interface Whoami {
  readonly token: {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly agent: boolean;
    readonly expires_at: string | null;
    readonly scopes: readonly string[];
  };
  readonly grants: readonly {
    readonly type: 'vault' | 'item';
    readonly vault_id: string;
    readonly vault?: unknown;
    readonly item_id?: string;
    readonly item?: unknown;
    readonly role: string;
    readonly expires_at: string | null;
    readonly limits: LimitsShape;
    readonly left: LeftShape;
  }[];
  readonly warning?: string;
}

/** What is shown of an owner's safe. */
export interface OwnerFacts {
  readonly source: string;
  readonly safe_id: string;
  readonly fingerprint: string;
  readonly home: string;
  readonly vaults: number;
  readonly items: number;
  readonly tokens: number;
  readonly entries: number;
  readonly ending: readonly TokenShape[];
  readonly requests: number;
  /** Tokens that need no approval now. */
  readonly bypasses: readonly BypassShape[];
  readonly lockdown: boolean;
  /** Compromised tokens, and how many secrets of each are still to be changed. */
  readonly compromised: readonly OpenChecklist[];
}

/** A compromised token, and how many secrets are still to be changed. */
export interface OpenChecklist {
  readonly id: string;
  readonly name: string;
  readonly open: number;
}

/** The owner's safe, and the tokens that end within 7 days. */
export function ownerInfo(facts: OwnerFacts, out: Output): string {
  const { vaults, items, tokens, entries } = facts;
  const counts = [
    counted(vaults, 'vault'),
    counted(items, 'item'),
    counted(tokens, 'token'),
    `${counted(entries, 'entry', 'entries')} of the log`,
  ];
  const lines = [
    `Owner, by ${facts.source}`,
    `Safe:         ${facts.safe_id}`,
    `Fingerprint:  ${facts.fingerprint}`,
    `Folder:       ${escapeText(facts.home)}`,
    `Holds:        ${counts.join(', ')}`,
    ...(facts.requests === 0
      ? []
      : [`Inbox:        ${counted(facts.requests, 'request')} to decide (vouchsafe inbox)`]),
    ...alarms(facts, out.local),
  ];
  if (facts.ending.length === 0) return lines.join('\n');
  const ending = facts.ending.map(({ id, name, expires_at }) => ({ id, name, expires: out.time(expires_at) }));
  const table = out.table(
    [
      { key: 'id', title: 'id', whole: true },
      { key: 'name', title: 'name' },
      { key: 'expires', title: 'expires' },
    ],
    ending,
  );
  return [...lines, '', 'These tokens end within 7 days (vouchsafe pat renew NAME):', table].join('\n');
}

/** What is not as it always is: lines that should not be missed. */
function alarms({ lockdown, bypasses, compromised }: OwnerFacts, isLocal: boolean): readonly string[] {
  return [
    ...(lockdown ? ['Lockdown:     all tokens are frozen (vouchsafe lockdown lift)'] : []),
    ...bypasses.map(
      ({ token, until }) => `No approval:  ${escapeText(token.name)} needs none until ${expiryText(until, isLocal)}`,
    ),
    ...compromised.map(
      ({ name, open }) =>
        `Compromised:  ${escapeText(name)} (${String(open)} open) (vouchsafe pat compromised ${shellWord(escapeText(name))})`,
    ),
  ];
}

/** The token that acts, and what it reaches. */
export function tokenInfo(
  { token, grants, warning }: Whoami,
  { out, source }: { out: Output; source: string },
): string {
  const zone = out.local ? '' : ' (UTC)';
  const lines = [
    `Personal Access Token: ${escapeText(token.name)}`,
    `Id:       ${token.id}`,
    `By:       ${source}`,
    `Agent:    ${token.agent ? 'yes, a reason is needed for everything' : 'no'}`,
    `Expires:  ${token.expires_at === null ? 'never' : out.time(token.expires_at) + zone}`,
    `Scopes:   ${token.scopes.length === 0 ? '(by role)' : token.scopes.join(', ')}`,
    `Reaches:  ${grants.length === 0 ? 'nothing yet' : ''}`,
    ...grants.map((grant) => `  - ${grantText(grant)}`),
    ...(warning === undefined ? [] : ['', warning]),
  ];
  return lines.map((line) => line.trimEnd()).join('\n');
}

function grantText({ type, role, vault, vault_id, item, item_id, limits, left }: Whoami['grants'][number]): string {
  const where = `vault ${nameOf(vault) ?? vault_id}`;
  const what = type === 'vault' ? where : `item ${nameOf(item) ?? item_id ?? ''} in ${where}`;
  return [`${what} (${role})`, limitsText(limits, left)].filter((part) => part !== '').join(': ');
}

/** A name, or the name or title of an object that has one. */
function nameOf(value: unknown): string | undefined {
  if (typeof value === 'string') return escapeText(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const name: unknown = Reflect.get(value, 'name') ?? Reflect.get(value, 'title');
  return typeof name === 'string' ? escapeText(name) : undefined;
}
