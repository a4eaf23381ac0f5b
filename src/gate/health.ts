/** Whether a server's safe is whole: verified in the background after the start, and refused everything from a failure on. */
import { setTimeout as sleep } from 'node:timers/promises';
import { newReference, reportFault } from './fault.js';
import type { Safe } from './safe.js';

const VERIFY_AFTER_MS = 2_000;

/** What is known of a safe. `fault` is null as long as nothing is wrong; `isVerified` once all of it was looked at. */
export interface Health {
  fault: string | null;
  isVerified: boolean;
}

/** Of which nothing is known yet. */
export function newHealth(): Health {
  return { fault: null, isVerified: false };
}

export interface HealthCheck {
  readonly safe: Safe;
  readonly health: Health;
  /** The owner's key that is trusted; null: the one that the state names; undefined: nothing is verified. */
  readonly ownerKey: () => Promise<Uint8Array | null | undefined>;
  readonly signal: AbortSignal;
  /** How long after the start it begins. */
  readonly afterMs?: number | undefined;
}

/** Verifies once, a moment after the start, and notes what it found. Never throws. */
export async function checkHealth({ safe, health, ownerKey, signal, afterMs }: HealthCheck): Promise<void> {
  try {
    await sleep(afterMs ?? VERIFY_AFTER_MS, undefined, { signal, ref: false });
    const key = await ownerKey();
    if (key === undefined) return;
    const { verify } = await import('./verify.js');
    const { fault } = await verify(safe, key, { full: false, threads: 1, progress: () => signal.throwIfAborted() });
    health.isVerified = true;
    if (fault === null) return;
    health.fault = fault.message;
    reportFault(newReference(), `the safe does not verify, so everything is refused: ${fault.message}`);
  } catch (error) {
    if (signal.aborted) return;
    health.fault = 'verification could not be done';
    reportFault(newReference(), error);
  }
}
