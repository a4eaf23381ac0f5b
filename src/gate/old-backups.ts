/** Backups that newer ones have replaced. */
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readSafe } from '../store/safe.js';
import { openDatabase } from '../store/sqlite.js';

/** As `backup` names a file by itself; whatever else is in the folder is left alone. */
const NAME = /^vouchsafe-backup-\d{8}-\d{6}\.db$/;

/**
 * Removes what is older than the newest `keep` backups of the safe in the folder of this one; gives their paths. A file
 * that is of another safe, or does not open, stays.
 */
export async function removeOldBackups(path: string, of: { safeId: string; keep: number }): Promise<readonly string[]> {
  const folder = dirname(path);
  const own: string[] = [];
  const names = readdirSync(folder).filter((name) => NAME.test(name));
  for (const name of names.sort().reverse())
    if ((await safeIdIn(join(folder, name))) === of.safeId) own.push(join(folder, name));
  const old = own.slice(of.keep);
  for (const file of old) rmSync(file);
  return old;
}

async function safeIdIn(file: string): Promise<string | null> {
  try {
    const database = openDatabase(file, { anyFolder: true });
    try {
      return (await database.read(readSafe)).id;
    } finally {
      database.close();
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    }
  } catch {
    return null;
  }
}
