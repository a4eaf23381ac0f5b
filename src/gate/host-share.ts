/** The host share: 32 random bytes in the state folder, in no backup. A token opens nothing without it. */
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../core/refusal.js';
import { randomBytes } from '../crypto/bytes.js';
import type { Places } from './door.js';

const SIZE = 32;

/** The folder of one safe inside the state folder. */
export function stateFolder(places: Places, safeId: string): string {
  return join(places.state, safeId);
}

function shareFile(places: Places, safeId: string): string {
  return join(stateFolder(places, safeId), 'host-share');
}

/** The share of this host, or null where it was lost or never was. A file of another size is an error. */
export function readHostShare(places: Places, safeId: string): Uint8Array | null {
  const bytes = readOrNull(shareFile(places, safeId));
  if (bytes === null || bytes.length === SIZE) return bytes;
  throw new Refusal('unavailable', {
    message: 'The host share is damaged.',
    next: 'Move it away, then renew the tokens: vouchsafe pat renew NAME',
  });
}

function readOrNull(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw new Refusal('unavailable', {
      message: 'The host share cannot be read.',
      next: 'Check the owner and mode of VOUCHSAFE_STATE (0700).',
      cause: error,
    });
  }
}

/** The share of this host, made if there is none: then tokens made before must be renewed. */
export function ensureHostShare(places: Places, safeId: string): Uint8Array {
  const known = readHostShare(places, safeId);
  if (known !== null) return known;
  const share = randomBytes(SIZE);
  mkdirSync(stateFolder(places, safeId), { recursive: true, mode: 0o700 });
  writeNewFile(shareFile(places, safeId), share);
  return share;
}

/** Writes a new 0600 file and has it on disk before returning. */
export function writeNewFile(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
