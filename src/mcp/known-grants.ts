/** What `whoami` tells, read with care, and without the titles of items: those are given for a reason alone. */
import type { Answer } from '../gate/call.js';

type Facts = Readonly<Record<string, unknown>>;

/** A vault that the token reaches, wholly or by some of its items. */
export interface KnownVault {
  readonly id: string;
  /** Null where the token may not know it. */
  readonly name: string | null;
  readonly grants: readonly Facts[];
}

/** What a grant is told with; what is not named here, a title above all, is left out. */
const TOLD = ['grant_id', 'type', 'role', 'expires_at', 'purpose', 'limits', 'left'];

/** The vaults of the token's grants in the order of their ids, which does not change; from an answer of `whoami`. */
export function vaultsIn(answer: Answer & { ok: true }): readonly KnownVault[] {
  const { grants } = answer.result;
  const vaults = new Map<string, { id: string; name: string | null; grants: Facts[] }>();
  for (const row of Array.isArray(grants) ? grants.filter(isFacts) : []) {
    const { vault } = row as { vault?: unknown };
    const id = textOf(vault, 'id');
    if (id === null) continue;
    const known = vaults.get(id) ?? { id, name: null, grants: [] };
    vaults.set(id, { id, name: known.name ?? textOf(vault, 'name'), grants: [...known.grants, grantOf(row)] });
  }
  return [...vaults.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function grantOf(row: Facts): Facts {
  const item = textOf(row['item'], 'id');
  const told = Object.entries(row).filter(([key]) => TOLD.includes(key));
  return { ...Object.fromEntries(told), ...(item === null ? {} : { item: { id: item } }) };
}

function isFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null;
}

function textOf(value: unknown, key: string): string | null {
  const found = isFacts(value) ? value[key] : undefined;
  return typeof found === 'string' ? found : null;
}
