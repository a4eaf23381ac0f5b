/** The owner of a station beside the program: a door in this process, quicker than a command for what is only looked up. */
import { join } from 'node:path';
import type { OwnerDoor } from '../../src/gate/door.js';
import { openOwner } from '../../src/gate/open.js';
import { entriesAfter, lastSeq } from '../support/gate-rig.js';
import type { Json, Station } from './station.js';

/** Opens it with the station's session. The caller closes it. */
export async function ownerOf({ home, state, folder, env }: Station): Promise<OwnerDoor> {
  const places = { home, state, runtime: join(folder, 'run', 'vouchsafe') };
  const origin = { client: { name: 'test', version: '1' }, transport: 'cli' } as const;
  return openOwner(places, { session: env['VOUCHSAFE_SESSION'] ?? '' }, { origin });
}

/** Calls and what came of them since `seq`, oldest first: `item.use refused forbidden`. */
export function storyAfter({ database }: Station, seq: number): readonly string[] {
  return entriesAfter(database, seq).map(({ action, outcome, code }) =>
    [action, outcome, ...(code === null ? [] : [code])].join(' '),
  );
}

/** What `work` gives, and the calls that it left in the log. */
export async function told<T>(station: Station, work: () => Promise<T>): Promise<[T, readonly string[]]> {
  const before = lastSeq(station.database);
  const made = await work();
  return [made, storyAfter(station, before)];
}

/** The newest entry as the owner reads it, with its purpose or how the use ended. */
export async function newestEntry(station: Station, owner: OwnerDoor): Promise<Json> {
  return owner.showEntry(lastSeq(station.database));
}
