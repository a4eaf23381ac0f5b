/** How readers of files say no: one refusal that names what is wrong with the file, and never what stands in it. */
import { Refusal } from '../core/refusal.js';

const NEXT = 'Export it anew from the program that it comes from, and say with --format what it is if need be.';

/** Throws `invalid_request`: `fault` follows "The file". */
export function refuseFile(fault: string, next = NEXT): never {
  throw new Refusal('invalid_request', { message: `The file ${fault}.`, next });
}

/** What the work answers. Whatever it throws that is no `Refusal` becomes one with that fault, so that no text of the file is told. */
export function orRefuse<T>(work: () => T, fault: string, next?: string): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return refuseFile(fault, next);
  }
}
