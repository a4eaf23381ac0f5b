/** Bringing a safe of an older format here: only its owner does, and only after a copy of it was made. */
import { existsSync, rmSync } from 'node:fs';
import { readSafe } from '../store/safe.js';
import { formatOf, migrate, OLD_FORMATS, schemaOf } from '../store/migration.js';
import { openDatabase } from '../store/sqlite.js';
import type { Places } from './door.js';
import { type OwnerProof, rootKeyBy, type SafeOptions } from './owner-proof.js';
import { Safe, safeExists, safeFile } from './safe.js';

/** Gives false, and does nothing, for a safe of no older format. A copy of the old one stays beside it, named by its format. */
export async function migrateOld(places: Places, on: { by: OwnerProof; options: SafeOptions }): Promise<boolean> {
  const file = safeFile(places);
  const format = safeExists(places) ? formatOf(file) : null;
  if (format === null || !OLD_FORMATS.includes(format)) return false;
  const backup = `${file}.format-${String(format)}`;
  const database = openDatabase(file, { format: { version: format, schema: schemaOf(format) } });
  try {
    const { id } = await database.read(readSafe);
    const safe = new Safe({ id, places, file, database, clock: on.options.clock });
    await database.read(async (handle) => rootKeyBy(handle, safe, on));
    // one that a killed process left: the file is still of the old format, so nothing is lost
    if (existsSync(backup)) rmSync(backup);
    await database.copyTo(backup);
  } finally {
    database.close();
  }
  migrate(file);
  process.stderr.write(`vouchsafe: the safe was brought to a new format; a copy of the old one is in ${backup}\n`);
  return true;
}
