/** Putting a safe where none is. */
import { linkSync, rmSync } from 'node:fs';
import { Refusal } from '../core/refusal.js';
import { randomId } from '../crypto/bytes.js';
import type { Places } from './door.js';
import { safeFile } from './safe.js';

/** What is said where there is one. */
export function alreadyThere(): Refusal {
  return new Refusal('conflict', { message: 'There is a safe here already.', next: 'vouchsafe unlock' });
}

/** Makes a file beside the safe's place and links it there whole; another safe that came there meanwhile stays. */
export async function putInPlace<T>(places: Places, make: (file: string) => Promise<T>): Promise<T> {
  const target = safeFile(places);
  const fresh = `${target}.${randomId()}`;
  try {
    const made = await make(fresh);
    linkSync(fresh, target);
    return made;
  } catch (error) {
    throw error instanceof Error && 'code' in error && error.code === 'EEXIST' ? alreadyThere() : error;
  } finally {
    for (const suffix of ['', '-wal', '-shm']) rmSync(fresh + suffix, { force: true });
  }
}
