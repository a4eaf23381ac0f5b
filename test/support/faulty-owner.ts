/** An owner's door whose database fails on demand. */
import type { OwnerDoor } from '../../src/gate/door.js';
import { ownerDoor } from '../../src/gate/owner.js';
import { OwnerCore } from '../../src/gate/owner-core.js';
import { unwrapOwnerKeys } from '../../src/gate/owner-keys.js';
import { openByPassword } from '../../src/gate/root-key.js';
import { openSafe, Safe } from '../../src/gate/safe.js';
import { readOwnerKeys } from '../../src/store/safe.js';
import { Faults, faulty } from './gate-rig.js';
import { ORIGIN, PASSWORD, type TestSafe } from './safe.js';

/** A door of its own, with nothing in its memory. The caller closes it. */
export async function faultyOwnerOf(
  safe: Pick<TestSafe, 'places' | 'options'>,
): Promise<{ owner: OwnerDoor; faults: Faults }> {
  const { core, faults } = await ownerCoreOf(safe);
  return { owner: ownerDoor(core, safe.options), faults };
}

/** What is behind such a door, for what no command does. The caller closes it. */
export async function ownerCoreOf(
  safe: Pick<TestSafe, 'places' | 'options'>,
): Promise<{ core: OwnerCore; faults: Faults }> {
  const real = await openSafe(safe.places, safe.options.clock);
  const faults = new Faults();
  const wrapped = new Safe({
    id: real.id,
    file: real.file,
    places: safe.places,
    database: faulty(real.database, faults),
    clock: safe.options.clock,
  });
  const core = await real.database.read(async (handle) => {
    const rootKey = await openByPassword(handle, real.id, { password: PASSWORD, bounds: safe.options.bounds });
    const keys = unwrapOwnerKeys(real.id, rootKey, await readOwnerKeys(handle));
    return new OwnerCore(wrapped, keys, { origin: ORIGIN });
  });
  return { core, faults };
}
