/** How the owner proves to be the owner. */
import { parseRecoveryCode } from '../crypto/generate.js';
import type { CostBounds, PasswordCost } from '../crypto/password.js';
import type { Handle } from '../store/database.js';
import { openSession } from './owner-session.js';
import { openByPassword, openByRecovery } from './root-key.js';
import type { Clock, Safe } from './safe.js';

/** What tests turn and the shipped program leaves alone: the clock and the cost of a password. */
export interface SafeOptions {
  readonly clock: Clock;
  readonly cost: PasswordCost;
  readonly bounds: CostBounds;
}

/** One of the ways in. */
export type OwnerProof =
  { readonly password: string } | { readonly recoveryCode: string } | { readonly session: string };

/** The root key; `locked` for a wrong proof. */
export async function rootKeyBy(
  handle: Handle,
  safe: Safe,
  on: { by: OwnerProof; options: SafeOptions },
): Promise<Uint8Array> {
  const { by, options } = on;
  if ('session' in by) return openSession(safe.places, safe.id, { value: by.session, now: safe.clock() });
  if ('password' in by) return openByPassword(handle, safe.id, { password: by.password, bounds: options.bounds });
  return openByRecovery(handle, safe.id, await parseRecoveryCode(by.recoveryCode));
}
