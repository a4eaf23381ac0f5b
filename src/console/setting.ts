/** What a console is started with. */
import type { Origin, OwnerDoor, Places } from '../gate/door.js';
import { lockDown } from '../gate/lockdown.js';
import type { OwnerMemory } from '../gate/owner-memory.js';
import { lockSessions, openOwner } from '../gate/open.js';
import type { OwnerProof, SafeOptions } from '../gate/owner-proof.js';
import { VERSION } from '../gate/version.js';
import type { Ports } from './ports.js';

export interface ConsoleSetting {
  readonly places: Places;
  readonly ports: Ports;
  /** What tests turn: the clock, and the cost of a password. */
  readonly options?: SafeOptions;
  /** How long the owner may be away before it locks; 15 minutes where it is absent. */
  readonly idleMs?: number;
}

/** A working day: however busy its owner is, the password is asked for again then. */
export const SESSION_MS = 12 * 60 * 60 * 1_000;
const IDLE_MS = 15 * 60 * 1_000;

/** The clock that everything here goes by. */
export function clockOf({ options }: ConsoleSetting): () => number {
  return options?.clock ?? Date.now;
}

/** How long the owner may be away, in ms. */
export function idleOf({ idleMs }: ConsoleSetting): number {
  return idleMs ?? IDLE_MS;
}

const ORIGIN: Origin = { client: { name: 'vouchsafe console', version: VERSION }, transport: 'console' };

/** The owner's door, as entries name it; `memory` is what it shares with those before. Throws a `Refusal`. */
export async function openConsoleDoor(
  { places, options }: ConsoleSetting,
  by: OwnerProof,
  memory?: OwnerMemory,
): Promise<OwnerDoor> {
  const further = { ...(options === undefined ? {} : { options }), ...(memory === undefined ? {} : { memory }) };
  return openOwner(places, by, { origin: ORIGIN, ...further });
}

/** Freezes every token, as an entry of the console. Throws a `Refusal`. */
export async function lockDownFrom({ places }: ConsoleSetting): Promise<void> {
  await lockDown(places, ORIGIN);
}

/** Ends every session of the owner, also those of terminals, as `lock` does; gives how many there were. */
export async function endSessionsFrom({ places }: ConsoleSetting): Promise<number> {
  return lockSessions(places);
}
