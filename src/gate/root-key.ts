/** The ways in: the master password and the recovery code, each wrapping the root key. */
import { Refusal } from '../core/refusal.js';
import { randomBytes } from '../crypto/bytes.js';
import { open, seal } from '../crypto/envelope.js';
import { contexts } from '../crypto/keys.js';
import { type CostBounds, type PasswordCost, recoveryKey, unlockKey } from '../crypto/password.js';
import { bytes, integer, record } from '../crypto/record.js';
import type { Handle } from '../store/database.js';
import { readRootKey, type RootKeyRow } from '../store/safe.js';

/** How the unlock key is derived, bound into the envelope. All costs are 0 for a recovery code. */
const parametersRecord = record('vouchsafe unlock-parameters 1', {
  salt: bytes,
  memoryKiB: integer,
  passes: integer,
  lanes: integer,
});

const NO_COST: PasswordCost = { memoryKiB: 0, passes: 0, lanes: 0 };

/** The root key wrapped under a master password. Takes as long as the cost says. */
export async function wrapByPassword(
  safeId: string,
  rootKey: Uint8Array,
  by: { password: string; cost: PasswordCost; bounds: CostBounds },
): Promise<RootKeyRow> {
  const salt = randomBytes(32);
  const key = await unlockKey(by.password, { salt, cost: by.cost, bounds: by.bounds });
  return wrap(safeId, rootKey, { kind: 'password', key, salt, cost: by.cost });
}

/** The root key wrapped under the 160 bits of a recovery code. */
export function wrapByRecovery(safeId: string, rootKey: Uint8Array, code: Uint8Array): RootKeyRow {
  const salt = randomBytes(32);
  return wrap(safeId, rootKey, { kind: 'recovery', key: recoveryKey(code, salt), salt, cost: NO_COST });
}

function wrap(
  safeId: string,
  rootKey: Uint8Array,
  by: { kind: string; key: Uint8Array; salt: Uint8Array; cost: PasswordCost },
): RootKeyRow {
  const parameters = parametersRecord.encode(safeId, { salt: by.salt, ...by.cost });
  return { kind: by.kind, parameters, envelope: seal(by.key, contexts.rootKey(safeId, by.kind, parameters), rootKey) };
}

async function readWay(handle: Handle, kind: 'password' | 'recovery'): Promise<RootKeyRow> {
  const row = await readRootKey(handle, kind);
  if (row !== null) return row;
  const message =
    kind === 'password' ? 'The safe has no master password.' : 'The safe was made without a recovery code.';
  throw new Refusal('locked', { message, next: 'vouchsafe unlock' });
}

/** The root key by the master password; `locked` for a wrong one. */
export async function openByPassword(
  handle: Handle,
  safeId: string,
  by: { password: string; bounds: CostBounds },
): Promise<Uint8Array> {
  const row = await readWay(handle, 'password');
  const { salt, ...cost } = parametersRecord.decode(safeId, row.parameters);
  const key = await unlockKey(by.password, { salt, cost, bounds: by.bounds });
  return unwrap(safeId, row, { key, message: 'The master password is wrong.' });
}

/** The root key by the recovery code; `locked` for a wrong one. */
export async function openByRecovery(handle: Handle, safeId: string, code: Uint8Array): Promise<Uint8Array> {
  const row = await readWay(handle, 'recovery');
  const { salt } = parametersRecord.decode(safeId, row.parameters);
  return unwrap(safeId, row, { key: recoveryKey(code, salt), message: 'The recovery code is wrong.' });
}

function unwrap(safeId: string, row: RootKeyRow, by: { key: Uint8Array; message: string }): Uint8Array {
  try {
    return open(by.key, contexts.rootKey(safeId, row.kind, row.parameters), row.envelope);
  } catch {
    throw new Refusal('locked', { message: by.message, next: 'Try again.' });
  }
}
