/** The sections of the report that are about access: what is not used, what is too wide, what was read and must go. */
import type { LogReport } from '../../gate/log-door.js';
import { expiryText, reachText } from './token-text.js';

/** A part of the report; without items and drawing there is nothing to say in it. */
export interface Section {
  readonly title: string;
  readonly items: readonly Item[];
  /** Lines that fit already, escaped. */
  readonly drawn?: readonly string[];
  /** What to do about all of it. */
  readonly next?: Item;
  /** What there is not, where there is nothing to say. */
  readonly none: string;
}

/** Something to say, not yet escaped, and the command line that belongs to it: one line, to be copied. */
export interface Item {
  readonly text: string;
  readonly command?: string;
}

/** The sections, in the order in which they are worth reading. */
export function accessSections(report: LogReport, isLocal: boolean): readonly Section[] {
  return [
    endedSection(report, isLocal),
    unusedTokenSection(report, isLocal),
    unusedGrantSection(report),
    wideRoleSection(report),
  ];
}

function endedSection({ read_by_ended: tokens }: LogReport, isLocal: boolean): Section {
  const items = tokens.flatMap(({ token, items: read }) =>
    read.map(({ id, title, last_at: last }) => ({
      text: `${title ?? '(unknown)'} [${id}], read by ${token.name}, last ${expiryText(last, isLocal)}`,
    })),
  );
  return {
    title: 'SECRETS THAT ENDED TOKENS WERE GIVEN',
    items,
    next: { text: 'Change these at the service, then here:', command: 'vouchsafe item update ITEM --generate' },
    none: 'no secrets that an ended token was given',
  };
}

function unusedTokenSection({ unused_tokens: tokens }: LogReport, isLocal: boolean): Section {
  return {
    title: 'TOKENS THAT ARE NOT USED',
    items: tokens.map(({ id, name, last_used_at: used, expires_at: end }) => ({
      text: `${name}, ${used === null ? 'never used' : `last used ${expiryText(used, isLocal)}`}, expires ${expiryText(end, isLocal)}`,
      command: `vouchsafe pat delete ${id}`,
    })),
    none: 'no unused tokens',
  };
}

function unusedGrantSection({ unused_grants: grants }: LogReport): Section {
  return {
    title: 'GRANTS THAT ARE NOT USED',
    items: grants.map((grant) => ({ text: `${grant.token.name}: ${reachText(grant)}`, command: grant.command })),
    none: 'no unused grants',
  };
}

function wideRoleSection({ wide_roles: grants }: LogReport): Section {
  return {
    title: 'ROLES WIDER THAN THEIR USE',
    items: grants.map((grant) => ({
      text: `${grant.token.name}: ${reachText(grant)}, used as ${grant.used_role}`,
      command: grant.command,
    })),
    none: 'no roles wider than their use',
  };
}
