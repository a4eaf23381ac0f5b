import { integrityFailure, sameBytes, sha256, toHex } from '../crypto/bytes.js';
import { isSignedBy } from '../crypto/key-pair.js';
import { decodeState, type State, type VaultHead } from '../crypto/state.js';
import { type EntryRow, readEntry } from '../store/audit.js';
import type { Handle } from '../store/database.js';
import { readState } from '../store/safe.js';
import type { Safe } from './safe.js';

/** The owner's state as verified bytes, and the log's last entry beside it, from one snapshot. */
export interface VerifiedState {
  readonly safeId: string;
  readonly value: State;
  readonly hash: Uint8Array;
  /** The hash as text: the key of everything that is kept as long as the state stays. */
  readonly key: string;
  readonly last: EntryRow;
}

const KEPT_AT_MOST = 16;
const verified = new Map<string, State>();

function decodeOnce(
  safeId: string,
  row: { signed: Uint8Array; signature: Uint8Array },
  ownerKey: Uint8Array | null,
): State {
  const cacheKey = `${safeId} ${toHex(sha256(row.signed, row.signature))} ${ownerKey === null ? '' : toHex(ownerKey)}`;
  const known = verified.get(cacheKey);
  if (known !== undefined) return known;
  const value = decodeState(safeId, row.signed);
  if (!isSignedBy(ownerKey ?? value.signingKey, row.signed, row.signature))
    throw integrityFailure('the state is not signed by the owner');
  if (ownerKey !== null && !sameBytes(ownerKey, value.signingKey))
    throw integrityFailure('the state names another owner');
  if (verified.size >= KEPT_AT_MOST) verified.clear();
  verified.set(cacheKey, value);
  return value;
}

/**
 * Reads the state, checks the owner's signature over it (`ownerKey`; null: that of the key it names itself, which
 * proves no more than that it is whole) and that it and the log belong together.
 */
export async function readVerifiedState(
  handle: Handle,
  safe: Safe,
  ownerKey: Uint8Array | null,
): Promise<VerifiedState> {
  const state = await readSignedState(handle, safe, ownerKey);
  await checkCarried(handle, safe, state);
  return state;
}

/** The same without the last: for looking at a log that may not belong to the state, never for deciding anything. */
export async function readSignedState(handle: Handle, safe: Safe, ownerKey: Uint8Array | null): Promise<VerifiedState> {
  const known = await readStated(handle, safe, ownerKey);
  const last = await safe.lastEntry(handle);
  if (last === null) throw integrityFailure('the log is empty');
  return { ...known, last };
}

/** The state alone; what was verified is not verified again as long as nothing can have changed. */
async function readStated(handle: Handle, safe: Safe, ownerKey: Uint8Array | null): Promise<Stated> {
  const before = stated.get(safe);
  const isIts = before !== undefined && (ownerKey === null || sameBytes(before.value.signingKey, ownerKey));
  if (isIts && before.stamp !== null && before.stamp === handle.stamp) return before;
  const row = await readState(handle);
  const value = decodeOnce(safe.id, row, ownerKey);
  const hash = sha256(row.signed);
  const known = { safeId: safe.id, value, hash, key: toHex(hash), stamp: handle.stamp };
  stated.set(safe, known);
  return known;
}

type Stated = Omit<VerifiedState, 'last'> & { readonly stamp: string | null };

const stated = new WeakMap<Safe, Stated>();

/** Throws `integrity` unless the state and the log belong together. */
export async function checkCarried(handle: Handle, safe: Safe, state: VerifiedState): Promise<void> {
  const { value, last, key } = state;
  if (last.stateVersion !== value.version) throw integrityFailure('the state and the log end on different versions');
  if (!safe.isCarried(key)) await checkCarrier(handle, state);
  safe.carries(key);
}

/** The log must carry the state: the entry that names it, and before that the entry that it names. */
async function checkCarrier(handle: Handle, { value, hash, last }: VerifiedState): Promise<void> {
  const carrier = last.seq === value.logSeq + 1 ? last : await readEntry(handle, value.logSeq + 1);
  if (carrier?.stateHash == null || !sameBytes(carrier.stateHash, hash) || carrier.stateVersion !== value.version)
    throw integrityFailure('the log does not carry the state');
  const before = value.logSeq === 0 ? null : await readEntry(handle, value.logSeq);
  if (before !== null && !sameBytes(before.hash, value.logHash)) throw integrityFailure('the state names another log');
  if (before === null && value.logSeq > 0) throw integrityFailure('the state names an entry that is missing');
}

export function headOf(state: State, vault: string): VaultHead | undefined {
  return state.vaults.find((head) => head.id === vault);
}

/** The vault that an item's id names: an item belongs to one vault for good. */
export function vaultOf(itemId: string): string {
  return itemId.slice(0, 16);
}

/** A setting's value as the owner set it, or undefined. */
export function settingOf(state: State, name: string): string | undefined {
  return state.settings.find((setting) => setting.name === name)?.value;
}
