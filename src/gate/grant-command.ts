/** The command that grants something anew, with everything that it had: what is left out would be lifted. */
import { isoTime } from '../core/expiry.js';
import { type Limits, sealedLimits } from '../core/limits.js';
import type { Role } from '../core/model.js';

/** A grant to be made. `ownEnd` is unix ms, null where it ends with the token. */
export interface Regrant {
  readonly token: string;
  readonly vault: string;
  readonly item: string | null;
  readonly role: Role;
  readonly ownEnd: number | null;
  readonly limits: Limits;
  readonly purpose: string;
}

/** One line for a shell. */
export function grantCommand({ token, vault, item, role, ownEnd, limits, purpose }: Regrant): string {
  const flags: readonly (readonly [name: string, value: string])[] = [
    ['pat-id', token],
    ['vault-id', vault],
    ...(item === null ? [] : [['item-id', item] as const]),
    ['role', role],
    ...(ownEnd === null ? [] : [['expiration', isoTime(ownEnd)] as const]),
    ...sealedLimits(limits).map(({ name, value }) => [name, value] as const),
    ...(purpose === '' ? [] : [['purpose', purpose] as const]),
  ];
  return ['vouchsafe pat access grant', ...flags.map(([name, value]) => `--${name} ${quoted(value)}`)].join(' ');
}

/** The value as one word of a shell. */
function quoted(value: string): string {
  return /^[\w.@%+:/-]+$/.test(value) && !value.startsWith('-')
    ? value
    : `'${value.replaceAll("'", String.raw`'\''`)}'`;
}

/** The command that ends one grant. */
export function revokeCommand(token: string, grant: string): string {
  return `vouchsafe pat access revoke --pat-id ${token} --grant-id ${grant}`;
}

/** The command that narrows all grants of a token to what was needed; they keep their counts. */
export function tightenCommand(token: string): string {
  return `vouchsafe pat tighten --pat-id ${token} --apply`;
}
