/** The owner's session: a key in a 0600 file of the runtime folder and the value of `VOUCHSAFE_SESSION`; either alone is useless. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from '../core/refusal.js';
import { concat, randomBytes, randomId } from '../crypto/bytes.js';
import { open, seal } from '../crypto/envelope.js';
import { contexts, KEY_SIZE } from '../crypto/keys.js';
import { deriveKey } from '../crypto/envelope.js';
import type { OwnerSession, Places } from './door.js';
import { readPrivateFile, writePrivateFile } from './private-file.js';

const FORM = /^vss_([0-9a-z]{16})_([A-Za-z0-9_-]{43})$/;

function folderOf(places: Places, safeId: string): string {
  return join(places.runtime, 'sessions', safeId);
}

function locked(message: string): Refusal {
  return new Refusal('locked', { message, next: 'eval "$(vouchsafe unlock)"' });
}

function sessionKey(half: Uint8Array, secret: Uint8Array, context: Uint8Array): Uint8Array {
  return deriveKey(concat(half, secret), new Uint8Array(32), context);
}

/** Begins a session that holds the root key until `expiresAt`. */
export function beginSession(
  places: Places,
  safeId: string,
  of: { rootKey: Uint8Array; expiresAt: number },
): OwnerSession {
  const id = randomId();
  const [half, secret] = [randomBytes(KEY_SIZE), randomBytes(KEY_SIZE)];
  const context = contexts.ownerSession(safeId, of.expiresAt);
  const envelope = seal(sessionKey(half, secret, context), context, of.rootKey);
  const file = { expires_at: of.expiresAt, half: base64(half), envelope: base64(envelope) };
  writePrivateFile(join(folderOf(places, safeId), id), JSON.stringify(file));
  return { value: `vss_${id}_${Buffer.from(secret).toString('base64url')}`, expiresAt: of.expiresAt };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

/** The root key of a running session; `locked` for one that ended, was never, or is another safe's. */
export function openSession(places: Places, safeId: string, of: { value: string; now: number }): Uint8Array {
  const [, id, secret] = FORM.exec(of.value) ?? [];
  if (id === undefined || secret === undefined) throw locked('VOUCHSAFE_SESSION is not the value that unlock printed.');
  const path = join(folderOf(places, safeId), id);
  const text = readPrivateFile(path);
  if (text === null) throw locked('The session has ended.');
  const { expiresAt, half, envelope } = readSession(text);
  if (!(of.now < expiresAt)) {
    rmSync(path, { force: true });
    throw locked('The session has expired.');
  }
  const context = contexts.ownerSession(safeId, expiresAt);
  try {
    const key = sessionKey(half, Buffer.from(secret, 'base64url'), context);
    return open(key, context, envelope);
  } catch {
    throw locked('The session is not the one of this file.');
  }
}

function readSession(text: string): { expiresAt: number; half: Uint8Array; envelope: Uint8Array } {
  try {
    const file = JSON.parse(text) as { expires_at?: unknown; half?: unknown; envelope?: unknown };
    const expiresAt = Number(file.expires_at);
    if (!Number.isSafeInteger(expiresAt) || expiresAt < 0) throw new TypeError();
    return {
      expiresAt,
      half: Buffer.from(String(file.half), 'base64'),
      envelope: Buffer.from(String(file.envelope), 'base64'),
    };
  } catch {
    throw locked('The file of the session is damaged.');
  }
}

/** Ends one session; nothing where it has ended already. */
export function endSession(places: Places, safeId: string, value: string): void {
  const [, id] = FORM.exec(value) ?? [];
  if (id !== undefined) rmSync(join(folderOf(places, safeId), id), { force: true });
}

/** Ends every session of a safe; gives how many there were. */
export function endSessions(places: Places, safeId: string): number {
  const folder = folderOf(places, safeId);
  const names = listOrNone(folder);
  for (const name of names) rmSync(join(folder, name), { force: true });
  return names.length;
}

function listOrNone(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
