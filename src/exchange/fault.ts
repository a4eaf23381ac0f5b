/** How readers of files say no: one refusal that names what is wrong with the file, and never what stands in it. */
import { Refusal } from '../core/refusal.js';

const NEXT =
  'Export it anew from the program that it comes from; --format says what it is where that is not found out.';

/** The refusal (`invalid_request`) of a file: `fault` follows "The file". */
export function fileRefusal(fault: string, next = NEXT): Refusal {
  return new Refusal('invalid_request', { message: `The file ${fault}.`, next });
}

/** Throws what {@link fileRefusal} makes. */
export function refuseFile(fault: string, next?: string): never {
  throw fileRefusal(fault, next);
}

/**
 * What the work answers. Whatever it throws that is no `Refusal` becomes one with that fault, so that no text of the file
 * is told by an error of others.
 */
export function orRefuse<T>(work: () => T, fault: string, next?: string): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuseFile(fault, next);
  }
}

/** What the work answers; undefined where it throws a `Refusal`. Anything else that it throws is a fault and goes on. */
export function unlessRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
